//! The command line. Hosts give no arguments; the rest is for people.

use std::ffi::OsString;
use std::path::PathBuf;

use alicloud_provider::plugin::{DebugOptions, Mode, Network};

/// What `--help` prints; it fits on one screen.
pub(crate) const HELP: &str = "\
A Terraform and OpenTofu provider for the SSH key pairs of Alibaba Cloud ECS.

Terraform and OpenTofu start this program themselves. By hand, run it to debug it,
or to ask which version it is.

Usage: terraform-provider-alicloud [OPTIONS]

Options:
  --debug            Keep running, and print the TF_REATTACH_PROVIDERS line that makes
                     Terraform or OpenTofu use this process. Ctrl-C ends it.
  --env-file FILE    With --debug: also write that line to FILE. FILE is removed at the end.
  --address ADDRESS  With --debug: the provider's full source address, if it is not
                     alikeys/alicloud, such as registry.terraform.io/aliyun/alicloud.
  --network NETWORK  Listen on `unix` (a unix socket, the default where there are any) or
                     `tcp` (a port of 127.0.0.1).
  --version          Print the version.
  --help             Print this.

Environment:
  TF_LOG, TF_LOG_PROVIDER, TF_LOG_PROVIDER_ALICLOUD, TF_LOG_SDK, TF_LOG_SDK_PROTO
                     How much is logged: off, error, warn, info, debug or trace.
";

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    Serve { mode: Mode, network: Network },
    Version,
    Help,
}

/// Why the command line makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}\nRun the program with `--help` to see its options.")]
pub(crate) struct UsageError(String);

/// Reads the arguments after the program's name. One dash is as good as two, as in providers written in Go.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut arguments = arguments.into_iter();
    let mut debug = None;
    let mut options = DebugOptions::default();
    let mut network = Network::default();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        let Some(option) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
            return Err(UsageError(format!(
                "The argument `{}` is not expected.",
                argument.to_string_lossy()
            )));
        };
        let (name, attached) = match option.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (option, None),
        };
        let takes_value = matches!(name, "env-file" | "address" | "network");
        if attached.is_some() && !takes_value {
            return Err(UsageError(format!("The option `--{name}` is unknown or takes no value.")));
        }
        let mut value = || {
            attached
                .clone()
                .or_else(|| arguments.next())
                .filter(|value| !value.is_empty())
                .ok_or_else(|| UsageError(format!("The option `--{name}` needs a value.")))
        };
        match name {
            "debug" => debug = Some(()),
            "env-file" => options.env_file = Some(PathBuf::from(value()?)),
            "address" => {
                let address = value()?;
                options.address = Some(address.into_string().map_err(|address| {
                    UsageError(format!("The address `{}` is not text.", address.to_string_lossy()))
                })?);
            }
            "network" => {
                network = match value()?.to_str() {
                    Some("unix") => Network::Unix,
                    Some("tcp") => Network::Tcp,
                    _ => return Err(UsageError("The option `--network` takes `unix` or `tcp`.".to_owned())),
                }
            }
            "version" => return Ok(Command::Version),
            "help" | "h" => return Ok(Command::Help),
            _ => return Err(UsageError(format!("The option `--{name}` is unknown."))),
        }
    }
    let mode = match debug {
        Some(()) => Mode::Debug(options),
        None if options.env_file.is_some() || options.address.is_some() => {
            return Err(UsageError("The options `--env-file` and `--address` go with `--debug`.".to_owned()));
        }
        None => Mode::Host,
    };
    Ok(Command::Serve { mode, network })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.0)
    }

    #[test]
    fn what_hosts_say_is_nothing() {
        let Ok(Command::Serve { mode: Mode::Host, network }) = parse_line("") else { panic!() };
        assert_eq!(network, Network::default());
    }

    #[test]
    fn options() {
        for line in [
            "--debug --env-file f --address a/b/c --network tcp",
            "-network=tcp -debug -address=a/b/c --env-file=f",
        ] {
            let Ok(Command::Serve { mode: Mode::Debug(debug), network }) = parse_line(line) else { panic!() };
            assert_eq!(network, Network::Tcp);
            assert_eq!(debug.env_file, Some("f".into()));
            assert_eq!(debug.address.as_deref(), Some("a/b/c"));
        }
        assert!(matches!(parse_line("-version"), Ok(Command::Version)));
        assert!(matches!(parse_line("--debug -h --what"), Ok(Command::Help)));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("--what", "`--what` is unknown"),
            ("plan", "`plan`"),
            ("--env-file", "`--env-file` needs a value"),
            ("--debug --address=", "`--address` needs a value"),
            ("--debug=yes", "`--debug`"),
            ("--network udp", "`unix` or `tcp`"),
            ("--env-file f", "go with `--debug`"),
        ] {
            let error = parse_line(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn help_fits_on_one_screen() {
        assert!(HELP.lines().count() <= 24 && HELP.lines().all(|line| line.len() <= 96));
    }
}
