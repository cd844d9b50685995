//! Where the demonstration takes place: a directory, a host and a simulated cloud.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ecs_simulator::{Call, Config, Simulator};
use xtask::host::Host;
use xtask::target_dir;
use xtask::workdir::{Workdir, provider_blocks};

use super::cloud::{self, REGION};
use crate::screen::{indented, line};

/// The directory, the host and the cloud.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) simulator: Simulator,
    workdir: Workdir,
    /// What to type for the host.
    program: String,
}

/// What a command did.
#[derive(Debug)]
pub(super) struct Outcome {
    command: String,
    success: bool,
    calls: Vec<Call>,
}

impl Stage {
    /// Sets it up anew; `provider` is the directory of the provider's executable.
    pub(super) fn set(provider: &Path) -> Result<Self, String> {
        let directory = target_dir().join("demo");
        let failed = |error: io::Error| format!("{} cannot be set up: {error}.", directory.display());
        // What an earlier run left belongs to a cloud that is gone.
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => fs::create_dir_all(&directory).map_err(failed)?,
        }
        let host = Host::find()?;
        let program = typed(&host, &directory).map_err(failed)?;
        let simulator = Simulator::start(Config::default())
            .map_err(|error| format!("The simulated cloud cannot start: {error}."))?;
        let mut workdir = Workdir::prepare(&host, &directory, provider).map_err(failed)?;
        workdir.set_env("TF_CLI_ARGS", "-no-color");
        workdir.write("provider.tf", &provider_blocks(&simulator, REGION)).map_err(failed)?;
        Ok(Self { simulator, workdir, program })
    }

    /// The host.
    pub(super) fn host(&self) -> &Host {
        self.workdir.host()
    }

    /// What to type for the host in the directory.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        self.workdir.path()
    }

    /// Writes the configuration, and shows it.
    pub(super) fn configure(&self, text: &str) -> Result<(), String> {
        self.workdir
            .write("main.tf", text)
            .map_err(|error| format!("main.tf cannot be written: {error}."))?;
        line("main.tf:");
        indented(text);
        line("");
        Ok(())
    }

    /// Runs the host, and shows the command, what it says, and the API calls that were made.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Outcome, String> {
        let command = format!("{} {}", self.program, arguments.join(" "));
        line(format_args!("$ {command}"));
        self.simulator.forget_calls();
        let output =
            self.workdir.run(arguments).map_err(|error| format!("`{command}` cannot be run: {error}."))?;
        let said = format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout).trim_end(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        indented(without_override_warning(&said).trim_end());
        let calls = self.simulator.calls();
        line("\nAPI calls:");
        for call in &calls {
            indented(&cloud::describe(call));
        }
        if calls.is_empty() {
            indented("none");
        }
        Ok(Outcome { command, success: output.status.success(), calls })
    }

    /// Checks that the cloud has the key pair, or that it has not.
    pub(super) fn expect_key_pair(&self, name: &str, expected: bool) -> Result<(), String> {
        if self.simulator.world(|world| world.key_pair(REGION, name).is_some()) == expected {
            return Ok(());
        }
        let is = if expected { "is not" } else { "is still" };
        Err(format!("This is not as it should be: the key pair {name:?} {is} in the cloud."))
    }

    /// A file of the directory: its mode, its size and its first line.
    pub(super) fn describe_file(&self, name: &str) -> Result<String, String> {
        let path = self.workdir.path().join(name);
        let failed =
            |error| format!("This is not as it should be: {} cannot be read: {error}.", path.display());
        let text = fs::read_to_string(&path).map_err(failed)?;
        let first = text.lines().next().unwrap_or_default();
        Ok(format!("{name}: {}{} bytes, {first}", mode(&path).map_err(failed)?, text.len()))
    }
}

impl Outcome {
    /// Checks that the command succeeded.
    pub(super) fn succeeds(&self) -> Result<&Self, String> {
        if self.success { Ok(self) } else { Err(self.unexpected("failed")) }
    }

    /// Checks that the command failed.
    pub(super) fn fails(&self) -> Result<&Self, String> {
        if self.success { Err(self.unexpected("succeeded")) } else { Ok(self) }
    }

    /// Checks that it made a call.
    pub(super) fn called(&self, action: &str) -> Result<&Self, String> {
        if self.calls.iter().any(|call| call.action == action) {
            return Ok(self);
        }
        Err(self.unexpected(&format!("did not call {action}")))
    }

    fn unexpected(&self, what: &str) -> String {
        format!("This is not as it should be: `{}` {what}.", self.command)
    }
}

/// What to type for the host in `directory`. One that this project installed for itself has no name
/// that anyone would want to type, so it gets one there.
fn typed(host: &Host, directory: &Path) -> io::Result<String> {
    if !host.program.starts_with(target_dir()) {
        return Ok(host.program.display().to_string());
    }
    link(&host.program, &directory.join("terraform"))?;
    Ok(PathBuf::from(".").join("terraform").display().to_string())
}

#[cfg(unix)]
fn link(program: &Path, name: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, name)
}

#[cfg(not(unix))]
fn link(program: &Path, name: &Path) -> io::Result<()> {
    fs::copy(program, name).map(|_| ())
}

#[cfg(unix)]
fn mode(path: &Path) -> io::Result<String> {
    use std::os::unix::fs::PermissionsExt;
    Ok(format!("mode {:04o}, ", fs::metadata(path)?.permissions().mode() & 0o7777))
}

#[cfg(not(unix))]
fn mode(_: &Path) -> io::Result<String> {
    Ok(String::new())
}

/// Leaves out what the host says, at each command, of a provider that was built on this machine. How
/// its lines break depends on the path.
fn without_override_warning(said: &str) -> String {
    let cut = said.split_once("Warning: Provider development overrides are in effect").and_then(
        |(before, rest)| {
            let (_, behavior) = rest.split_once("The behavior may")?;
            let (_, after) = behavior.split_once("releases.")?;
            Some(format!("{}\n{}", before.trim(), after.trim_start()))
        },
    );
    cut.unwrap_or_else(|| said.to_owned()).trim_start_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_warning_about_overrides_is_left_out() {
        let said = "\nWarning: Provider development overrides are in effect\n\nThe following …\n - a/b in /c\n\n\
                    The behavior may … be incompatible with published\nreleases.\n\nNo changes.\n";
        assert_eq!(without_override_warning(said), "No changes.\n");
        for other in ["No changes.\n", "Warning: Provider development overrides are in effect\n\nNo end\n"] {
            assert_eq!(without_override_warning(other), other);
        }
    }
}
