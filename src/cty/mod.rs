//! Terraform's types and values: what a configuration, a plan or a state is made of.
//!
//! A [`Type`] says what may stand in a place, a [`Value`] is what stands there (null, not yet
//! known, or known), and a [`Path`] points into a value. The codecs [`msgpack`] and [`json`] turn
//! values into the two wire forms of the provider protocol and back; both are driven by the type,
//! for the bytes alone don't say it all.
//!
//! Nothing here does I/O, and nothing here panics on any input.

mod error;
pub mod json;
pub mod msgpack;
mod number;
mod path;
mod refinements;
mod text;
mod types;
mod value;

pub use error::{DecodeError, EncodeError};
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use refinements::{Bound, Refinements};
pub use types::Type;
pub use value::Value;

/// How deep values may nest in either wire form: far beyond any schema, and well within a thread's stack.
const MAX_DEPTH: usize = 128;

#[cfg(test)]
mod tests;
