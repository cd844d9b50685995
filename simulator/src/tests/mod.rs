//! Tests of the whole, over HTTP.

mod client;
mod operations;
