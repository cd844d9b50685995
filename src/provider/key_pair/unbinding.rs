//! Whether a bound key pair is worth waiting for.
//!
//! A refused delete fails at once while any instance that carries the key pair is there to stay. It
//! is worth another try while every binding is one that goes away by itself: the instance is
//! stopping, or was seen before and is shown no more, or no instance shows the binding at all. Each
//! such state may last [`LONGEST_STATE`] in all. The user may ask for patience with live bindings too.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::alicloud::ecs::{Instance, InstanceStatus};
use crate::framework::one_line;

/// How long a binding may stay in one state of going away.
pub(super) const LONGEST_STATE: Duration = Duration::from_mins(2);

/// What is going on with a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// The instance is there to stay. Stopped is live: a stopped instance keeps its key pair.
    Live,
    /// The instance is shutting down, as the first step of being released.
    Stopping,
    /// The instance was seen bound, and is shown no more.
    Gone,
    /// The service says that the key pair is bound, and no instance shows it.
    Unseen,
}

/// What to do about a refused delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again after a while; the text says why.
    Wait(String),
    /// Tell the user.
    GiveUp(End),
}

/// Why a bound key pair is not, or no longer, waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A binding is there to stay.
    Live,
    /// The user's patience with live bindings is over.
    Patience,
    /// A binding was going away for too long.
    Lasting,
    /// The instances could not be looked at any more.
    Blind,
    /// The time for the delete is used up.
    Deadline,
    /// The client repeats calls no longer.
    Retries,
    /// The run was interrupted.
    Cancelled,
}

/// How a key pair was waited for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waited {
    pub(super) time: Duration,
    /// For what, at last.
    pub(super) reason: String,
}

/// The bindings of one key pair, as they were seen over time.
#[derive(Debug)]
pub(super) struct Unbinding {
    /// Whether the user asks to wait for live bindings, and until when.
    patience: Option<Instant>,
    /// The state that each instance was last seen in. The empty id stands for the binding that no instance shows.
    states: BTreeMap<String, State>,
    /// How long each was seen in each state, in all: one that comes and goes is not waited for without end.
    lasted: BTreeMap<(String, State), Duration>,
    began: Instant,
    judged: Instant,
    /// What was waited for last.
    reason: Option<String>,
}

impl Unbinding {
    /// Starts to watch. Live bindings are waited for as long as `patience`.
    pub(super) fn new(now: Instant, patience: Duration) -> Self {
        Self {
            patience: (!patience.is_zero()).then(|| now + patience),
            states: BTreeMap::new(),
            lasted: BTreeMap::new(),
            began: now,
            judged: now,
            reason: None,
        }
    }

    /// Judges what a look at the instances shows, after the service refused the delete.
    pub(super) fn judge(&mut self, now: Instant, bound: &[Instance]) -> Verdict {
        let since_last = now.saturating_duration_since(self.judged);
        self.judged = now;
        for (id, state) in &self.states {
            *self.lasted.entry((id.clone(), *state)).or_default() += since_last;
        }
        let mut shown: BTreeMap<String, State> =
            bound.iter().map(|instance| (one_line(&instance.id), state(&instance.status))).collect();
        // Whatever was bound before and is not shown now must be what the service still counts.
        for id in self.states.keys().filter(|id| !id.is_empty()) {
            shown.entry(id.clone()).or_insert(State::Gone);
        }
        if shown.is_empty() {
            shown.insert(String::new(), State::Unseen);
        }
        self.states = shown;
        let is_patient = self.patience.is_some_and(|patience| now < patience);
        let live = self.states.iter().filter(|(_, state)| **state == State::Live);
        let live: Vec<&str> = live.map(|(id, _)| id.as_str()).collect();
        let reason = if live.is_empty() {
            let lasts = |(id, state): (&String, &State)| {
                self.lasted.get(&(id.clone(), *state)).is_some_and(|lasted| *lasted >= LONGEST_STATE)
            };
            if self.states.iter().any(lasts) && !is_patient {
                // A patience that was shorter is over too, and a longer one would have gone on.
                let end = if self.patience.is_some() { End::Patience } else { End::Lasting };
                return Verdict::GiveUp(end);
            }
            let reasons = self.states.iter().map(|(id, state)| match state {
                State::Live => format!("{id} carries the key pair"),
                State::Stopping => format!("{id} is stopping"),
                State::Gone => format!("{id} is shown with it no more, and the service still counts it"),
                State::Unseen => "the service counts a binding that no instance shows".to_owned(),
            });
            reasons.collect::<Vec<_>>().join("; ")
        } else if is_patient {
            format!("wait_for_unbind asks to wait for {}", live.join(", "))
        } else {
            return Verdict::GiveUp(if self.patience.is_some() { End::Patience } else { End::Live });
        };
        self.reason = Some(reason.clone());
        Verdict::Wait(reason)
    }

    /// Waits until the instances can be looked at: nothing is known that speaks for it or against it.
    pub(super) fn wait_for_a_look(&mut self) -> Verdict {
        let reason = "the instances could not be looked at yet";
        // What was seen before says more.
        self.reason.get_or_insert_with(|| reason.to_owned());
        Verdict::Wait(reason.to_owned())
    }

