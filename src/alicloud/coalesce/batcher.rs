//! A queue whose names leave in batches.
//!
//! Callers only wait: what is sent is sent by tasks of the batcher's own, so that a caller may leave at any time and a
//! call under way goes on for the others. Each caller hears exactly once: the outcome of its name, or why there is none.

mod cargo;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub(crate) use self::cargo::Cargo;
use super::pace::{self, Pace, Queue, When};
use crate::alicloud::call::Interrupted;

/// How long a caller that gives up while its name is under way still waits for the answer.
const GRACE: Duration = Duration::from_secs(5);

/// Takes a batch where it belongs.
pub(crate) trait Carrier<O>: Clone + Send + Sync + 'static {
    /// Takes names from the cargo as soon as they can be sent, and settles each of them. Ends when all that were taken
    /// are settled.
    fn carry(self, cargo: Cargo<O>) -> impl Future<Output = ()> + Send;
}

/// The calls that a name was part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    /// How many there were.
    pub(crate) made: u32,
    /// How many of them failed before they were sent.
    pub(crate) unconnected: u32,
}

/// Why a caller has no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unserved<O> {
    /// It gave up while its name was waiting; it had been part of these calls, none of which did anything, the last
    /// for this reason, if it is known.
    Waiting(Interrupted, Tries, Option<O>),
    /// It gave up while its name was in a call, the last of these.
    UnderWay(Interrupted, Tries),
    /// The carrier ended without an outcome.
    Dropped,
}

/// The queue. Clones share it.
pub(crate) struct Batcher<O>(Arc<Shared<O>>);

impl<O> Clone for Batcher<O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<O> {
    state: Mutex<State<O>>,
    changed: Notify,
}

struct State<O> {
    entries: HashMap<String, Entry<O>>,
    /// Names that no call holds, in the order of their coming.
    waiting: VecDeque<String>,
    /// Cargoes that have not taken their names yet.
    seeking: usize,
    /// Whether a task looks after the queue.
    conducted: bool,
    pace: Pace,
    most: usize,
    next_caller: u64,
}

struct Entry<O> {
    callers: Vec<Caller<O>>,
    since: Instant,
    /// When it waits for company no more.
    leave_by: Instant,
    under_way: bool,
    /// The call that it was in is over, and its cargo waits before the next.
    resting: bool,
    tries: Tries,
    /// Why the last of them did nothing.
    reason: Option<O>,
}

impl<O> Entry<O> {
    fn is_in_a_call(&self) -> bool {
        self.under_way && !self.resting
    }
}

/// What a caller hears: an outcome; or, if it has given up meanwhile, the calls so far, and why the last did nothing.
type Told<O> = Result<O, (Tries, Option<O>)>;

struct Caller<O> {
    id: u64,
    tell: oneshot::Sender<Told<O>>,
    /// It has given up, and only waits for the answer to the call under way.
    leaving: bool,
}

impl<O> State<O> {
    /// What the queue looks like to the next batch, or `None` if all names are spoken for.
    fn unclaimed(&self) -> Option<Queue> {
        let claimed = self.seeking.saturating_mul(self.most);
        let unclaimed = || self.waiting.iter().skip(claimed).filter_map(|name| self.entries.get(name));
        let oldest = unclaimed().next()?.since;
        let leave_by = unclaimed().map(|entry| entry.leave_by).min()?;
        let waiting = self.waiting.len() - claimed;
        Some(Queue { waiting, outstanding: self.entries.len(), oldest, leave_by, most: self.most })
    }
}

