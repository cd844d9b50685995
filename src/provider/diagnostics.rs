//! The one way from an API error to a message for a person.
//!
//! | the error's kind | what the reader is told to do |
//! |---|---|
//! | bound | unbind or release the instances, or wait for them |
//! | throttled, deadline | try again later, raise the timeout, make fewer calls |
//! | forbidden | which action on which resource to allow |
//! | missing or failed credentials | their own message says, source by source |
//! | access key, signature, token, clock | where the key came from, and what to check |
//! | unreachable, untrusted, wrong endpoint, malformed, unexpected answer | host, proxy and endpoint to check |
//! | reply lost | look before doing it again |
//! | conflict | wait, then run the command again |
//! | invalid input, name taken, quota, limit, group, region | which argument to change |
//! | anything else | the service's own words |
//!
//! Last come the facts that support asks for. Codes and kinds: [`crate::alicloud::ErrorKind`].

use std::fmt::Write as _;

use crate::alicloud::{Error, ErrorKind};
use crate::framework::{Diagnostic, one_line};

/// What to do about a host out of reach.
const CHECK_THE_WAY: &str = "Check first that region and endpoints in the provider block are right; then the network, \
                             name resolution, and the proxy variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).";

/// What else helps if the host is a public one.
const CALL_BY_VPC: &str = " Without a way to the internet, set endpoints.ecs to ecs-vpc.REGION.aliyuncs.com.";

