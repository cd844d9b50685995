//! Many calls become few, at a real socket: the API client against the simulator.
//!
//! The clock is the real one, but who waits for whom does not hang on it: on the one thread of a test, all that can ask
//! has asked before a batch or a page is thought about.
// The lints know tests by their attribute, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alicloud_provider::alicloud::credentials::{Credentials, Static};
use alicloud_provider::alicloud::ecs::{ImportKeyPair, KeyPair};
use alicloud_provider::alicloud::{Call, Client, Config, Endpoints, Error, ErrorKind, Scheme};
use ecs_simulator::{BatchDelete, Denial, Fault, Instance, Simulator, SlowRelease, World};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const REGION: &str = "cn-beijing";
const KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQCxN0Uj1W3k3w==";

/// A simulator with key pairs `k0`, `k1`, …, and a client of it.
fn cloud(pairs: usize, change: impl FnOnce(&mut World)) -> (Simulator, Client) {
    let simulator = Simulator::start(ecs_simulator::Config::default()).unwrap();
    simulator.world(|world| {
        for number in 0..pairs {
            world.add_key_pair(REGION, &name(number), KEY);
        }
        change(world);
    });
    let secret = simulator.access_key_secret().into();
    let credentials = Credentials::new(simulator.access_key_id(), secret, None, "a test");
    let client = Client::new(Config {
        region: REGION.to_owned(),
        region_source: "a test".to_owned(),
        credentials: Arc::new(Static::new(credentials)),
        endpoints: Endpoints { ecs: Some(simulator.url()), ..Endpoints::default() },
        scheme: Scheme::Http,
        connect_timeout: Duration::from_mins(1),
        read_timeout: Duration::from_mins(1),
        most_retry: None,
        source_ip: None,
        secure_transport: None,
        user_agent: "a-test/1.0".to_owned(),
    });
    (simulator, client.unwrap())
}

fn name(number: usize) -> String {
    format!("k{number}")
}

fn call() -> Call {
    Call::new(Instant::now() + Duration::from_mins(5), CancellationToken::new())
}

/// Does the same to each of these names, so many at a time.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    client: &Client,
    names: impl IntoIterator<Item = usize>,
    parallelism: usize,
    act: fn(Client, String) -> F,
) -> BTreeMap<String, T> {
    let places = Arc::new(Semaphore::new(parallelism));
    let mut tasks = JoinSet::new();
    for number in names {
        let (client, places) = (client.clone(), Arc::clone(&places));
        tasks.spawn(async move {
            let _place = places.acquire().await.unwrap();
            (name(number), act(client, name(number)).await)
        });
    }
    let mut outcomes = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        outcomes.extend([done.unwrap()]);
    }
    outcomes
}

async fn delete(client: Client, name: String) -> Result<(), Error> {
    client.delete_key_pair(&call(), &name).await
}

async fn read(client: Client, name: String) -> Option<KeyPair> {
    client.describe_key_pair(&call(), &name).await.unwrap()
}

async fn bindings(client: Client, name: String) -> usize {
    client.glance_at_bindings(&call(), &name).await.unwrap().len()
}

fn refused(outcomes: &BTreeMap<String, Result<(), Error>>) -> Vec<(&str, ErrorKind)> {
    outcomes.iter().filter_map(|(name, outcome)| Some((&**name, outcome.as_ref().err()?.kind()))).collect()
}

fn left(simulator: &Simulator) -> Vec<String> {
    simulator.world(|world| world.key_pair_names(REGION))
}

#[tokio::test]
async fn a_thousand_deletions_at_once_are_ten_calls() {
    let (simulator, client) = cloud(1000, |_| {});
    assert_eq!(refused(&each(&client, 0..1000, 1000, delete).await), []);
    assert_eq!((left(&simulator).len(), simulator.calls().len()), (0, 10));
}

#[tokio::test]
async fn a_deletion_alone_is_one_call() {
    let (simulator, client) = cloud(2, |_| {});
    delete(client, name(0)).await.unwrap();
    assert_eq!((left(&simulator), simulator.calls().len()), (vec![name(1)], 1));
}

