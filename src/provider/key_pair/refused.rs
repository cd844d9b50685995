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
            "The service refused to delete this many key pairs at once, although this one was named alone in the call. \
             The key pair was not deleted, and is still in the state. Run the command again in some minutes; if it goes \
             on, give the request id to Alibaba Cloud's support.",
        ),
        ErrorKind::KeyPairNotFound => failed_for(summary, error, &not_known(name, error)),
        _ => attempt.failed(summary, error),
    }
}

/// The service says that it does not know the key pair, and this was not confirmed by a look.
fn not_known(name: &str, error: &Error) -> String {
    let look = error.last().filter(|last| last.operation() == "DescribeKeyPairs");
    let seen = look.map_or_else(
        || format!("A look after that showed the key pair {name:?} still there. It was not deleted."),
        |_| {
            format!(
                "Whether the key pair {name:?} is gone is not known, since the look after that failed (see the last \
                 failure below)."
            )
        },
    );
    format!(
        "{seen} It is still in the state.\n\nThe service may answer so where the credentials may not delete this key \
         pair, or where a request reached another region than the one named below. Check region and endpoints in the \
         provider block; see that the credentials may call DeleteKeyPairs and DescribeKeyPairs for this key pair; and run \
         the command again. If it stays so, give the request id to Alibaba Cloud's support."
    )
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
    let others = "Other key pairs are not held up by it.";
    if name.is_empty() {
        return format!(
            "The name of the key pair in the state is empty, so that nothing can be deleted, nor told which key pair was \
             meant. {others} Forget the resource: terraform state rm ADDRESS (terraform state list shows the address). If \
             the key pair is still there, find it in the ECS console under Network & Security > Key Pairs, and import it \
             under its name if Terraform should manage it."
        );
    }
    if broken.is_empty() {
        return format!(
            "The service refuses the name {name:?}, although the name keeps to all documented rules. The key pair was not \
             deleted, and is still in the state. {others}\n\nLook in the ECS console, with the same account and region, \
             under Network & Security > Key Pairs. If {name:?} is listed there, delete it there, and run the command \
             again; if not, forget the resource: terraform state rm ADDRESS. In both cases, the request id helps Alibaba \
             Cloud's support to find the reason."
        );
    }
    format!(
        "{} So there is nothing of this name to delete. {others}\n\nForget the resource: terraform state rm ADDRESS. Only if \
         it was meant for a key pair of another name: correct key_pair_name in the configuration, and import the key pair \
         under that name.",
        broken.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::golden_tests::golden;

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
        let unknown = refusal(
            ErrorKind::KeyPairNotFound,
            404,
            "InvalidKeyPairName.NotFound",
            "The specified key pair does not exist.",
        );
        let look = Error::new(ErrorKind::Forbidden, "User not authorized to operate.")
            .with_operation("DescribeKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
            .with_answer(403, Some("Forbidden.RAM".to_owned()), Some("7C0A11D2".to_owned()));
        let unknown_and_unseen = unknown.clone().with_last(Some(look));
        for (file, name, refusal) in [
            ("not-known-but-shown", "web", &unknown),
            ("not-known-and-not-looked-at", "web", &unknown_and_unseen),
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
