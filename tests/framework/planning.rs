//! Plans with unknown parts: whatever the planner made reaches Terraform, whether there is a hook or not.

use alicloud_provider::cty::{Refinements, Value};
use alicloud_provider::framework::{Attr, ModelValue as _, Set};

use crate::client::{Client, dynamic, proto, serve, told, value};
use crate::toy::{Author, Link, Note, Notes, note, note_type};

async fn configured() -> Client {
    let mut client = serve(Notes).0;
    client.configure_provider(proto::configure_provider::Request::default()).await.unwrap();
    client
}

/// The planned state, and the root attributes that replace.
async fn plan(client: &mut Client, prior: Option<&Value>, config: &Value) -> (Value, Vec<String>) {
    let ty = note_type();
    // Computed values come from the prior state, as Terraform proposes them.
    let mut proposed = config.clone();
    if let (Value::Object(proposed), Some(prior)) = (&mut proposed, prior) {
        for name in ["id", "edition"] {
            proposed.insert(name.to_owned(), prior.get(name).unwrap().clone());
        }
    }
    let request = proto::plan_resource_change::Request {
        type_name: "notes_note".to_owned(),
        prior_state: dynamic(prior.unwrap_or(&Value::Null), &ty),
        proposed_new_state: dynamic(&proposed, &ty),
        config: dynamic(config, &ty),
        ..Default::default()
    };
    let answer = client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), Vec::<String>::new());
    let first = |path: &proto::AttributePath| match path.steps[0].selector.as_ref().unwrap() {
        proto::attribute_path::step::Selector::AttributeName(name) => name.clone(),
        other => panic!("{other:?}"),
    };
    (value(answer.planned_state, &ty), answer.requires_replace.iter().map(first).collect())
}

fn with(value: Value, fields: &[(&str, Value)]) -> Value {
    let Value::Object(mut all) = value else { panic!("an object") };
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(all)
}

#[tokio::test]
async fn each_unknown_element_of_a_set_is_planned() {
    let mut client = configured().await;
    for text in ["as it is", "a second edition"] {
        for unknown in 0..4 {
            for known in [&[][..], &["a", "b"]] {
                let texts = || -> Set<Attr<String>> {
                    let unknown = std::iter::repeat_n(Attr::Unknown, unknown);
                    unknown.chain(known.iter().map(|it| (*it).into())).collect()
                };
                let author = |name: Attr<String>| Attr::Known(Author { name, roles: Attr::Known(texts()) });
                let link = |url: Attr<String>| Link { url, caption: "c".into() };
                let config = Note {
                    text: text.into(),
                    tags: Attr::Known(texts()),
                    authors: Attr::Known(texts().into_iter().map(author).collect()),
                    link: Attr::Known(texts().into_iter().map(link).collect()),
                    ..note("a")
                };
                let edition = if text == "as it is" { Attr::Unknown } else { "2".into() };
                let expected = Note { id: Attr::Unknown, edition, ..config.clone() };
                let (state, replaces) = plan(&mut client, None, &config.to_value()).await;
                assert_eq!(state, expected.to_value(), "{unknown} unknown and {known:?}");
                assert_eq!(replaces, [""; 0]);
                let count = |name: &str| state.get(name).unwrap().as_elements().unwrap().len();
                let expected = unknown + known.len();
                assert_eq!([count("tags"), count("authors"), count("link")], [expected; 3]);
            }
        }
    }
}

#[tokio::test]
async fn what_a_hook_leaves_alone_keeps_what_is_promised_of_it() {
    let mut client = configured().await;
    let refined = |prefix: &str| {
        let prefix = Some(prefix.to_owned());
        Value::Unknown(Some(Box::new(Refinements { null: Some(false), prefix, ..Refinements::default() })))
    };
    let link = |url: Value| Value::object([("url", url), ("caption", refined("c-"))]);
    let config = with(
        Note { text: "a second edition".into(), ..note("a") }.to_value(),
        &[
            ("title", refined("t-")),
            ("labels", Value::map([("k".to_owned(), refined("l-"))])),
            ("tags", Value::set([refined("1-"), refined("2-"), "x".into()])),
            ("link", Value::set([link(refined("3-")), link(refined("4-"))])),
        ],
    );
    let (state, _) = plan(&mut client, None, &config).await;
    assert_eq!(state, with(config, &[("id", Value::UNKNOWN), ("edition", "2".into())]));
}

#[tokio::test]
async fn blocks_that_are_unknown_as_a_whole_are_planned_so() {
    let mut client = configured().await;
    let config = with(
        note("a").to_value(),
        &["line", "link", "tags", "authors", "labels", "text"].map(|name| (name, Value::UNKNOWN)),
    );
    let (state, _) = plan(&mut client, None, &config).await;
    assert_eq!(state, with(config, &[("id", Value::UNKNOWN), ("edition", Value::UNKNOWN)]));
}

#[tokio::test]
async fn a_replacement_is_decided_by_the_plan_after_the_hook() {
    let mut client = configured().await;
    let prior = Note { id: "1".into(), edition: "1".into(), text: "t".into(), ..note("a") };
    let mut replaced =
        async |config: Note| plan(&mut client, Some(&prior.to_value()), &config.to_value()).await.1;
    let text = |text: &str, title: &str| Note { text: text.into(), ..note(title) };
    assert_eq!(replaced(text("another", "a")).await, [""; 0]);
    assert_eq!(replaced(text("another", "b")).await, ["title"]);
    assert_eq!(replaced(text("a second edition", "a")).await, ["edition"], "changed by the hook");
    assert_eq!(replaced(text("a second edition", "b")).await, ["title", "edition"]);
    assert_eq!(replaced(text("the first edition again", "b")).await, [""; 0], "taken back by the hook");
    let link = Link { url: "u".into(), ..Link::default() };
    let linked = Note { link: Attr::Known([link].into()), ..text("t", "a") };
    assert_eq!(replaced(linked).await, ["link"], "in a set block");
}
