//! The command line of the executable.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ecs_simulator::{
    ADMIN_HELP, AccessKey, Config, DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT,
};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Print this and be done.
    Print(String),
    /// Run like this.
    Run(Box<Options>),
}

/// How to run.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) config: Config,
    /// Calls per window, by action.
    pub(crate) rate_limits: Vec<(String, u32)>,
    pub(crate) clock_offset_seconds: i64,
}

/// Reads the arguments, the program's name left out. An error is a sentence for whoever typed them.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Wish, String> {
    let mut options = Options::default();
    let mut address: IpAddr = Ipv4Addr::LOCALHOST.into();
    let mut port = 0_u16;
    let mut keys = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy().into_owned();
        // `--flag=value` is `--flag value`.
        let (flag, attached) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
            _ => (argument, None),
        };
        match (flag.as_str(), &attached) {
            ("--help" | "-h", None) => return Ok(Wish::Print(help())),
            ("--version" | "-V", None) => {
                return Ok(Wish::Print(format!("ecs-simulator {}\n", env!("CARGO_PKG_VERSION"))));
            }
            _ => {}
        }
        if !FLAGS.contains(&flag.as_str()) {
            return Err(format!("{flag} is not an option of ecs-simulator; --help lists them."));
        }
        let value = attached.or_else(|| arguments.next().map(|value| value.to_string_lossy().into_owned()));
        let value = value.ok_or_else(|| format!("{flag} needs a value; --help says which."))?;
        match flag.as_str() {
            "--address" => address = parse(&flag, &value, "an IP address")?,
            "--port" => port = parse(&flag, &value, "a number from 0 to 65535")?,
            "--state" => options.config.state_file = Some(PathBuf::from(value)),
            "--latency-ms" => {
                options.config.latency = Duration::from_millis(parse(&flag, &value, "milliseconds")?);
            }
            "--rate-window-ms" => {
                options.config.rate_window = Duration::from_millis(parse(&flag, &value, "milliseconds")?);
            }
            "--clock-offset-seconds" => options.clock_offset_seconds = parse(&flag, &value, "seconds")?,
            "--rate-limit" => {
                let form = "ACTION:CALLS, such as DeleteKeyPairs:60";
                let (action, calls) = value.split_once(':').ok_or_else(|| wrong(&flag, &value, form))?;
                options.rate_limits.push((action.to_owned(), parse(&flag, calls, form)?));
            }
            // The only one left in FLAGS.
            _ => keys.push(access_key(&value).ok_or_else(|| {
                // The value holds a secret, so it is not repeated.
                "--access-key takes ID:SECRET or ID:SECRET:ACCOUNT.".to_owned()
            })?),
        }
    }
    options.config.address = SocketAddr::new(address, port);
    if !keys.is_empty() {
        options.config.access_keys = keys;
    }
    Ok(Wish::Run(Box::new(options)))
}

const FLAGS: [&str; 8] = [
    "--access-key",
    "--address",
    "--clock-offset-seconds",
    "--latency-ms",
    "--port",
    "--rate-limit",
    "--rate-window-ms",
    "--state",
];

fn parse<T: std::str::FromStr>(flag: &str, value: &str, form: &str) -> Result<T, String> {
    value.parse().map_err(|_| wrong(flag, value, form))
}

fn wrong(flag: &str, value: &str, form: &str) -> String {
    format!("{flag} takes {form}, not \"{value}\".")
}

fn access_key(text: &str) -> Option<AccessKey> {
    let mut parts = text.splitn(3, ':');
    let (id, secret) = (parts.next()?, parts.next()?);
    let account = parts.next().unwrap_or(DEFAULT_ACCOUNT);
    let whole = ![id, secret, account].contains(&"");
    whole.then(|| AccessKey::new(id, secret, account))
}

