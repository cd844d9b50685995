//! Many operations at once, as no host of today sends them: only the protocol sets a limit.

use std::time::Duration;

use ecs_simulator::{Call, Simulator};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::harness::{Launch, soon};
use crate::stand_in::proto::provider_client::ProviderClient;
use crate::stand_in::proto::{
    DynamicValue, RawState, apply_resource_change, configure_provider, get_provider_schema,
    upgrade_resource_state,
};

const REGION: &str = "cn-beijing";
const KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQCxN0Uj1W3k3w==";
const TYPE: &str = "alicloud_key_pair";

/// A simulator with key pairs `k0`, `k1`, …; what it does takes a while, as it does in the cloud.
fn cloud(pairs: usize) -> Simulator {
    let latency = Duration::from_millis(50);
    let simulator =
        Simulator::start(ecs_simulator::Config { latency, ..ecs_simulator::Config::default() }).unwrap();
    simulator.world(|world| {
        for number in 0..pairs {
            world.add_key_pair(REGION, &format!("k{number}"), KEY);
        }
    });
    simulator
}

/// The compiled provider, to be configured for this cloud by its environment.
fn provider_of(simulator: &Simulator) -> Launch {
    Launch::plain()
        .env("ALICLOUD_REGION", REGION)
        .env("ALICLOUD_ACCESS_KEY", simulator.access_key_id())
        .env("ALICLOUD_SECRET_KEY", simulator.access_key_secret())
        .env("ALIBABA_CLOUD_ENDPOINT_ECS", simulator.url())
        .env("ALIBABA_CLOUD_ENDPOINT_STS", simulator.url())
}

async fn configured(channel: &Channel) -> ProviderClient<Channel> {
    let mut client = ProviderClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
    let schema = client.get_provider_schema(get_provider_schema::Request::default()).await.unwrap();
    let block = schema.into_inner().provider.unwrap().block.unwrap();
    let attributes = block.attributes.iter().map(|attribute| format!("{:?}:null", attribute.name));
    let blocks = block.block_types.iter().map(|block| format!("{:?}:[]", block.type_name));
    let json = format!("{{{}}}", attributes.chain(blocks).collect::<Vec<_>>().join(","));
    let request = configure_provider::Request {
        terraform_version: "1.14.0".to_owned(),
        config: Some(DynamicValue { json: json.into_bytes(), msgpack: Vec::new() }),
        ..Default::default()
    };
    let answer = client.configure_provider(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    client
}

/// The request that destroys this key pair.
async fn destroy(client: &mut ProviderClient<Channel>, name: &str) -> apply_resource_change::Request {
    let json = format!(r#"{{"id":"{name}","key_pair_name":"{name}"}}"#).into_bytes();
    let request = upgrade_resource_state::Request {
        type_name: TYPE.to_owned(),
        version: 0,
        raw_state: Some(RawState { json, ..Default::default() }),
    };
    let upgraded = client.upgrade_resource_state(request).await.unwrap().into_inner();
    assert!(upgraded.diagnostics.is_empty(), "{:?}", upgraded.diagnostics);
    // `nil` in msgpack.
    let nothing = || Some(DynamicValue { msgpack: vec![0xc0], json: Vec::new() });
    apply_resource_change::Request {
        type_name: TYPE.to_owned(),
        prior_state: upgraded.upgraded_state,
        planned_state: nothing(),
        config: nothing(),
        ..Default::default()
    }
}

/// How many key pairs a call deletes.
fn names_in(call: &Call) -> usize {
    serde_json::from_str::<Vec<String>>(&call.parameters["KeyPairNames"]).unwrap().len()
}

#[tokio::test]
async fn a_thousand_deletes_at_once_are_few_calls() {
    let simulator = cloud(1000);
    let plugin = provider_of(&simulator).shake().await;
    let channel = plugin.connect().await;
    let mut client = configured(&channel).await;
    let mut requests = Vec::new();
    for number in 0..1000 {
        requests.push(destroy(&mut client, &format!("k{number}")).await);
    }
    simulator.forget_calls();
    let mut deletes: JoinSet<_> = requests
        .into_iter()
        .map(|request| {
            let mut client = client.clone();
            async move { client.apply_resource_change(request).await.unwrap().into_inner().diagnostics }
        })
        .collect();
    while let Some(diagnostics) = soon("a delete", deletes.join_next()).await {
        let diagnostics = diagnostics.unwrap();
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
    assert!(simulator.world(|world| world.key_pairs.values().all(std::collections::BTreeMap::is_empty)));
    // Just ten, where the thousand really come at once: that is shown beside the queue, on a paused clock. They come from
    // another process here, and each time that it or this one stalls, a call may leave less than full. So these bounds
    // are far from what any machine, however busy, comes to, and as far from a call for each.
    let calls = simulator.calls();
    let deletes = calls.iter().filter(|call| call.action == "DeleteKeyPairs");
    let sizes: Vec<usize> = deletes.map(names_in).collect();
    assert!(sizes.iter().all(|size| (1..=100).contains(size)), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), 1000, "each name in one call: {sizes:?}");
    assert!(sizes.len() <= 100, "{sizes:?}");
    assert_eq!(simulator.count("DescribeKeyPairs"), 0);
    drop(client);
    plugin.shut_down(channel).await;
}
