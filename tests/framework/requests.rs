//! The calls around a life: validation, refresh, import, upgrade, move; and requests that are wrong.

use alicloud_provider::cty::{Type, Value};
use alicloud_provider::framework::schema::{check, check_model};
use alicloud_provider::framework::{Attr, ModelValue as _, Resource as _};
use tonic::Code;

use crate::client::{Client, dynamic, proto, serve, told, value};
use crate::toy::{Faulty, Line, Note, NoteResource, Notes, note, note_type};

const TYPE: &str = "notes_note";

/// A client of a process that was never configured, as hosts start some.
fn unconfigured() -> Client {
    serve(Notes).0
}

async fn configured() -> Client {
    let mut client = unconfigured();
    client.configure_provider(proto::configure_provider::Request::default()).await.unwrap();
    client
}

#[tokio::test]
async fn the_schema_and_the_metadata_name_the_same_types() {
    let mut client = unconfigured();
    let schema =
        client.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let metadata = client.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    let named: Vec<String> = metadata.resources.into_iter().map(|resource| resource.type_name).collect();
    assert_eq!(schema.resource_schemas.keys().cloned().collect::<Vec<_>>(), named);
    assert_eq!(schema.server_capabilities, metadata.server_capabilities);
    assert!(schema.provider.unwrap().block.is_some());
    assert_eq!(schema.resource_schemas[TYPE].version, 2);
    let request = proto::get_resource_identity_schemas::Request {};
    let identities = client.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert_eq!(identities.identity_schemas[TYPE].identity_attributes[0].name, "title");
}

#[test]
fn the_toys_model_holds_whatever_its_schema_allows() {
    let schema = NoteResource.schema();
    assert_eq!((check(&schema), check_model::<Note>(&schema)), (vec![], vec![]));
}

#[tokio::test]
async fn faults_of_a_provider_are_told_at_once_and_all_together() {
    let mut client = serve(Faulty).0;
    let schema =
        client.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let metadata = client.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert!(schema.resource_schemas.is_empty() && metadata.resources.is_empty());
    assert_eq!(schema.diagnostics, metadata.diagnostics);
    assert_eq!(told(&schema.diagnostics), ["Error: The provider's schemas are not valid"]);
    let lines: Vec<&str> = schema.diagnostics[0].detail.lines().collect();
    assert_eq!(
        lines,
        [
            "This is a bug in the provider; please report it:",
            "  - provider block: alias: the name is reserved in provider blocks",
            "  - provider block: alias: the schema has it, the model does not",
            "  - provider block: shelf: the model has it, the schema does not",
            "  - notes_note: the type is offered more than once",
            "  - notes_note: the name of a type starts with faults_",
        ]
    );
}

#[tokio::test]
async fn there_are_no_functions() {
    let answer = unconfigured().get_functions(proto::get_functions::Request {}).await.unwrap().into_inner();
    assert_eq!(answer, proto::get_functions::Response::default());
}

#[tokio::test]
async fn a_configuration_that_fails_says_why() {
    let shelf = Type::object([("shelf", Type::String)]);
    for (name, summary, detail) in [
        ("broken", "Error: Broken shelf", "It cannot hold anything."),
        ("silent", "Error: The provider could not be configured", "The provider gives no reason."),
        ("panics", "Error: The provider ran into a bug", "The request failed, and nothing was recorded."),
    ] {
        let config = dynamic(&Value::object([("shelf", name.into())]), &shelf);
        let request = proto::configure_provider::Request { config, ..Default::default() };
        let answer = unconfigured().configure_provider(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), [summary]);
        assert!(answer.diagnostics[0].detail.contains(detail), "{}", answer.diagnostics[0].detail);
    }
}

#[tokio::test]
async fn an_identity_stays_the_same_except_right_after_an_import() {
    let mut client = configured().await;
    let identity = |title: &str| proto::ResourceIdentityData {
        identity_data: dynamic(
            &Value::object([("title", title.into())]),
            &Type::object([("title", Type::String)]),
        ),
    };
    for (title, before, private, expected) in [
        ("a", Some("a"), "{}", vec![]),
        ("a", None, "{}", vec![]),
        ("a", Some("b"), r#"{".imported":true}"#, vec![]),
        ("a", Some("b"), "{}", vec!["Error: The provider changed the identity of an object"]),
        // A read that failed has said why, and knows no better.
        ("unreadable", Some("b"), "{}", vec!["Error: Unreadable"]),
    ] {
        let request = proto::read_resource::Request {
            type_name: TYPE.to_owned(),
            current_state: dynamic(&note(title).to_value(), &note_type()),
            private: private.as_bytes().to_vec(),
            current_identity: before.map(identity),
            ..Default::default()
        };
        let answer = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), expected);
        assert!(answer.private.is_empty());
        let kept = if expected.is_empty() { "a" } else { "b" };
        assert_eq!(answer.new_identity, Some(identity(kept)));
    }
}

