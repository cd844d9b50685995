//! Refused batches against a model of the service, on a paused clock.

use tokio::task::JoinSet;

use super::super::model::{Cloud, delete, name, refused};
use super::*;
use crate::alicloud::testing::{Script, answer, code, within};

#[tokio::test(start_paused = true)]
async fn bound_ones_are_found_by_one_look_and_the_rest_is_deleted() {
    for deletes_what_it_can in [false, true] {
        let (cloud, client) = Cloud::of(250, |world| {
            world.bound = [7, 8, 77, 120, 249].map(|number| (name(number), true)).into();
            world.deletes_what_it_can = deletes_what_it_can;
        });
        let before = Instant::now();
        let outcomes = delete(&client, 250).await;
        let bound = ["k120", "k249", "k7", "k77", "k8"];
        assert_eq!(refused(&outcomes), bound.map(|name| (name, ErrorKind::Bound)));
        assert_eq!(cloud.left(), bound);
        assert!(cloud.count("DeleteKeyPairs") <= 6, "{}", cloud.count("DeleteKeyPairs"));
        assert!(cloud.count("DescribeInstances") <= 3);
        // Which instances they are costs nothing more.
        let looks = cloud.count("DescribeInstances");
        for name in bound {
            let instances = client.bindings(&within(9), name, before).await.unwrap();
            assert_eq!(instances[0].id, format!("i-{name}"));
        }
        assert_eq!(cloud.count("DescribeInstances"), looks);
    }
}

