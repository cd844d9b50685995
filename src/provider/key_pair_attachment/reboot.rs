//! Rebooting instances so that they take their new key.

use std::collections::BTreeSet;
use std::time::Duration;

use super::binding::Binding;
use crate::alicloud::ecs::{Instance, InstanceStatus};
use crate::alicloud::{ErrorKind, Interrupted};
use crate::framework::{Diagnostic, Diagnostics};

/// How long after the start of a reboot the first look comes, and how long after that each further one.
const FIRST_LOOK: Duration = Duration::from_secs(2);
const NEXT_LOOK: Duration = Duration::from_secs(5);

/// An instance may be shown running for a moment before it goes down. One that never was seen down in so many looks
/// has been down between two of them.
const LOOKS_BEFORE_DOWN: u32 = 3;

/// Whether `force` reboots an instance that the key pair is to be bound to: only one that runs, and does not carry it
/// already.
pub(super) fn is_due(instance: &Instance, name: &str) -> bool {
    instance.status == InstanceStatus::Running && !instance.carries(name)
}

/// Reboots instances and waits until all of them run again. The key pair is bound already, so that nothing of the state
/// depends on how this ends.
pub(super) async fn all(binding: &Binding<'_>, ids: &[String], diagnostics: &mut Diagnostics) {
    let mut waiting = BTreeSet::new();
    for id in ids {
        tracing::info!(instance_id = id, key_pair_name = binding.name, "Rebooting the instance");
        match binding.client.reboot_instance(&binding.call, id).await {
            Ok(()) => {
                waiting.insert(id.clone());
            }
            // It may be on its way down.
            Err(error) if error.kind() == ErrorKind::ReplyLost => {
                waiting.insert(id.clone());
            }
            Err(error) => {
                let mut told = binding.failed(format!("Could not reboot the instance {id}"), &error);
                told.detail = format!(
                    "The key pair {:?} is bound to it, and opens it from its next reboot on.\n\n{}",
                    binding.name, told.detail
                );
                diagnostics.push(told);
            }
        }
    }
    let mut pause = FIRST_LOOK;
    let mut looks = 0;
    let mut seen_down = BTreeSet::new();
    while !waiting.is_empty() {
        if let Err(why) = binding.call.run(tokio::time::sleep(pause)).await {
            diagnostics.push(not_up(binding, &waiting, why));
            return;
        }
        pause = NEXT_LOOK;
        match binding.look(&waiting).await {
            Ok(seen) => {
                looks += 1;
                seen_down.extend(
                    seen.iter().filter(|it| it.status != InstanceStatus::Running).map(|it| it.id.clone()),
                );
                let is_up = |it: &Instance| {
                    it.status == InstanceStatus::Running
                        && (seen_down.contains(&it.id) || looks >= LOOKS_BEFORE_DOWN)
                };
                // One that is gone is not waited for.
                waiting.retain(|id| seen.iter().any(|it| it.id == *id && !is_up(it)));
                tracing::info!(
                    key_pair_name = binding.name,
                    rebooted = ids.len() - waiting.len(),
                    waiting = waiting.len(),
                    "Waiting until the rebooted instances run"
                );
            }
            Err(error) => {
                diagnostics.push(error);
                return;
            }
        }
    }
}

fn not_up(binding: &Binding<'_>, waiting: &BTreeSet<String>, why: Interrupted) -> Diagnostic {
    let which = super::messages::list(waiting.iter().map(String::as_str));
    let (summary, advice) = match why {
        Interrupted::Deadline => {
            ("Rebooted instances do not run yet", "To wait longer, raise create in the timeouts block.")
        }
        Interrupted::Cancelled => {
            ("The wait for rebooted instances was interrupted", "They go on rebooting by themselves.")
        }
    };
    Diagnostic::error(
        summary,
        format!(
            "The key pair {:?} is bound, and these instances were rebooted but are not shown running: {which}. {advice}",
            binding.name
        ),
    )
}
