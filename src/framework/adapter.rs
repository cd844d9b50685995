//! From values to a resource's typed model and back: what lets one server hold every resource.

use std::future::Future;
use std::pin::Pin;

use super::fit::{fit, refuse_unknown, without_unknowns};
use super::planning;
use super::replacement::replacements;
use super::resource::{
    ChangeResponse, CreateRequest, DeleteRequest, DestroyPlanRequest, ImportSource, MoveSource, PlanRequest,
    PlanResponse, ReadRequest, UpdateRequest,
};
use super::schema::{IdentitySchema, Schema, check_model};
use super::untouched::keep_untouched;
use super::{Context, Diagnostic, Diagnostics, ModelError, ModelValue, Private, Resource, StoredState};
use crate::cty::{Path, Value};
use crate::plugin::panics::{self, PanicReport};

/// A future that can be stored, as object-safe traits need.
pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A planned change.
#[derive(Debug, Default)]
pub(super) struct PlannedChange {
    /// `None`: the object is to be destroyed, or planning failed.
    pub(super) state: Option<Value>,
    pub(super) requires_replace: Vec<Path>,
    pub(super) private: Private,
    pub(super) identity: Option<Value>,
    pub(super) diagnostics: Diagnostics,
}

/// What a step left behind.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// `None`: there is no object.
    pub(super) state: Option<Value>,
    pub(super) private: Private,
    pub(super) identity: Option<Value>,
    pub(super) diagnostics: Diagnostics,
}

/// A change as the host words it: the configuration, and the states around it.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) config: Value,
    /// `None`: the object is to be made.
    pub(super) prior: Option<Value>,
    /// Proposed or planned. `None`: the object is to be destroyed.
    pub(super) next: Option<Value>,
    pub(super) private: Private,
    pub(super) identity: Option<Value>,
}

/// A resource, whatever its model.
pub(super) trait AnyResource<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    fn identity_schema(&self) -> Option<&IdentitySchema>;
    /// Where the model does not fit the schema, one sentence each.
    fn model_faults(&self) -> Vec<String>;
    fn validate(&self, config: &Value) -> Diagnostics;
    fn plan<'a>(&'a self, context: &'a Context<C>, change: Change) -> BoxFuture<'a, PlannedChange>;
    fn apply<'a>(&'a self, context: &'a Context<C>, change: Change) -> BoxFuture<'a, Changed>;
    /// `identity` is that of the state.
    fn read<'a>(
        &'a self,
        context: &'a Context<C>,
        state: Value,
        private: Private,
        identity: Option<Value>,
    ) -> BoxFuture<'a, Changed>;
    fn import<'a>(&'a self, context: &'a Context<C>, source: ImportSource) -> BoxFuture<'a, Changed>;
    fn upgrade(&self, version: i64, state: &StoredState) -> Result<Value, Diagnostics>;
    fn move_state(&self, source: &MoveSource) -> Option<Result<(Value, Private), Diagnostics>>;
}

/// The one implementation of [`AnyResource`].
pub(super) struct ResourceAdapter<R> {
    resource: R,
    schema: Schema,
    identity_schema: Option<IdentitySchema>,
}

impl<R: Resource> ResourceAdapter<R> {
    pub(super) fn new(resource: R) -> Self {
        let (schema, identity_schema) = (resource.schema(), resource.identity_schema());
        Self { resource, schema, identity_schema }
    }

