//! Finding out which names of a refused batch are at fault, so that the others are deleted.
//!
//! Parts of the batch are sent until each name has an answer of its own. While a part is under way, or waits because the
//! service throttles, the names of the others are in no call: whoever gives up hears so at once.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Outcome;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::coalesce::{Cargo, Question};
use crate::alicloud::ecs::KeyPair;
use crate::alicloud::ecs::delete_key_pairs::{DELETE, parameters};
use crate::alicloud::error::{Error, ErrorKind};
use crate::alicloud::lookup::{Bindings, KeyPairs};
use crate::alicloud::request::Parameters;
use crate::alicloud::retry::{Load, NothingToSend};

/// After so many names were refused alone and none accepted, the others are sent alone too: all of them may be refused,
/// and halves would only double the calls.
const HOPELESS: usize = 2;

/// A reason that nobody knows may be no reason of names at all: after so many more names, taken from all over the batch,
/// were refused alone for such a one and none accepted, it is told to the others without asking for each.
const PROBES: usize = 8;

/// The most time for finding out what became of a batch.
const LONGEST_LOOK: Duration = Duration::from_mins(2);

/// The most time for finding out which names of a batch are bound. Without an answer they are found by halves.
const LOOK_FOR_BOUND: Duration = Duration::from_secs(10);

/// Some names of a cargo, as the load of one call.
struct Portion<'a> {
    cargo: &'a mut Cargo<Outcome>,
    names: Vec<String>,
    /// Why the names are sent in portions.
    refusal: &'a Error,
    /// Whether names that wait in the queue may go along once the call had to wait.
    in_company: bool,
    waited: bool,
}

impl Load for Portion<'_> {
    type Nothing = NothingToSend;

    fn take(&mut self) -> Result<Parameters, NothingToSend> {
        let names = std::mem::take(&mut self.names);
        self.names = self.cargo.take_some(names, self.in_company && self.waited);
        if self.names.is_empty() { Err(NothingToSend) } else { Ok(parameters(&self.names)) }
    }

    fn put_back(&mut self, error: &Error) -> Result<(), NothingToSend> {
        let is_throttled = error.kind() == ErrorKind::Throttled;
        if is_throttled {
            self.cargo.throttled();
        }
        let reason = Err(error.clone().with_last(Some(self.refusal.clone())));
        // What keeps this portion keeps the others too.
        let kept = if is_throttled { self.cargo.held() } else { &self.names };
        for name in kept {
            self.cargo.note(name, &reason);
        }
        self.cargo.rest_some(&self.names);
        self.waited = true;
        self.names = self.cargo.wanted(std::mem::take(&mut self.names));
        if self.names.is_empty() { Err(NothingToSend) } else { Ok(()) }
    }

    fn found_no_connection(&mut self) {
        self.cargo.unconnected(&self.names);
    }
}

/// A part of a batch that is still to be settled.
enum Part {
    /// To be sent.
    Unsent(Vec<String>),
    /// Sent, and answered as a whole.
    Answered(Vec<String>, Outcome),
    /// Not to be sent as a whole, since it holds a name that would have it refused.
    Suspected(Vec<String>),
}

/// What single names were refused for, one after the other.
#[derive(Default)]
struct RefusedAlone {
    /// How many were refused, for whatever reason.
    count: usize,
    /// The reason of the last ones, if nobody knows what it means.
    unknown: Option<Unknown>,
}

/// A reason that nobody knows.
struct Unknown {
    error: Error,
    /// How many names were refused for it, with none between that was refused for another.
    count: usize,
    /// Whether names from all over the batch are being sent alone to see if it is given for each.
    probed: bool,
}

impl RefusedAlone {
    fn add(&mut self, error: &Error) {
        self.count += 1;
        self.unknown = match self.unknown.take() {
            _ if !matches!(error.kind(), ErrorKind::Other | ErrorKind::Conflict) => None,
            Some(known) if known.error.code() == error.code() => {
                Some(Unknown { count: known.count + 1, ..known })
            }
            _ => Some(Unknown { error: error.clone(), count: 1, probed: false }),
        };
    }
}

