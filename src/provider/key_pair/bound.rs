//! What to tell of a key pair that instances carry.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use super::messages;
use super::unbinding::{End, LONGEST_STATE, Unbinding, Waited};
use crate::alicloud::ecs::Instance;
use crate::alicloud::{Error, ErrorKind};
use crate::framework::{Diagnostic, one_line};
use crate::provider::diagnostics::{Attempt, facts};

/// How to have the provider wait for live bindings.
const SET_PATIENCE: &str = "set wait_for_unbind = \"10m\"";

/// Why a key pair is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is to be gone.
    Destroy,
    /// Another one takes its place.
    Replacement,
}

/// How to replace a key pair that instances have, the way without a gap first.
const ROTATE: &str = "  - Without a gap: let the name change with the key (key_name_prefix, or a hash of the key in the name), and set\n    \
                      create_before_destroy on the key pair and on its attachment.\n  - With the same name: in the \
                      attachment, refer to the key pair's id instead of its key_pair_name.";

/// What no apply does by itself, and where all of it is explained.
const ROTATE_MORE: &str = "A running instance keeps its present key until its next start; force = true on the attachment \
                           reboots it. See the guide \"Rotating keys\".";

/// Most instances that a message lists.
const MOST_LISTED: usize = 20;

/// Most instances that the service lists in one answer.
const PAGE: usize = 100;

/// The error for a delete that was refused because the key pair is bound. `bound` is what the
/// instances show, or why they could not be looked at; `unbinding` what was waited for, until the `end`.
pub(super) fn error(
    attempt: &Attempt<'_>,
    refusal: &Error,
    bound: &Result<Vec<Instance>, Error>,
    unbinding: &Unbinding,
    end: End,
    ending: Ending,
) -> Diagnostic {
    let name = attempt.key_pair;
    let kept = "The cloud does not delete a key pair that is bound to instances, running or stopped. The key pair was not \
                deleted, and is still in the state.";
    let by_hand = format!(
        "aliyun ecs DescribeInstances --RegionId {} --KeyPairName {name} --PageSize {PAGE}",
        refusal.region()
    );
    let waited = unbinding.waited(Instant::now()).map_or_else(String::new, |waited| waiting(&waited, end));
    let gone = unbinding.gone();
    let (summary, shown) = match bound {
        Ok(instances) if instances.is_empty() => {
            let seen = if gone.is_empty() {
                "No instance that is bound to it was found: one may have been released a moment ago, or these credentials \
                 may not see it."
                    .to_owned()
            } else {
                format!(
                    "It was seen bound to {}, which is not shown with it any more; the service has not noticed yet.",
                    gone.join(", ")
                )
            };
            return Diagnostic::error(
                format!("The cloud says that the key pair {name:?} is still bound to an instance"),
                format!(
                    "{kept} {seen}{waited}\n\nRun the command again in some minutes. If it fails again, list the \
                     instances with credentials that see all of them:\n\n  {by_hand}\n\n{}\n\n{}",
                    to_wait_longer(end).unwrap_or_else(|| {
                        format!("To let the provider wait by itself for longer, {SET_PATIENCE} in the provider block.")
                    }),
                    facts(refusal)
                ),
            );
        }
        Ok(instances) => {
            let mut rest = if instances.len() <= MOST_LISTED {
                String::new()
            } else if instances.len() <= PAGE {
                format!("\n\nTo list all of them:\n\n  {by_hand}")
            } else {
                format!(
                    "\n\nTo list them, {PAGE} at a time (the next ones with --PageNumber 2, and so on):\n\n  {by_hand}"
                )
            };
            if !gone.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(rest, "\n\nSeen bound before, and not shown any more: {}.", gone.join(", "));
            }
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
        Err(error) => {
            // That the time is over says less than what used it up.
            let why = error.last().filter(|_| error.kind() == ErrorKind::Deadline).unwrap_or(error);
            (
                "instances".to_owned(),
                format!("Which ones could not be looked up ({why}). List them later:\n\n  {by_hand}"),
            )
        }
    };
    if ending == Ending::Replacement {
        let to_wait = to_wait_longer(end).map_or_else(String::new, |how| format!("\n  - {how}"));
        return Diagnostic::error(
            format!("The key pair {name:?} can't be replaced while it is bound to {summary}"),
            format!(
                "ECS deletes a key pair only while no instance has it. It was not deleted, and is still in the state. \
                 {shown}{waited}\n\nTo replace it, do one of these and apply again:\n\n{ROTATE}\n  - If something else binds \
                 it, such as the console: detach it there.{to_wait}\n\n{ROTATE_MORE}\n\n{}",
                facts(refusal)
            ),
        );
    }
    let or_wait = to_wait_longer(end).unwrap_or_else(|| {
        format!(
            "If they are destroyed in the same run: {SET_PATIENCE} in the provider block. (On the key\n    pair, it counts \
             once an apply has stored it.)"
        )
    });
    Diagnostic::error(
        format!("The key pair {name:?} is bound to {summary}"),
        format!(
            "{kept} {shown}{waited}\n\nIf a launch template or a scaling group names the key pair, change that first: new \
             instances would be bound to it again. Then do one of these, and run the command again:\n\n  \
             - To keep the instances: unbind the key pair from them. If an alicloud_key_pair_attachment binds it, remove\n    \
             that and apply; if a resource of the instances names it, remove it there and apply; otherwise use the ECS\n    \
             console: Network & Security > Key Pairs. See first that there is another way to log in.\n  \
             - If the instances are not needed: destroy or release them.\n  \
             - {or_wait}\n\n{}",
            facts(refusal)
        ),
    )
}

