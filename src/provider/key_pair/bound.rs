//! What to tell of a key pair that instances carry.

use std::fmt::Write as _;

use crate::alicloud::ecs::{Instance, InstanceStatus};
use crate::alicloud::{Error, ErrorKind};
use crate::framework::Diagnostic;
use crate::provider::diagnostics::{Attempt, facts};

/// Most instances that a message lists.
const MOST_LISTED: usize = 20;

/// The error for a delete that was refused because the key pair is bound. `bound` is what the
/// instances show, or why they could not be looked at.
pub(super) fn error(
    attempt: &Attempt<'_>,
    refusal: &Error,
    bound: &Result<Vec<Instance>, Error>,
) -> Diagnostic {
    let name = attempt.key_pair;
    let (count, shown) = match bound {
        Ok(instances) if instances.is_empty() => (
            "an instance".to_owned(),
            "No instance shows the binding: one may still be on its way out, or have been released a moment ago."
                .to_owned(),
        ),
        Ok(instances) => (count(instances.len()), format!("It is carried by:\n\n{}", list(instances))),
        Err(error) if error.kind() == ErrorKind::Forbidden => (
            "instances".to_owned(),
            format!(
                "Which ones cannot be told, since the credentials may not list instances. With this allowed, this \
                 message names them:\n\n{}",
                attempt.permission(error)
            ),
        ),
        Err(error) => ("instances".to_owned(), format!("Which ones could not be looked up: {error}.")),
    };
    Diagnostic::error(
        format!("The key pair {name:?} is bound to {count}"),
        format!(
            "The cloud does not delete a key pair that instances carry, running or stopped. The key pair was kept. \
             {shown}\n\nDo one of these, and run the command again:\n\n  \
             - destroy or release the instances\n  \
             - take the key pair off them: destroy its alicloud_key_pair_attachment, or detach it in the ECS console\n  \
             - if they are being destroyed in this very run, let the provider wait for that: set wait_for_unbind, \
             to \"10m\" say,\n    on the key pair or in the provider block\n\n\
             Launch templates and scaling groups that name the key pair may bind it again: change them first.\n\n{}",
            facts(refusal)
        ),
    )
}

/// The warning in a plan that destroys or replaces a key pair that instances carry.
pub(super) fn warning(name: &str, instances: &[Instance]) -> Diagnostic {
    Diagnostic::warning(
        format!(
            "The key pair {name:?} is bound to {}, and can't be destroyed while it is",
            count(instances.len())
        ),
        format!(
            "It is carried by:\n\n{}\n\nThe destroy will be refused unless this plan also removes these bindings. \
             Release the instances or take the key pair off them first; or set wait_for_unbind, if something else \
             destroys them in this run.",
            list(instances)
        ),
    )
}

fn count(instances: usize) -> String {
    match instances {
        1 => "1 instance".to_owned(),
        many => format!("{many} instances"),
    }
}

/// One line an instance: id, name, zone, status.
fn list(instances: &[Instance]) -> String {
    let mut text = String::new();
    for instance in instances.iter().take(MOST_LISTED) {
        let status = match &instance.status {
            InstanceStatus::Pending => "Pending",
            InstanceStatus::Starting => "Starting",
            InstanceStatus::Running => "Running",
            InstanceStatus::Stopping => "Stopping",
            InstanceStatus::Stopped => "Stopped",
            InstanceStatus::Other(other) => other,
        };
        let parts = [instance.id.as_str(), &instance.name, &instance.zone_id, status];
        // An instance without a name of its own is named by its id.
        let mut parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.dedup();
        let _ = writeln!(text, "  {}", parts.join("  "));
    }
    if instances.len() > MOST_LISTED {
        let _ = writeln!(text, "  and {} more", instances.len() - MOST_LISTED);
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::golden::golden;

    #[test]
    fn each_case_has_its_text() {
        let instance = |number: usize, name: &str, status| Instance {
            id: format!("i-{number:02}"),
            name: name.to_owned(),
            zone_id: "cn-beijing-h".to_owned(),
            status,
            key_pair_name: Some("web".to_owned()),
        };
        let answer = |operation, kind, status, code: &str, message: &str| {
            Error::new(kind, message)
                .with_operation(operation, "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
                .with_answer(status, Some(code.to_owned()), Some("26BEB2FB".to_owned()))
        };
        let refusal = answer(
            "DeleteKeyPairs",
            ErrorKind::Bound,
            400,
            "InvalidParameter.KeypairAlreadyAttachedInstance",
            "The specified parameter \"KeyPairNames\" attached to instances can not be deleted.",
        );
        let forbidden =
            answer("DescribeInstances", ErrorKind::Forbidden, 403, "Forbidden.RAM", "Not authorized.");
        let down = answer("DescribeInstances", ErrorKind::Unavailable, 503, "ServiceUnavailable", "Down.");
        let two = vec![
            instance(1, "web-1", InstanceStatus::Running),
            instance(2, "", InstanceStatus::Other("Odd".to_owned())),
        ];
        let many: Vec<_> = (1..=23).map(|number| instance(number, "", InstanceStatus::Stopped)).collect();
        let attempt =
            Attempt { key_pair: "web", account_id: Some("1234567890123456"), timeout: Some("delete") };
        golden("bound-warning", &warning("web", &two));
        for (file, bound) in [
            ("bound", Ok(two)),
            ("bound-to-many", Ok(many)),
            ("bound-unseen", Ok(Vec::new())),
            ("bound-forbidden-to-look", Err(forbidden)),
            ("bound-look-failed", Err(down)),
        ] {
            golden(file, &error(&attempt, &refusal, &bound));
        }
    }
}