impl Client {
    /// Settles the names of a batch that was not simply deleted, but those whose reply was lost and that are still
    /// there. Sends parts of it, down to single names, until each name has an answer of its own.
    pub(super) async fn sort_out(
        &self,
        cargo: &mut Cargo<Outcome>,
        call: &Call,
        names: Vec<String>,
        error: Error,
    ) {
        let refusal = error.clone();
        let mut may_look = true;
        // `None` once anything was accepted.
        let mut refused_alone = Some(RefusedAlone::default());
        note_refusal(cargo, &names, &error);
        let mut parts = vec![Part::Answered(names, Err(error))];
        loop {
            if let Some(unknown) = refused_alone.as_mut().and_then(|alone| alone.unknown.as_mut()) {
                if unknown.count >= HOPELESS + PROBES {
                    let message = format!(
                        "{} It was named in a call with others; {} of those were refused in the same way when named \
                         alone, and none was accepted, so that this one was not tried alone.",
                        unknown.error.message(),
                        unknown.count
                    );
                    let outcome = Err(unknown.error.clone().with_message(message));
                    for part in parts {
                        settle(cargo, part.into_names(), &outcome);
                    }
                    return;
                }
                if unknown.count >= HOPELESS && !unknown.probed {
                    unknown.probed = true;
                    parts = probes_first(parts);
                }
            }
            let Some(part) = parts.pop() else { return };
            match part {
                Part::Unsent(names)
                    if names.len() > 1
                        && refused_alone.as_ref().is_some_and(|alone| alone.count >= HOPELESS) =>
                {
                    parts.extend(names.into_iter().map(|name| Part::Unsent(vec![name])));
                }
                Part::Unsent(names) => {
                    let (names, outcome) = self.send(cargo, call, names, &refusal, true).await;
                    parts.push(Part::Answered(names, outcome));
                }
                Part::Answered(names, _) if names.is_empty() => {}
                Part::Answered(names, Ok(())) => {
                    refused_alone = None;
                    settle(cargo, names, &Ok(()));
                }
                Part::Answered(names, Err(error)) if error.kind() == ErrorKind::ReplyLost => {
                    self.settle_lost(cargo, names, &error).await;
                }
                Part::Answered(names, Err(error)) if !is_about_names(error.kind()) => {
                    // Neither would the others get through.
                    for names in std::iter::once(names).chain(parts.drain(..).map(Part::into_names)) {
                        settle(cargo, names, &Err(error.clone()));
                    }
                }
                Part::Answered(names, Err(error))
                    if names.len() == 1 && error.kind() == ErrorKind::KeyPairNotFound =>
                {
                    if let Some(alone) = &mut refused_alone {
                        alone.unknown = None;
                    }
                    self.settle_missing(cargo, names, &error).await;
                }
                Part::Answered(names, Err(error)) if names.len() == 1 => {
                    if let Some(alone) = &mut refused_alone {
                        alone.add(&error);
                    }
                    settle(cargo, names, &Err(error));
                }
                Part::Answered(names, Err(error)) => {
                    if error.kind() == ErrorKind::Bound && may_look {
                        // What this look doesn't show, another wouldn't either.
                        may_look = false;
                        if let Some(rest) = self.settle_bound(cargo, &names, &error).await {
                            parts.push(Part::Unsent(rest));
                            continue;
                        }
                    }
                    if error.kind() == ErrorKind::LimitExceeded {
                        cargo.at_most(names.len() / 2);
                        parts.extend(halves(names).map(Part::Unsent));
                    } else {
                        parts.push(Part::Suspected(names));
                    }
                }
                Part::Suspected(names) if names.len() <= 1 => parts.push(Part::Unsent(names)),
                Part::Suspected(names) => {
                    let [first, second] = halves(names);
                    let (first, outcome) = self.send(cargo, call, first, &refusal, false).await;
                    // If this half is accepted, it is the other that holds the name.
                    parts.push(if outcome.is_ok() && !first.is_empty() {
                        Part::Suspected(second)
                    } else {
                        Part::Unsent(second)
                    });
                    parts.push(Part::Answered(first, outcome));
                }
            }
        }
    }

