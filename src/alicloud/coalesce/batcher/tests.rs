use std::collections::BTreeMap;
use std::sync::Mutex as Lock;

use proptest::prelude::*;
use tokio::task::JoinSet;

use super::*;

/// The deadline of somebody who is in no hurry.
fn far() -> Instant {
    Instant::now() + Duration::from_mins(20)
}

/// What a carrier does with one cargo.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// All succeed.
    Deliver,
    /// Nothing is done, and the call is made again.
    Throttle,
    /// Every other name succeeds, the others fail.
    Part,
    /// Every other name is seen to have succeeded; the others are sent again.
    Lose,
    /// None is seen to have succeeded; all are sent again.
    LoseAll,
    /// Ends without a word.
    Vanish,
    Panic,
}

/// A carrier that plays acts, and what it has seen.
#[derive(Clone)]
struct Player(Arc<Stage>);

#[derive(Default)]
struct Stage {
    acts: Lock<VecDeque<(u64, Act)>>,
    seen: Lock<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: Vec<Vec<String>>,
    /// Submissions so far, by name.
    submitted: BTreeMap<String, usize>,
    /// How many there had been at the last success.
    succeeded: BTreeMap<String, usize>,
    under_way: Vec<String>,
}

impl Seen {
    fn took(&mut self, names: &[String]) {
        for name in names {
            assert!(!self.under_way.contains(name), "{name} is in two calls");
            let before = self.succeeded.get(name).copied().unwrap_or(0);
            assert!(self.submitted[name] > before, "{name} is sent again after its success");
        }
        self.under_way.extend(names.iter().cloned());
        self.calls.push(names.to_vec());
    }

    fn let_go(&mut self, names: &[String]) {
        self.under_way.retain(|name| !names.contains(name));
    }
}

type Outcome = (String, bool);

impl Player {
    fn perform(&self, act: Act, names: &[String], cargo: &mut Cargo<Outcome>) {
        let mut seen = self.0.seen.lock().unwrap();
        let mut settle = |seen: &mut Seen, name: &String, success: bool| {
            if success {
                let submitted = seen.submitted[name];
                seen.succeeded.insert(name.clone(), submitted);
            }
            cargo.settle(name, &(name.clone(), success));
        };
        seen.let_go(names);
        match act {
            Act::Deliver => names.iter().for_each(|name| settle(&mut seen, name, true)),
            Act::Part => {
                names.iter().enumerate().for_each(|(at, name)| settle(&mut seen, name, at % 2 == 0));
            }
            Act::Lose => {
                names.iter().step_by(2).for_each(|name| settle(&mut seen, name, true));
            }
            Act::Throttle => {
                cargo.throttled();
                for name in names {
                    cargo.note(name, &(name.clone(), false));
                }
                _ = cargo.put_back();
            }
            Act::LoseAll | Act::Vanish => {}
            Act::Panic => {
                drop(seen);
                panic!("as the test wants it");
            }
        }
    }
}

impl Carrier<Outcome> for Player {
    async fn carry(self, mut cargo: Cargo<Outcome>) {
        loop {
            let names = cargo.take().to_vec();
            if names.is_empty() {
                return;
            }
            self.0.seen.lock().unwrap().took(&names);
            let (wait, act) = self.0.acts.lock().unwrap().pop_front().unwrap_or((50, Act::Deliver));
            tokio::time::sleep(Duration::from_millis(wait)).await;
            self.perform(act, &names, &mut cargo);
            if matches!(act, Act::Lose | Act::LoseAll) {
                for name in cargo.held() {
                    cargo.note(name, &(name.clone(), false));
                }
                cargo.rest();
                tokio::time::sleep(Duration::from_millis(wait)).await;
                _ = cargo.put_back();
            }
            if cargo.held().is_empty() && !matches!(act, Act::Lose | Act::LoseAll | Act::Throttle) {
                cargo.answered();
                return;
            }
            if matches!(act, Act::Vanish) {
                return;
            }
        }
    }
}

/// A caller: when it comes, for which name, how long it waits, and whether it is dropped then instead of giving up.
type Plan = (u64, u8, u64, bool);

async fn play(most: usize, plans: Vec<Plan>, acts: Vec<(u64, Act)>) {
    let player = player(acts);
    let batcher: Batcher<Outcome> = Batcher::new(most);
    let mut callers = JoinSet::new();
    for (at, name, patience, dropped) in plans {
        let (batcher, player) = (batcher.clone(), player.clone());
        callers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(at)).await;
            let name = format!("n{name}");
            *player.0.seen.lock().unwrap().submitted.entry(name.clone()).or_default() += 1;
            let came = Instant::now();
            let patience = Duration::from_millis(patience);
            let given_up = async {
                tokio::time::sleep(patience).await;
                Interrupted::Cancelled
            };
            let submission = batcher.submit(&name, far(), &player, given_up, std::future::pending);
            if dropped {
                let _ = tokio::time::timeout(patience / 2, submission).await;
                return;
            }
            match submission.await {
                Ok((of, _)) => assert_eq!(of, name, "another's outcome"),
                Err(Unserved::Waiting(..)) => assert!(came.elapsed() >= patience),
                Err(Unserved::UnderWay(..)) => assert!(came.elapsed() >= patience + GRACE),
                Err(Unserved::Dropped) => {}
            }
            assert!(came.elapsed() <= patience + GRACE + Duration::from_millis(2), "waited for ever");
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    // Whoever was dropped left names behind at most until their call came back.
    tokio::time::sleep(Duration::from_mins(10)).await;
    let state = batcher.0.state();
    assert!(state.entries.is_empty() && state.waiting.is_empty(), "names are left");
    assert!(!state.conducted && state.seeking == 0, "tasks are left");
    let seen = player.0.seen.lock().unwrap();
    assert!(seen.calls.iter().all(|call| (1..=most).contains(&call.len())), "{:?}", seen.calls);
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Deliver),
        2 => Just(Act::Throttle),
        2 => Just(Act::Part),
        2 => Just(Act::Lose),
        1 => Just(Act::LoseAll),
        1 => Just(Act::Vanish),
        1 => Just(Act::Panic),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// Arrivals, lost replies, partial successes, cancellations and broken carriers in any order: each caller hears
    /// once, in time, and of its own name; no name is in two calls, and none is sent after its success.
    #[test]
    fn any_interleaving(
        most in 1_usize..6,
        plans in proptest::collection::vec((0_u64..3000, 0_u8..15, 0_u64..4000, proptest::bool::weighted(0.2)), 1..60),
        acts in proptest::collection::vec((0_u64..8000, acts()), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(play(most, plans, acts));
    }
}

