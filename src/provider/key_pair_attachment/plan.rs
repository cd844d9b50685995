//! What the schema cannot say of a plan: conflicts between attachments, and what will happen to instances.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::binding::{Binding, is_windows};
use super::schema::AttachmentModel;
use super::{call, messages, reboot};
use crate::alicloud::ecs::Instance;
use crate::framework::{Attr, Context, Diagnostic, Diagnostics, PlanRequest, PlanResponse};
use crate::provider::cloud::Cloud;
use crate::provider::place::Place;

/// How long a look at the cloud may hold up a plan.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn plan(
    context: &Context<Cloud>,
    request: PlanRequest<'_, AttachmentModel>,
    response: &mut PlanResponse<AttachmentModel>,
) {
    let PlanRequest { config, prior } = request;
    // The id names the instances.
    if prior.is_some_and(|prior| prior.instance_ids != response.planned.instance_ids) {
        response.planned.id = Attr::Unknown;
    }
    // Both arguments are the same name.
    for (name, other) in [
        (&config.key_pair_name, &mut response.planned.key_name),
        (&config.key_name, &mut response.planned.key_pair_name),
    ] {
        if let (Attr::Known(name), true) = (name, other.is_unknown()) {
            *other = Attr::Known(name.clone());
        }
    }
    let wanted = response.planned.known_ids();
    note_what_goes(context, prior, config.name().as_str(), &wanted);
    let Some(name) = config.name().as_str() else { return };
    let bound = prior.filter(|prior| prior.name().as_str() == Some(name)).map(AttachmentModel::known_ids);
    let bound = bound.unwrap_or_default();
    let added: BTreeSet<String> = wanted.difference(&bound).cloned().collect();
    let changes = prior.is_none_or(|prior| {
        prior.instance_ids != response.planned.instance_ids || prior.name().as_str() != Some(name)
    });
    let mut conflicts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, other) in context.client.claims.claim(name, &wanted, changes) {
        conflicts.entry(other).or_default().push(id);
    }
    for (other, ids) in conflicts {
        response.diagnostics.push(messages::conflict(name, &other, &ids));
    }
    if !added.is_empty() {
        // Terraform plans a replacement twice: as a change, and then as a create that has the memory of the old attachment.
        let before = match prior {
            Some(prior) => prior.name().as_str().map(str::to_owned),
            None => Place::load(&response.private).name,
        };
        let force = config.force == Attr::Known(true);
        foresee(context, name, before.as_deref(), &added, force, &mut response.diagnostics).await;
    }
}

/// What this plan takes off instances will not stand in the way of the key pair's own end. A name that is not known yet is
/// that of another key pair.
fn note_what_goes(
    context: &Context<Cloud>,
    prior: Option<&AttachmentModel>,
    name: Option<&str>,
    wanted: &BTreeSet<String>,
) {
    let Some(prior) = prior else { return };
    let Some(before) = prior.name().as_str() else { return };
    let goes = prior.known_ids().into_iter().filter(|id| name != Some(before) || !wanted.contains(id));
    context.client.planned_unbindings().note(before, goes);
}

/// The same for the end of the whole attachment.
pub(super) fn plan_destroy(context: &Context<Cloud>, prior: &AttachmentModel) {
    if let Some(name) = prior.name().as_str() {
        context.client.planned_unbindings().note(name, prior.known_ids());
    }
}

/// Warns of what will happen to instances that are to be bound; `before` is the key pair that the attachment binds now. What depends on the world is no more than a warning: a
/// host plans every create before a destroy, and an error would make a half-made set undestroyable.
async fn foresee(
    context: &Context<Cloud>,
    name: &str,
    before: Option<&str>,
    added: &BTreeSet<String>,
    force: bool,
    diagnostics: &mut Diagnostics,
) {
    let Some(client) = context.client.for_warnings() else { return };
    let call = call(context, LOOK_TIMEOUT);
    let locks = &context.client.instance_locks;
    let binding = Binding { client, locks, call, name, account_id: None, timeout: None };
    let seen = match binding.look(added).await {
        Ok(seen) => seen,
        Err(error) => {
            tracing::debug!(summary = error.summary, "Could not look at the instances that are to be bound");
            return;
        }
    };
    let mut warn = |instances: Vec<&str>, summary: String, detail: &str| {
        if !instances.is_empty() {
            let which = messages::list(instances.into_iter());
            let detail = detail.replace("{}", &which);
            diagnostics.push(Diagnostic::warning(summary, detail).at("instance_ids"));
        }
    };
    let ids = |which: &dyn Fn(&Instance) -> bool| -> Vec<&str> {
        seen.iter().filter(|it| which(it)).map(|it| it.id.as_str()).collect()
    };
    let taken: Vec<String> = seen
        .iter()
        .filter_map(|it| Some((it, it.key_pair_name.as_deref().filter(|carried| *carried != name)?)))
        // That the plan takes the other one off is no surprise.
        .filter(|(_, carried)| before != Some(*carried))
        .filter(|(it, carried)| !context.client.planned_unbindings().detaches(carried, &it.id))
        .map(|(it, carried)| format!("{} (carries {carried:?})", it.id))
        .collect();
    warn(
        taken.iter().map(String::as_str).collect(),
        format!("The key pair {name:?} takes the place of others"),
        "An instance carries one key pair. These carry another now, which will no longer open them: {}. A running instance \
         keeps its present key until its next start; with force = true, this attachment reboots it.",
    );
    if force {
        warn(
            ids(&|it| reboot::is_due(it, name) && !is_windows(it)),
            format!("Instances will be rebooted for the key pair {name:?}"),
            "With force, each running instance that the key pair is newly bound to is rebooted, by cutting its power if \
             it does not stop by itself: {}.",
        );
    }
    warn(
        ids(&is_windows),
        format!("The key pair {name:?} cannot be bound to instances that run Windows"),
        "Key pairs open Linux instances only, so this will fail: {}.",
    );
    let missing = added.iter().filter(|id| seen.iter().all(|it| it.id != **id)).map(String::as_str);
    warn(
        missing.collect(),
        format!("Instances for the key pair {name:?} are not there"),
        "Unless they are made before, binding the key pair to them will fail: {}.",
    );
}
