//! The JSON form of values: what state files hold, and what some hosts send.
//!
//! Numbers are plain decimals of any length, and a value in a place of any type is
//! `{"value": …, "type": …}`. There is no form for unknown values. Of one object key twice, the
//! later counts, as with hosts.

mod decode;
mod encode;

pub use decode::{decode, decode_state};
pub use encode::encode;

#[cfg(test)]
mod tests;
