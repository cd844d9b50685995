//! Building the provider's executable.

use std::fs;
use std::path::{Path, PathBuf};

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

/// Builds the provider that does nothing, and puts it into `directory` under the name of the real one.
pub(crate) fn build_idle(directory: &Path) -> Result<(), String> {
    const EXAMPLE: &str = "idle-provider";
    let status = cargo()
        .args(["build", "--quiet", "--profile", "bench-tools", "--package", NAME, "--example", EXAMPLE])
        .status()
        .map_err(|error| format!("cargo cannot be run: {error}."))?;
    if !status.success() {
        return Err(format!("The example {EXAMPLE} was not built; cargo says above why."));
    }
    let built = target_dir().join("bench-tools").join("examples").join(EXAMPLE);
    fs::copy(&built, directory.join(NAME))
        .map_err(|error| format!("{} cannot be copied: {error}.", built.display()))?;
    Ok(())
}
