//! Deletions against a model of the service, on a paused clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;
use crate::alicloud::client::Config;
use crate::alicloud::clock::SystemClock;
use crate::alicloud::credentials::{Chain, Credentials, Refreshing, Static};
use crate::alicloud::endpoint::Endpoints;
use crate::alicloud::testing::{
    Act, KEY_ID, SECRET, Script, answer, client_over, code, config, with_header, within,
};
use crate::alicloud::transport::{HttpReply, HttpRequest, SendError, SendFuture, Transport};

/// What the model knows.
#[derive(Default)]
struct World {
    pairs: BTreeSet<String>,
    /// By name, whether an instance is seen to carry it.
    bound: BTreeMap<String, bool>,
    /// Those that are bound to a second instance, which moves from page to page so that none shows it.
    moving: BTreeSet<String>,
    forbidden: BTreeSet<String>,
    invalid: BTreeSet<String>,
    /// Refused for a reason that nobody knows.
    odd: BTreeSet<String>,
    /// Whether a refused batch deletes what it can.
    deletes_what_it_can: bool,
    most: usize,
    /// For the next deletions: whether the reply is lost, and after the change or before.
    losses: VecDeque<Option<Lost>>,
    /// For the next deletions: whether they are throttled.
    throttles: VecDeque<bool>,
    /// The deletions after so many are all throttled.
    throttled_after: Option<usize>,
    instances_denied: bool,
    /// The list of instances is not empty but refused.
    instances_refused: bool,
    /// After so many calls the credentials have run out.
    expires_after: Option<usize>,
    calls: Vec<(String, Vec<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Before,
    After,
}

#[derive(Clone)]
struct Cloud(Arc<Mutex<World>>);

type Reply = Result<Value, (u16, &'static str)>;

impl World {
    fn answer(&mut self, form: &BTreeMap<String, String>) -> Result<Reply, SendError> {
        let get = |name: &str| form.get(name).map(String::as_str);
        let action = get("Action").unwrap();
        let names: Vec<String> =
            get("KeyPairNames").map_or_else(Vec::new, |names| serde_json::from_str(names).unwrap());
        self.calls.push((action.to_owned(), names.clone()));
        if self.expires_after.is_some_and(|calls| self.calls.len() > calls) {
            return Ok(Err((403, "InvalidSecurityToken.Expired")));
        }
        let number: usize = get("PageNumber").map_or(1, |number| number.parse().unwrap());
        match action {
            "DeleteKeyPairs" => {
                let deletions = self.calls.iter().filter(|(action, _)| action == "DeleteKeyPairs").count();
                if self.throttles.pop_front() == Some(true)
                    || self.throttled_after.is_some_and(|served| deletions > served)
                {
                    return Ok(Err((400, "Throttling.User")));
                }
                let loss = self.losses.pop_front().flatten();
                if loss == Some(Lost::Before) {
                    return Err(SendError::Lost("the line is cut".into()));
                }
                let reply = self.delete(&names);
                if loss == Some(Lost::After) {
                    return Err(SendError::Lost("the line is cut".into()));
                }
                Ok(reply)
            }
            "DescribeKeyPairs" => {
                let wanted = |name: &&String| get("KeyPairName").is_none_or(|wanted| wanted == *name);
                let found: Vec<_> = self.pairs.iter().filter(wanted).collect();
                let page = found.iter().skip((number - 1) * 50).take(50);
                let page: Vec<_> = page.map(|name| json!({"KeyPairName": name})).collect();
                Ok(Ok(json!({"TotalCount": found.len(), "KeyPairs": {"KeyPair": page}})))
            }
            "DescribeInstances" if get("DryRun").is_some() => {
                let denied = self.instances_denied;
                Ok(Err(if denied { (403, "Forbidden.RAM") } else { (400, "DryRunOperation") }))
            }
            "DescribeInstances" if self.instances_refused => Ok(Err((403, "Forbidden.RAM"))),
            "DescribeInstances" => {
                let seen = |(name, seen): &(&String, &bool)| {
                    **seen
                        && !self.instances_denied
                        && get("KeyPairName").is_none_or(|wanted| wanted == *name)
                };
                let found: Vec<_> = self.bound.iter().filter(seen).collect();
                let page = found.iter().skip((number - 1) * 100).take(100);
                let mut page: Vec<_> = page
                    .map(|(name, _)| json!({"InstanceId": format!("i-{name}"), "KeyPairName": name}))
                    .collect();
                if let Some(name) = get("KeyPairName").filter(|name| self.moving.contains(*name)) {
                    page.push(json!({"InstanceId": "i-moving", "KeyPairName": name}));
                }
                Ok(Ok(json!({"TotalCount": found.len(), "Instances": {"Instance": page}})))
            }
            other => panic!("{other}"),
        }
    }

    fn delete(&mut self, names: &[String]) -> Reply {
        if names.len() > self.most {
            return Err((403, "InstanceKeyPairLimitExceeded"));
        }
        if names.iter().any(|name| self.forbidden.contains(name)) {
            return Err((403, "Forbidden.RAM"));
        }
        if names.iter().any(|name| self.invalid.contains(name)) {
            return Err((400, "InvalidKeyPairNames.ValueNotSupported"));
        }
        if names.iter().any(|name| self.odd.contains(name)) {
            return Err((400, "Surprise"));
        }
        let is_bound = |name: &&String| self.bound.contains_key(*name) && self.pairs.contains(*name);
        let (bound, free): (Vec<_>, Vec<_>) = names.iter().partition(is_bound);
        if bound.is_empty() || self.deletes_what_it_can {
            self.pairs.retain(|name| !free.contains(&name));
        }
        if bound.is_empty() {
            return Ok(json!({}));
        }
        Err((400, "InvalidParameter.KeypairAlreadyAttachedInstance"))
    }
}

impl Transport for Cloud {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        Box::pin(async move {
            let form = url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
            tokio::time::sleep(Duration::from_millis(25)).await;
            let answer = self.0.lock().unwrap().answer(&form);
            tokio::time::sleep(Duration::from_millis(25)).await;
            let (status, body) = match answer? {
                Ok(body) => (200, body),
                Err((status, code)) => (status, json!({"RequestId": "R", "Code": code, "Message": "No."})),
            };
            Ok(HttpReply { status, headers: HeaderMap::new(), body: body.to_string().into_bytes().into() })
        })
    }
}

impl Cloud {
    /// A service with key pairs `k0`, `k1`, …
    fn of(pairs: usize, change: impl FnOnce(&mut World)) -> (Self, Client) {
        let mut world = World { pairs: (0..pairs).map(name).collect(), most: 100, ..World::default() };
        change(&mut world);
        let cloud = Self(Arc::new(Mutex::new(world)));
        let credentials = Static::new(Credentials::new(KEY_ID, SECRET.into(), None, "a test"));
        let client = client_over(cloud.clone(), Arc::new(credentials));
        (cloud, client)
    }

