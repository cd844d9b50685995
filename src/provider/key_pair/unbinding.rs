//! Whether a bound key pair is worth waiting for.
//!
//! A refused delete fails at once while any instance that carries the key pair is there to stay. It
//! is worth another try while every binding is one that goes away by itself: the instance is
//! stopping, or was seen before and is shown no more, or no instance shows the binding at all. Each
//! such state may last [`LONGEST_STATE`]. The user may ask for patience with live bindings too.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::alicloud::ecs::{Instance, InstanceStatus};

/// How long a binding may stay in one state of going away.
const LONGEST_STATE: Duration = Duration::from_mins(2);

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
    GiveUp,
}

/// The bindings of one key pair, as they were seen over time.
#[derive(Debug)]
pub(super) struct Unbinding {
    /// Until when live bindings are waited for.
    patience: Instant,
    /// Since when each instance is in the state that it was last seen in. The empty id stands for
    /// the binding that no instance shows.
    states: BTreeMap<String, (State, Instant)>,
}

impl Unbinding {
    /// Starts to watch. Live bindings are waited for as long as `patience`.
    pub(super) fn new(now: Instant, patience: Duration) -> Self {
        Self { patience: now + patience, states: BTreeMap::new() }
    }

    /// Judges what a look at the instances shows, after the service refused the delete.
    pub(super) fn judge(&mut self, now: Instant, bound: &[Instance]) -> Verdict {
        let mut shown: BTreeMap<String, State> =
            bound.iter().map(|instance| (instance.id.clone(), state(&instance.status))).collect();
        // Whatever was bound before and is not shown now must be what the service still counts.
        for id in self.states.keys().filter(|id| !id.is_empty()) {
            shown.entry(id.clone()).or_insert(State::Gone);
        }
        if shown.is_empty() {
            shown.insert(String::new(), State::Unseen);
        }
        self.states = shown
            .into_iter()
            .map(|(id, state)| {
                let since =
                    self.states.get(&id).filter(|(before, _)| *before == state).map_or(now, |it| it.1);
                (id, (state, since))
            })
            .collect();
        let live = self.states.iter().filter(|(_, (state, _))| *state == State::Live);
        let live: Vec<&str> = live.map(|(id, _)| id.as_str()).collect();
        if !live.is_empty() {
            return if now < self.patience {
                Verdict::Wait(format!("wait_for_unbind asks to wait for {}", live.join(", ")))
            } else {
                Verdict::GiveUp
            };
        }
        let lasted = |(_, since): &(State, Instant)| now.saturating_duration_since(*since) >= LONGEST_STATE;
        if self.states.values().any(lasted) && now >= self.patience {
            return Verdict::GiveUp;
        }
        let reasons: Vec<String> = self
            .states
            .iter()
            .map(|(id, (state, _))| match state {
                State::Live => format!("{id} carries the key pair"),
                State::Stopping => format!("{id} is stopping"),
                State::Gone => format!("{id} is gone, and the service has not noticed yet"),
                State::Unseen => "the service counts a binding that no instance shows".to_owned(),
            })
            .collect();
        Verdict::Wait(reasons.join("; "))
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
            assert_eq!(unbinding.judge(now, &[instance("i-1", status)]), Verdict::GiveUp);
        }
        // Even beside one that goes away.
        let both = [instance("i-1", InstanceStatus::Stopping), instance("i-2", InstanceStatus::Running)];
        assert_eq!(Unbinding::new(now, Duration::ZERO).judge(now, &both), Verdict::GiveUp);
    }

    #[test]
    fn patience_waits_for_live_bindings() {
        let now = Instant::now();
        let mut unbinding = Unbinding::new(now, Duration::from_mins(5));
        let running = [instance("i-1", InstanceStatus::Running)];
        assert!(waits(&unbinding.judge(now + Duration::from_secs(299), &running)));
        assert_eq!(unbinding.judge(now + Duration::from_mins(5), &running), Verdict::GiveUp);
    }

    #[test]
    fn each_state_of_going_away_may_last_two_minutes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let stopping = [instance("i-1", InstanceStatus::Stopping)];
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        assert!(waits(&unbinding.judge(at(0), &stopping)));
        assert!(waits(&unbinding.judge(at(119), &stopping)));
        // Now it is gone: a new state, and time for it.
        assert!(waits(&unbinding.judge(at(120), &[])));
        assert!(waits(&unbinding.judge(at(239), &[])));
        assert_eq!(unbinding.judge(at(240), &[]), Verdict::GiveUp);
    }

    #[test]
    fn a_binding_that_nothing_shows_is_waited_for_and_then_told() {
        let start = Instant::now();
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        let first = unbinding.judge(start, &[]);
        assert_eq!(first, Verdict::Wait("the service counts a binding that no instance shows".to_owned()));
        assert_eq!(unbinding.judge(start + LONGEST_STATE, &[]), Verdict::GiveUp);
    }

    #[test]
    fn an_instance_that_comes_back_is_live() {
        let start = Instant::now();
        let mut unbinding = Unbinding::new(start, Duration::ZERO);
        assert!(waits(&unbinding.judge(start, &[instance("i-1", InstanceStatus::Stopping)])));
        let running = [instance("i-1", InstanceStatus::Running)];
        assert_eq!(unbinding.judge(start + Duration::from_secs(5), &running), Verdict::GiveUp);
    }
}