    /// Turns what a step left behind into an answer that Terraform stores. The response outlives the step, so what it
    /// holds survives an error and a panic. A failed step may leave unknown values, which become null; a step that
    /// claims success may not.
    fn finish(
        &self,
        context: &Context<R::Client>,
        mut response: ChangeResponse<R::Model>,
        outcome: Result<Result<(), Diagnostics>, PanicReport>,
        when: &str,
    ) -> Changed {
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(errors)) => response.diagnostics.extend(errors),
            Err(report) => {
                let kept = "What was known of the object at that moment has been kept";
                response.diagnostics.push(panicked(&report, kept));
            }
        }
        let identity = self.identity_of(context, response.state.as_ref());
        let mut diagnostics = response.diagnostics;
        let state = response.state.map(|model| {
            let state = self.fit(&model);
            if !diagnostics.has_errors() {
                diagnostics.extend(refuse_unknown(&state, when).err().unwrap_or_default());
            }
            without_unknowns(state)
        });
        Changed { state, private: response.private, identity, diagnostics }
    }

    fn fit(&self, model: &R::Model) -> Value {
        fit(self.schema.block.fields(), model.to_value())
    }

    /// A state that was made from a stored one.
    fn stored(&self, model: &R::Model, when: &str) -> Result<Value, Diagnostics> {
        let state = self.fit(model);
        refuse_unknown(&state, when).map(|()| state)
    }

    fn identity_of(&self, context: &Context<R::Client>, state: Option<&R::Model>) -> Option<Value> {
        self.identity_schema.as_ref()?;
        self.resource.identity(&context.client, state?)
    }

    async fn plan_change(
        &self,
        context: &Context<R::Client>,
        change: Change,
    ) -> Result<PlannedChange, Diagnostics> {
        let Change { config, prior, next, private, identity } = change;
        let prior_model = prior.as_ref().map(model::<R::Model>).transpose()?;
        let Some(proposed) = next else {
            let mut diagnostics = Diagnostics::new();
            if let Some(prior) = &prior_model {
                let request = DestroyPlanRequest { prior, private: &private };
                self.resource.plan_destroy(context, request, &mut diagnostics).await;
            }
            return Ok(PlannedChange { private, identity, diagnostics, ..PlannedChange::default() });
        };
        let planned = planning::plan(&self.schema.block, prior.as_ref(), &config, proposed);
        let replaced_by = |planned: &Value| match &prior {
            Some(prior) => replacements(self.schema.block.fields(), prior, &config, planned),
            None => Vec::new(),
        };
        let config_model = model::<R::Model>(&config)?;
        let planned_model = model::<R::Model>(&planned)?;
        let before = planned_model.to_value();
        let before_replaces = replaced_by(&planned);
        let mut response = PlanResponse {
            planned: planned_model,
            requires_replace: before_replaces.clone(),
            private,
            diagnostics: Diagnostics::new(),
        };
        let request = PlanRequest { config: &config_model, prior: prior_model.as_ref() };
        self.resource.plan(context, request, &mut response).await;
        let state = keep_untouched(planned, &before, response.planned.to_value());
        let state = fit(self.schema.block.fields(), state);
        // The hook may have changed what replaces, or taken such a change back.
        let replaces = replaced_by(&state);
        let mut requires_replace = response.requires_replace;
        requires_replace.retain(|path| replaces.contains(path) || !before_replaces.contains(path));
        requires_replace.extend(replaces.into_iter().filter(|path| !before_replaces.contains(path)));
        // A new object has the identity that its plan gives it, as far as that is known.
        let identity = match &prior_model {
            Some(prior) => identity.or_else(|| self.identity_of(context, Some(prior))),
            None => self.identity_of(context, Some(&response.planned)),
        };
        Ok(PlannedChange {
            state: Some(state),
            requires_replace,
            private: response.private,
            identity,
            diagnostics: response.diagnostics,
        })
    }
}