fn help() -> String {
    format!(
        "\
A local stand-in for the Alibaba Cloud ECS API, as far as SSH key pairs need it.

Usage: ecs-simulator [OPTIONS]

It prints one line of JSON when it is ready, with its url and the access key to use, and runs until it is
stopped. Point a client's ECS and STS endpoints at the url, over plain HTTP.

Options:
  --port N                     the port to listen on; 0, the default, takes a free one
  --address IP                 the address to listen on; 127.0.0.1 by default. Whoever can reach it can
                               change the simulated world.
  --state FILE                 keep the world in this file from one run to the next; in memory only by default
  --access-key ID:SECRET[:ACCOUNT]
                               an access key to know; may be given more than once, and the first one is the
                               default account's. Without any, {DEFAULT_ACCESS_KEY_ID} with the secret
                               {DEFAULT_ACCESS_KEY_SECRET}, of account {DEFAULT_ACCOUNT}.
  --latency-ms N               how long each call takes; 0 by default
  --rate-limit ACTION:CALLS    throttle an action after so many calls in a window; may be given more than once
  --rate-window-ms N           the length of that window; 60000 by default
  --clock-offset-seconds N     set the simulator's clock ahead (negative: back)
  --version                    print the version
  --help                       print this

Operations: AttachKeyPair, CreateKeyPair, DeleteKeyPairs, DescribeInstances, DescribeKeyPairs, DescribeRegions,
DetachKeyPair, ImportKeyPair, JoinResourceGroup, ListTagResources, RebootInstance, TagResources, UntagResources
(version 2014-05-26); AssumeRole, AssumeRoleWithOIDC and GetCallerIdentity of STS (version 2015-04-01). Signature
versions 1 and 3.

The admin API, on the same port, takes and gives JSON and asks for no signature. Paths are about the default
account unless they end in ?account=ID.

{ADMIN_HELP}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Result<Wish, String> {
        read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn reads_what_is_asked_for() {
        let all = [
            "--port=4000",
            "--address",
            "::1",
            "--state",
            "w.json",
            "--latency-ms",
            "50",
            "--rate-limit=DeleteKeyPairs:60",
            "--rate-window-ms=100",
            "--clock-offset-seconds",
            "-90",
            "--access-key=a:b:1",
            "--access-key=c:d",
        ];
        let Wish::Run(options) = run(&all).unwrap() else { panic!("not to run") };
        assert_eq!(options.config.address.to_string(), "[::1]:4000");
        assert_eq!(options.config.state_file, Some("w.json".into()));
        assert_eq!(options.config.latency.as_millis(), 50);
        assert_eq!(options.config.rate_window.as_millis(), 100);
        assert_eq!(options.rate_limits, [("DeleteKeyPairs".to_owned(), 60)]);
        assert_eq!(options.clock_offset_seconds, -90);
        let accounts: Vec<&str> = options.config.access_keys.iter().map(AccessKey::account).collect();
        assert_eq!(accounts, ["1", DEFAULT_ACCOUNT]);
    }

    #[test]
    fn says_what_is_wrong() {
        let cases: [(&[&str], &str); 7] = [
            (&["--nonsense"], "--nonsense is not an option of ecs-simulator; --help lists them."),
            (&["8080"], "8080 is not an option of ecs-simulator; --help lists them."),
            (&["--port"], "--port needs a value; --help says which."),
            (&["--port", "x"], "--port takes a number from 0 to 65535, not \"x\"."),
            (
                &["--rate-limit", "A=1"],
                "--rate-limit takes ACTION:CALLS, such as DeleteKeyPairs:60, not \"A=1\".",
            ),
            (&["--latency-ms=-1"], "--latency-ms takes milliseconds, not \"-1\"."),
            (&["--access-key=id:"], "--access-key takes ID:SECRET or ID:SECRET:ACCOUNT."),
        ];
        for (arguments, expected) in cases {
            assert_eq!(run(arguments).unwrap_err(), expected, "{arguments:?}");
        }
    }

    #[test]
    fn help_names_every_flag() {
        let Wish::Print(help) = run(&["--help"]).unwrap() else { panic!("nothing to print") };
        for flag in FLAGS {
            assert!(help.contains(flag), "{flag}");
        }
    }
}
