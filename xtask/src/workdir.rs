//! A directory in which a host runs with the provider that was just built.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ecs_simulator::Simulator;

use crate::host::Host;

/// The source address of the provider in configurations.
pub const SOURCE: &str = "alikeys/alicloud";

/// Variables that a host or the provider would read; none is inherited from the user.
const FOREIGN: [&str; 5] = ["TF_", "ALICLOUD_", "ALIBABA_CLOUD_", "ALIBABACLOUD_", "CLIENT_"];

/// A directory with a configuration and its state.
#[derive(Debug)]
pub struct Workdir {
    host: Host,
    directory: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Workdir {
    /// Prepares `directory`: `provider_directory` holds the provider's executable.
    pub fn prepare(host: &Host, directory: &Path, provider_directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let config_file = directory.join("cli.tfrc");
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"{SOURCE}\" = {:?}\n  }}\n  direct {{}}\n}}\n",
            provider_directory.display().to_string()
        );
        fs::write(&config_file, overrides)?;
        let environment = vec![
            ("TF_CLI_CONFIG_FILE".into(), config_file.into()),
            ("CHECKPOINT_DISABLE".into(), "1".into()),
            ("TF_IN_AUTOMATION".into(), "1".into()),
        ];
        Ok(Self { host: host.clone(), directory: directory.to_owned(), environment })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Runs another host from here on, on the same state.
    pub fn use_host(&mut self, host: &Host) {
        self.host = host.clone();
    }

    /// Sets a variable for every command from here on.
    pub fn set_env(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let name = name.into();
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
    }

    /// Takes a variable away again.
    pub fn remove_env(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// The variables that every command gets.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.directory.join(name), text)
    }

    /// A command of the host, ready to run in the directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.host.program);
        command.args(arguments).current_dir(&self.directory).stdin(std::process::Stdio::null());
        for (name, _) in std::env::vars_os() {
            let foreign = |prefix: &str| name.to_string_lossy().starts_with(prefix);
            if FOREIGN.iter().any(|prefix| foreign(prefix)) {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the host to its end.
    pub fn run(&self, arguments: &[&str]) -> io::Result<Output> {
        self.command(arguments).output()
    }
}

/// The `required_providers` and `provider` blocks that lead to `simulator`, in `region`.
pub fn provider_blocks(simulator: &Simulator, region: &str) -> String {
    format!(
        r#"terraform {{
  required_providers {{
    alicloud = {{
      source = "{SOURCE}"
    }}
  }}
}}

provider "alicloud" {{
  region     = "{region}"
  access_key = "{id}"
  secret_key = "{secret}"

  endpoints {{
    ecs = "{url}"
    sts = "{url}"
  }}
}}
"#,
        id = simulator.access_key_id(),
        secret = simulator.access_key_secret(),
        url = simulator.url(),
    )
}