#[tokio::test]
async fn kinds_that_are_not_there_answer_unimplemented() {
    let mut client = unconfigured();
    let call = proto::call_function::Request::default();
    assert_eq!(client.call_function(call).await.unwrap_err().code(), Code::Unimplemented);
    let action = proto::plan_action::Request::default();
    assert_eq!(client.plan_action(action).await.unwrap_err().code(), Code::Unimplemented);
    let list = proto::list_resource::Request::default();
    assert_eq!(client.list_resource(list).await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn validation_needs_no_configuration_and_tells_where() {
    let mut client = unconfigured();
    let mut validate = async |config: Value, allowed: bool| {
        let capabilities =
            proto::ClientCapabilities { write_only_attributes_allowed: allowed, ..Default::default() };
        let request = proto::validate_resource_config::Request {
            type_name: TYPE.to_owned(),
            config: dynamic(&config, &note_type()),
            client_capabilities: Some(capabilities),
        };
        told(&client.validate_resource_config(request).await.unwrap().into_inner().diagnostics)
    };
    let labelled =
        |key: &str| Note { labels: Attr::Known([(key.to_owned(), "x".into())].into()), ..note("a") };
    assert_eq!(
        validate(labelled("").to_value(), true).await,
        ["Error: A label without a name [labels.[\"\"]]"]
    );
    assert!(validate(labelled("k").to_value(), true).await.is_empty());
    let secret = Note { secret: "s".into(), ..note("a") };
    assert!(validate(secret.to_value(), true).await.is_empty());
    let refused = "Error: This host cannot keep a write-only value out of its state";
    assert_eq!(validate(secret.to_value(), false).await, [format!("{refused} [secret]")]);
    let drafts = [Line::default(), Line { draft: "s3cret".into(), ..Line::default() }];
    let drafted = Note { line: Attr::Known(drafts.into()), ..note("a") };
    assert!(validate(drafted.to_value(), true).await.is_empty());
    assert_eq!(validate(drafted.to_value(), false).await, [format!("{refused} [line.[1].draft]")]);
    assert_eq!(
        validate(note("panics in validate").to_value(), true).await,
        ["Error: The provider ran into a bug"]
    );
    // Everything may be unknown, refined or not, and every optional value null.
    let Value::Object(fields) = note("a").to_value() else { panic!("an object") };
    let unknown = fields.into_keys().map(|name| (name, Value::UNKNOWN));
    assert!(validate(Value::object(unknown), true).await.is_empty());

    let shelf = Type::object([("shelf", Type::String)]);
    for (name, expected) in [("none", vec!["Error: No shelf [shelf]"]), ("oak", vec![])] {
        let config = dynamic(&Value::object([("shelf", name.into())]), &shelf);
        let request = proto::validate_provider_config::Request { config };
        let answer = client.validate_provider_config(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), expected);
    }
}

#[tokio::test]
async fn a_refresh_keeps_drops_or_fails() {
    let mut client = configured().await;
    for (title, state, expected) in [
        ("a", note("a").to_value(), vec![]),
        ("gone", Value::Null, vec![]),
        ("unreadable", note("unreadable").to_value(), vec!["Error: Unreadable"]),
        (
            "half read",
            note("half read").to_value(),
            vec!["Error: The provider left values unknown after reading [text]"],
        ),
    ] {
        let request = proto::read_resource::Request {
            type_name: TYPE.to_owned(),
            current_state: dynamic(&note(title).to_value(), &note_type()),
            private: br#"{"mine":1}"#.to_vec(),
            ..Default::default()
        };
        let answer = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), expected);
        assert_eq!(answer.private, br#"{"mine":1}"#);
        assert_eq!(answer.new_identity.is_some(), !state.is_null());
        assert_eq!(value(answer.new_state, &note_type()), state);
    }
}

#[tokio::test]
async fn an_import_starts_from_a_text_or_an_identity() {
    let mut client = configured().await;
    let identity = Type::object([("title", Type::String)]);
    let by_identity = proto::ResourceIdentityData {
        identity_data: dynamic(&Value::object([("title", "a".into())]), &identity),
    };
    for (id, identity) in [("a", None), ("", Some(by_identity))] {
        let request = proto::import_resource_state::Request {
            type_name: TYPE.to_owned(),
            id: id.to_owned(),
            identity,
            ..Default::default()
        };
        let answer = client.import_resource_state(request).await.unwrap().into_inner();
        let imported = answer.imported_resources.into_iter().next().unwrap();
        assert_eq!(value(imported.state, &note_type()), note("a").to_value());
        assert!(imported.identity.is_some());
    }
    let request = proto::import_resource_state::Request {
        type_name: TYPE.to_owned(),
        id: "half read".to_owned(),
        ..Default::default()
    };
    let answer = client.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), ["Error: The provider left values unknown after importing [text]"]);
}

