//! What the project's own commands and its acceptance tests share: finding a host (Terraform or
//! OpenTofu) on this machine, driving it in a directory of its own, Python packages, installing
//! the provider, and making the reference pages.

pub mod docs;
pub mod host;
pub mod install;
pub mod python;
pub mod soak;
pub mod workdir;

use std::path::PathBuf;
use std::process::Command;

/// The cargo of the same toolchain, ready to run in the project.
pub fn cargo() -> Command {
    // Set by `cargo run` and `cargo test`.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(project_root());
    command
}

/// The root of the project's sources.
pub fn project_root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.clone(), std::path::Path::to_path_buf)
}

/// Where builds go: `CARGO_TARGET_DIR`, or `target` in the project's root.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project_root().join("target"), PathBuf::from)
}
