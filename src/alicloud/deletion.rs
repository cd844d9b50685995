//! Deleting key pairs for certain: many at once, and each by itself where one stands in the way of others.

#[cfg(test)]
mod model;
pub(super) mod sorting;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::call::{Call, SETTLE};
use super::client::Client;
use super::coalesce::{Cargo, Carrier, Question, Unserved};
use super::ecs::delete_key_pairs::{DELETE, parameters};
use super::error::{Error, ErrorKind};
use super::lookup::KeyPairs;
use super::request::Parameters;
use super::retry::{Load, NothingToSend, SharedWait};

/// A shared call has no deadline of its own: each of its callers has one, and leaves. This only bounds what nobody
/// waits for any more.
const LONGEST: Duration = Duration::from_hours(24);

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
            let why = call.over().await;
            given_up_at = Instant::now();
            why
        };
        let hopeless = || limiter.closed_beyond(call.deadline);
        let (why, tries, under_way, reason) =
            match self.shared.deletions.submit(name, call.deadline, self, given_up, hopeless).await {
                Ok(outcome) => return outcome,
                Err(Unserved::Waiting(why, tries, reason)) => {
                    (why, tries, false, reason.and_then(Result::err))
                }
                Err(Unserved::UnderWay(why, tries)) => (why, tries, true, None),
                Err(Unserved::Dropped) => {
                    return Err(Error::new(ErrorKind::ReplyLost, "The deletion ended without an answer."));
                }
            };
        let wait =
            SharedWait { started, tries: tries.made, unconnected: tries.unconnected, under_way, reason };
        let error = self.left(DELETE, wait, why, call);
        if !under_way {
            return Err(error);
        }
        let question = Question { since: Some(Instant::now()), proof: true, ..Question::default() };
        let source = KeyPairs(self.clone());
        // The answer was waited for already; the look has what is left of the time to settle it.
        let look = Call::new(given_up_at + SETTLE, CancellationToken::new());
        match self.shared.key_pairs.get(&source, &look, name, question).await {
            Ok(None) => Ok(()),
            // The request may arrive yet.
            Ok(Some(_)) => {
                let message =
                    format!("{} A look after that showed the key pair still there.", error.message());
                Err(error.with_message(message))
            }
            Err(look) => Err(error.with_last(Some(look))),
        }
    }
}

impl Load for Cargo<Outcome> {
    type Nothing = NothingToSend;

    fn take(&mut self) -> Result<Parameters, NothingToSend> {
        let names = Cargo::take(self);
        if names.is_empty() { Err(NothingToSend) } else { Ok(parameters(names)) }
    }

    fn put_back(&mut self, error: &Error) -> Result<(), NothingToSend> {
        if error.kind() == ErrorKind::Throttled {
            self.throttled();
        }
        for name in self.held() {
            self.note(name, &Err(error.clone()));
        }
        if Cargo::put_back(self) { Ok(()) } else { Err(NothingToSend) }
    }

    fn found_no_connection(&mut self) {
        self.unconnected(self.held());
    }
}

impl Carrier<Outcome> for Client {
    async fn carry(self, mut cargo: Cargo<Outcome>) {
        let call = Call::new(Instant::now() + LONGEST, CancellationToken::new());
        let mut losses = 0;
        loop {
            let started = Instant::now();
            let outcome = self.execute_load(DELETE, &mut cargo, &call).await;
            cargo.answered();
            let names = cargo.held().to_vec();
            let _changing: Vec<_> = names.iter().map(|name| self.shared.key_pairs.changing(name)).collect();
            match outcome {
                Ok(Ok(_)) => cargo.settle_all(&Ok(())),
                Ok(Err(NothingToSend)) => return,
                Err(error) => {
                    if names.is_empty() {
                        // It is not sent again.
                        if matches!(error.kind(), ErrorKind::Throttled | ErrorKind::Unreachable) {
                            // Those who came later have patience left.
                            cargo.take_tried(started);
                        } else {
                            // There is no access key, say. That is the answer to all who wait.
                            Cargo::take(&mut cargo);
                        }
                        return cargo.settle_all(&Err(error));
                    }
                    self.sort_out(&mut cargo, &call, names, error).await;
                }
            }
            cargo.rest();
            cargo.drop_abandoned();
            if cargo.held().is_empty() {
                return;
            }
            // Replies were lost, and these are still there.
            losses += 1;
            call.pause(losses).await;
            if !cargo.put_back() {
                return;
            }
        }
    }
}
