//! The one way from an API error to a message for a person.
//!
//! | the error's kind | what the reader is told to do |
//! |---|---|
//! | bound | unbind or release the instances, or wait for them |
//! | throttled, deadline | try again later, raise the timeout, make fewer calls |
//! | forbidden | which action on which resource to allow |
//! | missing or failed credentials | their own message says, source by source |
//! | access key, signature, token, clock | where the key came from, and what to check |
//! | unreachable, untrusted, wrong endpoint, unexpected answer | host, proxy and endpoint to check |
//! | reply lost | look before doing it again |
//! | invalid input, name taken, quota, limit, group, region | which argument to change |
//! | anything else | the service's own words |
//!
//! Last come the facts that support asks for. Codes and kinds: [`crate::alicloud::ErrorKind`].

use std::fmt::Write as _;

use crate::alicloud::{Error, ErrorKind};
use crate::framework::Diagnostic;

/// What was being done when an error came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    /// The name of the key pair.
    pub(super) key_pair: &'a str,
    /// The account, if it is known.
    pub(super) account_id: Option<&'a str>,
    /// The entry of the resource's timeouts block that bounded it, if one did.
    pub(super) timeout: Option<&'static str>,
}

impl Attempt<'_> {
    /// The message for `error`. `summary` says what failed: `Could not delete the key pair "web"`.
    pub(super) fn failed(&self, summary: impl Into<String>, error: &Error) -> Diagnostic {
        let mut detail = sentence(error.message());
        let advice = self.advice(error);
        if !advice.is_empty() {
            detail.push_str("\n\n");
            detail.push_str(&advice);
        }
        detail.push_str("\n\n");
        detail.push_str(&facts(error));
        Diagnostic::error(summary, detail)
    }

    /// What the reader can do.
    fn advice(&self, error: &Error) -> String {
        let credential = error.credential().unwrap_or("access key");
        match error.kind() {
            ErrorKind::Throttled => self.throttled(),
            ErrorKind::Deadline if error.last().is_some_and(|last| last.kind() == ErrorKind::Throttled) => {
                self.throttled()
            }
            ErrorKind::Deadline => format!("The next plan shows whether the last try changed anything. {}", self.raise_the_timeout()),
            ErrorKind::Unavailable => {
                "The service failed for reasons of its own. Run the command again later; if it goes on, give the \
                 request id to Alibaba Cloud's support."
                    .to_owned()
            }
            ErrorKind::Unreachable => {
                "Nothing was sent. Check that this machine reaches the host: the network, name resolution, the proxy \
                 variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and region and endpoints in the provider block."
                    .to_owned()
            }
            ErrorKind::Untrusted => {
                "Nothing was sent, since the host's certificate is not trusted. Check endpoints in the provider \
                 block; where a proxy re-encrypts connections, add its certificate authority to the system's trust \
                 store."
                    .to_owned()
            }
            ErrorKind::ReplyLost => {
                "The request may have been carried out, and looking for what became of it gave no answer either. Run \
                 terraform plan: it shows what is true in the cloud."
                    .to_owned()
            }
            ErrorKind::Cancelled => {
                "The run was interrupted. The next plan shows what is true in the cloud.".to_owned()
            }
            ErrorKind::AccessKeyNotFound => format!(
                "The cloud does not know the {credential}. Check that it is written right, that it was not deleted, \
                 and that it belongs to the site (China or international) of the endpoint. The key pair may well \
                 exist: nothing is concluded from this."
            ),
            ErrorKind::AccessKeyDisabled => {
                format!("The {credential} is switched off. Enable it in the RAM console, or use another one.")
            }
            ErrorKind::Signature => format!(
                "The secret does not belong to the {credential}. Check that both were copied whole, without white \
                 space, and that both come from the same place."
            ),
            ErrorKind::TokenExpired => format!("The {credential} is temporary and has run out. Get a new one."),
            ErrorKind::TokenInvalid => format!(
                "The {credential} is temporary and needs the security token that was issued with it. Check that \
                 access key, secret and token belong together."
            ),
            ErrorKind::ClockSkew => {
                "The clock of this machine is more than 15 minutes off. Set it, or let it be set (NTP).".to_owned()
            }
            ErrorKind::Forbidden => self.forbidden(error),
            ErrorKind::AccountRestricted => {
                "Alibaba Cloud restricts the account itself (risk control, identity verification or ownership). Settle \
                 that in the console or with support; no permission helps."
                    .to_owned()
            }
            ErrorKind::QuotaExceeded => match error.code() {
                Some("QuotaExceed.KeyPair") => {
                    "The region holds as many key pairs as the account may have there (500 by default). Delete some \
                     that are not used, or have the quota raised in the Quota Center."
                        .to_owned()
                }
                _ => "The key pair has as many tags as it may have (20, those of the cloud's services included). \
                      Remove some."
                    .to_owned(),
            },
            ErrorKind::Bound => {
                "Instances still carry the key pair. Detach it from them, or release them, and run the command again. \
                 Launch templates and scaling groups that name the key pair may bind it again."
                    .to_owned()
            }
            ErrorKind::LimitExceeded => {
                "The service takes fewer key pairs in one call than were named. Run the command again; if it goes on, \
                 report it to the provider."
                    .to_owned()
            }
            ErrorKind::ResourceGroupNotFound => {
                "Check resource_group_id: the account behind the credentials has no such resource group.".to_owned()
            }
            ErrorKind::RegionNotFound => "Check region in the provider block.".to_owned(),
            ErrorKind::KeyPairNotFound => {
                format!("The key pair {:?} went away meanwhile. Run terraform plan to see what is left.", self.key_pair)
            }
            ErrorKind::WrongEndpoint => {
                "The host does not serve this API. Check endpoints, protocol and region in the provider block."
                    .to_owned()
            }
            ErrorKind::UnexpectedAnswer => {
                "Something between here and the service may have answered in its place. Check endpoints in the \
                 provider block and the proxy variables."
                    .to_owned()
            }
            // Missing and failed credentials say it themselves, source by source.
            ErrorKind::MissingCredentials
            | ErrorKind::CredentialsFailed
            | ErrorKind::InvalidInput
            | ErrorKind::AlreadyExists
            | ErrorKind::Other => String::new(),
        }
    }

    fn throttled(&self) -> String {
        format!(
            "ECS counts calls of each operation per account and region, by the minute, and everything that uses the \
             account shares that count. Run the command again in a minute, or with a lower -parallelism. {}",
            self.raise_the_timeout()
        )
    }

    fn raise_the_timeout(&self) -> String {
        match self.timeout {
            Some(timeout) => {
                format!("To give it more time, raise {timeout} in the resource's timeouts block.")
            }
            None => "Run the command again.".to_owned(),
        }
    }

    fn forbidden(&self, error: &Error) -> String {
        format!(
            "The user or role behind the {} lacks a permission. Have this allowed, and no policy deny it:\n\n{}",
            error.credential().unwrap_or("access key"),
            self.permission(error)
        )
    }

    /// The permission that the failed operation needs, as two indented lines.
    pub(super) fn permission(&self, error: &Error) -> String {
        let operation = error.operation();
        let (service, resource) = match operation {
            "GetCallerIdentity" => ("sts", "*".to_owned()),
            "DescribeInstances" | "RebootInstance" => ("ecs", "instance/*".to_owned()),
            // These are granted for all key pairs or none.
            "ImportKeyPair" | "DescribeKeyPairs" => ("ecs", "keypair/*".to_owned()),
            _ => ("ecs", format!("keypair/{}", self.key_pair)),
        };
        format!(
            "  Action: {service}:{operation}\n  Resource: acs:{service}:{}:{}:{resource}",
            error.region(),
            self.account_id.unwrap_or("*"),
        )
    }
}

/// What support asks for, one fact a line. Indented lines keep their shape in the host's output.
pub(super) fn facts(error: &Error) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = writeln!(text, "  {name}: {value}");
        }
    };
    line("Operation", Some(error.operation()));
    line("Error code", error.code());
    line("HTTP status", error.http_status().map(|status| status.to_string()).as_deref());
    line("Request id", error.request_id());
    line("Host", Some(error.host()));
    line("Proxy", error.proxy());
    line("Region", Some(error.region()));
    line("Credentials", error.credential());
    line("Tries", Some(error.tries()).filter(|tries| *tries > 1).map(|tries| tries.to_string()).as_deref());
    if let Some(last) = error.last() {
        line("Before that", Some(&last.to_string()));
    }
    text.truncate(text.trim_end().len());
    text
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests;
