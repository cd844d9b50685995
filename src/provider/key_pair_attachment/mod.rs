//! `alicloud_key_pair_attachment` and `alicloud_ecs_key_pair_attachment`: a key pair on instances, one resource under two
//! names.

mod binding;
mod claims;
mod conflict;
mod id;
mod instance_locks;
mod life;
mod messages;
mod plan;
mod reboot;
mod schema;

use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::claims::Claims;
pub(super) use self::instance_locks::InstanceLocks;
use self::schema::AttachmentModel;
use super::cloud::Cloud;
use super::moves;
use crate::alicloud::Call;
use crate::cty::Path;
use crate::framework::schema::Schema;
use crate::framework::{
    Attr, ChangeResponse, Context, CreateRequest, DeleteRequest, DestroyPlanRequest, Diagnostic, Diagnostics,
    ImportSource, MoveSource, Moved, PlanRequest, PlanResponse, ReadRequest, Resource, UpdateRequest,
    duration,
};

/// The names of the resource type, both for the same thing. The first is the older.
pub(super) const NAMES: [&str; 2] = ["alicloud_key_pair_attachment", "alicloud_ecs_key_pair_attachment"];

/// The resource type, under one of its names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attachment {
    /// One of [`NAMES`]: what configurations, and messages about them, call it.
    pub(super) type_name: &'static str,
}

/// A call that ends with the operation's timeout, or when the run is interrupted.
fn call(context: &Context<Cloud>, timeout: Duration) -> Call {
    Call::new(Instant::now() + timeout, context.cancel.clone())
}

impl Resource for Attachment {
    type Model = AttachmentModel;
    type Client = Cloud;

    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &AttachmentModel, diagnostics: &mut Diagnostics) {
        validate(config, diagnostics);
    }

    async fn plan(
        &self,
        context: &Context<Cloud>,
        request: PlanRequest<'_, AttachmentModel>,
        response: &mut PlanResponse<AttachmentModel>,
    ) {
        plan::plan(context, request, response).await;
    }

    async fn plan_destroy(
        &self,
        context: &Context<Cloud>,
        request: DestroyPlanRequest<'_, AttachmentModel>,
        _: &mut Diagnostics,
    ) {
        plan::plan_destroy(context, request.prior);
    }

    async fn create(
        &self,
        context: &Context<Cloud>,
        request: CreateRequest<AttachmentModel>,
        response: &mut ChangeResponse<AttachmentModel>,
    ) -> Result<(), Diagnostics> {
        life::create(context, request.planned, response).await
    }

    async fn read(
        &self,
        context: &Context<Cloud>,
        request: ReadRequest<AttachmentModel>,
        response: &mut ChangeResponse<AttachmentModel>,
    ) -> Result<(), Diagnostics> {
        life::read(context, request.state, response).await
    }

    async fn update(
        &self,
        context: &Context<Cloud>,
        request: UpdateRequest<AttachmentModel>,
        response: &mut ChangeResponse<AttachmentModel>,
    ) -> Result<(), Diagnostics> {
        life::update(context, request, response).await
    }

    async fn delete(
        &self,
        context: &Context<Cloud>,
        request: DeleteRequest<AttachmentModel>,
        response: &mut ChangeResponse<AttachmentModel>,
    ) -> Result<(), Diagnostics> {
        life::delete(context, request.prior, response).await
    }

    async fn import(
        &self,
        _: &Context<Cloud>,
        source: ImportSource,
        response: &mut ChangeResponse<AttachmentModel>,
    ) -> Result<(), Diagnostics> {
        let ImportSource::Id(text) = source else {
            return Err(messages::not_an_id(self.type_name, "").into());
        };
        let (name, ids) = id::parse(&text).ok_or_else(|| messages::not_an_id(self.type_name, &text))?;
        let mut state = AttachmentModel { id: Attr::Known(text), ..AttachmentModel::default() };
        state.holds(&name, &ids);
        response.state = Some(state);
        Ok(())
    }

    fn move_state(&self, source: &MoveSource) -> Option<Result<Moved<AttachmentModel>, Diagnostics>> {
        moves::take_over(source, &NAMES)
    }
}