/// What to do about a host that is not trusted.
const CHECK_THE_CERTIFICATE: &str = "Check endpoints in the provider block; where a proxy re-encrypts connections, add \
                                     its certificate authority to the system's trust store, or name a file of \
                                     certificates with SSL_CERT_FILE.";

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
    /// The message for `error`, with the advice that fits all errors of its kind. `summary` says what failed: `Could not delete the key pair "web"`.
    pub(super) fn failed(&self, summary: impl Into<String>, error: &Error) -> Diagnostic {
        self.failed_and(summary, error, "")
    }

    /// The same, with more to know after the advice.
    pub(super) fn failed_and(&self, summary: impl Into<String>, error: &Error, more: &str) -> Diagnostic {
        failed_for(summary, error, &format!("{}{more}", self.advice(error)))
    }

    /// What the reader can do.
    #[expect(clippy::too_many_lines, reason = "one table")]
    fn advice(&self, error: &Error) -> String {
        let credential = error.credential().unwrap_or("access key");
        match error.kind() {
            ErrorKind::Throttled => self.throttled(error),
            ErrorKind::Deadline if error.comes_of_throttling() => self.throttled(error),
            ErrorKind::Deadline => self.out_of_time(error),
            ErrorKind::Unavailable => {
                "The service failed for reasons of its own. Run the command again later; if it goes on, give the \
                 request id to Alibaba Cloud's support."
                    .to_owned()
            }
            ErrorKind::Unreachable => {
                // An earlier try may have got through, and its answer been lost.
                let sent = if error.tries() <= 1 && error.last().is_none() {
                    "No request was sent.".to_owned()
                } else {
                    match error.tries() {
                        0 | 1 => "It was tried before.".to_owned(),
                        tries => format!("It was tried {tries} times."),
                    }
                };
                format!("{sent} {}", check_the_way(error))
            }
            ErrorKind::Untrusted => {
                format!("No request was sent, since the host's certificate is not trusted. {CHECK_THE_CERTIFICATE}")
            }
            ErrorKind::Proxy => {
                "No request was sent. Correct the proxy variables (HTTPS_PROXY, HTTP_PROXY), or name the host in NO_PROXY if \
                 this machine reaches it directly."
                    .to_owned()
            }
            ErrorKind::ReplyLost => {
                "The request may have been carried out, or may be yet. If a proxy is in use (HTTPS_PROXY, HTTP_PROXY, \
                 NO_PROXY), check it. Run the command again: it looks first at what is there."
                    .to_owned()
            }
            ErrorKind::NotDone => {
                "A look after it showed that nothing was changed. Run the command again.".to_owned()
            }
            ErrorKind::Cancelled => {
                "The run was interrupted. The next plan shows what is true in the cloud.".to_owned()
            }
            ErrorKind::AccessKeyNotFound => format!(
                "The cloud does not know the {credential}. Check that it is written right, that it was not deleted, and \
                 that it comes from the same site (China or international) as the endpoint. This says nothing about the \
                 key pair itself."
            ),
            ErrorKind::AccessKeyDisabled => format!(
                "The {credential} is disabled. Use another one; or enable it again in the RAM console, once it is known \
                 why it was disabled."
            ),
            ErrorKind::Signature => format!(
                "The secret key does not fit the {credential}. Check that both are whole, without spaces or line breaks, \
                 and come from the same place: not one from the provider block and one from the environment."
            ),
            ErrorKind::TokenExpired => format!(
                "The {credential} is temporary, and its time is over. Get a new set (access key, secret key and security \
                 token) from where this one came from, and replace all three."
            ),
            ErrorKind::TokenInvalid if error.code() == Some("MissingSecurityToken") => format!(
                "The {credential} is temporary, and no security token came with it. Set security_token to the one that \
                 was issued with it."
            ),
            ErrorKind::TokenInvalid => format!(
                "The security token does not fit the {credential}. Check that access key, secret key and security token \
                 were issued together."
            ),
            ErrorKind::ClockSkew => {
                "The clock of the machine that runs this is more than 15 minutes off. Set it, or let it be set (NTP)."
                    .to_owned()
            }
            ErrorKind::Forbidden => self.forbidden(error),
            ErrorKind::AccountRestricted => {
                "Alibaba Cloud restricts the account itself (risk control, identity verification or ownership); RAM \
                 permissions do not change that. Have the account's owner look at the notices in the console, or give the \
                 request id to Alibaba Cloud's support."
                    .to_owned()
            }
            ErrorKind::QuotaExceeded => match error.code() {
                Some("QuotaExceed.KeyPair") => format!(
                    "The account has as many key pairs in {} as it may have (500 by default). Delete some that are not \
                     used (ECS console: Network & Security > Key Pairs), or ask for more in the Quota Center.",
                    error.region()
                ),
                _ => "The key pair has as many tags as it may have (20, those of the cloud's services included). \
                      Remove some."
                    .to_owned(),
            },
            ErrorKind::Bound => {
                "Instances are still bound to the key pair. Unbind it from them, or release them, and run the command \
                 again. Launch templates and scaling groups that name the key pair may bind it again."
                    .to_owned()
            }
            ErrorKind::Conflict => {
                "Another operation may be under way on what was to be changed, or its status does not allow this. Wait \
                 until that has passed, and run the command again."
                    .to_owned()
            }
            ErrorKind::LimitExceeded => {
                "The call named more than the service takes at once. Run the command again; if it goes on, give the \
                 request id to Alibaba Cloud's support."
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
                "The host does not offer this operation. If the provider block sets endpoints or protocol, take them out, \
                 so that the usual ones are used; otherwise check region."
                    .to_owned()
            }
            ErrorKind::UnexpectedAnswer => {
                "Something between here and the service may have answered in its place. Check endpoints in the \
                 provider block and the proxy variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)."
                    .to_owned()
            }
            ErrorKind::Malformed => {
                "The provider writes this part of a request by itself, so nothing in the configuration corrects it. \
                 Something on the way may have changed the request: check endpoints in the provider block and the proxy \
                 variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). If there is neither, the fault is in this provider: report \
                 it to its maintainers with the error code and the request id."
                    .to_owned()
            }
            ErrorKind::InvalidInput => {
                "Correct what the answer names in the configuration, and run the command again.".to_owned()
            }
            ErrorKind::Other => {
                "The provider has no advice for this error code. Run the command again; if it stays so, give the error \
                 code and the request id to Alibaba Cloud's support."
                    .to_owned()
            }
            // Missing and failed credentials say it themselves, source by source.
            ErrorKind::MissingCredentials | ErrorKind::CredentialsFailed | ErrorKind::AlreadyExists => String::new(),
        }
    }

    /// The time is used up: what was last true, as far as it is known.
    fn out_of_time(&self, error: &Error) -> String {
        let last = error.last().map(Error::kind);
        // Where there was no connection, more time helps least.
        let check = match error.last() {
            Some(last) if last.kind() == ErrorKind::Unreachable => check_the_way(last),
            Some(last) if last.kind() == ErrorKind::Untrusted => CHECK_THE_CERTIFICATE.to_owned(),
            _ => String::new(),
        };
        let name = self.key_pair;
        let known = if error.tries() == 0 {
            "No request of this operation was sent, so that it changed nothing. Run the command again."
                .to_owned()
        } else if error.was_never_sent() {
            "No try of this operation reached the service, so that it changed nothing.".to_owned()
        } else if error.operation().starts_with("Describe") {
            "Nothing was changed, since this only looks. Run the command again later.".to_owned()
        } else if last == Some(ErrorKind::NotDone) {
            format!(
                "At the last look, the key pair {name:?} was still there; it is still in the state. A try whose answer was \
                 lost may be carried out yet. Run the command again."
            )
        } else if !check.is_empty() {
            "Whether any of the tries changed anything is not known. Run the command again: it looks first at what is \
             there."
                .to_owned()
        } else {
            "Whether the last try changed anything is not known. Run the command again: it looks first at what is there."
                .to_owned()
        };
        let parts = [known.as_str(), &check, &self.raise_the_timeout()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn throttled(&self, error: &Error) -> String {
        let longer = if error.kind() == ErrorKind::Deadline {
            self.raise_the_timeout()
        } else {
            "To repeat calls for longer, raise max_retry_timeout in the provider block.".to_owned()
        };
        format!(
            "ECS limits the calls of each operation per account and region, by the minute; other tools of the account \
             count too. Run the command again in some minutes, or with fewer operations at once: -parallelism=2 (usually \
             10). {longer}"
        )
    }

    fn raise_the_timeout(&self) -> String {
        match self.timeout {
            // A delete goes by the state, since the configuration may be gone.
            Some("delete") => {
                "If this happens again, raise delete in the resource's timeouts block, and apply that \
                               before the destroy."
                    .to_owned()
            }
            Some(timeout) => {
                format!("If this happens again, raise {timeout} in the resource's timeouts block.")
            }
            None => String::new(),
        }
    }

    fn forbidden(&self, error: &Error) -> String {
        let credential = error.credential().unwrap_or("access key");
        let denial = error.denial();
        let known = denial.filter(|denial| !denial.principal.is_empty());
        let who = known.map_or_else(
            || format!("The user or role that owns the {credential}"),
            |denial| {
                let kind = match denial.principal_type.as_str() {
                    "SubUser" => "RAM user",
                    "AssumedRoleUser" => "role session",
                    "RootUser" => "account",
                    _ => "identity",
                };
                format!("The {kind} {} ({credential})", denial.principal)
            },
        );
        let permission = self.permission(error);
        if let Some(denial) = denial.filter(|denial| denial.is_explicit()) {
            let policy = policy_in_words(&denial.policy_type);
            return format!(
                "{who} is denied this by {policy}. To allow it elsewhere does not help. Ask whoever manages that policy \
                 whether it may be permitted:\n\n{permission}"
            );
        }
        let account =
            self.account_id.map_or_else(String::new, |account| format!(" in the account {account}"));
        let how_to_tell = if known.is_some() {
            ""
        } else {
            "\n\nTo see which user or role it is, run this with the same credentials: aliyun sts GetCallerIdentity"
        };
        format!(
            "{who} lacks a permission. Have whoever manages RAM{account} attach a policy to it that allows \
             this:\n\n{permission}{how_to_tell}"
        )
    }

    /// The permission that the failed operation needs, as indented lines.
    pub(super) fn permission(&self, error: &Error) -> String {
        let operation = error.operation();
        let key_pair = format!("keypair/{}", self.key_pair);
        let (service, resources) = match operation {
            "GetCallerIdentity" => ("sts", vec!["*".to_owned()]),
            "DescribeInstances" | "RebootInstance" => ("ecs", vec!["instance/*".to_owned()]),
            // These are granted for all key pairs or none.
            "ImportKeyPair" | "DescribeKeyPairs" => ("ecs", vec!["keypair/*".to_owned()]),
            // The service asks for both.
            "AttachKeyPair" | "DetachKeyPair" => ("ecs", vec![key_pair, "instance/*".to_owned()]),
            _ => ("ecs", vec![key_pair]),
        };
        let action = error.denial().map(|denial| denial.action.as_str()).filter(|action| !action.is_empty());
        let action = action.map_or_else(|| format!("{service}:{operation}"), str::to_owned);
        let mut text = format!("  Action: {action}");
        for resource in resources {
            let account = self.account_id.unwrap_or("*");
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  Resource: acs:{service}:{}:{account}:{resource}", error.region());
        }
        text
    }
}

/// The message for `error`, with what the reader can do about it.
pub(super) fn failed_for(summary: impl Into<String>, error: &Error, advice: &str) -> Diagnostic {
    let mut detail = sentence(error.message());
    if error.code().is_some() {
        // Its words are not ours, and may say less or other than what follows.
        detail.insert_str(0, "Alibaba Cloud answered: ");
    }
    if !advice.is_empty() {
        detail.push_str("\n\n");
        detail.push_str(advice);
    }
    detail.push_str("\n\n");
    detail.push_str(&facts(error));
    let diagnostic = Diagnostic::error(summary, detail);
    match shared_cause(error) {
        Some(root) => diagnostic.caused_by(key_of(root), in_short(root, advice)),
        None => diagnostic,
    }
}

/// The cause of a failure that isn't about one object, but about the credentials, the account, the endpoint or the way
/// there: whatever else is done meets it, too.
fn shared_cause(error: &Error) -> Option<&Error> {
    let root = match error.kind() {
        ErrorKind::Deadline if error.was_never_sent() => error.last()?,
        _ => error,
    };
    let is_shared = root.is_about_credentials()
        || matches!(
            root.kind(),
            ErrorKind::ClockSkew
                | ErrorKind::AccountRestricted
                | ErrorKind::RegionNotFound
                | ErrorKind::WrongEndpoint
                | ErrorKind::Unreachable
                | ErrorKind::Untrusted
        );
    is_shared.then_some(root)
}

/// What to do about a host out of reach. A VPC endpoint helps only in place of a public one of Alibaba Cloud.
fn check_the_way(error: &Error) -> String {
    let name = error.host().split(':').next().unwrap_or_default();
    let is_public = name.ends_with(".aliyuncs.com") && !name.contains("vpc");
    format!("{CHECK_THE_WAY}{}", if is_public { CALL_BY_VPC } else { "" })
}

/// Whether no credentials could be had, which says itself why and what to do.
fn explains_itself(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::MissingCredentials | ErrorKind::CredentialsFailed)
}

