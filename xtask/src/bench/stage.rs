//! A configuration of many resources, and the commands that are timed on it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ecs_simulator::Simulator;
use xtask::host::Host;
use xtask::workdir::{Workdir, provider_blocks};

use super::{PUBLIC_KEY, REGION};

/// A working directory with one configuration.
pub(super) struct Stage(Workdir);

impl Stage {
    /// Key pairs `many-0` and so on.
    pub(super) fn key_pairs(
        host: &Host,
        provider: &Path,
        directory: &Path,
        simulator: &Simulator,
        count: usize,
    ) -> Result<Self, String> {
        let resources = format!(
            "resource \"alicloud_key_pair\" \"many\" {{\n  count = {count}\n  key_pair_name = \"many-${{count.index}}\"\n  \
             public_key = {:?}\n}}\n",
            PUBLIC_KEY.trim()
        );
        Self::of_provider(host, provider, directory, simulator, &resources)
    }

    /// Any resources of the provider.
    pub(super) fn of_provider(
        host: &Host,
        provider: &Path,
        directory: &Path,
        simulator: &Simulator,
        resources: &str,
    ) -> Result<Self, String> {
        Self::of(host, provider, directory, &format!("{}\n{resources}", provider_blocks(simulator, REGION)))
    }

    /// As many resources that the host has built in, each with so many bytes more: what no provider could be quicker
    /// than.
    pub(super) fn floor(
        host: &Host,
        provider: &Path,
        directory: &Path,
        count: usize,
        more: usize,
    ) -> Result<Self, String> {
        let resources = format!(
            "resource \"terraform_data\" \"many\" {{\n  count = {count}\n  input = \"many-${{count.index}}{}\"\n}}\n",
            "x".repeat(more)
        );
        Self::of(host, provider, directory, &resources)
    }

    fn of(host: &Host, provider: &Path, directory: &Path, configuration: &str) -> Result<Self, String> {
        let prepare = || {
            let workdir = Workdir::prepare(host, directory, provider)?;
            workdir.write("main.tf", configuration)?;
            Ok(workdir)
        };
        prepare()
            .map(Self)
            .map_err(|error: std::io::Error| format!("{} cannot be prepared: {error}.", directory.display()))
    }

    /// How long a command takes. An error if it fails.
    pub(super) fn time(&self, arguments: &[&str]) -> Result<Duration, String> {
        let (elapsed, success, said) = self.run(arguments)?;
        if success { Ok(elapsed) } else { Err(format!("`{}` failed: {said}", arguments.join(" "))) }
    }

    /// How long a command takes that has to fail with `reason` in what it says.
    pub(super) fn time_failing(&self, arguments: &[&str], reason: &str) -> Result<Duration, String> {
        let (elapsed, success, said) = self.run(arguments)?;
        if !success && said.contains(reason) {
            Ok(elapsed)
        } else {
            Err(format!("`{}` should have failed with `{reason}`: {said}", arguments.join(" ")))
        }
    }

    /// The size of the state, in bytes.
    pub(super) fn state_size(&self) -> Result<u64, String> {
        let path = self.state();
        let metadata = std::fs::metadata(&path).map_err(|error| format!("{}: {error}.", path.display()))?;
        Ok(metadata.len())
    }

    /// Has the same state as `other` from here on.
    pub(super) fn take_state(&self, other: &Self) -> Result<(), String> {
        let path = other.state();
        std::fs::copy(&path, self.state()).map_err(|error| format!("{}: {error}.", path.display()))?;
        Ok(())
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("terraform.tfstate")
    }

    fn run(&self, arguments: &[&str]) -> Result<(Duration, bool, String), String> {
        let start = Instant::now();
        let output = self.0.run(arguments).map_err(|error| format!("The host cannot be run: {error}."))?;
        Ok((start.elapsed(), output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
