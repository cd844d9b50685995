//! What becomes of a provider block.

mod cases;
mod order;

use std::collections::BTreeMap;

use super::*;
use crate::alicloud::testing::raw_server;
use crate::cty::Value;
use crate::framework::schema::{Block, Nesting, check, check_model};
use crate::framework::{ModelValue, Secret};

fn configured(config: &ProviderModel, environment: &[(&str, &str)]) -> (Option<Cloud>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let surroundings = Surroundings {
        environment: Arc::new(environment.collect::<BTreeMap<String, String>>()),
        ..Surroundings::default()
    };
    let cloud = configure(config, &Host::default(), &surroundings, &mut diagnostics);
    (cloud, diagnostics)
}

#[test]
fn hosts_accept_the_schema_and_the_model_fits_it() {
    assert_eq!(check(&schema()), Vec::<String>::new());
    assert_eq!(check_model::<ProviderModel>(&schema()), Vec::<String>::new());
}

#[test]
fn the_block_comes_before_the_environment_and_the_default_last() {
    let region = |config: &ProviderModel, environment: &[(&str, &str)]| {
        let (cloud, _) = configured(config, environment);
        cloud.unwrap().client().unwrap().region().to_owned()
    };
    let block = ProviderModel { region: "cn-hangzhou".into(), ..ProviderModel::default() };
    assert_eq!(region(&block, &[("ALICLOUD_REGION", "cn-qingdao")]), "cn-hangzhou");
    let none = ProviderModel::default();
    assert_eq!(region(&none, &[("ALIBABA_CLOUD_REGION", "a-1"), ("ALICLOUD_REGION", "b-1")]), "b-1");
    assert_eq!(region(&none, &[]), "cn-beijing");
}

