//! What the schema cannot say of a plan.

use std::time::Duration;

use super::bound::{self, Ending};
use super::memory::{Memory, mark_replaced};
use super::name::{judge_name, judge_prefix};
use super::schema::{KeyPairModel, Tags};
use super::{call, key_plan, messages, tags};
use crate::cty::Path;
use crate::framework::duration::or_default;
use crate::framework::{
    Attr, Context, Diagnostic, Diagnostics, PlanRequest, PlanResponse, Private, Severity,
};
use crate::provider::cloud::Cloud;
use crate::provider::place::Place;

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
    // Terraform plans a replacement twice: as a change, and then as a create that has the memory of the old key pair. It
    // shows no warning of the second plan.
    let is_second = prior.is_none() && Place::load(&response.private).name.is_some();
    // Both arguments are the same name.
    for (name, other) in [
        (&config.key_pair_name, &mut response.planned.key_name),
        (&config.key_name, &mut response.planned.key_pair_name),
    ] {
        if let (Attr::Known(name), true) = (name, other.is_unknown()) {
            *other = Attr::Known(name.clone());
        }
    }
    if let Some(prior) = prior {
        prefix_change(config, prior, response);
        key_plan::key_file_change(config, prior, response).await;
        remember(prior, &mut response.private);
    }
    if is_second {
        // With -replace, the first plan does not know that it is one.
        mark_replaced(&mut response.private);
    }
    let is_new = prior.is_none() || !response.requires_replace.is_empty();
    if !is_second {
        claim_the_name(context, config, is_new, &mut response.diagnostics);
    }
    if is_new && !is_second {
        warn_of_the_name(config, prior.map(KeyPairModel::name), &mut response.diagnostics);
        key_plan::warn_of_the_key(config, &mut response.diagnostics).await;
    }
    if let Some(prior) = prior {
        if is_new {
            mark_replaced(&mut response.private);
            let PlanResponse { private, diagnostics, .. } = response;
            if config.configured_name().as_str() == Some(prior.name()) {
                warn_of_bindings(context, prior, private, Ending::Replacement, diagnostics).await;
            } else {
                // Attachments follow it to another name, since they refer to the name.
                diagnostics.extend(name_warning(type_name, context, config, private).await);
            }
        }
    } else {
        // What depends on the world is no more than a warning: a host plans every create before a
        // destroy, and an error would make a half-made set undestroyable.
        if !is_second && let Some((region, unread)) = context.client.unsaid_default_region() {
            response.diagnostics.push(messages::default_region(region, unread));
        }
        let PlanResponse { private, diagnostics, .. } = response;
        // Side by side: a service that is down holds the plan up once.
        let (name, quota) =
            tokio::join!(name_warning(type_name, context, config, private), quota_warning(context, private));
        diagnostics.extend(name.into_iter().chain(quota));
    }
}

/// A state that another provider wrote has no memory yet, if it was not refreshed.
fn remember(prior: &KeyPairModel, private: &mut Private) {
    let mut memory = Memory::load(private);
    if memory.place.name.is_none() {
        // What is not known of the key stays so.
        memory.place.name = Some(prior.name().to_owned());
        memory.save(private);
    }
}

/// Warns of a name that another resource of the configuration has, too.
fn claim_the_name(
    context: &Context<Cloud>,
    config: &KeyPairModel,
    changes: bool,
    diagnostics: &mut Diagnostics,
) {
    let Some(name) = config.configured_name().as_str() else { return };
    if context.client.names.plan(name, changes) {
        diagnostics.push(
            Diagnostic::warning(
                format!("Two key pairs of this configuration have the name {name:?}"),
                "ECS accepts a name once in a region, so creating the second key pair will fail. Give each resource a \
                 key_pair_name of its own, or remove one of them and refer to the other.",
            )
            .at("key_pair_name"),
        );
    }
}

/// Warns of a name, or a prefix, that ECS may not accept, when it is first used. What it has accepted is no news.
fn warn_of_the_name(config: &KeyPairModel, before: Option<&str>, diagnostics: &mut Diagnostics) {
    let found = if let Some(name) = config.configured_name().as_str().filter(|name| before != Some(*name)) {
        let attribute = if config.key_pair_name.is_null() { "key_name" } else { "key_pair_name" };
        judge_name(name, attribute)
    } else if let Some(prefix) = config.key_name_prefix.as_str()
        && before.is_none_or(|before| !before.starts_with(prefix))
    {
        judge_prefix(prefix)
    } else {
        Vec::new()
    };
    diagnostics.extend(found.into_iter().filter(|it| it.severity == Severity::Warning));
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

/// Warns of instances that have the key pair, in a plan that destroys it or replaces it by one of the same name. Those that
/// the same plan is known to detach do not count. Never fails: without an answer there is no warning, but for one that says
/// so where the permission is missing.
pub(super) async fn warn_of_bindings(
    context: &Context<Cloud>,
    prior: &KeyPairModel,
    private: &Private,
    ending: Ending,
    diagnostics: &mut Diagnostics,
) {
    let (Some(client), name) = (context.client.for_warnings(), prior.name()) else { return };
    if Place::load(private).check_region(name, client).is_err() {
        return;
    }
    match client.glance_at_bindings(&call(context, LOOK_TIMEOUT), name).await {
        Ok(mut instances) => {
            context.client.planned_unbindings().retain_others(name, &mut instances);
            if !instances.is_empty() {
                let patience = or_default(&prior.wait_for_unbind, context.client.wait_for_unbind());
                diagnostics.push(bound::warning(name, &instances, patience, ending));
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
    if Place::load(private).name.as_deref() == Some(name) {
        return None;
    }
    match client.glance_at_key_pair(&call(context, LOOK_TIMEOUT), name).await {
        // Another resource of the configuration may have it, and that is told by itself.
        Ok(found) => found.filter(|_| !context.client.names.is_known(name)).map(|found| {
            Diagnostic::warning(
                format!("A key pair {name:?} exists already"),
                format!(
                    "{} has a key pair of this name ({}). If this plan destroys it first, nothing is left to do. \
                     Otherwise creating one will fail: choose another key_pair_name; or, to manage the existing key pair \
                     here, see that no other resource or configuration does, and import it:\n\n{}",
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
    if Place::load(private).name.is_some() {
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
