//! Compiles `proto/` with a pure Rust compiler, so that no `protoc` is needed.

use std::error::Error;

const PROTOS: [&str; 4] = [
    "proto/tfplugin6.proto",
    "proto/grpc_broker.proto",
    "proto/grpc_controller.proto",
    "proto/grpc_stdio.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    tonic_prost_build::configure()
        // Whatever the server does not implement answers UNIMPLEMENTED, which hosts understand.
        .generate_default_stubs(true)
        .build_client(true)
        .compile_fds(descriptors)?;
    Ok(())
}