    /// Sends those of the names that somebody still waits for. Those that were sent, perhaps none, and the answer.
    async fn send(
        &self,
        cargo: &mut Cargo<Outcome>,
        call: &Call,
        names: Vec<String>,
        refusal: &Error,
        in_company: bool,
    ) -> (Vec<String>, Outcome) {
        let names = cargo.wanted(names);
        if names.is_empty() {
            return (names, Ok(()));
        }
        // Where patience is limited, those who came later would be held to that of these.
        let in_company = in_company && self.shared.most_retry.is_none();
        let mut portion = Portion { cargo, names, refusal, in_company, waited: false };
        let outcome = match self.execute_load(DELETE, &mut portion, call).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(NothingToSend)) => return (Vec::new(), Ok(())),
            Err(error) => Err(error),
        };
        let names = std::mem::take(&mut portion.names);
        let _changing: Vec<_> = names.iter().map(|name| self.shared.key_pairs.changing(name)).collect();
        cargo.answered();
        if let Err(error) = &outcome {
            note_refusal(cargo, &names, error);
        }
        (names, outcome)
    }

    /// Settles those of a refused batch that instances are seen to carry. The rest, unless there is no such name.
    async fn settle_bound(
        &self,
        cargo: &mut Cargo<Outcome>,
        names: &[String],
        error: &Error,
    ) -> Option<Vec<String>> {
        let call = Call::new(Instant::now() + LOOK_FOR_BOUND, CancellationToken::new());
        let question = Question { since: Some(Instant::now()), ..Question::default() };
        let answers = self.shared.bindings.get_all(&Bindings(self.clone()), &call, names, question).await;
        let is_bound = |name: &String| matches!(answers.get(name), Some(Ok(Some(_))));
        let (bound, rest): (Vec<_>, Vec<_>) = names.iter().cloned().partition(is_bound);
        if bound.is_empty() {
            return None;
        }
        self.shared.bindings.tell_from_pages(bound.len());
        settle(cargo, bound, &Err(error.clone()));
        Some(rest)
    }

    /// Settles names that the service says it does not know: it may mean another region, or another's permission, so
    /// that the exact name is asked for before it passes for deleted.
    async fn settle_missing(&self, cargo: &mut Cargo<Outcome>, names: Vec<String>, missing: &Error) {
        for (name, answer) in self.look_at(&names).await {
            let outcome = match answer {
                Ok(None) => Ok(()),
                Ok(Some(_)) => Err(missing.clone()),
                Err(look) => Err(missing.clone().with_last(Some(look))),
            };
            cargo.settle(&name, &outcome);
        }
    }

    /// What the service shows of exactly these names.
    async fn look_at(&self, names: &[String]) -> HashMap<String, Result<Option<KeyPair>, Error>> {
        let question = Question { since: Some(Instant::now()), proof: true, ..Question::default() };
        self.shared.key_pairs.get_all(&KeyPairs(self.clone()), &look(), names, question).await
    }

    /// Settles those of a batch whose reply was lost that are gone.
    async fn settle_lost(&self, cargo: &mut Cargo<Outcome>, names: Vec<String>, lost: &Error) {
        for (name, answer) in self.look_at(&names).await {
            match answer {
                Ok(None) => cargo.settle(&name, &Ok(())),
                Ok(Some(_)) => {
                    tracing::info!(
                        key_pair_name = name,
                        "The reply was lost and the key pair is still there: deleting again"
                    );
                    cargo.note(&name, &Err(lost.clone().with_kind(ErrorKind::NotDone)));
                    cargo.rest_some(&[name]);
                }
                Err(look) => cargo.settle(&name, &Err(lost.clone().with_last(Some(look)))),
            }
        }
    }
}

impl Part {
    fn into_names(self) -> Vec<String> {
        let (Self::Unsent(names) | Self::Suspected(names) | Self::Answered(names, _)) = self;
        names
    }
}

/// The same names, some from all over them to be sent alone before the rest.
fn probes_first(parts: Vec<Part>) -> Vec<Part> {
    let names: Vec<String> = parts.into_iter().flat_map(Part::into_names).collect();
    let every = names.len().div_ceil(PROBES).max(1);
    let (mut probes, mut rest) = (Vec::new(), Vec::new());
    for (number, name) in names.into_iter().enumerate() {
        if number % every == 0 {
            probes.push(Part::Unsent(vec![name]));
        } else {
            rest.push(name);
        }
    }
    probes.insert(0, Part::Unsent(rest));
    probes
}

/// Whether other names than those of the call may fare better.
pub(in crate::alicloud) fn is_about_names(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Bound
            | ErrorKind::Forbidden
            | ErrorKind::InvalidInput
            | ErrorKind::LimitExceeded
            | ErrorKind::KeyPairNotFound
            | ErrorKind::Conflict
            | ErrorKind::Other
    )
}

/// The names were refused, and are in no call now. A lost reply is no refusal.
fn note_refusal(cargo: &mut Cargo<Outcome>, names: &[String], error: &Error) {
    if error.kind() != ErrorKind::ReplyLost {
        for name in names {
            cargo.note(name, &Err(error.clone()));
        }
        cargo.rest_some(names);
    }
}

fn halves(names: Vec<String>) -> [Vec<String>; 2] {
    let mut first = names;
    let second = first.split_off(first.len() / 2);
    [first, second]
}

fn settle(cargo: &mut Cargo<Outcome>, names: Vec<String>, outcome: &Outcome) {
    for name in names {
        cargo.settle(&name, outcome);
    }
}

/// For a look that several callers wait for.
fn look() -> Call {
    Call::new(Instant::now() + LONGEST_LOOK, CancellationToken::new())
}