impl<R: Resource> AnyResource<R::Client> for ResourceAdapter<R> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        self.identity_schema.as_ref()
    }

    fn model_faults(&self) -> Vec<String> {
        check_model::<R::Model>(&self.schema)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        match model(config) {
            Ok(config) => self.resource.validate(&config, &mut diagnostics),
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics
    }

    fn plan<'a>(&'a self, context: &'a Context<R::Client>, change: Change) -> BoxFuture<'a, PlannedChange> {
        Box::pin(async move {
            self.plan_change(context, change)
                .await
                .unwrap_or_else(|diagnostics| PlannedChange { diagnostics, ..PlannedChange::default() })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context<R::Client>, change: Change) -> BoxFuture<'a, Changed> {
        Box::pin(async move {
            let Change { config, prior, next, private, identity } = change;
            let is_update = prior.is_some() && next.is_some();
            let mut response = ChangeResponse { state: None, private, diagnostics: Diagnostics::new() };
            // A null configuration comes with a destroy, whose model is all null.
            let config = if config.is_null() { Ok(R::Model::default()) } else { model(&config) };
            let is_destroy = next.is_none();
            let outcome = panics::caught(async {
                response.state = prior.as_ref().map(model).transpose()?;
                let planned = next.as_ref().map(model).transpose()?;
                let config = config?;
                match (response.state.clone(), planned) {
                    (None, Some(planned)) => {
                        let request = CreateRequest { config, planned };
                        self.resource.create(context, request, &mut response).await
                    }
                    (Some(prior), Some(planned)) => {
                        let request = UpdateRequest { config, prior, planned };
                        self.resource.update(context, request, &mut response).await
                    }
                    (Some(prior), None) => {
                        self.resource.delete(context, DeleteRequest { prior }, &mut response).await
                    }
                    (None, None) => Ok(()),
                }
            })
            .await;
            let mut changed = self.finish(context, response, outcome, "after apply");
            check_presence(&mut changed, is_destroy);
            if is_update {
                refuse_another_identity(identity.as_ref(), &mut changed);
            }
            if is_destroy && changed.diagnostics.has_errors() {
                // What a failed destroy says of the identity is not relied on.
                changed.identity = identity;
            }
            changed
        })
    }

    fn read<'a>(
        &'a self,
        context: &'a Context<R::Client>,
        state: Value,
        mut private: Private,
        identity: Option<Value>,
    ) -> BoxFuture<'a, Changed> {
        Box::pin(async move {
            let imported = private.take_imported();
            let mut response = ChangeResponse { state: None, private, diagnostics: Diagnostics::new() };
            let outcome = panics::caught(async {
                let state: R::Model = model(&state)?;
                response.state = Some(state.clone());
                self.resource.read(context, ReadRequest { state }, &mut response).await
            })
            .await;
            let mut changed = self.finish(context, response, outcome, "after reading");
            if !imported {
                refuse_another_identity(identity.as_ref(), &mut changed);
            }
            changed
        })
    }

    fn import<'a>(&'a self, context: &'a Context<R::Client>, source: ImportSource) -> BoxFuture<'a, Changed> {
        Box::pin(async move {
            let mut response =
                ChangeResponse { state: None, private: Private::default(), diagnostics: Diagnostics::new() };
            let outcome = panics::caught(self.resource.import(context, source, &mut response)).await;
            if self.identity_schema.is_some() {
                // The read that follows may tell the identity better than what the user typed.
                response.private.mark_imported();
            }
            self.finish(context, response, outcome, "after importing")
        })
    }

    fn upgrade(&self, version: i64, state: &StoredState) -> Result<Value, Diagnostics> {
        self.stored(&self.resource.upgrade(version, state)?, "after upgrading the state")
    }

    fn move_state(&self, source: &MoveSource) -> Option<Result<(Value, Private), Diagnostics>> {
        let moved = self.resource.move_state(source)?;
        Some(
            moved.and_then(|moved| Ok((self.stored(&moved.state, "after moving the state")?, moved.private))),
        )
    }
}

/// An apply that claims success leaves an object, and a destroy none.
fn check_presence(changed: &mut Changed, is_destroy: bool) {
    if changed.diagnostics.has_errors() {
        return;
    }
    let complaint = match &changed.state {
        Some(_) if is_destroy => "The object was to be destroyed, and the provider kept it",
        None if !is_destroy => "The provider returned no state for an object that should exist",
        _ => return,
    };
    let detail = "This is a bug in the provider; please report it.";
    changed.diagnostics.push(Diagnostic::error(complaint, detail));
}

/// Refuses an identity that differs from the one before: another identity is another object. What the identity
/// before does not say (null) may be added, and an object that is gone has none.
fn refuse_another_identity(prior: Option<&Value>, changed: &mut Changed) {
    let (Some(Value::Object(before)), Some(after)) = (prior, &changed.identity) else { return };
    if changed.diagnostics.has_errors() {
        // What a failed step says of the identity is not relied on.
        changed.identity = prior.cloned();
        return;
    }
    let differs = |(name, value): (&String, &Value)| {
        let now = after.get(name).unwrap_or(&Value::Null);
        (!value.is_null() && !value.is_unknown() && !now.is_null() && value != now).then(|| name.clone())
    };
    let names: Vec<String> = before.iter().filter_map(differs).collect();
    if names.is_empty() {
        return;
    }
    changed.diagnostics.push(Diagnostic::error(
        "The provider changed the identity of an object",
        format!(
            "The identity of an object stays the same as long as it exists, but these attributes changed: {}. This is \
             a bug in the provider; please report it.",
            names.join(", ")
        ),
    ));
    // The state is true all the same.
    changed.identity = prior.cloned();
}

/// The message for a step that panicked, with a sentence of what that means.
pub(super) fn panicked(report: &PanicReport, consequence: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider ran into a bug",
        format!(
            "{report}. {consequence}. Please report this to the provider, with the log of a run under TF_LOG=debug."
        ),
    )
}

fn bug(summary: &str, error: &ModelError) -> Diagnostics {
    Diagnostic::error(
        summary,
        format!("{error}. This is a bug in the provider, or in the host; please report it to the provider."),
    )
    .at_path(error.path.clone())
    .into()
}

pub(super) fn model<M: ModelValue>(value: &Value) -> Result<M, Diagnostics> {
    M::from_value(value, &Path::root())
        .map_err(|error| bug("The value does not fit the resource's schema", &error))
}