#[tokio::test]
async fn bound_ones_among_many() {
    for batch_delete in [BatchDelete::RefuseAll, BatchDelete::DeleteWhatItCan] {
        let (simulator, client) = cloud(250, |world| {
            world.batch_delete = batch_delete;
            for number in [7, 77, 177] {
                world.add_instance(Instance::new(REGION, &format!("i-{number}")).bound_to(&name(number)));
            }
            // Bound, but no longer shown.
            let leaving = SlowRelease { hidden: true, refusals: None };
            let hidden = Instance { slow_release: Some(leaving), ..Instance::new(REGION, "i-8") };
            world.add_instance(hidden.bound_to(&name(8)));
        });
        let before = Instant::now();
        let outcomes = each(&client, 0..250, 250, delete).await;
        let bound = ["k177", "k7", "k77", "k8"];
        assert_eq!(refused(&outcomes), bound.map(|name| (name, ErrorKind::Bound)), "{batch_delete:?}");
        assert_eq!(left(&simulator), bound);
        let deletes = simulator.count("DeleteKeyPairs");
        assert!(deletes <= 22, "{deletes}");
        assert!(simulator.count("DescribeInstances") <= 3);
        let found = client.bindings(&call(), "k77", before).await.unwrap();
        assert_eq!(found.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["i-77"]);
        assert_eq!(client.bindings(&call(), "k8", before).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_denied_name_among_many() {
    let (simulator, client) = cloud(100, |world| world.denials.push(Denial::on("DeleteKeyPairs", "k42")));
    let outcomes = each(&client, 0..100, 100, delete).await;
    assert_eq!(refused(&outcomes), [("k42", ErrorKind::Forbidden)]);
    assert_eq!(left(&simulator), ["k42"]);
    assert!(simulator.count("DeleteKeyPairs") <= 14, "{}", simulator.count("DeleteKeyPairs"));
}

#[tokio::test]
async fn instances_that_may_not_be_seen() {
    // A denied list is refused, or, as it was before, empty: then a dry run tells, which is made once.
    for (older, calls) in [(false, 2), (true, 3)] {
        let (simulator, client) = cloud(2, |world| {
            world.add_instance(Instance::new(REGION, "i-1").bound_to("k0"));
            world.denials.push(Denial::of("DescribeInstances"));
            world.denied_instances_are_empty = older;
        });
        let before = Instant::now();
        assert_eq!(delete(client.clone(), name(0)).await.unwrap_err().kind(), ErrorKind::Bound);
        for name in ["k0", "k1"] {
            let error = client.bindings(&call(), name, before).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (ErrorKind::Forbidden, Some("Forbidden.RAM")));
        }
        assert_eq!(simulator.count("DescribeInstances"), calls, "older: {older}");
        let dry_runs = simulator.calls().into_iter().filter(|call| call.parameters.contains_key("DryRun"));
        assert_eq!(dry_runs.count(), usize::from(older));
        assert_eq!(
            client.glance_at_bindings(&call(), "k0").await.unwrap(),
            [],
            "a warning is not worth an error"
        );
        assert_eq!(client.instances_denied().and_then(|error| error.code()), Some("Forbidden.RAM"));
    }
}

#[tokio::test]
async fn a_lost_reply_is_settled_by_reading() {
    for (fault, made) in [
        (Fault::on("DeleteKeyPairs").after_change(), true),
        (Fault::on("DeleteKeyPairs").before_change(), false),
    ] {
        let (simulator, client) = cloud(120, |_| {});
        simulator.fail(fault.once().disconnect());
        assert_eq!(refused(&each(&client, 0..100, 100, delete).await), []);
        assert_eq!(left(&simulator).len(), 20);
        let calls = simulator.calls();
        let named = calls.iter().filter_map(|call| call.parameters.get("KeyPairNames"));
        let sent: usize = named.map(|names| names.split(',').count()).sum();
        // What was deleted is not sent again; what was not, is.
        assert_eq!(sent == 100, made, "{sent}");
    }
}

#[tokio::test]
async fn throttled_deletions_stay_few() {
    let (simulator, client) = cloud(200, |_| {});
    let throttled = Fault::on("DeleteKeyPairs").skip(4).times(3).throttle(Some(Duration::from_millis(50)));
    let throttled = simulator.fail(throttled);
    assert_eq!(refused(&each(&client, 0..200, 10, delete).await), []);
    assert_eq!((throttled.hits(), left(&simulator).len()), (3, 0));
    // What a throttled call has held goes into the next one.
    let calls = simulator.count("DeleteKeyPairs");
    assert!(calls <= 20 + 3 + 4, "{calls}");
}

#[tokio::test]
async fn a_refresh_reads_pages_and_believes_no_absence() {
    let (simulator, client) = cloud(300, |world| {
        world.key_pair_mut(REGION, "k5").unwrap().hidden_from_lists = true;
        world.remove_key_pair(REGION, "k6");
    });
    simulator.set_latency(Duration::from_millis(20));
    let found = each(&client, 0..300, 10, read).await;
    let missing: Vec<_> =
        found.iter().filter(|(_, found)| found.is_none()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(missing, ["k6"]);
    assert!(found["k7"].as_ref().is_some_and(|found| found.name == "k7" && found.public_key.is_some()));
    let calls = simulator.count("DescribeKeyPairs");
    assert!(calls <= 6 + 2 + 2, "{calls}: the pages and two more, and the two that no page shows");
}

#[tokio::test]
async fn what_this_client_changes_is_not_answered_from_an_older_page() {
    let (simulator, client) = cloud(40, |_| {});
    each(&client, 0..40, 10, read).await;
    let calls = simulator.count("DescribeKeyPairs");
    let tags = BTreeMap::from([("stage".to_owned(), "test".to_owned())]);
    client.tag_key_pair(&call(), "k1", &tags).await.unwrap();
    assert_eq!(read(client.clone(), name(1)).await.unwrap().tags, tags);
    let import = ImportKeyPair {
        name: "new".to_owned(),
        public_key: KEY.to_owned(),
        resource_group_id: None,
        tags: BTreeMap::new(),
    };
    client.import_key_pair(&call(), &import).await.unwrap();
    assert!(read(client.clone(), "new".to_owned()).await.is_some());
    delete(client.clone(), name(2)).await.unwrap();
    assert_eq!(read(client.clone(), name(2)).await, None);
    assert_eq!(simulator.count("DescribeKeyPairs"), calls + 3);
    assert!(read(client, name(3)).await.is_some());
    assert_eq!(simulator.count("DescribeKeyPairs"), calls + 3, "the others still come from the page");
}

#[tokio::test]
async fn warnings_for_a_plan_cost_a_call_for_each_page_of_instances() {
    let (simulator, client) = cloud(30, |world| {
        for number in 0..250 {
            world.add_instance(Instance::new(REGION, &format!("i-{number}")).bound_to(&name(number % 20)));
        }
    });
    simulator.set_latency(Duration::from_millis(20));
    let found = each(&client, 0..30, 10, bindings).await;
    assert_eq!((found["k0"], found["k19"], found["k20"]), (13, 12, 0));
    assert_eq!(simulator.count("DescribeInstances"), 3);
}
