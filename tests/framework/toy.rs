//! A provider of notes, which does as their titles say.

use std::collections::BTreeMap;

use alicloud_provider::cty::{Number, Path, Type, Value};
use alicloud_provider::framework::schema::{
    Attribute, Block, IdentityAttribute, IdentitySchema, NestedBlock, Nesting, Schema,
};
use alicloud_provider::framework::{
    Attr, ChangeResponse, Context, CreateRequest, DeleteRequest, DestroyPlanRequest, Diagnostic, Diagnostics,
    Host, ImportSource, ModelValue as _, MoveSource, Moved, PlanRequest, PlanResponse, Provider, ReadRequest,
    Resource, Set, StoredState, Types, UpdateRequest,
};

alicloud_provider::model! {
    pub(crate) struct Settings {
        pub(crate) shelf: Attr<String>,
    }
}

alicloud_provider::model! {
    pub(crate) struct Note {
        pub(crate) id: Attr<String>,
        pub(crate) title: Attr<String>,
        pub(crate) text: Attr<String>,
        pub(crate) edition: Attr<String>,
        pub(crate) secret: Attr<String>,
        pub(crate) labels: Attr<BTreeMap<String, Attr<String>>>,
        pub(crate) tags: Attr<Set<Attr<String>>>,
        pub(crate) authors: Attr<Set<Attr<Author>>>,
        pub(crate) line: Attr<Vec<Line>>,
        pub(crate) link: Attr<Set<Link>>,
    }
}

alicloud_provider::model! {
    /// A note in version 1 of the schema.
    struct FirstNote {
        name: String,
        length: Attr<Number>,
    }
}

alicloud_provider::model! {
    pub(crate) struct Author {
        pub(crate) name: Attr<String>,
        pub(crate) roles: Attr<Set<Attr<String>>>,
    }
}

alicloud_provider::model! {
    pub(crate) struct Link {
        pub(crate) url: Attr<String>,
        pub(crate) caption: Attr<String>,
    }
}

alicloud_provider::model! {
    pub(crate) struct Line {
        pub(crate) text: Attr<String>,
        pub(crate) number: Attr<String>,
        pub(crate) draft: Attr<String>,
    }
}

/// The provider.
pub(crate) struct Notes;

/// The type of a note's value.
pub(crate) fn note_type() -> Type {
    Note::ty()
}

/// A note's value of only a title, as Terraform has it.
pub(crate) fn note(title: &str) -> Note {
    Note {
        title: title.into(),
        line: Attr::Known(Vec::new()),
        link: Attr::Known(Set::default()),
        ..Note::default()
    }
}

/// What an author may answer who does not think of Terraform's rules: null blocks, and a write-only value.
fn careless(title: &str) -> Note {
    Note { title: title.into(), secret: "s3cret".into(), ..Note::default() }
}

impl Provider for Notes {
    type Model = Settings;
    type Client = String;

    fn address(&self) -> &'static str {
        "registry.terraform.io/toys/notes"
    }

    fn schema(&self) -> Schema {
        Schema::new(Block::new("").attribute("shelf", Attribute::string().optional()))
    }

    fn types(&self, types: &mut Types<String>) {
        types.resource(NoteResource);
    }

    fn validate(&self, config: &Settings, diagnostics: &mut Diagnostics) {
        if config.shelf.as_str() == Some("none") {
            diagnostics.push(Diagnostic::error("No shelf", "There is no such shelf.").at("shelf"));
        }
    }

    async fn configure(
        &self,
        config: Settings,
        host: Host,
        _: &mut Diagnostics,
    ) -> Result<String, Diagnostics> {
        match config.shelf.as_str() {
            Some("broken") => Err(Diagnostic::error("Broken shelf", "It cannot hold anything.").into()),
            Some("silent") => Err(Diagnostics::new()),
            Some("panics") => panic!("as its name says"),
            named => Ok(format!("{} of {}", named.unwrap_or("a shelf"), host.version)),
        }
    }
}

/// A provider whose schemas and names Terraform would not accept.
pub(crate) struct Faulty;

impl Provider for Faulty {
    type Model = Settings;
    type Client = String;

