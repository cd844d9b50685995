//! The trait that a managed resource implements.

use std::future::{Future, ready};

use super::schema::{IdentitySchema, Schema};
use super::{Context, Diagnostic, Diagnostics, Model, Private, StoredState};
use crate::cty::{Path, Value};

/// A managed resource: a schema, a typed model, and the steps of a life.
///
/// The framework plans by the schema (defaults, unknowns, replacements, other spellings of the same
/// value) and then calls [`plan`](Resource::plan) for what the schema cannot say. Every step
/// reports through its response as it goes: what the response holds when a step fails, is
/// cancelled or panics is what the host stores.
pub trait Resource: Send + Sync + 'static {
    /// The typed form of the schema's value. Its fields are the schema's attributes.
    type Model: Model;
    /// What the provider's `configure` makes.
    type Client: Send + Sync + 'static;

    /// The resource type's name, for example `alicloud_key_pair`.
    fn type_name(&self) -> &'static str;

    /// The schema.
    fn schema(&self) -> Schema;

    /// The identity's schema, if the resource has one.
    fn identity_schema(&self) -> Option<IdentitySchema> {
        None
    }

    /// The identity of the object that `state` describes, wholly known; `None` while that cannot be told. A plan's
    /// state may hold unknown values.
    fn identity(&self, client: &Self::Client, state: &Self::Model) -> Option<Value> {
        let _ = (client, state);
        None
    }

    /// Judges the configuration alone: no I/O, and unknown values never fail.
    fn validate(&self, config: &Self::Model, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Adjusts the plan of a create (no prior state) or an update. Called again before apply with
    /// all values known, and must then come to the same plan: no clock, no randomness. Attributes that it does not
    /// change are planned exactly as the schema plans them.
    fn plan(
        &self,
        context: &Context<Self::Client>,
        request: PlanRequest<'_, Self::Model>,
        response: &mut PlanResponse<Self::Model>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (context, request, response);
        ready(())
    }

    /// Adds warnings to the plan of a destroy. An error here would make the object undestroyable.
    fn plan_destroy(
        &self,
        context: &Context<Self::Client>,
        request: DestroyPlanRequest<'_, Self::Model>,
        diagnostics: &mut Diagnostics,
    ) -> impl Future<Output = ()> + Send {
        let _ = (context, request, diagnostics);
        ready(())
    }

    /// Makes the object. Sets `response.state` as soon as there is something to keep.
    fn create(
        &self,
        context: &Context<Self::Client>,
        request: CreateRequest<Self::Model>,
        response: &mut ChangeResponse<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Looks at the object. `response.state` starts as the prior state; `None` says that the object
    /// is gone.
    fn read(
        &self,
        context: &Context<Self::Client>,
        request: ReadRequest<Self::Model>,
        response: &mut ChangeResponse<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Changes the object. `response.state` starts as the prior state and follows each change that
    /// was made.
    fn update(
        &self,
        context: &Context<Self::Client>,
        request: UpdateRequest<Self::Model>,
        response: &mut ChangeResponse<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Removes the object. `response.state` starts as the prior state; `None` says that it is gone.
    fn delete(
        &self,
        context: &Context<Self::Client>,
        request: DeleteRequest<Self::Model>,
        response: &mut ChangeResponse<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Makes the stub of a state from what the user typed; the host reads the object next.
    fn import(
        &self,
        context: &Context<Self::Client>,
        source: ImportSource,
        response: &mut ChangeResponse<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Brings a state of an older schema version to the current one. Runs unconfigured, offline.
    fn upgrade(&self, version: i64, state: &StoredState) -> Result<Self::Model, Diagnostics> {
        let _ = state;
        Err(Diagnostic::error(
            "The stored state has an unknown version",
            format!(
                "The state of this {} has schema version {version}, which this version of the provider \
                 cannot read. Use the provider version that wrote the state, or a newer one.",
                self.type_name()
            ),
        )
        .into())
    }

    /// Takes over the state of another resource type, in a `moved` block. Runs unconfigured,
    /// offline. `None` says that the source is not one that it knows.
    fn move_state(&self, source: &MoveSource) -> Option<Result<Moved<Self::Model>, Diagnostics>> {
        let _ = source;
        None
    }
}

/// What [`Resource::plan`] judges.
#[derive(Debug)]
pub struct PlanRequest<'a, M> {
    /// What the configuration says.
    pub config: &'a M,
    /// The state before, if the object exists.
    pub prior: Option<&'a M>,
}

/// What [`Resource::plan`] may adjust.
#[derive(Debug)]
pub struct PlanResponse<M> {
    /// The planned state, as the schema plans it.
    pub planned: M,
    /// Attributes whose change replaces the object, as far as the schema knows before the hook. A change of `planned`
    /// that replaces by the schema is added afterwards, and one that was taken back is removed.
    pub requires_replace: Vec<Path>,
    /// Travels to apply. On a replacement, the delete of the old object sees this too.
    pub private: Private,
    /// Messages for the plan.
    pub diagnostics: Diagnostics,
}

/// What [`Resource::plan_destroy`] judges.
#[derive(Debug)]
pub struct DestroyPlanRequest<'a, M> {
    /// The state of the object to be destroyed.
    pub prior: &'a M,
    /// What was remembered beside it.
    pub private: &'a Private,
}

/// What [`Resource::create`] works from.
#[derive(Debug)]
pub struct CreateRequest<M> {
    /// What the configuration says, with write-only values.
    pub config: M,
    /// What was planned; unknown values are to be filled.
    pub planned: M,
}

/// What [`Resource::read`] works from.
#[derive(Debug)]
pub struct ReadRequest<M> {
    /// The state as stored, or the stub of an import.
    pub state: M,
}

/// What [`Resource::update`] works from.
#[derive(Debug)]
pub struct UpdateRequest<M> {
    /// What the configuration says, with write-only values.
    pub config: M,
    /// The state before.
    pub prior: M,
    /// What was planned; unknown values are to be filled.
    pub planned: M,
}

/// What [`Resource::delete`] works from.
#[derive(Debug)]
pub struct DeleteRequest<M> {
    /// The state of the object.
    pub prior: M,
}

/// What a step leaves behind, whatever becomes of it.
#[derive(Debug)]
pub struct ChangeResponse<M> {
    /// What is true now. `None`: there is no object.
    pub state: Option<M>,
    /// Remembered beside the state.
    pub private: Private,
    /// Warnings, and errors that do not end the step.
    pub diagnostics: Diagnostics,
}

/// What an import starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// The text that the user typed.
    Id(String),
    /// An identity, of the identity schema's type. Optional attributes may be null.
    Identity(Value),
}

/// The state that a `moved` block moves.
#[derive(Debug)]
pub struct MoveSource {
    /// The provider that wrote it, for example `registry.terraform.io/hashicorp/null`.
    pub provider_address: String,
    /// The resource type there.
    pub type_name: String,
    /// The schema version there.
    pub schema_version: i64,
    /// The state.
    pub state: StoredState,
    /// What was remembered beside it.
    pub private: Private,
}

/// A state after a move.
#[derive(Debug)]
pub struct Moved<M> {
    /// The state in the target's shape.
    pub state: M,
    /// Remembered beside it.
    pub private: Private,
}
