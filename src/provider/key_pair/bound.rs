//! What to tell of a key pair that instances carry.

use crate::alicloud::ecs::Instance;
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
    let kept = "The cloud does not delete a key pair that is bound to instances, running or stopped. The key pair was not \
                deleted, and is still in the state.";
    let by_hand = format!(
        "aliyun ecs DescribeInstances --RegionId {} --KeyPairName {name} --PageSize 100",
        refusal.region()
    );
    let (summary, shown) = match bound {
        Ok(instances) if instances.is_empty() => {
            return Diagnostic::error(
                format!("The cloud says that the key pair {name:?} is still bound to an instance"),
                format!(
                    "{kept} No instance that is bound to it was found: one may have been released a moment ago, or these \
                     credentials may not see it.\n\nRun the command again in some minutes. If it fails again, list the \
                     instances with credentials that see all of them:\n\n  {by_hand}\n\nTo let the provider wait by \
                     itself, set wait_for_unbind = \"10m\" in the provider block.\n\n{}",
                    facts(refusal)
                ),
            );
        }
        Ok(instances) => {
            let rest = if instances.len() > MOST_LISTED {
                format!("\n\nTo list all of them:\n\n  {by_hand}")
            } else {
                String::new()
            };
            (count(instances.len()), format!("It is bound to:\n\n{}{rest}", list(instances)))
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => (
            "instances".to_owned(),
            format!(
                "Which ones is not known, since the credentials may not list instances. Have somebody who may run \
                 this:\n\n  {by_hand}\n\nOr have this allowed; then this message lists them:\n\n{}",
                attempt.permission(error)
            ),
        ),
        Err(error) => (
            "instances".to_owned(),
            format!("Which ones could not be looked up ({error}). List them later:\n\n  {by_hand}"),
        ),
    };
    Diagnostic::error(
        format!("The key pair {name:?} is bound to {summary}"),
        format!(
            "{kept} {shown}\n\nIf a launch template or a scaling group names the key pair, change that first: new \
             instances would be bound to it again. Then do one of these, and run the command again:\n\n  \
             - To keep the instances: unbind the key pair from them. If an alicloud_key_pair_attachment binds it, remove\n    \
             that and apply; if a resource of the instances names it, remove it there and apply; otherwise use the ECS\n    \
             console: Network & Security > Key Pairs. See first that there is another way to log in.\n  \
             - If the instances are not needed: destroy or release them.\n  \
             - If they are destroyed in the same run: set wait_for_unbind = \"10m\" in the provider block. (On the key\n    \
             pair, it counts once an apply has stored it.)\n\n{}",
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
            "It is bound to:\n\n{}\n\nThe destroy will be refused unless this plan also removes these bindings: if it \
             destroys or unbinds these instances before the key pair, all is well. Otherwise unbind the key pair or destroy \
             the instances first. If something outside this plan destroys them at the same time, set \
             wait_for_unbind = \"10m\" in the provider block.",
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

/// A table with one line an instance.
fn list(instances: &[Instance]) -> String {
    let shown = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let mut rows = vec![["ID", "NAME", "ZONE", "STATUS"].map(str::to_owned)];
    rows.extend(instances.iter().take(MOST_LISTED).map(|instance| {
        // An instance without a name of its own is named by its id.
        let name = if instance.name == instance.id { "" } else { &instance.name };
        [&instance.id, name, &instance.zone_id, instance.status.as_str()].map(shown)
    }));
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
        })
        .collect();
    if let Some(more) = instances.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::ecs::InstanceStatus;
    use crate::provider::golden_tests::golden;

    #[test]
    fn each_case_has_its_text() {
        let instance = |number: usize, name: &str, status| Instance {
            id: format!("i-{number:02}"),
            name: name.to_owned(),
            zone_id: "cn-beijing-h".to_owned(),
            status,
            key_pair_name: Some("web".to_owned()),
            ..Instance::default()
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
