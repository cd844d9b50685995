//! Planning, and what is left in the state whatever a step comes to.

use alicloud_provider::cty::Value;
use alicloud_provider::framework::{Attr, ModelValue as _};
use serde_json::json;

use crate::client::{Client, dynamic, proto, serve, told, value};
use crate::toy::{Line, Note, Notes, note, note_type};

const TYPE: &str = "notes_note";

async fn configured() -> Client {
    let (mut client, _) = serve(Notes);
    configure(&mut client, "oak").await;
    client
}

async fn configure(client: &mut Client, shelf: &str) -> Vec<String> {
    let shelf = Value::object([("shelf", shelf.into())]);
    let ty = alicloud_provider::cty::Type::object([("shelf", alicloud_provider::cty::Type::String)]);
    let request = proto::configure_provider::Request {
        terraform_version: "1.2.3".to_owned(),
        config: dynamic(&shelf, &ty),
        client_capabilities: None,
    };
    told(&client.configure_provider(request).await.unwrap().into_inner().diagnostics)
}

struct Planned {
    state: Value,
    replaces: usize,
    private: Vec<u8>,
    told: Vec<String>,
}

async fn plan(
    client: &mut Client,
    prior: Option<&Note>,
    config: Option<&Note>,
    proposed: Option<&Note>,
) -> Planned {
    let ty = note_type();
    let wire = |note: Option<&Note>| dynamic(&note.map_or(Value::Null, Note::to_value), &ty);
    let request = proto::plan_resource_change::Request {
        type_name: TYPE.to_owned(),
        prior_state: wire(prior),
        proposed_new_state: wire(proposed),
        config: wire(config),
        prior_private: br#"{"others":1}"#.to_vec(),
        ..Default::default()
    };
    let first = client.plan_resource_change(request.clone()).await.unwrap().into_inner();
    let again = client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(first, again, "a plan comes to the same each time");
    Planned {
        state: value(first.planned_state, &ty),
        replaces: first.requires_replace.len(),
        private: first.planned_private,
        told: told(&first.diagnostics),
    }
}

struct Applied {
    state: Value,
    private: Vec<u8>,
    told: Vec<String>,
    identity: bool,
}

async fn apply(
    client: &mut Client,
    prior: Option<&Note>,
    config: Option<&Note>,
    planned: Option<&Note>,
) -> Applied {
    let ty = note_type();
    let wire = |note: Option<&Note>| dynamic(&note.map_or(Value::Null, Note::to_value), &ty);
    let request = proto::apply_resource_change::Request {
        type_name: TYPE.to_owned(),
        prior_state: wire(prior),
        planned_state: wire(planned),
        config: wire(config),
        planned_private: br#"{"others":1}"#.to_vec(),
        ..Default::default()
    };
    let answer = client.apply_resource_change(request).await.unwrap().into_inner();
    Applied {
        state: value(answer.new_state, &ty),
        private: answer.private,
        told: told(&answer.diagnostics),
        identity: answer.new_identity.is_some(),
    }
}

fn planned_note(title: &str) -> Note {
    Note { id: Attr::Unknown, text: Attr::Unknown, edition: Attr::Unknown, ..note(title) }
}

fn json_of(private: &[u8]) -> serde_json::Value {
    serde_json::from_slice(private).unwrap()
}

#[tokio::test]
async fn a_create_plans_unknowns_nulls_write_only_values_and_keeps_private_data() {
    let mut client = configured().await;
    let config = Note {
        secret: "s3cret".into(),
        line: Attr::Known(vec![Line { text: "a".into(), draft: "s3cret".into(), ..Line::default() }]),
        ..note("warned of")
    };
    let planned = plan(&mut client, None, Some(&config), Some(&config)).await;
    let expected = Note {
        secret: Attr::Null,
        line: Attr::Known(vec![Line { text: "a".into(), number: Attr::Unknown, draft: Attr::Null }]),
        ..planned_note("warned of")
    };
    assert_eq!(planned.state, expected.to_value());
    assert_eq!(planned.told, ["Warning: A doubtful title"]);
    assert_eq!(json_of(&planned.private), json!({"others": 1, "plan": "without a text"}));
}

#[tokio::test]
async fn an_update_opens_computed_values_only_if_something_changes() {
    let mut client = configured().await;
    let prior = Note { id: "1".into(), text: "t".into(), edition: "1".into(), ..note("a") };
    let same = plan(&mut client, Some(&prior), Some(&note("a")), Some(&prior)).await;
    assert_eq!((same.state, same.replaces), (prior.to_value(), 0));

    let labels = Attr::Known([("k".to_owned(), Attr::Unknown)].into());
    let config = Note { labels: labels.clone(), ..note("a") };
    let proposed = Note { labels: labels.clone(), ..prior.clone() };
    let changed = plan(&mut client, Some(&prior), Some(&config), Some(&proposed)).await;
    assert_eq!(
        changed.state,
        Note { id: "1".into(), edition: "1".into(), labels, ..planned_note("a") }.to_value()
    );

    let renamed = Note { title: "b".into(), ..prior.clone() };
    assert_eq!(plan(&mut client, Some(&prior), Some(&note("b")), Some(&renamed)).await.replaces, 1);
}

