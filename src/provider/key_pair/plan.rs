//! What the schema cannot say of a plan.

use std::path::PathBuf;
use std::time::Duration;

use super::schema::{KeyPairModel, Tags};
use super::{bound, call, key_file, messages};
use crate::cty::Path;
use crate::framework::{Attr, Context, Diagnostic, Diagnostics, PlanRequest, PlanResponse, Private};
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
    if let Some(prior) = prior {
        update(config, prior, response);
        if !response.requires_replace.is_empty() {
            let PlanResponse { private, diagnostics, .. } = response;
            warn_of_bindings(context, prior, private, diagnostics).await;
        }
    } else {
        // What depends on the world is no more than a warning: a host plans every create before a
        // destroy, and an error would make a half-made set undestroyable.
        warn_of_the_key(config, &mut response.diagnostics).await;
        let PlanResponse { private, diagnostics, .. } = response;
        // Side by side: a service that is down holds the plan up once.
        let (name, quota) =
            tokio::join!(name_warning(type_name, context, config, private), quota_warning(context, private));
        diagnostics.extend(name.into_iter().chain(quota));
    }
}

/// Tags are computed for one reason: so that no tags and an empty map of them are the same, as
/// states hold either. They are never unknown, and leaving them out removes them.
fn without_tags(prior: Option<&KeyPairModel>) -> Attr<Tags> {
    match prior.map(|prior| &prior.tags) {
        Some(Attr::Known(tags)) if tags.is_empty() => Attr::Known(Tags::new()),
        _ => Attr::Null,
    }
}

fn update(config: &KeyPairModel, prior: &KeyPairModel, response: &mut PlanResponse<KeyPairModel>) {
    // From one to another is another key pair. Added to a key pair that was imported, or taken
    // away, they are only recorded: the object does not contradict them.
    for (attribute, before, after) in [
        ("key_name_prefix", &prior.key_name_prefix, &config.key_name_prefix),
        ("key_file", &prior.key_file, &config.key_file),
    ] {
        if !before.is_null() && !after.is_null() && before != after {
            response.requires_replace.push(Path::root().attribute(attribute));
        }
    }
    if let (Some(prefix), true) = (config.key_name_prefix.as_str(), prior.key_name_prefix.is_null())
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

async fn warn_of_the_key(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    if !config.public_key.is_null() {
        return;
    }
    if config.key_file.is_null() {
        let which = match config.configured_name().as_str() {
            Some(name) => format!("of the key pair {name:?}"),
            None => "of a key pair".to_owned(),
        };
        diagnostics.push(Diagnostic::warning(
            format!("Nobody will hold the private key {which}"),
            "With neither public_key nor key_file, a key is made whose private half is dropped at once: nobody will \
             be able to log in with it. Set public_key to a key that you hold, or key_file to have the private key \
             written to a file.",
        ));
        return;
    }
    let Some(path) = config.key_file.as_str() else { return };
    let file = PathBuf::from(path);
    match tokio::task::spawn_blocking(move || key_file::inspect(&file)).await {
        Ok(Ok(Some(key))) => diagnostics.push(
            Diagnostic::warning(
                format!("The key in {path} will be used"),
                format!(
                    "The file exists and holds an RSA private key (fingerprint {}). Its public half will be imported; \
                     the file stays as it is.",
                    key.fingerprint_md5()
                ),
            )
            .at("key_file"),
        ),
        Ok(Err(error)) => diagnostics.push(
            Diagnostic::warning(
                format!("The key file {path} cannot be used"),
                format!("The file {path} {error}. Unless that changes, creating the key pair will fail."),
            )
            .at("key_file"),
        ),
        Ok(Ok(None)) | Err(_) => {}
    }
}

/// Warns that the destroy of a key pair will be refused, in a plan that destroys or replaces it.
/// Bindings that the same plan removes do not count. Never fails: without an answer there is no
/// warning.
pub(super) async fn warn_of_bindings(
    context: &Context<Cloud>,
    prior: &KeyPairModel,
    private: &Private,
    diagnostics: &mut Diagnostics,
) {
    let (Some(client), name) = (context.client.for_warnings(), prior.name()) else { return };
    if Place::load(private).check_region(name, client.region()).is_err() {
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