#[test]
fn two_variables_that_contradict_each_other_are_named_without_their_values() {
    let none = ProviderModel::default();
    let (_, found) =
        configured(&none, &[("ALICLOUD_REGION", "cn-qingdao"), ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")]);
    let expected = Diagnostic::warning(
        "Environment variables contradict each other",
        "Two variables for one setting have different values:\n  - region: ALICLOUD_REGION is used, and \
         ALIBABA_CLOUD_REGION_ID is not\n\nUnset one of the two, or set the argument in the provider block.",
    );
    assert_eq!(found, Diagnostics::from(expected));
    for (one, other) in [("ALIBABA_CLOUD_REGION_ID", "cn-qingdao"), ("REGION_ID", "cn-hangzhou")] {
        let (cloud, found) = configured(&none, &[("ALICLOUD_REGION", "cn-qingdao"), (one, other)]);
        assert_eq!(found, Diagnostics::new(), "{one}");
        assert_eq!(
            cloud.unwrap().client().unwrap().region_source(),
            "the environment variable ALICLOUD_REGION"
        );
    }
    let (cloud, _) = configured(&none, &[]);
    let cloud = cloud.unwrap();
    assert_eq!(cloud.unsaid_default_region(), Some(("cn-beijing", "")));
    assert_eq!(cloud.unsaid_default_region(), None, "once");
    let (cloud, found) = configured(&none, &[("ALICLOUD_REGION_NAME", "cn-hangzhou")]);
    assert_eq!(found, Diagnostics::new(), "no warning of its own");
    let unread = "Set in the environment, but not read by the provider: ALICLOUD_REGION_NAME. ";
    assert_eq!(cloud.unwrap().unsaid_default_region(), Some(("cn-beijing", unread)));
    let block = ProviderModel { region: "cn-beijing".into(), ..ProviderModel::default() };
    assert_eq!(configured(&block, &[]).0.unwrap().unsaid_default_region(), None);
}

/// Modules hand `""` over for what is not set.
#[test]
fn an_empty_text_is_as_good_as_none() {
    let schema = schema().block;
    let empty = |name: &&'static str| {
        let is_text = matches!(
            schema.attributes[*name].kind,
            crate::framework::schema::AttributeKind::Type(crate::cty::Type::String)
        );
        (*name, if is_text { Value::from("") } else { Value::Null })
    };
    let mut values: BTreeMap<&str, Value> = schema.attributes.keys().map(empty).collect();
    let endpoints = Value::object([("ecs", Value::from("")), ("sts", Value::from(""))]);
    values.extend(schema.blocks.iter().map(|(name, nested)| {
        let given = if *name == "endpoints" { vec![endpoints.clone()] } else { Vec::new() };
        (*name, if nested.nesting == Nesting::Set { Value::set(given) } else { Value::list(given) })
    }));
    let config = ProviderModel::from_value(&Value::object(values), &Path::root()).unwrap();
    let mut found = Diagnostics::new();
    validate(&config, &mut found);
    assert_eq!(found, Diagnostics::new());
    let keys = [("ALICLOUD_ACCESS_KEY", "id"), ("ALICLOUD_SECRET_KEY", "secret")];
    let (cloud, found) = configured(&config, &keys);
    assert_eq!(found, Diagnostics::new());
    let client = cloud.unwrap();
    assert_eq!(client.client().unwrap().region(), "cn-beijing");
    assert_eq!(client.wait_for_unbind(), Duration::ZERO);
}

/// All arguments of the block, with the block that has nothing but this one, unknown.
fn unknown_one_by_one() -> Vec<(&'static str, String, ProviderModel)> {
    let of = |schema: &Block, unknown: Option<&str>| {
        let attributes = schema
            .attributes
            .keys()
            .map(|name| (*name, if Some(*name) == unknown { Value::UNKNOWN } else { Value::Null }));
        let blocks = schema.blocks.iter().map(|(name, nested)| {
            let none = match nested.nesting {
                Nesting::Set => Value::set([]),
                _ => Value::list([]),
            };
            (*name, if Some(*name) == unknown { Value::UNKNOWN } else { none })
        });
        attributes.chain(blocks).collect::<BTreeMap<_, _>>()
    };
    let schema = schema().block;
    let model = |values: BTreeMap<&str, Value>| {
        ProviderModel::from_value(&Value::object(values), &Path::root()).unwrap()
    };
    let whole = schema.attributes.keys().chain(schema.blocks.keys());
    let mut all: Vec<_> =
        whole.map(|name| (*name, (*name).to_owned(), model(of(&schema, Some(name))))).collect();
    for (name, nested) in &schema.blocks {
        for inner in nested.block.attributes.keys() {
            let one = Value::object(of(&nested.block, Some(inner)));
            let mut values = of(&schema, None);
            let block = match nested.nesting {
                Nesting::Set => Value::set([one]),
                _ => Value::list([one]),
            };
            values.insert(name, block);
            all.push((*name, format!("{name}.{inner}"), model(values)));
        }
    }
    all
}

#[test]
fn an_unknown_argument_fails_only_when_the_cloud_is_needed() {
    // What no call depends on. Of the many services, two are called.
    const ALIKE: [&str; 12] = [
        "account_id",
        "account_type",
        "configuration_source",
        "fc",
        "features",
        "log_endpoint",
        "mns_endpoint",
        "ots_instance_name",
        "plan_time_checks",
        "sign_version",
        "skip_region_validation",
        "wait_for_unbind",
    ];
    let schema = schema().block;
    let is_there = |name: &&str| schema.attributes.contains_key(name) || schema.blocks.contains_key(name);
    assert!(ALIKE.iter().all(is_there));
    let all = unknown_one_by_one();
    let mut needed = Vec::new();
    for (argument, full, block) in &all {
        let is_needed = !ALIKE.contains(argument)
            && (*argument != "endpoints"
                || matches!(full.as_str(), "endpoints" | "endpoints.ecs" | "endpoints.sts"));
        let mut found = Diagnostics::new();
        validate(block, &mut found);
        assert!(found.is_empty(), "{full}: {found:?}");
        let (cloud, diagnostics) = configured(block, &[]);
        assert!(diagnostics.is_empty(), "{full}: {diagnostics:?}");
        match cloud.unwrap().client() {
            Ok(_) => assert!(!is_needed, "{full} is unknown, and the cloud is called all the same"),
            Err(error) => {
                assert!(is_needed, "{full} is unknown, which would not matter: {}", error.detail);
                assert_eq!(error.summary, "The provider block is not complete yet");
                let told = format!("known only after apply: {argument}.");
                assert!(error.detail.contains(&told), "{full}: {}", error.detail);
                needed.push(full.as_str());
            }
        }
    }
    assert!(needed.contains(&"access_key") && needed.contains(&"assume_role.external_id"), "{needed:?}");
}

#[test]
fn half_a_key_is_told_where_it_is_used_and_is_no_fault_of_a_configuration_by_itself() {
    let half = |id: Attr<Secret>, secret: Attr<Secret>| ProviderModel {
        access_key: id,
        secret_key: secret,
        ..ProviderModel::default()
    };
    let other = ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s");
    for (block, variable, place) in [
        (half("id".into(), Attr::Null), None, Some("access_key")),
        (half(Attr::Null, "s".into()), None, Some("secret_key")),
        (half(Attr::Null, "s".into()), Some(other), Some("secret_key")),
        (half("id".into(), Attr::Null), Some(other), None),
        (half("id".into(), "s".into()), None, None),
    ] {
        let environment: BTreeMap<String, String> =
            variable.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let told = credentials::half_a_key(&block, &environment).err();
        assert_eq!(told.map(|it| it.path.unwrap().to_string()).as_deref(), place);
        let mut found = Diagnostics::new();
        validate(&block, &mut found);
        assert_eq!(found.iter().count(), 0);
    }
}

#[test]
fn bad_arguments_are_errors_at_their_place() {
    let block = ProviderModel {
        protocol: "gopher".into(),
        client_read_timeout: Attr::Known(Number::from(0_i64)),
        ..ProviderModel::default()
    };
    let mut found = Diagnostics::new();
    validate(&block, &mut found);
    let paths: Vec<String> = found.iter().map(|it| it.path.clone().unwrap().to_string()).collect();
    assert_eq!(paths, ["protocol", "client_read_timeout"]);

    let endpoint = EndpointsModel { ecs: "ftp://x".into(), ..EndpointsModel::default() };
    for (config, environment, summary, path) in [
        (
            ProviderModel { region: "Mars/1".into(), ..ProviderModel::default() },
            ("", ""),
            "Invalid region",
            "region",
        ),
        (
            ProviderModel { endpoints: Attr::Known([endpoint].into()), ..ProviderModel::default() },
            ("", ""),
            "Invalid endpoint",
            "endpoints",
        ),
        (ProviderModel::default(), ("CLIENT_READ_TIMEOUT", "soon"), "Invalid timeout", "client_read_timeout"),
    ] {
        let (cloud, found) = configured(&config, &[environment]);
        assert!(cloud.is_none());
        let one = found.iter().next().unwrap();
        assert_eq!((one.summary.as_str(), one.path.clone().unwrap().to_string().as_str()), (summary, path));
    }
}

#[test]
fn the_schema_is_that_of_the_official_provider() {
    let recorded = include_str!("../../../tests/fixtures/official/provider-schema.json");
    let recorded: serde_json::Value = serde_json::from_str(recorded).unwrap();
    let mut block = schema().block;
    for own in ["plan_time_checks", "wait_for_unbind"] {
        assert!(block.attributes.remove(own).is_some_and(|attribute| attribute.optional));
    }
    same_block(&block, &recorded["block"], "");
}

fn same_block(ours: &Block, theirs: &serde_json::Value, path: &str) {
    let members = |name: &str| theirs[name].as_object().cloned().unwrap_or_default();
    let (attributes, blocks) = (members("attributes"), members("block_types"));
    assert!(ours.attributes.keys().copied().eq(attributes.keys().map(String::as_str)), "{path}");
    assert!(ours.blocks.keys().copied().eq(blocks.keys().map(String::as_str)), "{path}");
    for (name, attribute) in &ours.attributes {
        let their = &attributes[*name];
        let flag = |flag: &str| their[flag] == true;
        let ty = crate::cty::Type::from_json(their["type"].to_string().as_bytes()).unwrap();
        assert_eq!(attribute.ty(), ty, "{path}{name}");
        assert_eq!(
            (attribute.required, attribute.optional),
            (flag("required"), flag("optional")),
            "{path}{name}"
        );
        assert_eq!(attribute.deprecation.is_some(), flag("deprecated"), "{path}{name}");
    }
    for (name, block) in &ours.blocks {
        let their = &blocks[*name];
        let nesting = match block.nesting {
            Nesting::List => "list",
            Nesting::Set => "set",
            other => panic!("{other:?}"),
        };
        assert_eq!(their["nesting_mode"], nesting, "{path}{name}");
        assert_eq!(their["max_items"].as_i64().unwrap_or_default(), block.max_items, "{path}{name}");
        same_block(&block.block, &their["block"], &format!("{path}{name}."));
    }
}

#[test]
fn an_unknown_region_is_a_warning_that_can_be_silenced() {
    let region = |region: &str| ProviderModel { region: region.into(), ..ProviderModel::default() };
    let (cloud, found) = configured(&region("cn-hangzou"), &[]);
    assert!(cloud.is_some());
    let one = found.iter().next().unwrap();
    assert_eq!(one.summary, "The region \"cn-hangzou\" is not known");
    assert!(one.detail.contains("Perhaps cn-hangzhou is meant."), "{}", one.detail);
    assert!(configured(&region("cn-hangzhou"), &[]).1.is_empty());
    let silent = ProviderModel { skip_region_validation: Attr::Known(true), ..region("mars-1") };
    assert!(configured(&silent, &[]).1.is_empty());
    assert!(configured(&region("mars-1"), &[("ALICLOUD_SKIP_REGION_VALIDATION", "true")]).1.is_empty());
}

/// The cases in `tests/credentials` play the network; this is the real one, with timeouts and agent of the block.
#[tokio::test]
async fn sources_of_credentials_are_asked_over_the_network_of_the_block() {
    let session = r#"{"Code":"Success","AccessKeyId":"STS.example-wxyz","AccessKeySecret":"s","SecurityToken":"t",
        "Expiration":"2999-01-01T00:00:00Z"}"#;
    let reply =
        |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    let (address, received) = raw_server(vec![reply(session), reply("token"), reply(session)]).await;
    let uri = format!("http://{address}/keys");
    let block = ProviderModel { configuration_source: "a-test".into(), ..ProviderModel::default() };
    for environment in [
        vec![("ALICLOUD_CREDENTIALS_URI", uri.as_str())],
        vec![
            ("ALICLOUD_ECS_ROLE_NAME", "web"),
            ("ALICLOUD_ECS_METADATA_ENDPOINT", uri.strip_suffix("/keys").unwrap()),
        ],
    ] {
        let (cloud, _) = configured(&block, &environment);
        let cloud = cloud.unwrap();
        let found = cloud.client().unwrap().credentials().credentials().await.unwrap();
        assert_eq!(found.masked_id(), "****wxyz");
    }
    let received = received.lock().unwrap();
    let first: Vec<_> = received.iter().filter_map(|request| request.lines().next()).collect();
    let role = "GET /latest/meta-data/ram/security-credentials/web HTTP/1.1";
    assert_eq!(first, ["GET /keys HTTP/1.1", "PUT /latest/api/token HTTP/1.1", role]);
    assert!(received.iter().all(|request| request.contains(" a-test\r\n")), "{received:?}");
}

#[test]
fn several_endpoints_blocks_are_one() {
    let block = |ecs: &str, sts: &str| EndpointsModel { ecs: ecs.into(), sts: sts.into() };
    for (blocks, errors) in [
        (vec![block("a.example", ""), block("", "b.example")], 0),
        (vec![block("a.example", ""), block("a.example", "b.example")], 0),
        (vec![block("a.example", ""), block("c.example", "")], 1),
    ] {
        let config = ProviderModel {
            endpoints: Attr::Known(blocks.into_iter().collect()),
            ..ProviderModel::default()
        };
        let mut found = Diagnostics::new();
        validate(&config, &mut found);
        assert_eq!(found.iter().count(), errors, "{found:?}");
    }
}
