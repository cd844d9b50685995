//! `alicloud_key_pair` and `alicloud_ecs_key_pair`: an SSH key pair, one resource under two names.

mod bound;
mod claims;
mod create;
mod data_source;
mod delete;
mod identity;
mod import;
mod key_file;
mod key_plan;
mod memory;
mod messages;
mod name;
mod not_created;
mod plan;
mod read;
mod refused;
mod schema;
pub(super) mod tags;
mod unbinding;
mod update;
pub(super) mod validate;

use std::time::Duration;

use tokio::time::Instant;

use self::bound::Ending;
pub(super) use self::claims::NameClaims;
pub(super) use self::data_source::OneKeyPair;
use self::schema::KeyPairModel;
use super::cloud::Cloud;
use super::moves;
use crate::alicloud::Call;
use crate::cty::Value;
use crate::framework::schema::{IdentitySchema, Schema};
use crate::framework::{
    ChangeResponse, Context, CreateRequest, DeleteRequest, DestroyPlanRequest, Diagnostics, ImportSource,
    MoveSource, Moved, PlanRequest, PlanResponse, ReadRequest, Resource, UpdateRequest,
};

/// The names of the resource type, both for the same thing. The first is the older.
pub(super) const NAMES: [&str; 2] = ["alicloud_key_pair", "alicloud_ecs_key_pair"];

/// The resource type, under one of its names.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPair {
    /// One of [`NAMES`]: what configurations, and messages about them, call it.
    pub(super) type_name: &'static str,
}

/// A call that ends with the operation's timeout, or when the run is interrupted.
fn call(context: &Context<Cloud>, timeout: Duration) -> Call {
    Call::new(Instant::now() + timeout, context.cancel.clone())
}

impl Resource for KeyPair {
    type Model = KeyPairModel;
    type Client = Cloud;

    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        Some(identity::schema())
    }

    fn identity(&self, client: &Cloud, state: &KeyPairModel) -> Option<Value> {
        identity::of(client, state)
    }

    fn validate(&self, config: &KeyPairModel, diagnostics: &mut Diagnostics) {
        validate::validate(config, diagnostics);
    }

    async fn plan(
        &self,
        context: &Context<Cloud>,
        request: PlanRequest<'_, KeyPairModel>,
        response: &mut PlanResponse<KeyPairModel>,
    ) {
        plan::plan(self.type_name, context, request, response).await;
    }

    async fn plan_destroy(
        &self,
        context: &Context<Cloud>,
        request: DestroyPlanRequest<'_, KeyPairModel>,
        diagnostics: &mut Diagnostics,
    ) {
        plan::warn_of_bindings(context, request.prior, request.private, Ending::Destroy, diagnostics).await;
    }

    async fn create(
        &self,
        context: &Context<Cloud>,
        request: CreateRequest<KeyPairModel>,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        create::create(self.type_name, context, request, response).await
    }

    async fn read(
        &self,
        context: &Context<Cloud>,
        request: ReadRequest<KeyPairModel>,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        read::read(context, request.state, response).await
    }

    async fn update(
        &self,
        context: &Context<Cloud>,
        request: UpdateRequest<KeyPairModel>,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        update::update(context, request, response).await
    }

    async fn delete(
        &self,
        context: &Context<Cloud>,
        request: DeleteRequest<KeyPairModel>,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        delete::delete(context, &request.prior, response).await
    }

    async fn import(
        &self,
        context: &Context<Cloud>,
        source: ImportSource,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        import::import(self.type_name, context, source, response)
    }

    fn move_state(&self, source: &MoveSource) -> Option<Result<Moved<KeyPairModel>, Diagnostics>> {
        moves::take_over(source, &NAMES)
    }
}
