//! A queue whose names leave in batches.
//!
//! Callers only wait: what is sent is sent by tasks of the batcher's own, so that a caller may leave at any time and a
//! call under way goes on for the others. Each caller hears exactly once: the outcome of its name, or why there is none.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::pace::{Pace, Queue, When};
use crate::alicloud::call::Interrupted;

/// How long a caller that gives up while its name is under way still waits for the answer.
const GRACE: Duration = Duration::from_secs(5);

/// Takes a batch where it belongs.
pub(crate) trait Carrier<O>: Clone + Send + Sync + 'static {
    /// Takes names from the cargo as soon as they can be sent, and settles each of them. Ends when all that were taken
    /// are settled.
    fn carry(self, cargo: Cargo<O>) -> impl Future<Output = ()> + Send;
}

/// Why a caller has no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unserved {
    /// It gave up while its name was waiting; it had been part of so many calls, none of which did anything.
    Waiting(Interrupted, u32),
    /// It gave up while its name was in a call, the last of so many.
    UnderWay(Interrupted, u32),
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
    under_way: bool,
    /// Calls that it was part of.
    tries: u32,
}

struct Caller<O> {
    id: u64,
    tell: oneshot::Sender<O>,
    /// It has given up, and only waits for the answer to the call under way.
    leaving: bool,
}