#[tokio::test]
async fn states_of_every_version_are_read_without_a_configuration() {
    let mut client = unconfigured();
    let mut upgrade = async |version: i64, json: &str| {
        let raw_state = Some(proto::RawState { json: json.as_bytes().to_vec(), ..Default::default() });
        let request =
            proto::upgrade_resource_state::Request { type_name: TYPE.to_owned(), version, raw_state };
        let answer = client.upgrade_resource_state(request).await.unwrap().into_inner();
        (value(answer.upgraded_state, &note_type()), told(&answer.diagnostics))
    };
    let a = (note("a").to_value(), vec![]);
    // The current version, pretty-printed, with keys missing and keys too many.
    assert_eq!(
        upgrade(2, "{\n  \"title\": \"a\",\n  \"line\": [],\n  \"extra\": {\"x\": [1.5]}\n}\n").await,
        a
    );
    assert_eq!(upgrade(2, r#"{"title":"a","secret":"s3cret","line":null}"#).await, a);
    assert_eq!(upgrade(1, r#"{"name":"a"}"#).await, a);
    let long = "12345678901234567890.12345678901234567890123456789";
    let edition = Note { edition: long.into(), ..note("a") }.to_value();
    assert_eq!(upgrade(1, &format!(r#"{{"name":"a","length":{long}}}"#)).await, (edition, vec![]));
    let half = upgrade(1, r#"{"name":"half read"}"#).await;
    let told = "Error: The provider left values unknown after upgrading the state [text]";
    assert_eq!(half, (Value::Null, vec![told.to_owned()]));
    let failed = |summary: &str| (Value::Null, vec![format!("Error: {summary}")]);
    assert_eq!(upgrade(0, "{}").await, failed("Too old"));
    for broken in ["", "{", "[]", "nonsense"] {
        assert_eq!(upgrade(2, broken).await, failed("The stored state cannot be read"), "{broken:?}");
    }
}

#[tokio::test]
async fn a_move_takes_over_what_the_resource_knows() {
    let mut client = unconfigured();
    for (source, state, expected) in [
        ("other_note", note("a").to_value(), vec![]),
        ("other_book", Value::Null, vec!["Error: This object cannot be moved here"]),
    ] {
        let raw = proto::RawState { json: br#"{"heading":"a"}"#.to_vec(), ..Default::default() };
        let request = proto::move_resource_state::Request {
            source_provider_address: "registry.terraform.io/toys/other".to_owned(),
            source_type_name: source.to_owned(),
            source_state: Some(raw),
            target_type_name: TYPE.to_owned(),
            ..Default::default()
        };
        let answer = client.move_resource_state(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), expected);
        assert_eq!(value(answer.target_state, &note_type()), state);
    }
}

#[tokio::test]
async fn requests_that_are_wrong_are_answered_and_survived() {
    let mut client = configured().await;
    let damaged = |bytes: &[u8]| Some(proto::DynamicValue { msgpack: bytes.to_vec(), json: Vec::new() });
    for bytes in [&b"\xc1"[..], b"\x81", b"\xdf\xff\xff\xff\xff", b"\xa3abc", b"\xc0\xc0", &[0x91; 4000]] {
        let request = proto::read_resource::Request {
            type_name: TYPE.to_owned(),
            current_state: damaged(bytes),
            ..Default::default()
        };
        let answer = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), ["Error: The host sent a value that cannot be read"]);
        let request = proto::validate_provider_config::Request { config: damaged(bytes) };
        let answer = client.validate_provider_config(request).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), ["Error: The host sent a value that cannot be read"]);
    }
    let request =
        proto::plan_resource_change::Request { type_name: "notes_book".to_owned(), ..Default::default() };
    let answer = client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), ["Error: Unknown resource type"]);
    // JSON in place of msgpack, as the protocol allows.
    let json = br#"{"id":null,"title":"a","text":null,"edition":null,"secret":null,"labels":null,"tags":null,
        "authors":null,"line":[],"link":[]}"#;
    let request = proto::read_resource::Request {
        type_name: TYPE.to_owned(),
        current_state: Some(proto::DynamicValue { msgpack: Vec::new(), json: json.to_vec() }),
        ..Default::default()
    };
    let answer = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!(value(answer.new_state, &note_type()), note("a").to_value());
}

#[tokio::test]
async fn work_before_a_configuration_is_an_error() {
    let request = proto::read_resource::Request { type_name: TYPE.to_owned(), ..Default::default() };
    let answer = unconfigured().read_resource(request).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), ["Error: The provider is not configured"]);
}
