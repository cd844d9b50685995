//! Debug mode: how a person attaches a host to a process that is already running.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::error::StartError;
use super::listener::Address;
use super::{DebugOptions, PROTOCOL_VERSION, Plugin};

/// A file with the reattach line, which goes when the process does.
#[derive(Debug)]
pub(super) struct EnvFile(PathBuf);

impl Drop for EnvFile {
    fn drop(&mut self) {
        // Left behind, it would only send hosts to a dead socket.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Tells the person what to do, on stdout and, if asked for, in a file.
pub(super) fn announce(
    plugin: &Plugin,
    debug: &DebugOptions,
    address: &Address,
) -> Result<Option<EnvFile>, StartError> {
    let variable = variable(plugin, debug, address);
    let file = debug.env_file.as_deref().map(|path| write_env_file(path, &variable)).transpose()?;
    print(plugin, &variable).map_err(StartError::Stdout)?;
    Ok(file)
}

/// `TF_REATTACH_PROVIDERS='…'`, as a shell reads it.
///
/// `Test` must be true: hosts then never end the process, and some crash if it is false.
fn variable(plugin: &Plugin, debug: &DebugOptions, address: &Address) -> String {
    let process = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": std::process::id(),
        "Test": true,
        "Addr": { "Network": address.network, "String": address.text },
    });
    let names: Vec<&str> = match &debug.address {
        Some(name) => vec![name],
        None => plugin.addresses.to_vec(),
    };
    let map: serde_json::Map<_, _> =
        names.into_iter().map(|name| (name.to_owned(), process.clone())).collect();
    let json = serde_json::Value::Object(map).to_string();
    format!("TF_REATTACH_PROVIDERS='{}'", json.replace('\'', r"'\''"))
}

fn print(plugin: &Plugin, variable: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    write!(
        stdout,
        "The {} provider is running. To attach Terraform or OpenTofu to it, set this variable where you run them:\n\n\
         \t{variable}\n\n\
         It serves one command after another until you stop it with Ctrl-C.\n",
        plugin.name
    )?;
    stdout.flush()
}

/// Whoever waits for the file to appear must find all of it.
fn write_env_file(path: &Path, variable: &str) -> Result<EnvFile, StartError> {
    let failed = |source| StartError::EnvFile { path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    writeln!(file, "{variable}").map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(EnvFile(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLUGIN: Plugin = Plugin {
        name: "x",
        version: "1.0.0",
        addresses: &["registry.terraform.io/a/x", "registry.opentofu.org/a/x"],
    };

    fn parse(debug: &DebugOptions) -> serde_json::Value {
        let address = Address { network: "unix", text: "/tmp/s".to_owned() };
        let variable = variable(&PLUGIN, debug, &address);
        let json = variable.strip_prefix("TF_REATTACH_PROVIDERS='").unwrap().strip_suffix('\'').unwrap();
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn both_hosts_find_themselves_in_it() {
        let map = parse(&DebugOptions::default());
        for name in PLUGIN.addresses {
            let entry = &map[name];
            assert_eq!(entry["Test"], true);
            assert_eq!(entry["ProtocolVersion"], 6);
            assert_eq!(entry["Protocol"], "grpc");
            assert_eq!(entry["Pid"], std::process::id());
            assert_eq!(entry["Addr"], json!({ "Network": "unix", "String": "/tmp/s" }));
        }
    }

    #[test]
    fn an_address_replaces_the_usual_ones() {
        let map =
            parse(&DebugOptions { address: Some("example.com/b/x".to_owned()), ..DebugOptions::default() });
        assert_eq!(map.as_object().unwrap().keys().collect::<Vec<_>>(), ["example.com/b/x"]);
    }

    #[test]
    fn the_file_goes_with_the_process() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("env");
        let file = write_env_file(&path, "A='b'").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "A='b'\n");
        drop(file);
        assert!(!path.exists());
    }
}
