//! Tests of the whole, over HTTP.

mod admin;
mod client;
mod faults;
mod gateway;
mod operations;
mod services;
mod sessions;
