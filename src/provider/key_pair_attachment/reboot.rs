//! Rebooting instances so that they take their new key.

use std::collections::BTreeSet;
use std::time::Duration;

use super::binding::Binding;
use super::conflict::{Change, Conflict, Refusals};
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
        match start(binding, id).await {
            Ok(()) => {
                waiting.insert(id.clone());
            }
            Err(told) => diagnostics.push(told),
        }
    }
    wait_until_up(binding, ids.len(), waiting, diagnostics).await;
}

/// Starts to reboot an instance, once it does not refuse that any more.
async fn start(binding: &Binding<'_>, id: &String) -> Result<(), Diagnostic> {
    let mut refusals = Refusals::default();
    loop {
        match binding.client.reboot_instance(&binding.call, id).await {
            Ok(()) => return Ok(()),
            // It may be on its way down.
            Err(error) if error.kind() == ErrorKind::ReplyLost => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let conflict = Conflict::of_call(std::slice::from_ref(id), error);
                binding.wait_out(Change::Reboot, &mut refusals, &conflict).await?;
            }
            Err(error) => {
                let told = binding.failed(format!("Could not reboot the instance {id}"), &error);
                let bound = format!(
                    "The key pair {:?} is attached to it, and works from its next reboot on.",
                    binding.name
                );
                return Err(told.preceded_by(&bound));
            }
        }
    }
}

/// Waits until the instances that were rebooted run again.
async fn wait_until_up(
    binding: &Binding<'_>,
    rebooted: usize,
    mut waiting: BTreeSet<String>,
    diagnostics: &mut Diagnostics,
) {
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
                    rebooted = rebooted - waiting.len(),
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