impl<O> State<O> {
    /// What the queue looks like to the next batch, or `None` if all names are spoken for.
    fn unclaimed(&self) -> Option<Queue> {
        let claimed = self.seeking.saturating_mul(self.most);
        let oldest = self.waiting.get(claimed)?;
        let oldest = self.entries.get(oldest)?.since;
        let waiting = self.waiting.len() - claimed;
        Some(Queue { waiting, outstanding: self.entries.len(), oldest, most: self.most })
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
    /// under way already is not sent twice: both callers hear its outcome.
    pub(crate) async fn submit(
        &self,
        name: &str,
        carrier: &impl Carrier<O>,
        given_up: impl Future<Output = Interrupted>,
    ) -> Result<O, Unserved> {
        let mut ticket = self.join(name);
        self.conduct(carrier);
        let why = tokio::select! {
            biased;
            outcome = &mut ticket.outcome => return outcome.map_err(|_| Unserved::Dropped),
            why = given_up => why,
        };
        match ticket.give_up() {
            Standing::Waiting(tries) => Err(Unserved::Waiting(why, tries)),
            Standing::Settled => ticket.outcome.try_recv().map_err(|_| Unserved::Dropped),
            Standing::UnderWay(tries) => tokio::select! {
                biased;
                // Without an outcome: the call did nothing, and the name would have waited again.
                outcome = &mut ticket.outcome => outcome.map_err(|_| Unserved::Waiting(why, tries)),
                () = tokio::time::sleep(GRACE) => Err(Unserved::UnderWay(why, tries)),
            },
        }
    }

    fn join(&self, name: &str) -> Ticket<O> {
        let (tell, outcome) = oneshot::channel();
        let mut state = self.0.state();
        let state = &mut *state;
        let id = state.next_caller;
        state.next_caller += 1;
        let caller = Caller { id, tell, leaving: false };
        if let Some(entry) = state.entries.get_mut(name) {
            entry.callers.push(caller);
        } else {
            let now = Instant::now();
            let entry = Entry { callers: vec![caller], since: now, under_way: false, tries: 0 };
            state.entries.insert(name.to_owned(), entry);
            state.waiting.push_back(name.to_owned());
            state.pace.arrived(now, state.entries.len());
        }
        Ticket { shared: Arc::clone(&self.0), name: name.to_owned(), id, outcome }
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
    outcome: oneshot::Receiver<O>,
}

/// Where a name is.
enum Standing {
    Waiting(u32),
    UnderWay(u32),
    Settled,
}

impl<O> Ticket<O> {
    /// Takes the caller out of the queue, unless its name is under way.
    fn give_up(&self) -> Standing {
        let mut state = self.shared.state();
        let Some(entry) = state.entries.get_mut(&self.name) else { return Standing::Settled };
        let Some(caller) = entry.callers.iter_mut().find(|caller| caller.id == self.id) else {
            return Standing::Settled;
        };
        let tries = entry.tries;
        if entry.under_way {
            caller.leaving = true;
            return Standing::UnderWay(tries);
        }
        drop(state);
        self.remove();
        Standing::Waiting(tries)
    }

    fn remove(&self) {
        let mut state = self.shared.state();
        let Some(entry) = state.entries.get_mut(&self.name) else { return };
        entry.callers.retain(|caller| caller.id != self.id);
        if entry.callers.is_empty() && !entry.under_way {
            state.entries.remove(&self.name);
            state.waiting.retain(|name| *name != self.name);
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}

impl<O> Drop for Ticket<O> {
    /// A caller may be dropped at any time.
    fn drop(&mut self) {
        self.remove();
    }
}

/// The names of one call. They are taken when the call is let through, so that all that have come until then go along.
pub(crate) struct Cargo<O> {
    shared: Arc<Shared<O>>,
    held: Vec<String>,
    /// Whether names are still to be taken.
    seeking: bool,
    taken: Option<Instant>,
}

impl<O> Cargo<O> {
    fn new(shared: Arc<Shared<O>>) -> Self {
        Self { shared, held: Vec::new(), seeking: true, taken: None }
    }

    /// Takes as many names as a call holds. None, if all callers have left.
    pub(crate) fn take(&mut self) -> &[String] {
        let mut state = self.shared.state();
        let state = &mut *state;
        if self.seeking {
            self.seeking = false;
            state.seeking = state.seeking.saturating_sub(1);
        }
        let room = state.most.saturating_sub(self.held.len()).min(state.waiting.len());
        self.held.extend(state.waiting.drain(..room));
        for name in &self.held {
            if let Some(entry) = state.entries.get_mut(name) {
                entry.under_way = true;
                entry.tries = entry.tries.saturating_add(1);
            }
        }
        self.taken = Some(Instant::now());
        self.shared.changed.notify_waiters();
        &self.held
    }

    /// The names that were taken and are not settled.
    pub(crate) fn held(&self) -> &[String] {
        &self.held
    }

    /// The call did nothing: its names wait again, before all others, for this cargo or another.
    pub(crate) fn put_back(&mut self) {
        let mut state = self.shared.state();
        let state = &mut *state;
        for name in std::mem::take(&mut self.held).into_iter().rev() {
            let Some(entry) = state.entries.get_mut(&name) else { continue };
            entry.under_way = false;
            entry.callers.retain(|caller| !caller.leaving && !caller.tell.is_closed());
            if entry.callers.is_empty() {
                state.entries.remove(&name);
            } else {
                state.waiting.push_front(name);
            }
        }
        if !self.seeking {
            self.seeking = true;
            state.seeking += 1;
        }
        self.taken = None;
    }

    /// The service answered the call.
    pub(crate) fn answered(&mut self) {
        if let Some(taken) = self.taken.take() {
            let now = Instant::now();
            self.shared.state().pace.answered(now, now.saturating_duration_since(taken));
        }
    }

    /// The service takes no more calls for a while.
    pub(crate) fn throttled(&self) {
        self.shared.state().pace.throttled(Instant::now());
    }

    /// The service takes at most so many names in a call.
    pub(crate) fn at_most(&self, names: usize) {
        let mut state = self.shared.state();
        state.most = state.most.min(names.max(1));
    }

    /// Those of `names` that somebody still waits for.
    pub(crate) fn wanted(&self, mut names: Vec<String>) -> Vec<String> {
        let state = self.shared.state();
        let wanted =
            |entry: &Entry<O>| entry.callers.iter().any(|caller| !caller.leaving && !caller.tell.is_closed());
        names.retain(|name| state.entries.get(name).is_some_and(wanted));
        names
    }
}

impl<O: Clone> Cargo<O> {
    /// Tells the callers of a held name its outcome.
    pub(crate) fn settle(&mut self, name: &str, outcome: &O) {
        let Some(at) = self.held.iter().position(|held| held == name) else { return };
        self.held.swap_remove(at);
        let entry = self.shared.state().entries.remove(name);
        for caller in entry.into_iter().flat_map(|entry| entry.callers) {
            // Whoever has left needs no answer.
            let _ = caller.tell.send(outcome.clone());
        }
        self.shared.changed.notify_waiters();
    }

    /// Tells the callers of all held names.
    pub(crate) fn settle_all(&mut self, outcome: &O) {
        while let Some(name) = self.held.last().cloned() {
            self.settle(&name, outcome);
        }
    }
}

impl<O> Drop for Cargo<O> {
    /// Names that were not settled end without an outcome: their callers must not wait for ever.
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if self.seeking {
            state.seeking = state.seeking.saturating_sub(1);
        }
        for name in &self.held {
            state.entries.remove(name);
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}
