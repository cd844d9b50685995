//! Building the provider's executable.

use std::path::PathBuf;

use xtask::{cargo, target_dir};

/// The executable's name.
pub(crate) const NAME: &str = "terraform-provider-alicloud";

/// How to build it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run, and small.
    Release,
}

/// Builds the provider, and returns the directory that holds its executable.
pub(crate) fn build(profile: Profile) -> Result<PathBuf, String> {
    let mut command = cargo();
    command.args(["build", "--package", NAME, "--bin", NAME]);
    let directory = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            command.arg("--release");
            "release"
        }
    };
    let status = command.status().map_err(|error| format!("cargo cannot be run: {error}."))?;
    if !status.success() {
        return Err("The provider was not built; cargo says above why.".to_owned());
    }
    Ok(target_dir().join(directory))
}
