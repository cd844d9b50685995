//! Instances that refuse a change for now, since they are starting or stopping, or another operation runs on them.
//!
//! What passes by itself is waited for, as long as the operation has time; what does not is told with the status of each
//! instance.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::binding::Binding;
use super::messages;
use crate::alicloud::Error;
use crate::alicloud::ecs::{BindingFailure, Instance, InstanceStatus};
use crate::framework::{Diagnostic, one_line};
use crate::provider::diagnostics::facts;

/// The code of another operation on the instance, which its status need not show.
const ANOTHER_OPERATION: &str = "OperationConflict";

/// After so many refusals in a row of instances whose status does not pass by itself, the next would be refused too. One
/// is not enough, as the status may have changed after the refusal, and is shown late at times.
const MOST_IN_A_LASTING_STATUS: u32 = 5;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Attach,
    Detach,
    Reboot,
}

/// A refusal of some instances, or of a call as a whole.
pub(super) struct Conflict {
    ids: Vec<String>,
    codes: BTreeSet<String>,
    message: String,
    /// The answer, where it refused the call as a whole.
    error: Option<Error>,
}

impl Conflict {
    /// A call that was refused as a whole.
    pub(super) fn of_call(ids: &[String], error: Error) -> Self {
        let codes = error.code().map(str::to_owned).into_iter().collect();
        Self { ids: ids.to_vec(), codes, message: error.message().to_owned(), error: Some(error) }
    }

    /// Takes the conflicts out of what single instances were refused for; `None` if there is none among it.
    pub(super) fn among(failures: &mut Vec<BindingFailure>) -> Option<Self> {
        let conflicts: Vec<_> = failures.extract_if(.., |failure| failure.is_conflict()).collect();
        let message = conflicts.first()?.message.clone();
        let codes = conflicts.iter().map(|failure| failure.code.clone()).collect();
        let ids = conflicts.into_iter().map(|failure| failure.instance_id).collect();
        Some(Self { ids, codes, message, error: None })
    }

    /// The instances.
    pub(super) fn ids(&self) -> &[String] {
        &self.ids
    }

    fn diagnostic(&self, change: Change, binding: &Binding<'_>, seen: &[Instance], end: End) -> Diagnostic {
        let (verb, state) = match change {
            Change::Attach => ("attach", "It was not attached to"),
            Change::Detach => ("detach", "It is still attached to"),
            Change::Reboot => {
                ("restart instances for", "It is attached, and takes effect at the next start of")
            }
        };
        let (summary, why, advice) = match end {
            End::Lasting => (
                "the instance status does not allow it",
                "ECS refuses this again and again, and the status of the instances does not pass by itself.",
                "Check in the ECS console what holds the instances (a lock, an overdue payment, another operation), and \
                 run the command again."
                    .to_owned(),
            ),
            End::Deadline => (
                "instances are busy",
                "ECS refused this until the timeout: the instances start or stop, or another operation \
                 runs on them.",
                match binding.timeout {
                    Some(timeout) => format!(
                        "Run the command again when they are ready. To wait for longer, raise {timeout} in the timeouts \
                         block."
                    ),
                    None => "Run the command again when they are ready.".to_owned(),
                },
            ),
            End::Cancelled => (
                "instances are busy",
                "ECS refused this until the run was interrupted: the instances start or stop, or another operation runs \
                 on them.",
                "Run the command again when they are ready.".to_owned(),
            ),
        };
        let facts = self.error.as_ref().map_or_else(
            || {
                let codes: Vec<&str> = self.codes.iter().map(String::as_str).collect();
                format!(
                    "  Error code: {}\n  Message: {}",
                    one_line(&codes.join(", ")),
                    one_line(&self.message)
                )
            },
            facts,
        );
        let shown: Vec<String> = self.ids.iter().map(|id| format!("{id} ({})", status(id, seen))).collect();
        Diagnostic::error(
            format!("Could not {verb} the key pair {:?}: {summary}", binding.name),
            format!(
                "{why} {state}: {}.\n\n{advice}\n\n{facts}",
                messages::list(shown.iter().map(String::as_str))
            ),
        )
        .at("instance_ids")
    }
}

fn status<'a>(id: &str, seen: &'a [Instance]) -> &'a str {
    let status = seen.iter().find(|it| it.id == id).map(|it| it.status.as_str());
    status.filter(|status| !status.is_empty()).unwrap_or("status unknown")
}

/// What ended the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Lasting,
    Deadline,
    Cancelled,
}

/// The refusals of one change so far.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    all: u32,
    /// The last ones in a row that nothing explains which passes by itself.
    lasting: u32,
}

impl Refusals {
    /// Whether the change is to be tried again, by what the instances show after a refusal.
    fn may_pass(&mut self, conflict: &Conflict, seen: &[Instance]) -> bool {
        let is_passing = |it: &Instance| {
            conflict.ids.contains(&it.id)
                && matches!(
                    it.status,
                    InstanceStatus::Pending | InstanceStatus::Starting | InstanceStatus::Stopping
                )
        };
        let passes = conflict.codes.contains(ANOTHER_OPERATION) || seen.iter().any(is_passing);
        self.lasting = if passes { 0 } else { self.lasting + 1 };
        self.lasting < MOST_IN_A_LASTING_STATUS
    }
}

impl Binding<'_> {
    /// Waits before a refused change is made again, and looks at the instances; `None` if they could not be looked at. An
    /// error if the time is over, or the conflict is not one that passes.
    pub(super) async fn wait_out(
        &self,
        change: Change,
        refusals: &mut Refusals,
        conflict: &Conflict,
    ) -> Result<Option<Vec<Instance>>, Diagnostic> {
        refusals.all = refusals.all.saturating_add(1);
        tracing::info!(
            key_pair_name = self.name,
            ?change,
            instances = messages::list(conflict.ids.iter().map(String::as_str)),
            reason = conflict.message,
            "The instances refuse the change for now: waiting to try again"
        );
        self.call.pause(refusals.all).await;
        let ids: BTreeSet<String> = conflict.ids.iter().cloned().collect();
        let is_over = self.call.is_over();
        let call = if is_over { self.call.to_explain() } else { self.call.clone() };
        let seen = self.look_within(&call, &ids).await.ok();
        let shown = seen.as_deref().unwrap_or_default();
        let end = match (is_over, self.call.cancel.is_cancelled()) {
            (_, true) => End::Cancelled,
            (true, false) => End::Deadline,
            (false, false) if refusals.may_pass(conflict, shown) => return Ok(seen),
            (false, false) => End::Lasting,
        };
        Err(conflict.diagnostic(change, self, shown, end))
    }
}
