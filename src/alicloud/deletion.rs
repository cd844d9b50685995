//! Deleting key pairs for certain: many at once, and each by itself where one stands in the way of others.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::call::{Call, Interrupted};
use super::client::Client;
use super::coalesce::{Cargo, Carrier, Question, Unserved};
use super::ecs::delete_key_pairs::{DELETE, parameters};
use super::error::{Error, ErrorKind};
use super::lookup::{Bindings, KeyPairs};
use super::request::Parameters;
use super::retry::{Load, SharedWait};

/// A shared call has no deadline of its own: each of its callers has one, and leaves. This only bounds what nobody
/// waits for any more.
const LONGEST: Duration = Duration::from_hours(24);

/// The most time for finding out what became of a batch.
const LONGEST_LOOK: Duration = Duration::from_mins(2);

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
        let given_up = async {
            tokio::select! {
                biased;
                why = call.over() => why,
                () = limiter.closed_beyond(call.deadline) => Interrupted::Deadline,
            }
        };
        let (why, tries, under_way) = match self.shared.deletions.submit(name, self, given_up).await {
            Ok(outcome) => return outcome,
            Err(Unserved::Waiting(why, tries)) => (why, tries, false),
            Err(Unserved::UnderWay(why, tries)) => (why, tries, true),
            Err(Unserved::Dropped) => {
                return Err(Error::new(ErrorKind::ReplyLost, "The deletion ended without an answer."));
            }
        };
        Err(self.left(DELETE, &SharedWait { started, tries, under_way }, why, call))
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
            call.pause(losses).await;
            cargo.put_back();
        }
    }
}

/// A part of a batch that is still to be settled.
enum Part {
    /// To be sent.
    Unsent(Vec<String>),
    /// Refused; if it was not sent by itself, it holds what a larger part was refused for.
    Refused { names: Vec<String>, error: Error, sent: bool },
}

impl Client {
    /// Settles the names of a batch that was not simply deleted, but those whose reply was lost and that are still
    /// there. Sends parts of it, down to single names, until each name has an answer of its own.
    async fn sort_out(&self, cargo: &mut Cargo<Outcome>, call: &Call, names: Vec<String>, error: Error) {
        let mut may_look = true;
        let mut parts = Vec::new();
        let mut refused = Some((names, error));
        loop {
            if let Some((names, error)) = refused.take() {
                match error.kind() {
                    ErrorKind::ReplyLost => self.settle_lost(cargo, names, &error).await,
                    kind if is_about_names(kind) => parts.push(Part::Refused { names, error, sent: true }),
                    _ => settle(cargo, names, &Err(error)),
                }
            }
            let Some(part) = parts.pop() else { return };
            let names = match part {
                Part::Unsent(names) => names,
                Part::Refused { names, error, sent } => {
                    if names.len() <= 1 && sent {
                        settle(cargo, names, &Err(error));
                        continue;
                    }
                    if names.len() > 1 && error.kind() == ErrorKind::Bound && sent && may_look {
                        // What the look doesn't show, another wouldn't either.
                        may_look = false;
                        if let Some(rest) = self.settle_bound(cargo, &names, &error).await {
                            parts.push(Part::Unsent(rest));
                            continue;
                        }
                    }
                    if names.len() <= 1 {
                        names
                    } else {
                        if error.kind() == ErrorKind::LimitExceeded {
                            cargo.at_most(names.len() / 2);
                        }
                        let mut first = names;
                        let second = first.split_off(first.len() / 2);
                        let outcome = self.send(cargo, call, &first).await;
                        match outcome {
                            None => parts.push(Part::Unsent(second)),
                            Some(Ok(())) if error.kind() == ErrorKind::LimitExceeded => {
                                settle(cargo, first, &Ok(()));
                                parts.push(Part::Unsent(second));
                            }
                            Some(Ok(())) => {
                                settle(cargo, first, &Ok(()));
                                // So it is the other half that holds the name.
                                parts.push(Part::Refused { names: second, error, sent: false });
                            }
                            Some(Err(error)) => {
                                parts.push(Part::Unsent(second));
                                refused = Some((first, error));
                            }
                        }
                        continue;
                    }
                }
            };
            match self.send(cargo, call, &names).await {
                None => {}
                Some(Ok(())) => settle(cargo, names, &Ok(())),
                Some(Err(error)) => refused = Some((names, error)),
            }
        }
    }

    /// Sends a part of a batch; `None` if nobody waits for any of its names.
    async fn send(&self, cargo: &mut Cargo<Outcome>, call: &Call, names: &[String]) -> Option<Outcome> {
        let wanted = cargo.wanted(names.to_vec());
        if wanted.is_empty() {
            return None;
        }
        Some(self.delete_key_pairs(call, &wanted).await.map(drop))
    }

    /// Settles those of a refused batch that instances are seen to carry. The rest, unless there is no such name.
    async fn settle_bound(
        &self,
        cargo: &mut Cargo<Outcome>,
        names: &[String],
        error: &Error,
    ) -> Option<Vec<String>> {
        let call = look();
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

    /// Settles those of a batch whose reply was lost that are gone.
    async fn settle_lost(&self, cargo: &mut Cargo<Outcome>, names: Vec<String>, lost: &Error) {
        let question = Question { since: Some(Instant::now()), proof: true, in_company: false };
        let call = look();
        let answers = self.shared.key_pairs.get_all(&KeyPairs(self.clone()), &call, &names, question).await;
        for (name, answer) in answers {
            match answer {
                Ok(None) => cargo.settle(&name, &Ok(())),
                Ok(Some(_)) => {
                    tracing::info!(
                        key_pair_name = name,
                        "The reply was lost and the key pair is still there: deleting again"
                    );
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

fn settle(cargo: &mut Cargo<Outcome>, names: Vec<String>, outcome: &Outcome) {
    for name in names {
        cargo.settle(&name, outcome);
    }
}

/// For a look that several callers wait for.
fn look() -> Call {
    Call::new(Instant::now() + LONGEST_LOOK, CancellationToken::new())
}