impl<O: Clone + Send + 'static> Batcher<O> {
    /// An empty queue for calls of at most so many names.
    pub(crate) fn new(most: usize) -> Self {
        Self::with(most, Pace::default())
    }

    pub(super) fn with(most: usize, pace: Pace) -> Self {
        let state = State {
            entries: HashMap::new(),
            waiting: VecDeque::new(),
            seeking: 0,
            conducted: false,
            pace,
            most,
            next_caller: 0,
        };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Sends a name with the next batch and waits for its outcome, until `given_up` ends. A name that is waiting or
    /// under way already is not sent twice: both callers hear its outcome. The nearer the `deadline`, the less the name
    /// waits for others; it is for `given_up` to end there. While the name is in no call, the end of `hopeless` is as
    /// good as the deadline.
    pub(crate) async fn submit<H: Future<Output = ()>>(
        &self,
        name: &str,
        deadline: Instant,
        carrier: &impl Carrier<O>,
        given_up: impl Future<Output = Interrupted>,
        hopeless: impl Fn() -> H,
    ) -> Result<O, Unserved<O>> {
        let mut ticket = self.join(name, deadline);
        self.conduct(carrier);
        let hopeless = async {
            loop {
                hopeless().await;
                let mut changed = pin!(self.0.changed.notified());
                // From here on no change is missed.
                changed.as_mut().enable();
                if !self.0.state().entries.get(name).is_some_and(Entry::is_in_a_call) {
                    return;
                }
                changed.await;
            }
        };
        let why = tokio::select! {
            biased;
            told = &mut ticket.told => return told.ok().and_then(Result::ok).ok_or(Unserved::Dropped),
            why = given_up => why,
            () = hopeless => Interrupted::Deadline,
        };
        match ticket.give_up() {
            Standing::Waiting(tries, reason) => Err(Unserved::Waiting(why, tries, reason)),
            Standing::Settled => ticket.told.try_recv().ok().and_then(Result::ok).ok_or(Unserved::Dropped),
            Standing::UnderWay(tries) => tokio::select! {
                biased;
                told = &mut ticket.told => match told {
                    Ok(Ok(outcome)) => Ok(outcome),
                    // The name would have waited again.
                    Ok(Err((tries, reason))) => Err(Unserved::Waiting(why, tries, reason)),
                    Err(_) => Err(Unserved::Waiting(why, tries, None)),
                },
                () = tokio::time::sleep(GRACE) => Err(Unserved::UnderWay(why, tries)),
            },
        }
    }

    fn join(&self, name: &str, deadline: Instant) -> Ticket<O> {
        let (tell, told) = oneshot::channel();
        let mut state = self.0.state();
        let state = &mut *state;
        let id = state.next_caller;
        state.next_caller += 1;
        let caller = Caller { id, tell, leaving: false };
        let now = Instant::now();
        let leave_by = pace::leave_by(now, deadline);
        if let Some(entry) = state.entries.get_mut(name) {
            entry.callers.push(caller);
            entry.leave_by = entry.leave_by.min(leave_by);
        } else {
            let entry = Entry {
                callers: vec![caller],
                since: now,
                leave_by,
                under_way: false,
                resting: false,
                tries: Tries::default(),
                reason: None,
            };
            state.entries.insert(name.to_owned(), entry);
            state.waiting.push_back(name.to_owned());
            state.pace.arrived(now, state.entries.len());
        }
        Ticket { shared: Arc::clone(&self.0), name: name.to_owned(), id, told }
    }

    /// Sees to it that a task looks after the queue.
    fn conduct(&self, carrier: &impl Carrier<O>) {
        let mut state = self.0.state();
        if state.conducted {
            drop(state);
            self.0.changed.notify_waiters();
            return;
        }
        state.conducted = true;
        drop(state);
        let (batcher, carrier) = (self.clone(), carrier.clone());
        tokio::spawn(async move { batcher.close_batches(&carrier).await });
    }

    /// Closes batches until no name waits.
    async fn close_batches(&self, carrier: &impl Carrier<O>) {
        loop {
            let mut changed = pin!(self.0.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            let now = Instant::now();
            // `None`: when something happens.
            let when = {
                let mut state = self.0.state();
                if state.waiting.is_empty() {
                    state.conducted = false;
                    return;
                }
                let queue = state.unclaimed();
                queue.map(|queue| {
                    let when = state.pace.when(now, queue);
                    if when == When::Now {
                        state.pace.closed(now, queue);
                        state.seeking += 1;
                    }
                    when
                })
            };
            match when {
                Some(When::Now) => {
                    let cargo = Cargo::new(Arc::clone(&self.0));
                    let (batcher, carrier) = (self.clone(), carrier.clone());
                    let trip = tokio::spawn(carrier.clone().carry(cargo));
                    tokio::spawn(async move {
                        // However it ended, it may have left names in the queue.
                        let _ = trip.await;
                        batcher.conduct(&carrier);
                    });
                }
                Some(When::At(then)) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(then) => {}
                },
                None => changed.await,
            }
        }
    }
}

impl<O> Shared<O> {
    fn state(&self) -> MutexGuard<'_, State<O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller's place in the queue.
struct Ticket<O> {
    shared: Arc<Shared<O>>,
    name: String,
    id: u64,
    told: oneshot::Receiver<Told<O>>,
}

/// Where a name is.
enum Standing<O> {
    Waiting(Tries, Option<O>),
    UnderWay(Tries),
    Settled,
}

impl<O: Clone> Ticket<O> {
    /// Takes the caller out of the queue, unless its name is under way.
    fn give_up(&self) -> Standing<O> {
        // Held until the caller is out: in between, a call may take its name.
        let mut state = self.shared.state();
        let Some(entry) = state.entries.get_mut(&self.name) else { return Standing::Settled };
        let (tries, is_in_a_call) = (entry.tries, entry.is_in_a_call());
        let Some(caller) = entry.callers.iter_mut().find(|caller| caller.id == self.id) else {
            return Standing::Settled;
        };
        if is_in_a_call {
            caller.leaving = true;
            return Standing::UnderWay(tries);
        }
        let reason = entry.reason.clone();
        self.remove(&mut state);
        Standing::Waiting(tries, reason)
    }
}

impl<O> Ticket<O> {
    fn remove(&self, state: &mut State<O>) {
        let Some(entry) = state.entries.get_mut(&self.name) else { return };
        entry.callers.retain(|caller| caller.id != self.id);
        if entry.callers.is_empty() && !entry.under_way {
            state.entries.remove(&self.name);
            state.waiting.retain(|name| *name != self.name);
        }
        self.shared.changed.notify_waiters();
    }
}

impl<O> Drop for Ticket<O> {
    /// A caller may be dropped at any time.
    fn drop(&mut self) {
        self.remove(&mut self.shared.state());
    }
}