#[tokio::test(start_paused = true)]
async fn every_instance_of_a_bound_one_is_told_where_pages_may_miss_some() {
    // (instances of others, bound ones, pages, questions by name)
    for (others, bound, pages, exact) in [(150, 1, 2, 1), (150, 2, 2, 2), (150, 5, 2, 0)] {
        let (cloud, client) = Cloud::of(50, |world| {
            world.bound = (0..bound).map(|number| (name(number), true)).collect();
            world.bound.extend((0..others).map(|number| (format!("x{number}"), true)));
            world.moving = [name(0)].into();
        });
        let before = Instant::now();
        assert_eq!(refused(&delete(&client, 50).await).len(), bound);
        for number in 0..bound {
            let instances = client.bindings(&within(9), &name(number), before).await.unwrap();
            assert_eq!(instances.len(), if number == 0 && exact > 0 { 2 } else { 1 }, "{number} of {bound}");
        }
        assert_eq!(cloud.count("DescribeInstances"), pages + exact, "{bound}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bound_one_that_no_instance_shows_is_found_by_halves() {
    for instances_denied in [false, true] {
        let (cloud, client) = Cloud::of(100, |world| {
            world.bound = [(name(42), instances_denied)].into();
            world.instances_denied = instances_denied;
        });
        let before = Instant::now();
        assert_eq!(refused(&delete(&client, 100).await), [("k42", ErrorKind::Bound)]);
        assert_eq!(cloud.left(), ["k42"]);
        assert!(cloud.count("DeleteKeyPairs") <= 15, "{}", cloud.count("DeleteKeyPairs"));
        for _ in 0..2 {
            let bindings = client.bindings(&within(9), "k42", before).await;
            let bindings = bindings.map(|instances| instances.len()).map_err(|error| error.kind());
            assert_eq!(bindings, if instances_denied { Err(ErrorKind::Forbidden) } else { Ok(0) });
        }
        assert_eq!(cloud.count("DescribeInstances"), 3, "a page, the exact name, and a dry run");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_list_of_instances_is_not_asked_for_again_by_each_name() {
    let (cloud, client) = Cloud::of(100, |world| {
        world.bound = [(name(42), true)].into();
        world.instances_refused = true;
    });
    let before = Instant::now();
    assert_eq!(refused(&delete(&client, 100).await), [("k42", ErrorKind::Bound)]);
    assert_eq!(cloud.count("DescribeInstances"), 1);
    let look = client.bindings(&within(9), "k42", before).await;
    assert_eq!((look.unwrap_err().kind(), cloud.count("DescribeInstances")), (ErrorKind::Forbidden, 2));
}

#[tokio::test(start_paused = true)]
async fn forbidden_and_invalid_names_are_isolated() {
    let (cloud, client) = Cloud::of(100, |world| {
        world.forbidden = [3, 50].map(name).into();
        world.invalid = [name(99)].into();
    });
    let outcomes = delete(&client, 100).await;
    let expected =
        [("k3", ErrorKind::Forbidden), ("k50", ErrorKind::Forbidden), ("k99", ErrorKind::InvalidInput)];
    assert_eq!((refused(&outcomes), cloud.left().len()), (expected.to_vec(), 3));
    assert!(cloud.count("DeleteKeyPairs") <= 36, "{}", cloud.count("DeleteKeyPairs"));
    assert_eq!(cloud.count("DescribeInstances"), 0);
}

#[tokio::test(start_paused = true)]
async fn when_all_are_forbidden_it_is_little_more_than_a_call_for_each() {
    let (cloud, client) = Cloud::of(100, |world| world.forbidden = (0..100).map(name).collect());
    let outcomes = delete(&client, 100).await;
    assert_eq!((refused(&outcomes).len(), cloud.left().len()), (100, 100));
    assert!(cloud.count("DeleteKeyPairs") <= 110, "{}", cloud.count("DeleteKeyPairs"));
}

#[tokio::test(start_paused = true)]
async fn a_reason_that_nobody_knows_may_be_one_of_names_or_of_none() {
    let (cloud, client) =
        Cloud::of(100, |world| world.odd = (0..100).map(|number| (name(number), "Surprise")).collect());
    let outcomes = delete(&client, 100).await;
    assert!(outcomes.values().all(|it| it.as_ref().is_err_and(|error| error.kind() == ErrorKind::Other)));
    assert_eq!((outcomes.len(), cloud.left().len()), (100, 100));
    assert!(cloud.count("DeleteKeyPairs") <= 20, "{}", cloud.count("DeleteKeyPairs"));

    let (cloud, client) =
        Cloud::of(100, |world| world.odd = (0..10).map(|number| (name(number), "Surprise")).collect());
    assert_eq!(refused(&delete(&client, 100).await).len(), 10);
    assert_eq!(cloud.left().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn names_are_left_untried_only_where_all_before_were_refused_alike() {
    // Eleven are forbidden and one is refused for an unknown reason; at last, there are two unknown reasons.
    for mix in 0..=12 {
        let reason = |number: usize| match mix {
            12 => Some(if number.is_multiple_of(2) { "Surprise" } else { "Wonder" }),
            odd => (number == odd).then_some("Surprise"),
        };
        let (cloud, client) = Cloud::of(100, |world| {
            for number in 0..12 {
                match reason(number) {
                    Some(code) => drop(world.odd.insert(name(number), code)),
                    None => drop(world.forbidden.insert(name(number))),
                }
            }
        });
        let outcomes = delete(&client, 100).await;
        assert_eq!((refused(&outcomes).len(), cloud.left().len()), (12, 12), "{mix}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_smaller_limit_is_met_by_smaller_calls() {
    let (cloud, client) = Cloud::of(300, |world| world.most = 30);
    assert_eq!(refused(&delete(&client, 300).await), []);
    assert!(cloud.count("DeleteKeyPairs") <= 25, "{}", cloud.count("DeleteKeyPairs"));
    let (cloud, client) = Cloud::of(3, |world| world.most = 0);
    let outcomes = delete(&client, 3).await;
    assert!(
        outcomes.values().all(|it| it.as_ref().is_err_and(|error| error.kind() == ErrorKind::LimitExceeded))
    );
    assert_eq!(cloud.left().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_fault_of_a_name_is_the_answer_to_all_that_are_left() {
    let (cloud, client) = Cloud::of(100, |world| {
        world.forbidden = [name(0)].into();
        world.expires_after = Some(4);
    });
    let outcomes = delete(&client, 100).await;
    assert_eq!(cloud.count("DeleteKeyPairs"), 5);
    let refused = refused(&outcomes);
    assert!(refused.iter().all(|(_, kind)| *kind == ErrorKind::TokenExpired), "{refused:?}");
    assert_eq!(refused.len(), cloud.left().len());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_the_service_says_it_does_not_know_is_asked_for_before_it_passes_for_deleted() {
    let unknown = || code(404, "InvalidKeyPairName.NotFound");
    let gone = answer(200, r#"{"TotalCount":0,"KeyPairs":{"KeyPair":[]}}"#);
    assert!(Script::new([unknown(), gone]).client().delete_key_pair(&within(10), "k0").await.is_ok());
    let there = answer(200, r#"{"TotalCount":1,"KeyPairs":{"KeyPair":[{"KeyPairName":"k0"}]}}"#);
    for look in [there, code(403, "Forbidden.RAM")] {
        let script = Script::new([unknown(), look]);
        let error = script.client().delete_key_pair(&within(10), "k0").await.unwrap_err();
        assert_eq!((error.kind(), script.seen().len()), (ErrorKind::KeyPairNotFound, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn names_whose_part_of_a_batch_waits_are_in_no_call() {
    let (cloud, client) = Cloud::of(10, |world| {
        world.forbidden = [name(3)].into();
        world.throttled_after = Some(2);
    });
    let (started, deadline) = (Instant::now(), Instant::now() + Duration::from_secs(20));
    let cancel = CancellationToken::new();
    let mut callers: JoinSet<_> = (0..10)
        .map(|number| {
            let (client, cancel) = (client.clone(), cancel.clone());
            let call = if number == 9 { Call::new(deadline, cancel) } else { within(20) };
            async move { (number, client.delete_key_pair(&call, &name(number)).await, Instant::now()) }
        })
        .collect();
    // By then the first part has been throttled, and waits.
    while cloud.count("DeleteKeyPairs") < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    let cancelled = Instant::now();
    cancel.cancel();
    while let Some(done) = callers.join_next().await {
        let (number, outcome, at) = done.unwrap();
        let error = outcome.unwrap_err();
        assert!(at <= deadline, "{number} waited for an answer when nothing was under way");
        assert!(error.tries() > 0, "{number}");
        let last = error.last().unwrap();
        assert_eq!(last.kind(), ErrorKind::Throttled, "{number}: {error:?}");
        assert_eq!(last.last().map(Error::kind), Some(ErrorKind::Forbidden), "what was refused before");
        let kind = if number == 9 { ErrorKind::Cancelled } else { ErrorKind::Deadline };
        assert_eq!(error.kind(), kind);
        if number == 9 {
            assert_eq!(at, cancelled);
        }
    }
    assert_eq!(cloud.left().len(), 10);
    // Nobody wants them any more.
    let sent = cloud.count("DeleteKeyPairs");
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert!(started.elapsed() > Duration::from_mins(5) && cloud.count("DeleteKeyPairs") <= sent + 1);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_throttled_takes_along_what_came_meanwhile() {
    let (cloud, client) = Cloud::of(40, |world| {
        world.forbidden = [name(13)].into();
        // All of 20, then 10, 5, 2, 1 and the bad one alone; the one beside it is throttled.
        world.throttles = [false, false, false, false, false, false, true].into();
    });
    let mut callers = JoinSet::new();
    for number in 0..40 {
        let (cloud, client) = (cloud.clone(), client.clone());
        callers.spawn(async move {
            while number >= 20 && cloud.count("DeleteKeyPairs") < 7 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (number, client.delete_key_pair(&within(600), &name(number)).await)
        });
    }
    while let Some(done) = callers.join_next().await {
        let (number, outcome) = done.unwrap();
        assert_eq!(outcome.err().map(|error| error.kind()), (number == 13).then_some(ErrorKind::Forbidden));
    }
    let world = cloud.0.lock().unwrap();
    let sizes: Vec<_> = world.calls.iter().map(|(_, names)| names.len()).collect();
    assert_eq!(sizes, [20, 10, 5, 2, 1, 1, 1, 21, 5]);
}

#[tokio::test(start_paused = true)]
async fn after_a_part_was_throttled_calls_are_scarce() {
    let mut later = Vec::new();
    for throttles in [false, true] {
        let (cloud, client) = Cloud::of(30, |world| {
            world.forbidden = [name(3)].into();
            world.throttles = [false, throttles].into();
        });
        delete(&client, 10).await;
        let before = cloud.count("DeleteKeyPairs");
        // Too far apart to be waited for while the service is willing.
        let mut callers = JoinSet::new();
        for number in 10..30 {
            let client = client.clone();
            callers.spawn(async move { client.delete_key_pair(&within(600), &name(number)).await });
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        assert!(callers.join_all().await.iter().all(Result::is_ok));
        later.push(cloud.count("DeleteKeyPairs") - before);
    }
    assert!(later[0] >= 15 && later[1] <= 10, "{later:?}");
}