    fn count(&self, action: &str) -> usize {
        self.0.lock().unwrap().calls.iter().filter(|(called, _)| called == action).count()
    }

    fn left(&self) -> Vec<String> {
        self.0.lock().unwrap().pairs.iter().cloned().collect()
    }
}

fn name(number: usize) -> String {
    format!("k{number}")
}

/// Deletes all of `k0`, `k1`, … at once.
async fn delete(client: &Client, count: usize) -> BTreeMap<String, Outcome> {
    delete_but(client, count, &BTreeMap::new()).await
}

/// The same, but that some leave after so many milliseconds.
async fn delete_but(
    client: &Client,
    count: usize,
    leavers: &BTreeMap<usize, u64>,
) -> BTreeMap<String, Outcome> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (client, call) = (client.clone(), within(600));
        if let Some(after) = leavers.get(&number).copied() {
            let cancel = call.cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                cancel.cancel();
            });
        }
        tasks.spawn(async move {
            let outcome = client.delete_key_pair(&call, &name(number)).await;
            (name(number), outcome)
        });
    }
    let mut outcomes = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        outcomes.extend([done.unwrap()]);
    }
    outcomes
}

fn refused(outcomes: &BTreeMap<String, Outcome>) -> Vec<(&str, ErrorKind)> {
    let refused =
        outcomes.iter().filter_map(|(name, outcome)| Some((&**name, outcome.as_ref().err()?.kind())));
    refused.collect()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_at_once_are_ten_calls_and_nothing_is_confirmed() {
    let (cloud, client) = Cloud::of(1000, |_| {});
    assert_eq!(refused(&delete(&client, 1000).await), []);
    assert_eq!((cloud.left().len(), cloud.0.lock().unwrap().calls.len()), (0, 10));
}

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
    let (cloud, client) = Cloud::of(100, |world| world.odd = (0..100).map(name).collect());
    let outcomes = delete(&client, 100).await;
    assert!(outcomes.values().all(|it| it.as_ref().is_err_and(|error| error.kind() == ErrorKind::Other)));
    assert_eq!((outcomes.len(), cloud.left().len()), (100, 100));
    assert!(cloud.count("DeleteKeyPairs") <= 20, "{}", cloud.count("DeleteKeyPairs"));

    let (cloud, client) = Cloud::of(100, |world| world.odd = (0..10).map(name).collect());
    assert_eq!(refused(&delete(&client, 100).await).len(), 10);
    assert_eq!(cloud.left().len(), 10);
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
                    Trait::Odd => drop(world.odd.insert(name(number))),
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
