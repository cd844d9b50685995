//! What the schema cannot say of a plan.

use std::time::Duration;

use super::memory::Memory;
use super::schema::{KeyPairModel, Tags};
use super::{bound, call, key_plan, messages, tags};
use crate::cty::Path;
use crate::framework::{Attr, Context, Diagnostic, Diagnostics, PlanRequest, PlanResponse, Private};
use crate::provider::cloud::Cloud;

/// Key pairs that an account may have in a region, unless the quota was raised.
const DEFAULT_QUOTA: u64 = 500;

/// How long a look at the cloud may hold up a plan.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn plan(
    type_name: &str,
    context: &Context<Cloud>,
    request: PlanRequest<'_, KeyPairModel>,
    response: &mut PlanResponse<KeyPairModel>,
) {
    let PlanRequest { config, prior } = request;
    if config.tags.is_null() {
        response.planned.tags = without_tags(prior);
    }
    if let Some(prior) = prior {
        prefix_change(config, prior, response);
        key_plan::key_file_change(config, prior, response).await;
        if !response.requires_replace.is_empty() {
            let PlanResponse { private, diagnostics, .. } = response;
            warn_of_bindings(context, prior, private, diagnostics).await;
        }
    } else {
        // What depends on the world is no more than a warning: a host plans every create before a
        // destroy, and an error would make a half-made set undestroyable.
        key_plan::warn_of_the_key(config, &mut response.diagnostics).await;
        let PlanResponse { private, diagnostics, .. } = response;
        // Side by side: a service that is down holds the plan up once.
        let (name, quota) =
            tokio::join!(name_warning(type_name, context, config, private), quota_warning(context, private));
        diagnostics.extend(name.into_iter().chain(quota));
    }
}

/// Tags are computed for one reason: so that no tags, an empty map of them, and one of null values are the same, as
/// states hold each. They are never unknown, and leaving them out removes them.
fn without_tags(prior: Option<&KeyPairModel>) -> Attr<Tags> {
    match prior.map(|prior| &prior.tags) {
        Some(none @ Attr::Known(_)) if tags::plain(none).is_empty() => none.clone(),
        _ => Attr::Null,
    }
}

/// From one prefix to another is another key pair. Added to a key pair that was imported, or taken away, it is only
/// recorded: the object does not contradict it.
fn prefix_change(config: &KeyPairModel, prior: &KeyPairModel, response: &mut PlanResponse<KeyPairModel>) {
    let (before, after) = (&prior.key_name_prefix, &config.key_name_prefix);
    if !before.is_absent() && !after.is_absent() && before != after {
        response.requires_replace.push(Path::root().attribute("key_name_prefix"));
    }
    if let (Some(prefix), true) = (after.non_empty(), before.is_absent())
        && !prior.name().starts_with(prefix)
    {
        response.diagnostics.push(
            Diagnostic::warning(
                format!("The key pair {:?} keeps its name", prior.name()),
                format!(
                    "Its name does not start with {prefix:?}. The prefix is recorded, and holds from the next time \
                     that the key pair is made anew."
                ),
            )
            .at("key_name_prefix"),
        );
    }
}

/// Warns that the destroy of a key pair will be refused, in a plan that destroys or replaces it.
/// Bindings that the same plan removes do not count. Never fails: without an answer there is no
/// warning, but for one that says so where the permission is missing.
pub(super) async fn warn_of_bindings(
    context: &Context<Cloud>,
    prior: &KeyPairModel,
    private: &Private,
    diagnostics: &mut Diagnostics,
) {
    let (Some(client), name) = (context.client.for_warnings(), prior.name()) else { return };
    if Memory::load(private).check_region(name, client.region()).is_err() {
        return;
    }
    match client.glance_at_bindings(&call(context, LOOK_TIMEOUT), name).await {
        Ok(mut instances) => {
            context.client.planned_unbindings().retain_others(name, &mut instances);
            if !instances.is_empty() {
                diagnostics.push(bound::warning(name, &instances));
            }
        }
        Err(error) => {
            tracing::debug!(%error, key_pair_name = name, "Could not look which instances carry it");
        }
    }
    diagnostics.extend(context.client.unchecked_attachments().map(bound::unchecked));
}

async fn name_warning(
    type_name: &str,
    context: &Context<Cloud>,
    config: &KeyPairModel,
    private: &Private,
) -> Option<Diagnostic> {
    let (name, client) = (config.configured_name().as_str()?, context.client.for_warnings()?);
    // The one that is being replaced goes first.
    if Memory::load(private).name.as_deref() == Some(name) {
        return None;
    }
    match client.glance_at_key_pair(&call(context, LOOK_TIMEOUT), name).await {
        Ok(found) => found.map(|found| {
            Diagnostic::warning(
                format!("A key pair {name:?} exists already"),
                format!(
                    "In {} there is a key pair of that name ({}), so creating one will fail, unless that one is \
                     destroyed before, as a tainted one is. To manage it with this configuration, import \
                     it:\n\n{}\n\nOr choose another name.",
                    client.region(),
                    messages::describe(&found),
                    messages::import_block(type_name, name)
                ),
            )
        }),
        Err(error) => {
            tracing::debug!(%error, key_pair_name = name, "Could not look whether the name is taken");
            None
        }
    }
}

/// Warns when the region holds as many key pairs as accounts may have by default. An account's own
/// quota may be another, and nothing tells it.
async fn quota_warning(context: &Context<Cloud>, private: &Private) -> Option<Diagnostic> {
    // A replacement frees one first.
    if Memory::load(private).name.is_some() {
        return None;
    }
    let count = context.client.key_pair_count(&call(context, LOOK_TIMEOUT)).await?;
    (count >= DEFAULT_QUOTA).then(|| {
        Diagnostic::warning(
            "The quota of key pairs may be full",
            format!(
                "The region holds {count} key pairs, and accounts may have {DEFAULT_QUOTA} there unless the quota was \
                 raised. If it is full, creating one will fail."
            ),
        )
    })
}
