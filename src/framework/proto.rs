//! The generated types of `tfplugin6`; nothing outside `framework` sees them.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::all,
    unused_qualifications,
    reason = "generated code"
)]

tonic::include_proto!("tfplugin6");
