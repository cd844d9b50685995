//! Looking at instances, binding them and unbinding them, as many at a time as the service takes.

use std::collections::BTreeSet;

use tokio::sync::OwnedMutexGuard;

use super::conflict::{Change, Conflict, Refusals};
use super::instance_locks::InstanceLocks;
use super::messages;
use crate::alicloud::ecs::{Instance, InstanceFilter, MOST_BINDINGS, MOST_INSTANCES};
use crate::alicloud::{Call, Client, Error, ErrorKind, Interrupted};
use crate::framework::{Diagnostic, Diagnostics};
use crate::provider::diagnostics::Attempt;

/// The work on one attachment.
pub(super) struct Binding<'a> {
    pub(super) client: &'a Client,
    pub(super) locks: &'a InstanceLocks,
    pub(super) call: Call,
    /// The key pair.
    pub(super) name: &'a str,
    /// The account, if it is known.
    pub(super) account_id: Option<&'a str>,
    /// The entry of the timeouts block that bounds the work, if one does.
    pub(super) timeout: Option<&'static str>,
}

impl Binding<'_> {
    pub(super) fn failed(&self, summary: impl Into<String>, error: &Error) -> Diagnostic {
        let attempt = Attempt { key_pair: self.name, account_id: self.account_id, timeout: self.timeout };
        attempt.failed(summary, error)
    }

    /// What is shown of these instances. An error if nothing is shown because the permission is missing, for then
    /// nothing can be concluded.
    pub(super) async fn look(&self, ids: &BTreeSet<String>) -> Result<Vec<Instance>, Diagnostic> {
        self.look_within(&self.call, ids).await.map_err(|error| {
            self.failed(format!("Could not look at the instances of the key pair {:?}", self.name), &error)
        })
    }

    pub(super) async fn look_within(
        &self,
        call: &Call,
        ids: &BTreeSet<String>,
    ) -> Result<Vec<Instance>, Error> {
        let ids: Vec<String> = ids.iter().cloned().collect();
        let mut seen = Vec::new();
        for some in ids.chunks(MOST_INSTANCES) {
            seen.extend(self.client.list_instances(call, InstanceFilter::Ids(some)).await?);
        }
        if seen.is_empty() && !ids.is_empty() {
            self.client.may_describe_instances(call).await?;
        }
        Ok(seen)
    }

    /// Looks at instances that are to be bound. An error for each that cannot be: then nothing is to be changed.
    pub(super) async fn look_before_attaching(
        &self,
        ids: &BTreeSet<String>,
    ) -> Result<Vec<Instance>, Diagnostics> {
        let seen = self.look(ids).await?;
        let missing = ids.iter().filter(|id| seen.iter().all(|it| it.id != **id));
        let missing = missing.map(|id| messages::missing(self.name, id, self.client.region()));
        let windows = seen.iter().filter(|it| is_windows(it)).map(|it| messages::windows(self.name, it));
        let errors: Diagnostics = missing.chain(windows).collect();
        if errors.is_empty() { Ok(seen) } else { Err(errors) }
    }

    /// Waits until nobody else changes these instances, as long as the call lasts.
    async fn hold(&self, ids: &BTreeSet<String>) -> Result<Vec<OwnedMutexGuard<()>>, Diagnostic> {
        self.call.run(self.locks.lock(ids)).await.map_err(|why| {
            let (how, advice) = match why {
                Interrupted::Deadline => ("its time was used up", "Run the command again."),
                Interrupted::Cancelled => ("the run was interrupted", "The next plan shows what is left to do."),
            };
            Diagnostic::error(
                format!("Could not change the instances of the key pair {:?}", self.name),
                format!(
                    "Another attachment was changing some of these instances, and {how} while this one waited for it: \
                     {}. Nothing was changed here. {advice}",
                    messages::list(ids.iter().map(String::as_str))
                ),
            )
        })
    }

    /// Binds the key pair to instances. `attached` grows with what is done, whatever comes of the rest; of instances that
    /// were waited for, `seen` shows how they were before.
    pub(super) async fn attach(
        &self,
        ids: &[String],
        seen: &mut [Instance],
        attached: &mut BTreeSet<String>,
        diagnostics: &mut Diagnostics,
    ) {
        for some in ids.chunks(MOST_BINDINGS) {
            let these: BTreeSet<String> = some.iter().cloned().collect();
            let _changing = match self.hold(&these).await {
                Ok(held) => held,
                Err(error) => return diagnostics.push(error),
            };
            if self.attach_some(some, seen, attached, diagnostics).await == Rest::Hopeless {
                return;
            }
        }
    }

    /// The same for as many as one call takes, whose locks are held.
    async fn attach_some(
        &self,
        some: &[String],
        seen: &mut [Instance],
        attached: &mut BTreeSet<String>,
        diagnostics: &mut Diagnostics,
    ) -> Rest {
        let mut left = some.to_vec();
        let mut refusals = Refusals::default();
        let mut is_unclear = false;
        while !left.is_empty() {
            let conflict = match self.client.attach_key_pair(&self.call, self.name, &left).await {
                Ok(mut failures) => {
                    let failed = |id: &&String| failures.iter().any(|failure| failure.instance_id == **id);
                    attached.extend(left.iter().filter(|id| !failed(id)).cloned());
                    let conflict = Conflict::among(&mut failures);
                    let told =
                        failures.iter().map(|it| messages::left_alone("bind the key pair to", self.name, it));
                    diagnostics.extend(told);
                    conflict
                }
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    is_unclear |= !is_plain_refusal(&error);
                    Some(Conflict::of_call(&left, error))
                }
                Err(error) => {
                    let which = messages::list(left.iter().map(String::as_str));
                    let summary = format!("Could not bind the key pair {:?} to instances", self.name);
                    let told =
                        self.failed(summary, &error).preceded_by(&format!("The instances are {which}."));
                    diagnostics.push(told.at("instance_ids"));
                    if is_unclear || !is_plain_refusal(&error) {
                        attached.extend(self.bound_after_all(left.into_iter().collect()).await);
                    }
                    // What stopped these would stop the rest.
                    return Rest::Hopeless;
                }
            };
            let Some(conflict) = conflict else { break };
            left = conflict.ids().to_vec();
            match self.wait_out(Change::Attach, &mut refusals, &conflict).await {
                Ok(fresh) => {
                    for fresh in fresh.into_iter().flatten() {
                        if fresh.carries(self.name) {
                            // An earlier try has done it after all.
                            left.retain(|id| *id != fresh.id);
                            attached.insert(fresh.id);
                        } else if let Some(known) = seen.iter_mut().find(|it| it.id == fresh.id) {
                            *known = fresh;
                        }
                    }
                }
                Err(told) => {
                    diagnostics.push(told);
                    if is_unclear {
                        attached.extend(self.bound_after_all(left.into_iter().collect()).await);
                    }
                    return if self.call.is_over() { Rest::Hopeless } else { Rest::Worthwhile };
                }
            }
        }
        Rest::Worthwhile
    }

    /// Those of the instances that the key pair may be bound to, after an attach without a clear answer: the ones that
    /// carry it or, where they cannot be looked at, all. One too many is found by the next refresh; one that is
    /// missing would never be found.
    async fn bound_after_all(&self, ids: BTreeSet<String>) -> BTreeSet<String> {
        match self
            .call
            .settle(|call| {
                let ids = &ids;
                async move { self.look_within(&call, ids).await }
            })
            .await
        {
            Ok(seen) => seen.into_iter().filter(|it| it.carries(self.name)).map(|it| it.id).collect(),
            Err(error) => {
                tracing::info!(%error, key_pair_name = self.name, "What became of the attach could not be seen");
                ids
            }
        }
    }

    /// Takes the key pair off those of the instances that carry it now. `attached` shrinks with what is done.
    pub(super) async fn detach(
        &self,
        ids: &BTreeSet<String>,
        attached: &mut BTreeSet<String>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Diagnostics> {
        let summary = || format!("Could not take the key pair {:?} off instances", self.name);
        let mut losses = 0;
        let mut rest = ids.clone();
        loop {
            let _changing = self.hold(&rest).await?;
            let seen = self.look(&rest).await?;
            let not_shown: BTreeSet<String> =
                rest.iter().filter(|id| seen.iter().all(|it| it.id != **id)).cloned().collect();
            if losses == 0 && !not_shown.is_empty() && !seen.is_empty() {
                diagnostics.push(messages::not_shown(self.name, &not_shown, self.client.region()));
            }
            let carrying: Vec<String> =
                seen.into_iter().filter(|it| it.carries(self.name)).map(|it| it.id).collect();
            // The others carry another key pair, or none, or are gone: nothing of ours is on them.
            attached.retain(|id| !rest.contains(id) || carrying.contains(id));
            let mut lost = None;
            for some in carrying.chunks(MOST_BINDINGS) {
                match self.detach_some(some, attached, &mut rest, diagnostics).await {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::ReplyLost => {
                        lost = Some(error);
                        break;
                    }
                    Err(error) => return Err(self.failed(summary(), &error).into()),
                }
            }
            let Some(error) = lost else { return Ok(()) };
            losses += 1;
            self.call.pause(losses).await;
            if self.call.is_over() {
                return Err(self.failed(summary(), &error).into());
            }
            // What became of it shows in another look.
            rest.retain(|id| attached.contains(id));
        }
    }

    /// Takes the key pair off as many instances as one call takes, which carry it and whose locks are held. Those that
    /// refuse for good go out of `rest`.
    async fn detach_some(
        &self,
        some: &[String],
        attached: &mut BTreeSet<String>,
        rest: &mut BTreeSet<String>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Error> {
        let mut left = some.to_vec();
        let mut refusals = Refusals::default();
        while !left.is_empty() {
            let conflict = match self.client.detach_key_pair(&self.call, self.name, &left).await {
                Ok(mut failures) => {
                    let failed = |id: &String| failures.iter().any(|failure| failure.instance_id == *id);
                    attached.retain(|id| !left.contains(id) || failed(id));
                    let conflict = Conflict::among(&mut failures);
                    rest.retain(|id| failures.iter().all(|failure| failure.instance_id != *id));
                    let told = failures
                        .iter()
                        .map(|it| messages::left_alone("take the key pair off", self.name, it));
                    diagnostics.extend(told);
                    conflict
                }
                // Without the key pair there is no binding to it.
                Err(error) if error.kind() == ErrorKind::KeyPairNotFound => {
                    attached.retain(|id| !left.contains(id));
                    None
                }
                Err(error) if error.kind() == ErrorKind::Conflict => Some(Conflict::of_call(&left, error)),
                Err(error) => return Err(error),
            };
            let Some(conflict) = conflict else { break };
            left = conflict.ids().to_vec();
            match self.wait_out(Change::Detach, &mut refusals, &conflict).await {
                Ok(Some(fresh)) => {
                    left.retain(|id| fresh.iter().any(|it| it.id == *id && it.carries(self.name)));
                    attached.retain(|id| !conflict.ids().contains(id) || left.contains(id));
                }
                Ok(None) => {}
                Err(told) => {
                    diagnostics.push(told);
                    rest.retain(|id| !left.contains(id));
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Whether the instances after those that failed are worth a try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Worthwhile,
    Hopeless,
}

/// Whether the service has said that it did nothing. After several tries, an earlier one may have done it and not been
/// heard.
fn is_plain_refusal(error: &Error) -> bool {
    let is_plain = !matches!(
        error.kind(),
        ErrorKind::ReplyLost
            | ErrorKind::Deadline
            | ErrorKind::Cancelled
            | ErrorKind::Unavailable
            | ErrorKind::UnexpectedAnswer
    );
    is_plain && error.tries() <= 1
}

pub(super) fn is_windows(instance: &Instance) -> bool {
    instance.os_type.eq_ignore_ascii_case("windows")
}
