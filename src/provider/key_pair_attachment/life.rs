//! Making, reading, changing and ending an attachment.

use std::collections::BTreeSet;
use std::time::Duration;

use super::binding::Binding;
use super::schema::{AttachmentModel, TimeoutsModel};
use super::{call, id, messages, reboot};
use crate::alicloud::ecs::Instance;
use crate::framework::duration::or_default;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostics, UpdateRequest};
use crate::provider::cloud::Cloud;
use crate::provider::place::Place;

/// As in the official provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

/// Reads have no timeout of their own; this outlasts the minute for which the cloud throttles.
const READ_TIMEOUT: Duration = Duration::from_mins(5);

fn timeout(model: &AttachmentModel, which: fn(&TimeoutsModel) -> &Attr<String>) -> &Attr<String> {
    model.timeouts.known().map_or(&Attr::Null, which)
}

pub(super) async fn create(
    context: &Context<Cloud>,
    planned: AttachmentModel,
    response: &mut ChangeResponse<AttachmentModel>,
) -> Result<(), Diagnostics> {
    context.client.begins_to_apply();
    let client = context.client.client()?;
    let name = planned.name().as_str().unwrap_or_default().to_owned();
    let wanted = planned.known_ids();
    context.client.check_account_id(&context.cancel).await?;
    let account_id = context.client.account_id(&context.cancel).await?;
    let call = call(context, or_default(timeout(&planned, |it| &it.create), DEFAULT_TIMEOUT));
    let binding = Binding {
        client,
        locks: &context.client.instance_locks,
        call,
        name: &name,
        account_id: account_id.as_deref(),
        timeout: Some("create"),
    };
    let place = Place {
        name: Some(name.clone()),
        region: Some(client.region().to_owned()),
        account_id: account_id.clone(),
    };
    let seen = binding.look_before_attaching(&wanted).await?;
    place.save(&mut response.private);
    add(&binding, &planned, &BTreeSet::new(), &wanted, seen, response).await;
    Ok(())
}

/// Binds the key pair to `added`, beside those that it is bound to, and reboots where that is asked for. The state holds
/// what is true, however it ends.
async fn add(
    binding: &Binding<'_>,
    planned: &AttachmentModel,
    bound: &BTreeSet<String>,
    added: &BTreeSet<String>,
    mut seen: Vec<Instance>,
    response: &mut ChangeResponse<AttachmentModel>,
) {
    let mut attached = bound.clone();
    let ids: Vec<String> = added.iter().cloned().collect();
    binding.attach(&ids, &mut seen, &mut attached, &mut response.diagnostics).await;
    let due: Vec<String> = seen
        .iter()
        .filter(|instance| planned.force == Attr::Known(true) && reboot::is_due(instance, binding.name))
        .map(|instance| instance.id.clone())
        .collect();
    response.state = (!attached.is_empty()).then(|| {
        let mut state = planned.clone();
        state.holds(binding.name, &attached);
        state
    });
    let due: Vec<String> = due.into_iter().filter(|id| attached.contains(id)).collect();
    reboot::all(binding, &due, &mut response.diagnostics).await;
}

pub(super) async fn read(
    context: &Context<Cloud>,
    mut state: AttachmentModel,
    response: &mut ChangeResponse<AttachmentModel>,
) -> Result<(), Diagnostics> {
    let client = context.client.client()?;
    // Another provider may have stored a state that lacks a part; the id has both.
    let parsed = state.id.as_str().and_then(id::parse);
    let name = state.name().as_str().map(str::to_owned).or(parsed.as_ref().map(|(name, _)| name.clone()));
    let name = name.unwrap_or_default();
    let mut ids = state.known_ids();
    if ids.is_empty() {
        ids = parsed.map(|(_, ids)| ids).unwrap_or_default();
    }
    let mut place = Place::load(&response.private);
    place.check_region(&name, client)?;
    let account_id = place.account_id.clone();
    let binding = Binding {
        client,
        locks: &context.client.instance_locks,
        call: call(context, READ_TIMEOUT),
        name: &name,
        account_id: account_id.as_deref(),
        timeout: None,
    };
    // Pages that all attachments share tell of most; whoever is not in them is asked for by its id.
    let (shared, account_id) = tokio::join!(
        client.bindings_on_pages(&binding.call, &name),
        place.account_id_to_remember(&name, context)
    );
    let shared = shared.map_err(|error| {
        binding.failed(format!("Could not read the bindings of the key pair {name:?}"), &error)
    })?;
    let mut attached: BTreeSet<String> =
        shared.into_iter().map(|instance| instance.id).filter(|id| ids.contains(id)).collect();
    let unseen: BTreeSet<String> = ids.difference(&attached).cloned().collect();
    let mut not_shown = BTreeSet::new();
    if !unseen.is_empty() {
        let seen = binding.look(&unseen).await?;
        not_shown = unseen;
        not_shown.retain(|id| seen.iter().all(|it| it.id != *id));
        attached.extend(seen.into_iter().filter(|it| it.carries(&name)).map(|it| it.id));
    }
    if attached.is_empty() {
        place.prove_account(&name, context).await?;
        // If none is shown, they were released with the attachment.
        if !not_shown.is_empty() && not_shown.len() < ids.len() {
            response.diagnostics.push(messages::not_shown(&name, &not_shown, client.region()));
        }
        tracing::info!(key_pair_name = name, "None of the instances carries the key pair any longer");
        response.state = None;
        return Ok(());
    }
    let account_id = account_id?;
    // Without permission for some instances, they are not shown either.
    if !not_shown.is_empty() {
        response.diagnostics.push(messages::not_shown(&name, &not_shown, client.region()));
    }
    // A state that another provider wrote after an import has an empty timeouts block.
    if place.region.is_none() && state.timeouts == Attr::Known(TimeoutsModel::default()) {
        state.timeouts = Attr::Null;
    }
    place = Place { name: Some(name.clone()), region: Some(client.region().to_owned()), account_id };
    place.save(&mut response.private);
    state.holds(&name, &attached);
    response.state = Some(state);
    Ok(())
}

