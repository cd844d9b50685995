//! The generated messages and services of go-plugin (package `plugin`).

#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)] // generated

tonic::include_proto!("plugin");
