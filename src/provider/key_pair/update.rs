//! Changing a key pair in place: its resource group and its tags.

use std::time::Duration;

use super::schema::KeyPairModel;
use super::{call, tags};
use crate::framework::duration::or_default;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostics, UpdateRequest};
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::Attempt;
use crate::provider::place::Place;

/// As in the official provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

pub(super) async fn update(
    context: &Context<Cloud>,
    request: UpdateRequest<KeyPairModel>,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let UpdateRequest { prior, planned, .. } = request;
    context.client.begins_to_apply();
    let client = context.client.client()?;
    let name = prior.name().to_owned();
    let place = Place::load(&response.private);
    place.check_region(&name, client)?;
    let account_id = place.account_id.as_deref();
    let attempt = Attempt { key_pair: &name, account_id, timeout: Some("update") };
    let timeout = planned.timeouts.known().map_or(&Attr::Null, |timeouts| &timeouts.update);
    let call = call(context, or_default(timeout, DEFAULT_TIMEOUT));

    let group = planned.wanted_group().filter(|group| prior.wanted_group() != Some(group));
    let tags::Difference { removed, set } = tags::difference(&prior.tags, &planned.tags);
    if group.is_some() || !removed.is_empty() || !set.is_empty() {
        // A key pair of this name in another account is somebody else's.
        place.check_account(&name, context).await?;
    }
    // Follows each change that the cloud has made, so that a failure leaves a true state. The
    // arguments that are only recorded come first.
    let state = response.state.insert(KeyPairModel {
        resource_group_id: prior.resource_group_id.clone(),
        tags: prior.tags.clone(),
        ..planned.clone()
    });
    if let Some(group) = group {
        let failed = |error| {
            attempt
                .failed(format!("Could not move the key pair {name:?} to the resource group {group}"), &error)
        };
        client.join_resource_group(&call, &name, group).await.map_err(failed)?;
        client.note_group(&name, Some(group));
    }
    state.resource_group_id = planned.resource_group_id.clone();

    let failed = |error| {
        attempt.failed(format!("Could not change the tags of the key pair {name:?}"), &error).at("tags")
    };
    if !removed.is_empty() {
        client.untag_key_pair(&call, &name, &removed).await.map_err(failed)?;
        if let Attr::Known(tags) = &mut state.tags {
            tags.retain(|key, _| !removed.contains(key));
        }
    }
    if !set.is_empty() {
        client.tag_key_pair(&call, &name, &set).await.map_err(failed)?;
    }
    state.tags = planned.tags;

    // A state of another provider may lack what this one reads from the cloud.
    for attribute in
        [&mut state.public_key, &mut state.finger_print, &mut state.create_time, &mut state.resource_group_id]
    {
        if attribute.is_unknown() {
            *attribute = Attr::Null;
        }
    }
    Ok(())
}