    fn address(&self) -> &'static str {
        "registry.terraform.io/toys/faults"
    }

    fn schema(&self) -> Schema {
        Schema::new(Block::new("").attribute("alias", Attribute::string().optional()))
    }

    fn types(&self, types: &mut Types<String>) {
        types.resource(NoteResource);
        types.resource(NoteResource);
    }

    async fn configure(&self, _: Settings, _: Host, _: &mut Diagnostics) -> Result<String, Diagnostics> {
        Err(Diagnostics::new())
    }
}

pub(crate) struct NoteResource;

impl Resource for NoteResource {
    type Model = Note;
    type Client = String;

    fn type_name(&self) -> &'static str {
        "notes_note"
    }

    fn schema(&self) -> Schema {
        let line = Block::new("")
            .attribute("text", Attribute::string().optional())
            .attribute("number", Attribute::string().computed())
            .attribute("draft", Attribute::string().optional().write_only());
        let reference = Block::new("")
            .attribute("url", Attribute::string().required().requires_replace())
            .attribute("caption", Attribute::string().optional());
        let author = [
            ("name", Attribute::string().required()),
            ("roles", Attribute::of(Type::set(Type::String)).optional()),
        ];
        let block = Block::new("A note.")
            .attribute("id", Attribute::string().computed().keeps_prior())
            .attribute("title", Attribute::string().required().requires_replace())
            .attribute("text", Attribute::string().optional().computed())
            .attribute("edition", Attribute::string().computed().keeps_prior().requires_replace())
            .attribute("secret", Attribute::string().optional().write_only())
            .attribute("labels", Attribute::of(Type::map(Type::String)).optional())
            .attribute("tags", Attribute::of(Type::set(Type::String)).optional())
            .attribute("authors", Attribute::nested(Nesting::Set, author).optional())
            .block("line", NestedBlock::new(Nesting::List, line))
            .block("link", NestedBlock::new(Nesting::Set, reference));
        Schema { version: 2, block }
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        let title = IdentityAttribute { ty: Type::String, required_for_import: true, description: "" };
        Some(IdentitySchema { version: 0, attributes: [("title", title)].into() })
    }

    fn identity(&self, _: &String, state: &Note) -> Option<Value> {
        Some(Value::object([("title", state.title.to_value())]))
    }

    fn validate(&self, config: &Note, diagnostics: &mut Diagnostics) {
        for key in
            config.labels.known().into_iter().flatten().map(|(key, _)| key).filter(|key| key.is_empty())
        {
            let path = Path::root().attribute("labels").key(key.as_str());
            diagnostics.push(Diagnostic::error("A label without a name", "Name it.").at_path(path));
        }
        assert!(config.title.as_str() != Some("panics in validate"), "as its title says");
    }

    async fn plan(
        &self,
        _: &Context<String>,
        request: PlanRequest<'_, Note>,
        response: &mut PlanResponse<Note>,
    ) {
        if request.config.text.is_null() && request.prior.is_none() {
            response.private.set("plan", &"without a text").unwrap();
        }
        match request.config.text.as_str() {
            Some("a second edition") => response.planned.edition = "2".into(),
            Some("the first edition again") => {
                response.planned.title = request.prior.map(|prior| prior.title.clone()).unwrap_or_default();
            }
            _ => {}
        }
        if request.config.title.as_str() == Some("warned of") {
            response.diagnostics.push(Diagnostic::warning("A doubtful title", "It will do."));
        }
    }

    async fn plan_destroy(
        &self,
        _: &Context<String>,
        request: DestroyPlanRequest<'_, Note>,
        diagnostics: &mut Diagnostics,
    ) {
        let title = request.prior.title.as_str().unwrap_or_default();
        diagnostics.push(Diagnostic::warning(format!("{title:?} will be lost"), "For good."));
    }

    async fn create(
        &self,
        context: &Context<String>,
        request: CreateRequest<Note>,
        response: &mut ChangeResponse<Note>,
    ) -> Result<(), Diagnostics> {
        let title = request.planned.title.as_str().unwrap_or_default().to_owned();
        let refused = || Diagnostic::error("Refused", format!("{title}."));
        if title == "refused" {
            return Err(refused().into());
        }
        let secret = request.config.secret.as_str().map_or("no secret", |_| "a secret");
        let lines = request.planned.line.known().into_iter().flatten().zip(1..);
        let lines =
            lines.map(|(line, number)| Line { number: Attr::Known(format!("{number}")), ..line.clone() });
        let made = Note {
            id: Attr::Known(format!("on {} with {secret}", context.client)),
            text: request
                .planned
                .text
                .clone()
                .into_known()
                .unwrap_or_else(|| "no text".to_owned())
                .as_str()
                .into(),
            edition: "1".into(),
            secret: request.config.secret.clone(),
            line: if request.planned.line.is_null() { Attr::Null } else { Attr::Known(lines.collect()) },
            ..request.planned.clone()
        };
        match title.as_str() {
            "forgotten" => {}
            "half made" => {
                response.state = Some(Note { text: Attr::Unknown, ..made });
                return Err(refused().into());
            }
            "half known" => response.state = Some(Note { text: Attr::Unknown, ..made }),
            "panics after" => {
                response.state = Some(made);
                panic!("as its title says");
            }
            "waits" => {
                context.cancel.cancelled().await;
                response.state = Some(made);
                return Err(Diagnostic::error("Interrupted", "It is made all the same.").into());
            }
            _ => response.state = Some(made),
        }
        response.private.set("made", &true).unwrap();
        Ok(())
    }

    async fn read(
        &self,
        _: &Context<String>,
        request: ReadRequest<Note>,
        response: &mut ChangeResponse<Note>,
    ) -> Result<(), Diagnostics> {
        match request.state.title.as_str().or(request.state.id.as_str()) {
            Some("gone") => response.state = None,
            Some("half read") => response.state = Some(Note { text: Attr::Unknown, ..request.state }),
            Some("unreadable") => return Err(Diagnostic::error("Unreadable", "The ink has faded.").into()),
            Some(title) => response.state = Some(careless(title)),
            None => {}
        }
        Ok(())
    }

    async fn update(
        &self,
        _: &Context<String>,
        request: UpdateRequest<Note>,
        response: &mut ChangeResponse<Note>,
    ) -> Result<(), Diagnostics> {
        let text = request.planned.text.clone().into_known().unwrap_or_else(|| "new text".to_owned());
        let state = response.state.insert(request.prior);
        state.text = Attr::Known(text);
        if request.planned.labels.known().is_some_and(|labels| labels.contains_key("refused")) {
            return Err(Diagnostic::error("Refused", "The label is not taken.").at("labels").into());
        }
        *state = Note { text: state.text.clone(), secret: request.config.secret, ..request.planned };
        Ok(())
    }

    async fn delete(
        &self,
        _: &Context<String>,
        request: DeleteRequest<Note>,
        response: &mut ChangeResponse<Note>,
    ) -> Result<(), Diagnostics> {
        match request.prior.title.as_str() {
            Some("stuck") => return Err(Diagnostic::error("Stuck", "It cannot be removed.").into()),
            Some("kept by mistake") => {}
            _ => response.state = None,
        }
        Ok(())
    }

    async fn import(
        &self,
        _: &Context<String>,
        source: ImportSource,
        response: &mut ChangeResponse<Note>,
    ) -> Result<(), Diagnostics> {
        let title = match source {
            ImportSource::Id(id) => id,
            ImportSource::Identity(identity) => {
                identity.get("title").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        };
        let text = if title == "half read" { Attr::Unknown } else { Attr::Null };
        response.state = Some(Note { text, ..careless(&title) });
        Ok(())
    }

    fn upgrade(&self, version: i64, state: &StoredState) -> Result<Note, Diagnostics> {
        match (version, state.decode()) {
            (1, Ok(FirstNote { name, .. })) if name == "half read" => {
                Ok(Note { text: Attr::Unknown, ..careless(&name) })
            }
            (1, Ok(FirstNote { name, length })) => {
                Ok(Note { edition: Attr::from(length.known().map(Number::to_string)), ..careless(&name) })
            }
            _ => Err(Diagnostic::error("Too old", "Nobody knows that shape.").into()),
        }
    }

    fn move_state(&self, source: &MoveSource) -> Option<Result<Moved<Note>, Diagnostics>> {
        if source.type_name != "other_note" {
            return None;
        }
        let state: serde_json::Value = serde_json::from_str(source.state.json()).ok()?;
        Some(Ok(Moved { state: careless(state["heading"].as_str()?), private: source.private.clone() }))
    }
}