#[tokio::test]
async fn a_destroy_is_planned_with_warnings() {
    let mut client = configured().await;
    let planned = plan(&mut client, Some(&note("a")), None, None).await;
    assert_eq!(planned.state, Value::Null);
    assert_eq!(planned.told, ["Warning: \"a\" will be lost"]);
    assert_eq!(json_of(&planned.private), json!({"others": 1}));
}

#[tokio::test]
async fn a_create_fills_what_was_unknown() {
    let mut client = configured().await;
    let config = Note { secret: "s3cret".into(), ..note("a") };
    let done = apply(&mut client, None, Some(&config), Some(&planned_note("a"))).await;
    let made = Note {
        id: "on oak of 1.2.3 with a secret".into(),
        text: "no text".into(),
        edition: "1".into(),
        ..note("a")
    };
    assert_eq!(done.state, made.to_value());
    assert_eq!(json_of(&done.private), json!({"others": 1, "made": true}));
    assert!(done.told.is_empty() && done.identity);
}

/// What a create leaves when it does as its title says: what is in the state, and what is told.
#[tokio::test]
async fn whatever_happens_the_state_holds_what_was_made() {
    let made = |title: &str| Note {
        id: "on oak of 1.2.3 with no secret".into(),
        text: "no text".into(),
        edition: "1".into(),
        ..note(title)
    };
    for (title, state, expected) in [
        ("refused", None, "Error: Refused"),
        ("half made", Some(Note { text: Attr::Null, ..made("half made") }), "Error: Refused"),
        ("panics after", Some(made("panics after")), "Error: The provider ran into a bug"),
        ("forgotten", None, "Error: The provider returned no state for an object that should exist"),
        (
            "half known",
            Some(Note { text: Attr::Null, ..made("half known") }),
            "Error: The provider left values unknown after apply [text]",
        ),
    ] {
        let mut client = configured().await;
        let done = apply(&mut client, None, Some(&note(title)), Some(&planned_note(title))).await;
        assert_eq!(done.told, [expected], "{title}");
        assert_eq!(done.state, state.map_or(Value::Null, |note| note.to_value()), "{title}");
        // The process is none the worse for it.
        assert!(apply(&mut client, None, Some(&note("a")), Some(&planned_note("a"))).await.told.is_empty());
    }
}

#[tokio::test]
async fn a_failed_update_leaves_what_is_true() {
    let mut client = configured().await;
    let prior = Note { id: "1".into(), text: "t".into(), ..note("a") };
    let labels = Attr::Known([("refused".to_owned(), "x".into())].into());
    let planned = Note { labels, text: Attr::Unknown, ..prior.clone() };
    let done = apply(&mut client, Some(&prior), Some(&planned), Some(&planned)).await;
    assert_eq!(done.told, ["Error: Refused [labels]"]);
    assert_eq!(done.state, Note { text: "new text".into(), ..prior }.to_value());
}

#[tokio::test]
async fn a_delete_keeps_what_is_still_there() {
    let mut client = configured().await;
    assert_eq!(apply(&mut client, Some(&note("a")), None, None).await.state, Value::Null);
    for (title, expected) in [
        ("stuck", "Error: Stuck"),
        ("kept by mistake", "Error: The object was to be destroyed, and the provider kept it"),
    ] {
        let done = apply(&mut client, Some(&note(title)), None, None).await;
        assert_eq!((done.state, done.told), (note(title).to_value(), vec![expected.to_owned()]));
    }
}

#[tokio::test]
async fn an_interrupt_ends_what_runs_and_what_comes_after_until_the_next_run() {
    let (mut client, shutdown) = serve(Notes);
    configure(&mut client, "oak").await;
    let mut other = client.clone();
    let (config, planned) = (note("waits"), planned_note("waits"));
    let running = apply(&mut client, None, Some(&config), Some(&planned));
    let stopping = async { other.stop_provider(proto::stop_provider::Request {}).await.unwrap() };
    let (done, _) = tokio::join!(running, stopping);
    assert_eq!(done.told, ["Error: Interrupted"]);
    assert_eq!(value_of(&done, "title"), "waits");
    // Whatever starts now sees the interrupt at once.
    assert_eq!(apply(&mut client, None, Some(&config), Some(&planned)).await.told, ["Error: Interrupted"]);

    configure(&mut client, "elm").await;
    let mut other = client.clone();
    let running = apply(&mut client, None, Some(&config), Some(&planned));
    let ending = async {
        // The create is running once it can be waited for no longer.
        assert!(apply(&mut other, None, Some(&note("a")), Some(&planned_note("a"))).await.told.is_empty());
        shutdown.cancel();
    };
    let (done, ()) = tokio::join!(running, ending);
    assert_eq!(done.told, ["Error: Interrupted"], "the end of the process ends it too");
}

fn value_of(done: &Applied, name: &str) -> String {
    done.state.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_second_configuration_replaces_the_first() {
    let mut client = configured().await;
    configure(&mut client, "elm").await;
    let done = apply(&mut client, None, Some(&note("a")), Some(&planned_note("a"))).await;
    assert_eq!(value_of(&done, "id"), "on elm of 1.2.3 with no secret");
    assert_eq!(configure(&mut client, "broken").await, ["Error: Broken shelf"]);
    let done = apply(&mut client, None, Some(&note("a")), Some(&planned_note("a"))).await;
    assert_eq!(done.told, ["Error: The provider is not configured"]);
}
