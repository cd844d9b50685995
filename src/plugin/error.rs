//! Why the plugin could not start, as sentences for the person who sees them.

use std::io;
use std::path::PathBuf;

/// A reason not to serve. Each is told on stderr, since no host is connected yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(
        "This program is a plugin for Terraform and OpenTofu and is not meant to be run by hand.\n\
         Name the provider in `required_providers` and run `terraform init`; the host then starts it itself.\n\
         Run it with `--help` to see what else it can do."
    )]
    NotAHost,

    #[error(
        "The host's certificate in PLUGIN_CLIENT_CERT cannot be used: {0}.\n\
         Start the provider through Terraform or OpenTofu, which set this variable themselves."
    )]
    ClientCertificate(String),

    #[error("The environment variable {name} must be {expected}, but is `{value}`.")]
    Variable { name: &'static str, expected: &'static str, value: String },

    #[error("The TLS certificate for the connection with the host could not be made: {0}.")]
    Tls(String),

    #[error(
        "The socket for the host could not be made in `{}`: {source}.\n\
         TMPDIR, or PLUGIN_UNIX_SOCKET_DIR if the host sets it, must name a directory that may be written to and has a \
         short path.",
        directory.display()
    )]
    #[cfg(unix)]
    Socket { directory: PathBuf, source: io::Error },

    #[error(
        "The group `{0}` in PLUGIN_UNIX_SOCKET_GROUP is not in /etc/group. Use its number if another service knows it."
    )]
    #[cfg(unix)]
    UnknownGroup(String),

    #[error("No port of 127.0.0.1 from {min} to {max} could be listened on: {source}.")]
    Port { min: u16, max: u16, source: io::Error },

    #[cfg(not(unix))]
    #[error("This system has no unix sockets; use `--network tcp`.")]
    NoUnixSockets,

    #[error("The file `{}` could not be written: {source}.", path.display())]
    EnvFile { path: PathBuf, source: io::Error },

    #[error("The address could not be told to the host on stdout: {0}.")]
    Stdout(io::Error),

    #[error("The asynchronous runtime could not be started: {0}.")]
    Runtime(io::Error),

    #[error("The connections with the host could not be served: {0}.")]
    Serve(#[from] tonic::transport::Error),
}
