//! Deleting key pairs for certain: many at once, and each by itself where one stands in the way of others.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::call::{Call, Interrupted, SETTLE};
use super::client::Client;
use super::coalesce::{Cargo, Carrier, Question, Unserved};
use super::ecs::KeyPair;
use super::ecs::delete_key_pairs::{DELETE, parameters};
use super::error::{Error, ErrorKind};
use super::lookup::{Bindings, KeyPairs};
use super::request::Parameters;
use super::retry::{Load, SharedWait};

/// A shared call has no deadline of its own: each of its callers has one, and leaves. This only bounds what nobody
/// waits for any more.
const LONGEST: Duration = Duration::from_hours(24);

/// After so many names were refused alone and none accepted, the others are sent alone too: all of them may be refused,
/// and halves would only double the calls.
const HOPELESS: usize = 2;

/// The most time for finding out what became of a batch.
const LONGEST_LOOK: Duration = Duration::from_mins(2);

/// The most time for finding out which names of a batch are bound. Without an answer they are found by halves.
const LOOK_FOR_BOUND: Duration = Duration::from_secs(10);

type Outcome = Result<(), Error>;

impl Client {
    /// Deletes the key pair of this name. That there is none is success, and a clean answer is final, since the
    /// service deletes before it answers. After a lost reply the exact name is asked for: if it is shown, the
    /// deletion is sent again while there is time.
    ///
    /// Deletions that come together share calls, of up to [`MOST_NAMES`](super::ecs::MOST_NAMES) names. A name that the
    /// service refuses is found and told alone; the others are deleted. After [`ErrorKind::Bound`],
    /// [`bindings`](Self::bindings) tells the instances, at no further call where the batch had to look for them.
    pub async fn delete_key_pair(&self, call: &Call, name: &str) -> Result<(), Error> {
        let started = Instant::now();
        let limiter = self.shared.limiter(DELETE.name);
        let mut given_up_at = started;
        let given_up = async {
            let why = tokio::select! {
                biased;
                why = call.over() => why,
                () = limiter.closed_beyond(call.deadline) => Interrupted::Deadline,
            };
            given_up_at = Instant::now();
            why
        };
        let (why, tries, under_way, reason) = match self.shared.deletions.submit(name, self, given_up).await {
            Ok(outcome) => return outcome,
            Err(Unserved::Waiting(why, tries, reason)) => (why, tries, false, reason.and_then(Result::err)),
            Err(Unserved::UnderWay(why, tries)) => (why, tries, true, None),
            Err(Unserved::Dropped) => {
                return Err(Error::new(ErrorKind::ReplyLost, "The deletion ended without an answer."));
            }
        };
        let error = self.left(DELETE, SharedWait { started, tries, under_way, reason }, why, call);
        if !under_way {
            return Err(error);
        }
        let question = Question { since: Some(Instant::now()), proof: true, in_company: false };
        let source = KeyPairs(self.clone());
        // The answer was waited for already; the look has what is left of the time to settle it.
        let look = Call::new(given_up_at + SETTLE, CancellationToken::new());
        match self.shared.key_pairs.get(&source, &look, name, question).await {
            Ok(None) => Ok(()),
            // The request may arrive yet.
            Ok(Some(_)) => Err(error),
            Err(look) => Err(error.with_last(Some(look))),
        }
    }
}

impl Load for Cargo<Outcome> {
    fn take(&mut self) -> Option<Parameters> {
        let names = Cargo::take(self);
        (!names.is_empty()).then(|| parameters(names))
    }

    fn put_back(&mut self, error: &Error) {
        if error.kind() == ErrorKind::Throttled {
            self.throttled();
        }
        for name in self.held() {
            self.note(name, &Err(error.clone()));
        }
        Cargo::put_back(self);
    }
}