    /// When there will be no reason to wait any more, as far as is known now.
    pub(super) fn ends(&self) -> Instant {
        let left = self.states.iter().filter(|(_, state)| **state != State::Live).map(|(id, state)| {
            let lasted = self.lasted.get(&(id.clone(), *state)).copied().unwrap_or_default();
            self.judged + LONGEST_STATE.saturating_sub(lasted)
        });
        left.min().max(self.patience).unwrap_or(self.judged)
    }

    /// How the key pair was waited for, if it was.
    pub(super) fn waited(&self, now: Instant) -> Option<Waited> {
        let reason = self.reason.clone()?;
        Some(Waited { time: now.saturating_duration_since(self.began), reason })
    }

    /// The instances that were seen bound and are shown no more.
    pub(super) fn gone(&self) -> Vec<&str> {
        self.states.iter().filter(|(_, state)| **state == State::Gone).map(|(id, _)| id.as_str()).collect()
    }
}

fn state(status: &InstanceStatus) -> State {
    match status {
        InstanceStatus::Stopping => State::Stopping,
        InstanceStatus::Pending
        | InstanceStatus::Starting
        | InstanceStatus::Running
        | InstanceStatus::Stopped
        | InstanceStatus::Other(_) => State::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str, status: InstanceStatus) -> Instance {
        Instance { id: id.to_owned(), status, key_pair_name: Some("k".to_owned()), ..Instance::default() }
    }

    fn waits(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Wait(_))
    }

    #[test]
    fn a_live_binding_ends_it_at_once() {
        let now = Instant::now();
        for status in
            [InstanceStatus::Running, InstanceStatus::Stopped, InstanceStatus::Other("Odd".to_owned())]
        {
            let mut unbinding = Unbinding::new(now, Duration::ZERO);
            assert_eq!(unbinding.judge(now, &[instance("i-1", status)]), Verdict::GiveUp(End::Live));
            assert_eq!(unbinding.waited(now), None);
        }
        // Even beside one that goes away.
        let both = [instance("i-1", InstanceStatus::Stopping), instance("i-2", InstanceStatus::Running)];
        assert_eq!(Unbinding::new(now, Duration::ZERO).judge(now, &both), Verdict::GiveUp(End::Live));
    }

    #[test]
    fn patience_waits_for_live_bindings() {
        let now = Instant::now();
        let mut unbinding = Unbinding::new(now, Duration::from_mins(5));
        let running = [instance("i-1", InstanceStatus::Running)];
        assert!(waits(&unbinding.judge(now + Duration::from_secs(299), &running)));
        assert_eq!(unbinding.ends(), now + Duration::from_mins(5));
        assert_eq!(unbinding.judge(now + Duration::from_mins(5), &running), Verdict::GiveUp(End::Patience));
    }

    #[test]
    fn patience_that_is_shorter_than_a_state_may_last_is_what_ends() {
        let now = Instant::now();
        let mut unbinding = Unbinding::new(now, Duration::from_mins(1));
        let stopping = [instance("i-1", InstanceStatus::Stopping)];
        assert!(waits(&unbinding.judge(now, &stopping)));
        assert!(waits(&unbinding.judge(now + Duration::from_secs(119), &stopping)));
        assert_eq!(unbinding.judge(now + LONGEST_STATE, &stopping), Verdict::GiveUp(End::Patience));
    }

    #[test]
    fn each_state_of_going_away_may_last_two_minutes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let stopping = [instance("i-1", InstanceStatus::Stopping)];
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        assert!(waits(&unbinding.judge(at(0), &stopping)));
        assert!(waits(&unbinding.judge(at(119), &stopping)));
        assert_eq!(unbinding.ends(), at(120));
        // Now it is gone: a new state, and time for it.
        assert!(waits(&unbinding.judge(at(120), &[])));
        assert!(waits(&unbinding.judge(at(239), &[])));
        assert_eq!(unbinding.judge(at(240), &[]), Verdict::GiveUp(End::Lasting));
        assert_eq!(unbinding.gone(), ["i-1"]);
        let reason = "i-1 is shown with it no more, and the service still counts it".to_owned();
        assert_eq!(unbinding.waited(at(240)), Some(Waited { time: Duration::from_mins(4), reason }));
    }

    #[test]
    fn a_binding_that_nothing_shows_is_waited_for_and_then_told() {
        let start = Instant::now();
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        let first = unbinding.judge(start, &[]);
        assert_eq!(first, Verdict::Wait("the service counts a binding that no instance shows".to_owned()));
        assert_eq!(unbinding.judge(start + LONGEST_STATE, &[]), Verdict::GiveUp(End::Lasting));
    }

    #[test]
    fn an_instance_that_comes_back_is_live() {
        let start = Instant::now();
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        assert!(waits(&unbinding.judge(start, &[instance("i-1", InstanceStatus::Stopping)])));
        let running = [instance("i-1", InstanceStatus::Running)];
        assert_eq!(unbinding.judge(start + Duration::from_secs(5), &running), Verdict::GiveUp(End::Live));
    }

    #[test]
    fn one_that_comes_and_goes_is_not_waited_for_without_end() {
        let start = Instant::now();
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        let stopping = [instance("i-1", InstanceStatus::Stopping)];
        let ended = (0..1000).find(|seconds| {
            let shown = if seconds % 2 == 0 { &stopping[..] } else { &[] };
            !waits(&unbinding.judge(start + Duration::from_secs(*seconds), shown))
        });
        assert_eq!(ended, Some(2 * LONGEST_STATE.as_secs()));
    }
}
