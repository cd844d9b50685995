//! `alicloud_key_pair`: an SSH key pair.

mod create;
mod delete;
mod import;
mod key_file;
mod memory;
mod messages;
mod name;
mod plan;
mod read;
mod schema;
mod tags;
mod update;
mod validate;

use std::time::Duration;

use tokio::time::Instant;

use self::schema::KeyPairModel;
use super::cloud::Cloud;
use crate::alicloud::Call;
use crate::framework::schema::Schema;
use crate::framework::{
    ChangeResponse, Context, CreateRequest, DeleteRequest, Diagnostics, ImportSource, PlanRequest,
    PlanResponse, ReadRequest, Resource, UpdateRequest,
};

/// The resource type.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPair;

/// A call that ends with the operation's timeout, or when the run is interrupted.
fn call(context: &Context<Cloud>, timeout: Duration) -> Call {
    Call::new(Instant::now() + timeout, context.cancel.clone())
}

impl Resource for KeyPair {
    type Model = KeyPairModel;
    type Client = Cloud;

    fn type_name(&self) -> &'static str {
        "alicloud_key_pair"
    }

    fn schema(&self) -> Schema {
        schema::schema()
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
        plan::plan(context, request, response).await;
    }

    async fn create(
        &self,
        context: &Context<Cloud>,
        request: CreateRequest<KeyPairModel>,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        create::create(context, request, response).await
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
        _: &Context<Cloud>,
        source: ImportSource,
        response: &mut ChangeResponse<KeyPairModel>,
    ) -> Result<(), Diagnostics> {
        import::import(source, response)
    }
}