fn validate(config: &AttachmentModel, diagnostics: &mut Diagnostics) {
    match (config.key_pair_name.non_empty(), config.key_name.non_empty()) {
        (Some(name), Some(old)) if name != old => diagnostics.push(
            Diagnostic::error(
                "Two names for one key pair",
                format!(
                    "key_pair_name is {name:?} and key_name, its old name, is {old:?}. Set key_pair_name only."
                ),
            )
            .at("key_name"),
        ),
        _ if config.key_pair_name.is_null() && config.key_name.is_null() => diagnostics.push(
            Diagnostic::error("No key pair", "An attachment needs the name of its key pair.")
                .at("key_pair_name"),
        ),
        _ => {}
    }
    // What is wrong with one and the same name is one error.
    let old = if config.key_name == config.key_pair_name { &Attr::Null } else { &config.key_name };
    for (attribute, name) in [("key_pair_name", &config.key_pair_name), ("key_name", old)] {
        if let Some(name) = name.as_str().filter(|name| name.is_empty() || name.contains(['*', '['])) {
            let detail = format!("{name:?} cannot be the name of a key pair.");
            diagnostics.push(Diagnostic::error("Invalid key pair name", detail).at(attribute));
        }
    }
    if let Some(ids) = config.instance_ids.known() {
        let wrong = if ids.is_empty() {
            Some("An attachment needs at least one instance.")
        } else if ids.iter().any(|id| id.is_null() || id.as_str() == Some("")) {
            Some("The id of an instance is empty.")
        } else {
            None
        };
        if let Some(detail) = wrong {
            diagnostics.push(Diagnostic::error("Invalid instance ids", detail).at("instance_ids"));
        }
        let ids = ids.iter().filter_map(Attr::as_str).filter(|id| !id.is_empty());
        let names: Vec<String> = ids.filter(|id| !id.starts_with("i-")).map(|id| format!("{id:?}")).collect();
        if !names.is_empty() {
            // A private cloud may have ids of another form.
            let detail = format!(
                "The id of an instance starts with \"i-\", as in i-bp67acfmxazb4ph; these may be names: {}. Set \
                 instance_ids to ids, for example to alicloud_instance.web[*].id.",
                messages::list(names.iter().map(String::as_str))
            );
            diagnostics.push(
                Diagnostic::warning("These may not be the ids of instances", detail).at("instance_ids"),
            );
        }
    }
    if let Some(timeouts) = config.timeouts.known() {
        let root = Path::root().attribute("timeouts");
        for (operation, value) in [("create", &timeouts.create), ("delete", &timeouts.delete)] {
            duration::validate(value, &root.clone().attribute(operation), diagnostics);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_judged_by_themselves() {
        let ids = |ids: &[&str]| Attr::Known(ids.iter().map(|id| Attr::Known((*id).to_owned())).collect());
        let good = AttachmentModel {
            key_pair_name: "web".into(),
            instance_ids: ids(&["i-1"]),
            ..AttachmentModel::default()
        };
        for (case, config, path) in [
            ("good", good.clone(), None),
            (
                "unknown",
                AttachmentModel { key_pair_name: Attr::Unknown, instance_ids: Attr::Unknown, ..good.clone() },
                None,
            ),
            (
                "unknown id",
                AttachmentModel { instance_ids: Attr::Known([Attr::Unknown].into()), ..good.clone() },
                None,
            ),
            (
                "old",
                AttachmentModel { key_pair_name: Attr::Null, key_name: "web".into(), ..good.clone() },
                None,
            ),
            ("same", AttachmentModel { key_name: "web".into(), ..good.clone() }, None),
            (
                "both empty",
                AttachmentModel { key_pair_name: "".into(), key_name: "".into(), ..good.clone() },
                Some("key_pair_name"),
            ),
            ("empty old", AttachmentModel { key_name: "".into(), ..good.clone() }, Some("key_name")),
            ("two", AttachmentModel { key_name: "app".into(), ..good.clone() }, Some("key_name")),
            ("none", AttachmentModel { key_pair_name: Attr::Null, ..good.clone() }, Some("key_pair_name")),
            (
                "wildcard",
                AttachmentModel { key_pair_name: "w*".into(), ..good.clone() },
                Some("key_pair_name"),
            ),
            ("no instance", AttachmentModel { instance_ids: ids(&[]), ..good.clone() }, Some("instance_ids")),
            ("empty id", AttachmentModel { instance_ids: ids(&[""]), ..good.clone() }, Some("instance_ids")),
            (
                "a name",
                AttachmentModel { instance_ids: ids(&["i-1", "web-1"]), ..good },
                Some("instance_ids"),
            ),
        ] {
            let mut found = Diagnostics::new();
            validate(&config, &mut found);
            let paths: Vec<_> = found.iter().filter_map(|it| Some(it.path.clone()?.to_string())).collect();
            assert_eq!(paths, path.into_iter().collect::<Vec<_>>(), "{case}");
        }
    }
}
