//! The command line of the executable.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ecs_simulator::{
    ADMIN_HELP, AccessKey, Config, DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT, Role,
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
    let (mut users, mut roles) = (Vec::new(), Vec::new());
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
            // What is about a role or a user may be in the account of a key that is yet to come.
            "--ram-user" => users.push(value),
            "--role" => roles.push(value),
            "--oidc-token" => {
                let form = "--oidc-token takes PROVIDER_ARN=TOKEN.";
                let (provider, token) = value.split_once('=').ok_or(form)?;
                if [provider, token].contains(&"") {
                    return Err(form.to_owned());
                }
                options.config.oidc_tokens.push((provider.to_owned(), token.to_owned()));
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
    let account = options.config.access_keys.first().map_or(DEFAULT_ACCOUNT, AccessKey::account).to_owned();
    for user in users {
        // The value holds a secret, so it is not repeated.
        let form = "--ram-user takes NAME:ID:SECRET or NAME:ID:SECRET:ACCOUNT.";
        options.config.access_keys.push(ram_user(&user, &account).ok_or(form)?);
    }
    for role in roles {
        let (role, principals) = role.split_once('=').unwrap_or((&role, ""));
        let principals = principals.split(',').filter(|principal| !principal.is_empty());
        let role = Role::parse(role, principals, &account)
            .map_err(|why| format!("--role takes NAME, ARN, or either with =PRINCIPAL,PRINCIPAL; {why}."))?;
        options.config.roles.push(role);
    }
    Ok(Wish::Run(Box::new(options)))
}

const FLAGS: [&str; 11] = [
    "--access-key",
    "--address",
    "--clock-offset-seconds",
    "--latency-ms",
    "--oidc-token",
    "--port",
    "--ram-user",
    "--rate-limit",
    "--rate-window-ms",
    "--role",
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

fn ram_user(text: &str, account: &str) -> Option<AccessKey> {
    let mut parts = text.splitn(4, ':');
    let (name, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let account = parts.next().unwrap_or(account);
    let whole = ![name, id, secret, account].contains(&"");
    whole.then(|| AccessKey::new(id, secret, account).of_user(name))
}

fn help() -> String {
    format!(
        "\
A local stand-in for the Alibaba Cloud ECS API, as far as SSH key pairs need it.

Usage: ecs-simulator [OPTIONS]

It prints one line of JSON when it is ready, with its url and the access key to use, then the variables to set so
that a provider or a client uses it, and runs until it is stopped. ECS and STS are at the same url, over plain HTTP.

Options:
  --port N                     the port to listen on; 0, the default, takes a free one
  --address IP                 the address to listen on; 127.0.0.1 by default. Whoever can reach it can
                               change the simulated world.
  --state FILE                 keep the world in this file from one run to the next; in memory only by default
  --access-key ID:SECRET[:ACCOUNT]
                               an access key to know; may be given more than once, and the first one is the
                               default account's. Without any, {DEFAULT_ACCESS_KEY_ID} with the secret
                               {DEFAULT_ACCESS_KEY_SECRET}, of account {DEFAULT_ACCOUNT}.
  --ram-user NAME:ID:SECRET[:ACCOUNT]
                               a RAM user of the default account, or of this one, with an access key; may be given
                               more than once. Roles are for RAM users: an account's own key cannot assume one.
  --role NAME[=PRINCIPAL,…]    a role, by its name or its ARN, that these principals may assume: user/NAME or role/NAME
                               of the default account, or ARNs. Without any, all users and roles of its account may.
                               May be given more than once.
  --oidc-token PROVIDER_ARN=TOKEN
                               a token for AssumeRoleWithOIDC, by a provider that a role names as its principal
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
            "--ram-user=ann:e:f",
            "--ram-user",
            "bob:g:h:2",
            "--role=deploy",
            "--role",
            "acs:ram::2:role/ops=user/ann,acs:ram::3:root",
            "--oidc-token=acs:ram::1:oidc-provider/ci=a=b",
        ];
        let Wish::Run(options) = run(&all).unwrap() else { panic!("not to run") };
        assert_eq!(options.config.address.to_string(), "[::1]:4000");
        assert_eq!(options.config.state_file, Some("w.json".into()));
        assert_eq!(options.config.latency.as_millis(), 50);
        assert_eq!(options.config.rate_window.as_millis(), 100);
        assert_eq!(options.rate_limits, [("DeleteKeyPairs".to_owned(), 60)]);
        assert_eq!(options.clock_offset_seconds, -90);
        let accounts: Vec<&str> = options.config.access_keys.iter().map(AccessKey::account).collect();
        assert_eq!(accounts, ["1", DEFAULT_ACCOUNT, "1", "2"]);
        let users: Vec<_> = options.config.access_keys.iter().map(AccessKey::ram_user).collect();
        assert_eq!(users, [None, None, Some("ann"), Some("bob")]);
        let roles = [
            Role::new("acs:ram::1:role/deploy").trusting("acs:ram::1:root"),
            Role::new("acs:ram::2:role/ops").trusting("acs:ram::1:user/ann").trusting("acs:ram::3:root"),
        ];
        assert_eq!(options.config.roles, roles);
        assert_eq!(options.config.oidc_tokens, [("acs:ram::1:oidc-provider/ci".into(), "a=b".into())]);
    }

    #[test]
    fn says_what_is_wrong() {
        let cases: [(&[&str], &str); 12] = [
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
            (&["--ram-user=ann:id"], "--ram-user takes NAME:ID:SECRET or NAME:ID:SECRET:ACCOUNT."),
            (&["--ram-user=:id:secret"], "--ram-user takes NAME:ID:SECRET or NAME:ID:SECRET:ACCOUNT."),
            (&["--oidc-token", "token"], "--oidc-token takes PROVIDER_ARN=TOKEN."),
            (
                &["--role", "a b"],
                "--role takes NAME, ARN, or either with =PRINCIPAL,PRINCIPAL; \"a b\" is neither the name of a role \
                 nor acs:ram::ACCOUNT:role/NAME.",
            ),
            (
                &["--role=deploy=ann"],
                "--role takes NAME, ARN, or either with =PRINCIPAL,PRINCIPAL; \"ann\" is not a principal, such as \
                 user/NAME or acs:ram::ACCOUNT:user/NAME.",
            ),
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
        for operation in ["AssumeRole", "AssumeRoleWithOIDC", "GetCallerIdentity"] {
            assert!(help.contains(operation), "{operation}");
        }
    }
}