impl Carrier<Outcome> for Client {
    async fn carry(self, mut cargo: Cargo<Outcome>) {
        let call = Call::new(Instant::now() + LONGEST, CancellationToken::new());
        let mut losses = 0;
        loop {
            let outcome = self.execute(DELETE, &mut cargo, &call).await;
            cargo.answered();
            let names = cargo.held().to_vec();
            let _changing: Vec<_> = names.iter().map(|name| self.shared.key_pairs.changing(name)).collect();
            match outcome {
                Ok(_) => cargo.settle_all(&Ok(())),
                // There was nothing left to send: nobody cancels this call.
                Err(error) if error.kind() == ErrorKind::Cancelled => return,
                Err(error) => {
                    if names.is_empty() {
                        // It wasn't even sent: there is no access key, say. That is the answer to all who wait.
                        Cargo::take(&mut cargo);
                        return cargo.settle_all(&Err(error));
                    }
                    self.sort_out(&mut cargo, &call, names, error).await;
                }
            }
            if cargo.held().is_empty() {
                return;
            }
            // Replies were lost, and these are still there.
            losses += 1;
            cargo.rest();
            call.pause(losses).await;
            cargo.put_back();
        }
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

impl Client {
    /// Settles the names of a batch that was not simply deleted, but those whose reply was lost and that are still
    /// there. Sends parts of it, down to single names, until each name has an answer of its own.
    async fn sort_out(&self, cargo: &mut Cargo<Outcome>, call: &Call, names: Vec<String>, error: Error) {
        let mut may_look = true;
        // Single names that were refused; `None` once anything was accepted.
        let mut refused_alone = Some(0);
        let mut parts = vec![Part::Answered(names, Err(error))];
        while let Some(part) = parts.pop() {
            match part {
                Part::Unsent(names)
                    if names.len() > 1 && refused_alone.is_some_and(|count| count >= HOPELESS) =>
                {
                    parts.extend(names.into_iter().map(|name| Part::Unsent(vec![name])));
                }
                Part::Unsent(names) => {
                    let names = cargo.wanted(names);
                    if !names.is_empty() {
                        let outcome = self.delete_key_pairs(call, &names).await.map(drop);
                        parts.push(Part::Answered(names, outcome));
                    }
                }
                Part::Answered(names, Ok(())) => {
                    refused_alone = None;
                    settle(cargo, names, &Ok(()));
                }
                Part::Answered(names, Err(error)) if error.kind() == ErrorKind::ReplyLost => {
                    self.settle_lost(cargo, names, &error).await;
                }
                Part::Answered(names, Err(error)) if !is_about_names(error.kind()) => {
                    // Neither would the others get through.
                    for part in std::iter::once(Part::Unsent(names)).chain(parts.drain(..)) {
                        let (Part::Unsent(names) | Part::Suspected(names) | Part::Answered(names, _)) = part;
                        settle(cargo, names, &Err(error.clone()));
                    }
                }
                Part::Answered(names, Err(error))
                    if names.len() == 1 && error.kind() == ErrorKind::KeyPairNotFound =>
                {
                    self.settle_missing(cargo, names, &error).await;
                }
                Part::Answered(names, Err(error)) if names.len() == 1 => {
                    refused_alone = refused_alone.map(|count| count + 1);
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
                    let first = cargo.wanted(first);
                    if first.is_empty() {
                        parts.push(Part::Unsent(second));
                        continue;
                    }
                    let outcome = self.delete_key_pairs(call, &first).await.map(drop);
                    // If this half is accepted, it is the other that holds the name.
                    parts.push(if outcome.is_ok() { Part::Suspected(second) } else { Part::Unsent(second) });
                    parts.push(Part::Answered(first, outcome));
                }
            }
        }
    }

    /// Settles those of a refused batch that instances are seen to carry. The rest, unless there is no such name.
    async fn settle_bound(
        &self,
        cargo: &mut Cargo<Outcome>,
        names: &[String],
        error: &Error,
    ) -> Option<Vec<String>> {
        let call = Call::new(Instant::now() + LOOK_FOR_BOUND, CancellationToken::new());
        let question = Question { since: Some(Instant::now()), proof: false, in_company: true };
        let answers = self.shared.bindings.get_all(&Bindings(self.clone()), &call, names, question).await;
        let is_bound = |name: &String| matches!(answers.get(name), Some(Ok(Some(_))));
        let (bound, rest): (Vec<_>, Vec<_>) = names.iter().cloned().partition(is_bound);
        if bound.is_empty() {
            return None;
        }
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
        let question = Question { since: Some(Instant::now()), proof: true, in_company: false };
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
                    cargo.note(&name, &Err(lost.clone()));
                }
                Err(look) => cargo.settle(&name, &Err(lost.clone().with_last(Some(look)))),
            }
        }
    }
}

/// Whether other names than those of the call may fare better.
fn is_about_names(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Bound
            | ErrorKind::Forbidden
            | ErrorKind::InvalidInput
            | ErrorKind::LimitExceeded
            | ErrorKind::KeyPairNotFound
            | ErrorKind::Other
    )
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
