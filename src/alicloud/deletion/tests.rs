//! Deletions against a model of the service, on a paused clock.

use std::sync::Arc;

use proptest::prelude::*;
use tokio::task::JoinSet;

use super::model::{Cloud, Lost, delete, delete_but, name, refused};
use super::*;
use crate::alicloud::client::Config;
use crate::alicloud::clock::SystemClock;
use crate::alicloud::credentials::{Chain, Credentials, Refreshing, Static};
use crate::alicloud::endpoint::Endpoints;
use crate::alicloud::testing::{Act, KEY_ID, SECRET, Script, answer, code, config, with_header, within};
use crate::alicloud::transport::SendError;

#[tokio::test(start_paused = true)]
async fn a_thousand_at_once_are_ten_calls_and_nothing_is_confirmed() {
    let (cloud, client) = Cloud::of(1000, |_| {});
    assert_eq!(refused(&delete(&client, 1000).await), []);
    assert_eq!((cloud.left().len(), cloud.0.lock().unwrap().calls.len()), (0, 10));
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_settled_by_reading() {
    // The change was made: each name is asked for, since its absence from a page proves nothing.
    let (cloud, client) = Cloud::of(60, |world| world.losses = [Some(Lost::After)].into());
    assert_eq!(refused(&delete(&client, 60).await), []);
    let calls = (cloud.count("DeleteKeyPairs"), cloud.count("DescribeKeyPairs"));
    assert_eq!((calls, cloud.left().len()), ((1, 61), 0), "nothing is deleted twice");
    // It was not: two pages show all of them.
    let (cloud, client) = Cloud::of(60, |world| world.losses = [Some(Lost::Before)].into());
    assert_eq!(refused(&delete(&client, 60).await), []);
    let calls = (cloud.count("DeleteKeyPairs"), cloud.count("DescribeKeyPairs"));
    assert_eq!((calls, cloud.left().len()), ((2, 2), 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_takes_nobody_with_it() {
    let (cloud, client) = Cloud::of(2, |_| {});
    let cancel = CancellationToken::new();
    let leaving = Call { cancel: cancel.clone(), ..within(600) };
    let cancelling = async {
        // Both are in the call under way.
        tokio::time::sleep(Duration::from_millis(20)).await;
        cancel.cancel();
    };
    let patient = within(600);
    let (left, stayed, ()) = tokio::join!(
        client.delete_key_pair(&leaving, "k0"),
        client.delete_key_pair(&patient, "k1"),
        cancelling
    );
    assert!(left.is_ok() && stayed.is_ok(), "the answer came soon after");
    assert_eq!((cloud.left().len(), cloud.count("DeleteKeyPairs")), (0, 1));

    // One that leaves before it is sent is not sent.
    let (cloud, client) = Cloud::of(2, |_| {});
    let error = client.delete_key_pair(&leaving, "k0").await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Cancelled, "DeleteKeyPairs"));
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!((cloud.left().len(), cloud.count("DeleteKeyPairs")), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_can_not_be_served_in_time_learns_why_at_once() {
    let script = Script::new([with_header(code(400, "Throttling.User"), "x-acs-retry-after", "60000")]);
    let started = Instant::now();
    let error = script.client().delete_key_pair(&within(10), "k0").await.unwrap_err();
    assert_eq!((error.kind(), error.tries()), (ErrorKind::Deadline, 1));
    assert_eq!(error.last().map(Error::kind), Some(ErrorKind::Throttled));
    assert!(started.elapsed() < Duration::from_secs(1));

    // What kept the call from being made at all is the answer too.
    let script = Script::new([code(400, "unused")]);
    let nobody = Refreshing::new(Chain::new(Vec::new(), ""), Arc::new(SystemClock));
    let client = script.client_with(Arc::new(nobody));
    let error = client.delete_key_pair(&within(10), "k0").await.unwrap_err();
    assert_eq!((error.kind(), script.seen().len()), (ErrorKind::MissingCredentials, 0));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_during_the_call_is_settled_by_looking() {
    let slow = |then: Act| Act::After(Duration::from_mins(1), Box::new(then));
    let gone = answer(200, r#"{"TotalCount":0,"KeyPairs":{"KeyPair":[]}}"#);
    let script = Script::new([slow(answer(200, "{}")), gone]);
    assert!(script.client().delete_key_pair(&within(10), "k0").await.is_ok());
    let there = answer(200, r#"{"TotalCount":1,"KeyPairs":{"KeyPair":[{"KeyPairName":"k0"}]}}"#);
    let script = Script::new([slow(answer(200, "{}")), there]);
    let error = script.client().delete_key_pair(&within(10), "k0").await.unwrap_err();
    assert_eq!((error.kind(), script.seen().len()), (ErrorKind::ReplyLost, 2));
    assert!(error.message().ends_with("A look after that showed the key pair still there."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn after_a_cancellation_what_is_true_is_looked_for_but_not_for_long() {
    for look in [code(503, "ServiceUnavailable"), Act::Hang] {
        let script = Script::new([Act::Fail(SendError::Lost("the line is cut".into())), look]);
        let (client, call, started) = (script.client(), within(1200), Instant::now());
        let cancelling = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            call.cancel.cancel();
        };
        let (outcome, ()) = tokio::join!(client.delete_key_pair(&call, "k0"), cancelling);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ReplyLost);
        assert!(started.elapsed() <= Duration::from_secs(30), "{:?}", started.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_between_lost_replies_tells_of_the_last_one_at_once() {
    let (cloud, client) = Cloud::of(3, |world| world.losses = [Some(Lost::Before); 100].into());
    let started = Instant::now();
    let call = within(30);
    let deletions = (0..3).map(|at| (client.clone(), call.clone(), name(at)));
    let mut all: JoinSet<_> = deletions
        .map(|(client, call, name)| async move { client.delete_key_pair(&call, &name).await.unwrap_err() })
        .collect();
    while let Some(error) = all.join_next().await {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(
            error.last().map(Error::kind),
            Some(ErrorKind::NotDone),
            "that it is still there was seen"
        );
    }
    assert!(started.elapsed() < Duration::from_secs(31), "nothing was under way");
    assert_eq!(cloud.left().len(), 3);
    let sent = cloud.count("DeleteKeyPairs");
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!((cloud.left().len(), cloud.count("DeleteKeyPairs")), (3, sent), "nobody wants it any more");
}

#[tokio::test(start_paused = true)]
async fn whether_anything_was_sent_is_told_to_who_leaves() {
    let refused = || Act::Fail(SendError::NotSent("connection refused".into()));
    let slowly = |act| Act::After(Duration::from_secs(3), Box::new(act));
    let lost = || code(500, "InternalError");
    let there = answer(200, r#"{"TotalCount":1,"KeyPairs":{"KeyPair":[{"KeyPairName":"k0"}]}}"#);
    for (deletes, never_sent) in [
        (vec![refused()], true),
        // The last one fails after the deadline.
        (vec![slowly(refused())], true),
        // One that was lost, and looked after, may be carried out yet.
        (vec![lost(), refused()], false),
        (vec![with_header(code(400, "Throttling.User"), "x-acs-retry-after", "10"), refused()], false),
    ] {
        fastrand::seed(7);
        let script =
            Script::by_action([("DeleteKeyPairs", deletes), ("DescribeKeyPairs", vec![there.clone()])]);
        let error = script.client().delete_key_pair(&within(4), "k0").await.unwrap_err();
        assert_eq!(error.last().map(Error::kind), Some(ErrorKind::Unreachable), "{error:?}");
        assert_eq!((error.kind(), error.was_never_sent()), (ErrorKind::Deadline, never_sent), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_came_later_have_patience_of_their_own() {
    let credentials = Static::new(Credentials::new(KEY_ID, SECRET.into(), None, "a test"));
    let config = Config {
        most_retry: Some(Duration::from_secs(20)),
        ..config(Arc::new(credentials), Endpoints::default())
    };
    let (cloud, _) = Cloud::of(2, |world| world.throttled_after = Some(0));
    let client = Client::with(config, Arc::new(cloud.clone()), Arc::new(SystemClock)).unwrap();
    let (started, call) = (Instant::now(), within(600));
    let later = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        client.delete_key_pair(&call, "k1").await
    };
    let first = async {
        let outcome = client.delete_key_pair(&call, "k0").await;
        // Then the service recovers.
        cloud.0.lock().unwrap().throttled_after = None;
        (outcome, started.elapsed())
    };
    let ((first, took), later) = tokio::join!(first, later);
    assert_eq!(first.unwrap_err().kind(), ErrorKind::Throttled);
    assert!(took <= Duration::from_secs(20), "{took:?}");
    assert!(later.is_ok(), "{later:?}");
    assert_eq!(cloud.left(), ["k0"]);
}

#[derive(Clone, Copy, Debug)]
enum Trait {
    Free,
    Absent,
    Bound { seen: bool },
    Forbidden,
    Invalid,
    Odd,
}

fn traits() -> impl Strategy<Value = Trait> {
    prop_oneof![
        12 => Just(Trait::Free),
        1 => Just(Trait::Absent),
        1 => any::<bool>().prop_map(|seen| Trait::Bound { seen }),
        1 => Just(Trait::Forbidden),
        1 => Just(Trait::Invalid),
        1 => Just(Trait::Odd),
    ]
}

fn losses() -> impl Strategy<Value = Option<Lost>> {
    prop_oneof![3 => Just(None), 1 => Just(Some(Lost::Before)), 1 => Just(Some(Lost::After))]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    /// Whatever the names are like, whatever replies are lost and calls throttled, and whoever leaves: each name ends as
    /// it would have alone.
    #[test]
    fn each_name_ends_as_it_would_have_alone(
        traits in proptest::collection::vec(traits(), 1..60),
        losses in proptest::collection::vec(losses(), 0..12),
        deletes_what_it_can: bool,
        instances_denied: bool,
        most in prop_oneof![Just(100_usize), 1_usize..20],
        throttles in proptest::collection::vec(prop_oneof![3 => Just(false), 1 => Just(true)], 0..12),
        leavers in proptest::collection::btree_map(0_usize..60, 0_u64..3000, 0..8),
    ) {
        let (cloud, client) = Cloud::of(traits.len(), |world| {
            for (number, kind) in traits.iter().enumerate() {
                match kind {
                    Trait::Free => {}
                    Trait::Absent => drop(world.pairs.remove(&name(number))),
                    Trait::Bound { seen } => drop(world.bound.insert(name(number), *seen)),
                    Trait::Forbidden => drop(world.forbidden.insert(name(number))),
                    Trait::Odd => drop(world.odd.insert(name(number), "Surprise")),
                    Trait::Invalid => drop(world.invalid.insert(name(number))),
                }
            }
            world.losses = losses.into();
            world.deletes_what_it_can = deletes_what_it_can;
            world.instances_denied = instances_denied;
            world.most = most;
            world.throttles = throttles.into();
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let outcomes = runtime.unwrap().block_on(delete_but(&client, traits.len(), &leavers));
        let left = cloud.left();
        for (number, kind) in traits.iter().enumerate() {
            let name = name(number);
            let expected = match kind {
                Trait::Free | Trait::Absent => None,
                Trait::Bound { .. } => Some(ErrorKind::Bound),
                Trait::Forbidden => Some(ErrorKind::Forbidden),
                Trait::Invalid => Some(ErrorKind::InvalidInput),
                Trait::Odd => Some(ErrorKind::Other),
            };
            let heard = outcomes[&name].as_ref().err().map(Error::kind);
            if leavers.contains_key(&number) && heard != expected {
                // Whoever is told that it is unclear finds out; nobody is told that what is left is gone.
                prop_assert!(
                    matches!(heard, Some(ErrorKind::Cancelled | ErrorKind::ReplyLost)), "{} {:?}", &name, heard
                );
                prop_assert!(expected.is_none() || left.contains(&name), "{}", name);
                continue;
            }
            prop_assert_eq!(heard, expected, "{} {:?}", &name, kind);
            prop_assert_eq!(left.contains(&name), expected.is_some(), "{}", name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_nobody_waits_for_ends_with_its_answer() {
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let throttled = with_header(code(400, "Throttling.User"), "x-acs-retry-after", "60000");
    for (case, refusal) in [("throttled", throttled), ("lost", code(500, "InternalError"))] {
        let pair = answer(200, r#"{"TotalCount":1,"KeyPairs":{"KeyPair":[{"KeyPairName":"k"}]}}"#);
        let script = Script::by_action([
            ("DeleteKeyPairs", vec![Act::After(Duration::from_secs(5), Box::new(refusal))]),
            ("DescribeKeyPairs", vec![pair]),
        ]);
        let client = script.client();
        let caller = {
            let client = client.clone();
            tokio::spawn(async move { client.delete_key_pair(&within(600), "k").await })
        };
        tokio::time::sleep(Duration::from_secs(1)).await;
        caller.abort();
        let sent = script.seen()[0].at;
        tokio::time::sleep_until(sent + Duration::from_millis(5001)).await;
        assert_eq!(alive(), 0, "{case}: no wait for another try");
        tokio::time::sleep(Duration::from_mins(2)).await;
        let deletes = script.seen().into_iter().filter(|seen| seen.form["Action"] == "DeleteKeyPairs");
        assert_eq!(deletes.count(), 1, "{case}");
    }
}
