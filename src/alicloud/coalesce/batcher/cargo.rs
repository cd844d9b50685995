//! The names of one call.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Entry, Shared, State};

/// The names of one call. They are taken when the call is let through, so that all that have come until then go along.
pub(crate) struct Cargo<O> {
    shared: Arc<Shared<O>>,
    held: Vec<String>,
    /// Whether names are still to be taken.
    seeking: bool,
    taken: Option<Instant>,
}

impl<O> Cargo<O> {
    pub(super) fn new(shared: Arc<Shared<O>>) -> Self {
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
                entry.tries.made = entry.tries.made.saturating_add(1);
            }
        }
        self.taken = Some(Instant::now());
        self.shared.changed.notify_waiters();
        &self.held
    }

    /// Takes those of the held `names` for the next call that somebody still waits for; `with_waiting`, also names that
    /// wait in the queue, as far as there is room. The rest of the cargo stays behind.
    pub(crate) fn take_some(&mut self, names: Vec<String>, with_waiting: bool) -> Vec<String> {
        let mut names = self.wanted(names);
        let mut state = self.shared.state();
        let state = &mut *state;
        if with_waiting && !names.is_empty() {
            let room = state.most.saturating_sub(names.len()).min(state.waiting.len());
            let joining: Vec<_> = state.waiting.drain(..room).collect();
            self.held.extend(joining.iter().cloned());
            names.extend(joining);
        }
        for name in &names {
            if let Some(entry) = state.entries.get_mut(name) {
                entry.under_way = true;
                entry.resting = false;
                entry.tries.made = entry.tries.made.saturating_add(1);
            }
        }
        self.taken = Some(Instant::now());
        self.shared.changed.notify_waiters();
        names
    }

    /// Takes the names of the queue that came before `then` and were in a call that did nothing.
    pub(crate) fn take_tried(&mut self, then: Instant) {
        let mut state = self.shared.state();
        let State { waiting, entries, .. } = &mut *state;
        waiting.retain(|name| {
            let Some(entry) = entries.get_mut(name) else { return false };
            let is_taken = entry.tries.made > 0 && entry.since <= then;
            if is_taken {
                entry.under_way = true;
                self.held.push(name.clone());
            }
            !is_taken
        });
    }

    /// The names that were taken and are not settled.
    pub(crate) fn held(&self) -> &[String] {
        &self.held
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

    /// The call with these of the held `names` failed before it was sent.
    pub(crate) fn unconnected(&self, names: &[String]) {
        let mut state = self.shared.state();
        for name in names {
            if let Some(entry) = state.entries.get_mut(name) {
                entry.tries.unconnected = entry.tries.unconnected.saturating_add(1);
            }
        }
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
    /// Notes why the call does nothing for a name, for callers who give up before another call settles it.
    pub(crate) fn note(&self, name: &str, reason: &O) {
        if let Some(entry) = self.shared.state().entries.get_mut(name) {
            entry.reason = Some(reason.clone());
        }
    }

    /// The call did nothing, and the next one has to wait: nobody who gives up meanwhile has an answer to wait for.
    pub(crate) fn rest(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.rest_some(&held);
        self.held = held;
    }

    /// The same for some of the names: they are in no call now.
    pub(crate) fn rest_some(&mut self, names: &[String]) {
        self.taken = None;
        let mut state = self.shared.state();
        for name in names {
            let Some(entry) = state.entries.get_mut(name) else { continue };
            entry.resting = true;
            let callers = std::mem::take(&mut entry.callers).into_iter();
            let (leaving, staying): (Vec<_>, Vec<_>) = callers.partition(|caller| caller.leaving);
            for caller in leaving {
                // Whoever has left needs no answer.
                let _ = caller.tell.send(Err((entry.tries, entry.reason.clone())));
            }
            entry.callers = staying;
        }
        self.shared.changed.notify_waiters();
    }

    /// Lets go of the names that nobody waits for any more.
    pub(crate) fn drop_abandoned(&mut self) {
        let mut state = self.shared.state();
        self.held.retain(|name| {
            let Some(entry) = state.entries.get_mut(name) else { return false };
            entry.callers.retain(|caller| !caller.tell.is_closed());
            let is_wanted = !entry.callers.is_empty();
            if !is_wanted {
                state.entries.remove(name);
            }
            is_wanted
        });
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// The call did nothing: its names wait again, before all others, for this cargo or another. Whether any name waits
    /// now, of this cargo or not.
    pub(crate) fn put_back(&mut self) -> bool {
        self.rest();
        self.drop_abandoned();
        let mut state = self.shared.state();
        let state = &mut *state;
        for name in std::mem::take(&mut self.held).into_iter().rev() {
            let Some(entry) = state.entries.get_mut(&name) else { continue };
            entry.under_way = false;
            entry.resting = false;
            state.waiting.push_front(name);
        }
        if !self.seeking {
            self.seeking = true;
            state.seeking += 1;
        }
        !state.waiting.is_empty()
    }

    /// Tells the callers of a held name its outcome.
    pub(crate) fn settle(&mut self, name: &str, outcome: &O) {
        let Some(at) = self.held.iter().position(|held| held == name) else { return };
        self.held.swap_remove(at);
        let entry = self.shared.state().entries.remove(name);
        for caller in entry.into_iter().flat_map(|entry| entry.callers) {
            // Whoever has left needs no answer.
            let _ = caller.tell.send(Ok(outcome.clone()));
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