/// The same for all failures of one cause, whichever operation met it.
fn key_of(error: &Error) -> String {
    let message = if explains_itself(error) { error.message() } else { "" };
    format!("{:?} {:?} {:?} {:?} {message}", error.kind(), error.code(), error.host(), error.credential())
}

/// The cause with its code, and what to do about it.
fn in_short(error: &Error, advice: &str) -> String {
    if !explains_itself(error) {
        return format!("{}\n{advice}", sentence(&error.to_string()));
    }
    // Between the reason and what to do stands where credentials were looked for.
    let (reason, rest) = error.message().split_once("\n\n").unwrap_or((error.message(), ""));
    let fix = rest.rsplit("\n\n").next().unwrap_or_default();
    format!("{}\n{fix}{advice}", sentence(reason))
}

/// The kind of policy that decided, as RAM names it, in words.
fn policy_in_words(policy_type: &str) -> String {
    match policy_type {
        "ControlPolicy" => "a control policy of the organisation's resource directory".to_owned(),
        "SessionPolicy" => {
            "the policy that narrowed the role when it was assumed (policy in assume_role)".to_owned()
        }
        "AssumeRolePolicy" => "the trust policy of the role".to_owned(),
        "AccountLevelIdentityBasedPolicy" => "a policy of the account that is attached to it".to_owned(),
        "ResourceGroupLevelIdentityBasedPolicy" => {
            "a policy that is attached to it for a resource group".to_owned()
        }
        "" => "a policy".to_owned(),
        other => format!("a policy of the kind {other}"),
    }
}

/// What support asks for, one fact a line. Indented lines keep their shape in the host's output.
pub(super) fn facts(error: &Error) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = writeln!(text, "  {name}: {}", one_line(value));
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
    let failures = std::iter::successors(error.last(), |failure| failure.last());
    for (name, failure) in ["Last failure", "Before that"].into_iter().zip(failures) {
        line(name, Some(&failure.to_string()));
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
