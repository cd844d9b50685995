//! What to tell of a key pair that the service does not delete for a reason that lies in its name, or in no reason that
//! it gives.

use super::name::judge_name;
use crate::alicloud::{Error, ErrorKind};
use crate::framework::{Diagnostic, Severity};
use crate::provider::diagnostics::{Attempt, failed_for};

/// The error for a delete that was refused or failed, but not because instances carry the key pair.
pub(super) fn error(attempt: &Attempt<'_>, error: &Error) -> Diagnostic {
    let name = attempt.key_pair;
    let summary = format!("Could not delete the key pair {name:?}");
    match error.kind() {
        ErrorKind::InvalidInput if is_about_the_name(error) => {
            failed_for(summary, error, &not_a_name(name)).at("key_pair_name")
        }
        ErrorKind::LimitExceeded => failed_for(
            summary,
            error,
            "The service says that this is more than it deletes in one call. Where it says so of several key pairs, the \
             provider names fewer, and in the last of these calls it named this one alone. So the limit must be one \
             of the account, not of the call. The key pair was kept. Run the command again in a while; if it goes \
             on, give the request id to Alibaba Cloud's support.",
        ),
        _ => attempt.failed(summary, error),
    }
}

fn is_about_the_name(error: &Error) -> bool {
    error.code().is_some_and(|code| code.starts_with("InvalidKeyPairName"))
        || error.message().contains("KeyPairNames")
}

/// Why the service may not take the name, and what to do.
fn not_a_name(name: &str) -> String {
    let broken: Vec<String> = judge_name(name, "key_pair_name")
        .into_iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| found.detail)
        .collect();
    let others = "Other key pairs of this run are not held up by it.";
    if broken.is_empty() {
        return format!(
            "The service does not take {name:?} as the name of a key pair to delete, although it keeps to all documented \
             rules (2 to 128 letters, digits, colons, underscores and hyphens, a letter first). {others} The key pair was \
             kept. Look in the ECS console, in this region, under which name it is there. If it is not there, \
             remove it from the state (terraform state rm, with the resource's address); if it is, delete it there, and \
             give the request id to Alibaba Cloud's support."
        );
    }
    format!(
        "The service does not take {name:?} as the name of a key pair, so none can be there under it. {} {others}\n\nThe \
         state has this name nevertheless, from an import or an edit. Remove it from the state (terraform state rm, with \
         the resource's address), and import the key pair under its right name, if there is one.",
        broken.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::golden::golden;

    #[test]
    fn a_name_that_is_refused_is_told_with_what_is_wrong_with_it() {
        let refusal = |kind, status, code: &str, message: &str| {
            Error::new(kind, message)
                .with_operation("DeleteKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
                .with_answer(status, Some(code.to_owned()), Some("26BEB2FB".to_owned()))
        };
        let not_supported = refusal(
            ErrorKind::InvalidInput,
            400,
            "InvalidKeyPairNames.ValueNotSupported",
            "The specified parameter \"KeyPairNames\" is not valid.",
        );
        let missing = refusal(
            ErrorKind::InvalidInput,
            400,
            "MissingParameter",
            "The input parameter \"KeyPairNames\" that is mandatory for processing this request is not supplied.",
        );
        let limit = refusal(
            ErrorKind::LimitExceeded,
            403,
            "InstanceKeyPairLimitExceeded",
            "Exceeding the allowed amount of instance which will be deleted.",
        );
        for (file, name, refusal) in [
            ("invalid-names", "web server", &not_supported),
            ("invalid-names-unexplained", "web", &not_supported),
            ("missing-parameter", "", &missing),
            ("limit", "web", &limit),
        ] {
            let attempt = Attempt { key_pair: name, account_id: None, timeout: Some("delete") };
            golden(file, &error(&attempt, refusal));
        }
    }
}