pub(super) async fn update(
    context: &Context<Cloud>,
    request: UpdateRequest<AttachmentModel>,
    response: &mut ChangeResponse<AttachmentModel>,
) -> Result<(), Diagnostics> {
    let UpdateRequest { prior, planned, .. } = request;
    context.client.begins_to_apply();
    let client = context.client.client()?;
    let name = prior.name().as_str().unwrap_or_default().to_owned();
    let place = Place::load(&response.private);
    place.check_region(&name, client)?;
    let (before, after) = (prior.known_ids(), planned.known_ids());
    let added: BTreeSet<String> = after.difference(&before).cloned().collect();
    let removed: BTreeSet<String> = before.difference(&after).cloned().collect();
    if removed.is_empty() {
        place.check_account(&name, context).await?;
    } else {
        place.prove_account(&name, context).await?;
    }
    let binding = Binding {
        client,
        locks: &context.client.instance_locks,
        call: call(context, or_default(timeout(&planned, |it| &it.create), DEFAULT_TIMEOUT)),
        name: &name,
        account_id: place.account_id.as_deref(),
        timeout: Some("create"),
    };
    // What cannot be bound is told before anything changes.
    let seen = if added.is_empty() { Vec::new() } else { binding.look_before_attaching(&added).await? };
    // The arguments that are only recorded are true from here on; the instances follow.
    let mut attached = before;
    let hold = |attached: &BTreeSet<String>| {
        let mut state = planned.clone();
        if state.id.is_unknown() {
            state.id = prior.id.clone();
        }
        state.holds(&name, attached);
        state
    };
    response.state = Some(hold(&attached));
    if !removed.is_empty() {
        let outcome = binding.detach(&removed, &mut attached, &mut response.diagnostics).await;
        response.state = Some(hold(&attached));
        outcome?;
    }
    if !added.is_empty() {
        add(&binding, &hold(&attached), &attached, &added, seen, response).await;
    }
    Ok(())
}

pub(super) async fn delete(
    context: &Context<Cloud>,
    prior: AttachmentModel,
    response: &mut ChangeResponse<AttachmentModel>,
) -> Result<(), Diagnostics> {
    context.client.begins_to_apply();
    let client = context.client.client()?;
    let parsed = prior.id.as_str().and_then(id::parse);
    let name = prior.name().as_str().map(str::to_owned).or(parsed.map(|(name, _)| name)).unwrap_or_default();
    let place = Place::load(&response.private);
    place.check_region(&name, client)?;
    // In another account, these instances would not be shown, and that would pass for unbound.
    place.prove_account(&name, context).await?;
    let binding = Binding {
        client,
        locks: &context.client.instance_locks,
        call: call(context, or_default(timeout(&prior, |it| &it.delete), DEFAULT_TIMEOUT)),
        name: &name,
        account_id: place.account_id.as_deref(),
        timeout: Some("delete"),
    };
    let ids = prior.known_ids();
    let mut attached = ids.clone();
    let outcome = binding.detach(&ids, &mut attached, &mut response.diagnostics).await;
    response.state = (!attached.is_empty()).then(|| {
        let mut state = prior;
        state.holds(&name, &attached);
        state
    });
    outcome
}
