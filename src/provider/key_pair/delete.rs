//! Destroying a key pair.

use std::time::Duration;

use super::call;
use super::memory::Memory;
use super::schema::KeyPairModel;
use crate::framework::duration::or_default;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostics};
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::Attempt;

/// As in the official provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(20);

pub(super) async fn delete(
    context: &Context<Cloud>,
    prior: &KeyPairModel,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let client = context.client.client()?;
    let name = prior.name();
    // In the wrong region or account, the key pair of this name would be somebody else's, and none
    // of this name would pass for a success.
    let memory = Memory::load(&response.private);
    memory.check_region(name, client.region())?;
    memory.check_account(name, context).await?;
    let timeout = prior.timeouts.known().map_or(&Attr::Null, |timeouts| &timeouts.delete);
    let call = call(context, or_default(timeout, DEFAULT_TIMEOUT));
    client.delete_key_pair(&call, name).await.map_err(|error| {
        let account_id = memory.account_id.as_deref();
        let attempt = Attempt { key_pair: name, account_id, timeout: Some("delete") };
        attempt.failed(format!("Could not delete the key pair {name:?}"), &error)
    })?;
    response.state = None;
    Ok(())
}