/// That it was waited, how long and for what, and what ended it.
fn waiting(waited: &Waited, end: End) -> String {
    let ended = match end {
        End::Live => "Now it is bound to an instance that is there to stay.".to_owned(),
        End::Patience => "The time that wait_for_unbind sets is over.".to_owned(),
        End::Lasting => format!(
            "It waits no longer than {} s for each such step, unless wait_for_unbind is set.",
            LONGEST_STATE.as_secs()
        ),
        End::Blind => "Then the instances could not be looked at.".to_owned(),
        End::Deadline => "The delete timeout left no time for another try.".to_owned(),
        End::Retries => {
            "Then the service throttled the next try for longer than calls are repeated.".to_owned()
        }
        End::Cancelled => "Then the run was interrupted.".to_owned(),
    };
    format!("\n\nThe provider waited {}: {}. {ended}", messages::seconds(waited.time), waited.reason)
}

/// How to have the provider wait for longer, where more patience with live bindings would not be enough.
fn to_wait_longer(end: End) -> Option<String> {
    match end {
        End::Deadline => Some(
            "To wait for longer: raise delete in the resource's timeouts block, and apply that before the destroy."
                .to_owned(),
        ),
        End::Retries => Some("To wait for longer: raise max_retry_timeout in the provider block.".to_owned()),
        End::Patience => Some("To wait for longer: raise wait_for_unbind.".to_owned()),
        _ => None,
    }
}

