//! Installing the provider for the user: into the plugin directory that Terraform and OpenTofu search without any
//! configuration.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::workdir::SOURCE;

/// The registries that an address without a host name means, in Terraform and in OpenTofu.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The version of the workspace, which is the provider's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The user's plugin directory, by the rules of both programs: `~/.terraform.d/plugins`, or
/// `%APPDATA%\terraform.d\plugins` on Windows. `None` if the variable that leads there is not set.
pub fn plugin_directory(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let (root, folder) = if cfg!(windows) { ("APPDATA", "terraform.d") } else { ("HOME", ".terraform.d") };
    let root = variable(root).filter(|value| !value.is_empty())?;
    Some(PathBuf::from(root).join(folder).join("plugins"))
}

/// Where the executable of the provider `source` (`NAMESPACE/NAME`) stands below a plugin directory, once for each
/// registry.
pub fn places(plugins: &Path, source: &str, version: &str) -> Vec<PathBuf> {
    let platform = format!("{}_{}", operating_system(), architecture());
    let name = source.rsplit('/').next().unwrap_or(source);
    let file = format!("terraform-provider-{name}_v{version}{}", std::env::consts::EXE_SUFFIX);
    let place = |registry| plugins.join(registry).join(source).join(version).join(&platform).join(&file);
    REGISTRIES.into_iter().map(place).collect()
}

/// Copies `executable` to its places below `plugins`. A Terraform that runs the old file is not disturbed.
pub fn install(executable: &Path, plugins: &Path) -> io::Result<Vec<PathBuf>> {
    let places = places(plugins, SOURCE, VERSION);
    for place in &places {
        let directory = place.parent().unwrap_or(plugins);
        fs::create_dir_all(directory)?;
        // A running executable can't be written to, but its name can be given to another file.
        let draft = tempfile::Builder::new().prefix(".installing-").tempfile_in(directory)?;
        fs::copy(executable, draft.path())?;
        draft.into_temp_path().persist(place).map_err(|error| error.error)?;
    }
    Ok(places)
}

/// Removes what [`install`] put below `plugins`, of every version and platform. Returns the directories removed.
pub fn uninstall(plugins: &Path) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for registry in REGISTRIES {
        let directory = plugins.join(registry).join(SOURCE);
        match fs::remove_dir_all(&directory) {
            Ok(()) => removed.push(directory),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

/// The user's CLI configuration files that hold a `provider_installation` block, which makes Terraform or OpenTofu
/// ignore the plugin directory.
pub fn overriding_files(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let named =
        ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"].into_iter().filter_map(&variable).map(PathBuf::from);
    let (root, files) = if cfg!(windows) {
        ("APPDATA", ["terraform.rc", "tofu.rc"])
    } else {
        ("HOME", [".terraformrc", ".tofurc"])
    };
    let own = variable(root).map(|root| files.map(|file| PathBuf::from(&root).join(file)));
    let mentions = |file: &PathBuf| {
        fs::read_to_string(file)
            .is_ok_and(|text| text.lines().any(|line| line.trim_start().starts_with("provider_installation")))
    };
    let mut files: Vec<PathBuf> = named.chain(own.into_iter().flatten()).filter(mentions).collect();
    files.dedup();
    files
}

/// What to write into a `provider_installation` block, so that it leads to `plugins` too.
pub fn installation_methods(plugins: &Path) -> String {
    format!(
        "  filesystem_mirror {{\n    path    = {:?}\n    include = [\"{SOURCE}\"]\n  }}\n  direct {{\n    exclude = \
         [\"{SOURCE}\"]\n  }}\n",
        plugins.display().to_string()
    )
}

/// The operating system as Go names it, which names platforms in Terraform.
fn operating_system() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

/// The processor as Go names it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_found_and_removed_again() {
        let directory = tempfile::tempdir().unwrap();
        let executable = directory.path().join("built");
        fs::write(&executable, "first").unwrap();
        let plugins = directory.path().join("plugins");
        assert!(uninstall(&plugins).unwrap().is_empty());
        let installed = install(&executable, &plugins).unwrap();
        fs::write(&executable, "second").unwrap();
        assert_eq!(install(&executable, &plugins).unwrap(), installed);
        assert_eq!(installed.len(), 2);
        for place in &installed {
            assert_eq!(fs::read_to_string(place).unwrap(), "second");
            // Nothing else, such as a draft, may stand beside it: Terraform would search it.
            assert_eq!(fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
        }
        assert_eq!(uninstall(&plugins).unwrap().len(), 2);
        assert!(installed.iter().all(|place| !place.exists()));
    }

    #[cfg(unix)]
    #[test]
    fn an_installation_block_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let variable = |name: &str| (name == "HOME").then(|| home.path().as_os_str().to_owned());
        assert_eq!(plugin_directory(variable), Some(home.path().join(".terraform.d/plugins")));
        assert_eq!(plugin_directory(|_| None), None);
        assert!(overriding_files(variable).is_empty());
        fs::write(home.path().join(".terraformrc"), "# provider_installation {}\n").unwrap();
        assert!(overriding_files(variable).is_empty());
        fs::write(home.path().join(".tofurc"), "\n  provider_installation {\n  }\n").unwrap();
        assert_eq!(overriding_files(variable), [home.path().join(".tofurc")]);
    }
}
