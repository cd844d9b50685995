//! The msgpack form of values, which hosts and providers exchange.
//!
//! It is plain msgpack, read by the type, with three conventions:
//!
//! - an unknown value is an extension: `d4 00 00`, or code 12 with the promises about the value
//!   (see [`Refinements`](super::Refinements)) as a map under the keys 1 to 6;
//! - a number is an integer or a 64-bit float where that is exact, and decimal text otherwise;
//! - a value in a place of any type is a pair of the type's JSON form, as binary, and the value.

mod decode;
mod encode;
mod reader;
mod refinements;

pub use decode::decode;
pub use encode::encode;

/// The extension code of an unknown value with promises.
const REFINED: i8 = 12;

/// Hosts refuse a longer list of promises (bytes).
const MAX_REFINEMENTS: usize = 1024;

#[cfg(test)]
mod tests;
