//! From starting the process to the line that tells the host where to connect.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::report::Row;
use super::statistics::Median;

/// A host's certificate, as Terraform makes one for each plugin: P-521, self-signed. Making and
/// announcing the plugin's own half of the mutual TLS is part of the start.
const HOST_CERTIFICATE: &str = include_str!("host_certificate.pem");

/// Says that a host of Terraform plugins is calling; no secret.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Measures beside the same program when it does nothing but print its version.
pub(super) fn measure(program: &Path, runs: usize) -> Result<Row, String> {
    let sockets = tempfile::tempdir().map_err(|error| format!("No temporary directory: {error}."))?;
    let (mut starts, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        floor.push(to_first_line(Command::new(program).arg("--version"))?);
        starts.push(to_first_line(
            Command::new(program)
                .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
                .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
                .env("PLUGIN_CLIENT_CERT", HOST_CERTIFICATE)
                // The process is killed, so its socket stays.
                .env("PLUGIN_UNIX_SOCKET_DIR", sockets.path()),
        )?);
    }
    let none = || "no runs".to_owned();
    let measured = Median::of(starts).ok_or_else(none)?;
    let floor = Median::of(floor).ok_or_else(none)?;
    Ok(Row::new("Process start → handshake line", measured)
        .floor(format!("{floor}: `--version`"))
        .target("≤ 10 ms", measured.value <= Duration::from_millis(10)))
}

fn to_first_line(command: &mut Command) -> Result<Duration, String> {
    let failed = |error| format!("The provider cannot be started: {error}.");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
    }
    let elapsed = start.elapsed();
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().map_err(failed)?;
    if line.is_empty() {
        return Err("The provider ended without a line.".to_owned());
    }
    Ok(elapsed)
}