/// The warning in a plan that destroys a key pair that instances have, or replaces it by one of the same name. The plan may
/// well take it off them; `patience` is how long the delete waits for that.
pub(super) fn warning(name: &str, instances: &[Instance], patience: Duration, ending: Ending) -> Diagnostic {
    let waits = if patience.is_zero() {
        "ECS deletes a key pair only while no instance has it.".to_owned()
    } else {
        format!(
            "ECS deletes a key pair only while no instance has it. The delete will wait up to {} for that \
             (wait_for_unbind).",
            messages::seconds(patience)
        )
    };
    let what_to_do = match ending {
        Ending::Destroy if patience.is_zero() => format!(
            "If this plan detaches or releases these instances first, nothing is left to do. Otherwise detach them; or, if \
             something outside this plan releases them at the same time, {SET_PATIENCE} in the provider block."
        ),
        Ending::Destroy => {
            "If this plan detaches or releases these instances first, nothing is left to do.".to_owned()
        }
        Ending::Replacement => format!(
            "The new key pair has the same name, so an attachment that refers to key_pair_name stays as it is, and the \
             replacement fails. If this plan replaces the attachment, too, nothing is left to do. Otherwise do one of \
             these:\n\n{ROTATE}\n\n{ROTATE_MORE}"
        ),
    };
    Diagnostic::warning(
        format!("The key pair {name:?} is bound to {}", count(instances.len())),
        format!("It is bound to:\n\n{}\n\n{waits} {what_to_do}", list(instances)),
    )
}

/// The one warning of a plan that cannot tell which key pairs instances carry.
pub(super) fn unchecked(denied: &Error) -> Diagnostic {
    let action = denied.denial().map(|denial| denial.action.as_str()).filter(|action| !action.is_empty());
    Diagnostic::warning(
        "Could not check which instances the key pairs are attached to",
        format!(
            "The credentials lack {}, so the plan does not warn of key pairs that ECS will refuse to delete because \
             instances use them.",
            action.unwrap_or("ecs:DescribeInstances")
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
    let shown = |text: &str| if text.is_empty() { "-".to_owned() } else { one_line(text) };
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
    use super::super::unbinding::Verdict;
    use super::*;
    use crate::alicloud::ecs::InstanceStatus;
    use crate::provider::golden_tests::golden;

    #[test]
    fn a_row_stays_a_row() {
        let odd = Instance {
            id: "i-1".to_owned(),
            name: "web\nApply complete!\u{1b}[2J\u{2028}x".to_owned(),
            zone_id: "z\r\n".to_owned(),
            status: InstanceStatus::Other("Odd\n".to_owned()),
            ..Instance::default()
        };
        let table = list(&[odd]);
        let rows: Vec<_> =
            table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(rows, ["ID NAME ZONE STATUS", "i-1 web Apply complete!\u{fffd}[2J\u{fffd}x z Odd"]);
    }

    #[tokio::test(start_paused = true)]
    async fn each_case_has_its_text() {
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
        let many = |count| (1..=count).map(|number| instance(number, "", InstanceStatus::Stopped)).collect();
        let attempt =
            Attempt { key_pair: "web", account_id: Some("1234567890123456"), timeout: Some("delete") };
        let waits = Duration::from_secs(20);
        golden("bound-warning", &warning("web", &two, Duration::ZERO, Ending::Destroy));
        golden("bound-warning-waits", &warning("web", &two, waits, Ending::Destroy));
        golden("bound-warning-replaced", &warning("web", &two, Duration::ZERO, Ending::Replacement));
        golden("bound-unchecked", &unchecked(&forbidden));
        for (file, bound) in [
            ("bound", Ok(two.clone())),
            ("bound-replaced", Ok(two)),
            ("bound-to-many", Ok(many(23))),
            ("bound-to-more-than-a-page", Ok(many(101))),
            ("bound-unseen", Ok(Vec::new())),
            ("bound-forbidden-to-look", Err(forbidden)),
            ("bound-look-failed", Err(down)),
        ] {
            let now = Instant::now();
            let mut unbinding = Unbinding::new(now, Duration::ZERO);
            let end = match bound.as_ref().map(|bound| unbinding.judge(now, bound)) {
                Ok(Verdict::GiveUp(end)) => end,
                Ok(Verdict::Wait(_)) => {
                    tokio::time::advance(LONGEST_STATE).await;
                    End::Lasting
                }
                Err(_) => End::Blind,
            };
            let ending = if file == "bound-replaced" { Ending::Replacement } else { Ending::Destroy };
            golden(file, &error(&attempt, &refusal, &bound, &unbinding, end, ending));
        }
    }
}
