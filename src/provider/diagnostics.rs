//! The one way from an API error to a message for a person.

use std::fmt::Write as _;

use crate::alicloud::{Error, ErrorKind};
use crate::framework::Diagnostic;

/// An error about `what` was being done, for example `Could not delete the key pair "web"`.
pub(super) fn api_error(what: impl Into<String>, error: &Error) -> Diagnostic {
    let mut detail = sentence(error.message());
    let advice = advice(error);
    if !advice.is_empty() {
        detail.push_str("\n\n");
        detail.push_str(advice);
    }
    detail.push_str("\n\n");
    detail.push_str(&facts(error));
    Diagnostic::error(what, detail)
}

/// What the reader can do, by the kind of the error.
fn advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Throttled => {
            "The account has made too many calls of this operation in this region within a minute. Run the \
             command again in a minute, or with a lower -parallelism."
        }
        ErrorKind::Unavailable => {
            "The service has failed for reasons of its own. Run the command again later."
        }
        ErrorKind::Unreachable => {
            "Nothing was sent. Check the network, the proxy variables (HTTPS_PROXY, NO_PROXY), and the region \
             and endpoints in the provider block."
        }
        ErrorKind::Untrusted => {
            "Nothing was sent. Check the endpoints in the provider block; if a proxy replaces certificates, add \
             its authority to the system's trust store."
        }
        ErrorKind::ReplyLost => {
            "The request may have been carried out. Run a plan to see what is true in the cloud before you go on."
        }
        ErrorKind::Deadline => {
            "Raise the timeout in the resource's timeouts block, or run the command again."
        }
        ErrorKind::Cancelled => "The run was interrupted before the cloud was asked for this change.",
        ErrorKind::MissingCredentials => {
            "Set access_key and secret_key in the provider block, or the environment variables \
             ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY."
        }
        ErrorKind::AccessKeyNotFound => "Check which access key is used: the cloud does not know this one.",
        ErrorKind::AccessKeyDisabled => "The access key is switched off: enable it, or use another one.",
        ErrorKind::Signature => "The secret does not belong to the access key: check both.",
        ErrorKind::TokenExpired => "The temporary credentials have run out: get new ones.",
        ErrorKind::TokenInvalid => "Check that access key, secret and security token belong together.",
        ErrorKind::ClockSkew => "Set this machine's clock: it may be at most 15 minutes off.",
        ErrorKind::Forbidden => {
            "Have the permission for this operation granted to the access key's user or role."
        }
        ErrorKind::AccountRestricted => {
            "The account itself is restricted: settle that with Alibaba Cloud first."
        }
        ErrorKind::QuotaExceeded => "Free some of the quota, or have it raised in the Quota Center.",
        ErrorKind::Bound => {
            "Detach the key pair from its instances, or release them, and run the command again. Launch \
             templates and scaling groups that name the key pair may bind it again."
        }
        ErrorKind::ResourceGroupNotFound => {
            "Check resource_group_id: there is no such group in this account."
        }
        ErrorKind::RegionNotFound => "Check the region in the provider block.",
        ErrorKind::WrongEndpoint => "Check the endpoints, the protocol and the region in the provider block.",
        ErrorKind::UnexpectedAnswer => {
            "Something between here and the service may have answered in its place: check the endpoints and the proxy."
        }
        _ => "",
    }
}

/// What support asks for, one fact a line. Indented lines keep their shape in the host's output.
pub(super) fn facts(error: &Error) -> String {
    let mut text = format!("  Operation: {}", error.operation());
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(text, "\n  {name}: {value}");
        }
    };
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
    text
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', ':']) || text.is_empty() { text.to_owned() } else { format!("{text}.") }
}