fn player(acts: impl IntoIterator<Item = (u64, Act)>) -> Player {
    Player(Arc::new(Stage { acts: Lock::new(acts.into_iter().collect()), seen: Lock::default() }))
}

async fn one(
    acts: impl IntoIterator<Item = (u64, Act)>,
    patience: u64,
) -> (Result<Outcome, Unserved<Outcome>>, u128) {
    let (batcher, player) = (Batcher::new(100), player(acts));
    player.0.seen.lock().unwrap().submitted.insert("a".to_owned(), 1);
    let came = Instant::now();
    let given_up = async {
        tokio::time::sleep(Duration::from_millis(patience)).await;
        Interrupted::Deadline
    };
    let outcome = batcher.submit("a", far(), &player, given_up, std::future::pending).await;
    (outcome, came.elapsed().as_millis())
}

/// So many calls, all of them sent.
fn tries(made: u32) -> Tries {
    Tries { made, unconnected: 0 }
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_hears_that_gives_up() {
    let done = Ok(("a".to_owned(), true));
    let why = Interrupted::Deadline;
    assert_eq!(one([(50, Act::Deliver)], 1000).await, (done.clone(), 55));
    assert_eq!(
        one([(50, Act::Deliver)], 2).await,
        (Err(Unserved::Waiting(why, tries(0), None)), 2),
        "never sent"
    );
    assert_eq!(one([(3000, Act::Deliver)], 100).await, (done, 3005), "the answer came in time");
    let late = (Err(Unserved::UnderWay(why, tries(1))), 100 + GRACE.as_millis());
    assert_eq!(one([(9000, Act::Deliver)], 100).await, late);
    let refused = Err(Unserved::Waiting(why, tries(1), Some(("a".to_owned(), false))));
    let after_it_gave_up = (refused.clone(), 3005);
    assert_eq!(one([(3000, Act::Throttle)], 100).await, after_it_gave_up);
    assert_eq!(one([(3000, Act::LoseAll)], 100).await, after_it_gave_up);
    assert_eq!(one([(3000, Act::LoseAll)], 4000).await, (refused, 4000), "while the cargo rested");
    assert_eq!(one([(50, Act::Vanish)], 1000).await, (Err(Unserved::Dropped), 55));
    assert_eq!(one([(50, Act::Panic)], 1000).await, (Err(Unserved::Dropped), 55));
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_hope_for_what_waits_does_not_end_a_call_under_way() {
    for (act, expected) in [
        (Act::Deliver, Ok(("a".to_owned(), true))),
        (
            Act::LoseAll,
            Err(Unserved::Waiting(Interrupted::Deadline, tries(1), Some(("a".to_owned(), false)))),
        ),
    ] {
        let (batcher, player) = (Batcher::new(100), player([(60_000, act)]));
        player.0.seen.lock().unwrap().submitted.insert("a".to_owned(), 1);
        let since = Instant::now() + Duration::from_secs(1);
        let hopeless = || tokio::time::sleep_until(since);
        let came = Instant::now();
        let outcome = batcher.submit("a", far(), &player, std::future::pending(), hopeless).await;
        assert_eq!((outcome, came.elapsed().as_secs()), (expected, 60), "{act:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_while_the_service_throttles_joins_the_next_call() {
    let (batcher, player) = (Batcher::new(100), player([(1000, Act::Throttle)]));
    let mut callers = JoinSet::new();
    for at in 0..30_u64 {
        let (batcher, player) = (batcher.clone(), player.clone());
        callers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(at * 20)).await;
            let name = format!("n{at}");
            player.0.seen.lock().unwrap().submitted.insert(name.clone(), 1);
            batcher
                .submit(&name, far(), &player, std::future::pending(), std::future::pending)
                .await
                .unwrap();
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    let seen = player.0.seen.lock().unwrap();
    let sizes: Vec<_> = seen.calls.iter().map(Vec::len).collect();
    assert_eq!(sizes.first(), Some(&1), "{sizes:?}");
    assert!(sizes.len() <= 3, "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn two_callers_for_one_name_share_its_outcome() {
    let (batcher, player) = (Batcher::new(100), player([(50, Act::Part)]));
    player.0.seen.lock().unwrap().submitted.insert("a".to_owned(), 2);
    let ask = || batcher.submit("a", far(), &player, std::future::pending(), std::future::pending);
    let outcome = Ok(("a".to_owned(), true));
    assert_eq!(tokio::join!(ask(), ask()), (outcome.clone(), outcome));
    assert_eq!(player.0.seen.lock().unwrap().calls.len(), 1);
}
