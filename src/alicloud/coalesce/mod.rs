//! Many calls become few.
//!
//! [`Batcher`] gathers names into calls that take many, by the rule in [`pace`]; [`Catalogue`] answers questions about
//! single things from pages of all of them where that is fewer calls. Neither knows what it is that is sent or asked.

mod batcher;
mod catalogue;
mod pace;

pub(super) use batcher::{Batcher, Cargo, Carrier, Unserved};
pub(super) use catalogue::{Catalogue, Page, Question, Source};
