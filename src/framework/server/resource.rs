//! The calls about managed resources.

use super::{Server, convert};
use crate::cty::{Type, Value, json};
use crate::framework::adapter::{AnyResource, Change};
use crate::framework::fit::fit;
use crate::framework::resource::{ImportSource, MoveSource};
use crate::framework::{
    Diagnostic, Diagnostics, Private, Provider, StoredState, deprecation, proto, write_only,
};

/// The state of an object, on its way between host and type.
struct Object<'a> {
    ty: Type,
    identity: Option<Type>,
    name: &'a str,
}

impl<'a> Object<'a> {
    fn of<C>(resource: &dyn AnyResource<C>, name: &'a str) -> Self {
        let identity = resource.identity_schema().map(super::super::schema::IdentitySchema::ty);
        Self { ty: resource.schema().ty(), identity, name }
    }

    fn decode_identity(
        &self,
        identity: Option<proto::ResourceIdentityData>,
    ) -> Result<Option<Value>, Diagnostics> {
        match (&self.identity, identity) {
            (Some(ty), Some(identity)) => convert::decode_object(identity.identity_data, ty),
            _ => Ok(None),
        }
    }

    fn encode_identity(
        &self,
        identity: Option<&Value>,
    ) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
        let (Some(ty), Some(identity)) = (&self.identity, identity) else { return Ok(None) };
        Ok(Some(proto::ResourceIdentityData { identity_data: Some(convert::encode(identity, ty)?) }))
    }

    fn decode_raw_state(&self, raw: Option<proto::RawState>) -> Result<StoredState, Diagnostics> {
        let raw = raw.unwrap_or_default();
        StoredState::parse(&raw.json).map_err(|error| {
            let why = if raw.flatmap.is_empty() {
                format!("it is not JSON: {error}")
            } else {
                "it is in the form that Terraform 0.11 and earlier wrote; use Terraform 0.12 to rewrite it"
                    .to_owned()
            };
            Diagnostic::error(
                "The stored state cannot be read",
                format!("The state of this {} cannot be read, since {why}.", self.name),
            )
            .into()
        })
    }
}

fn unreadable(error: impl std::fmt::Display, name: &str) -> Diagnostics {
    Diagnostic::error(
        "The stored state cannot be read",
        format!("The state of this {name} does not fit the schema that it claims: {error}."),
    )
    .into()
}

impl<P: Provider> Server<P> {
    pub(super) fn validate_resource(
        &self,
        request: proto::validate_resource_config::Request,
    ) -> Result<proto::validate_resource_config::Response, Diagnostics> {
        let resource = self.find(&request.type_name)?;
        let config = convert::decode(request.config, &resource.schema().ty())?;
        let write_only_allowed =
            request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed);
        let mut diagnostics = Diagnostics::new();
        if !write_only_allowed {
            write_only::refuse(resource.schema().block.fields(), &config, &mut diagnostics);
        }
        deprecation::warn(&resource.schema().block, &config, &mut diagnostics);
        diagnostics.extend(resource.validate(&config));
        Ok(proto::validate_resource_config::Response { diagnostics: convert::diagnostics(diagnostics) })
    }

    pub(super) fn upgrade_state(
        &self,
        request: proto::upgrade_resource_state::Request,
    ) -> Result<proto::upgrade_resource_state::Response, Diagnostics> {
        let resource = self.find(&request.type_name)?;
        let object = Object::of(resource, &request.type_name);
        let upgraded = if request.version == resource.schema().version {
            // Not through a JSON tree: numbers keep the digits that they were written with.
            let stored = match request.raw_state {
                Some(raw) if !raw.json.is_empty() => json::decode_state(&raw.json, &object.ty)
                    .map_err(|error| unreadable(error, object.name))?,
                raw => {
                    object.decode_raw_state(raw)?;
                    Value::Null
                }
            };
            fit(resource.schema().block.fields(), stored)
        } else {
            resource.upgrade(request.version, &object.decode_raw_state(request.raw_state)?)?
        };
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: Some(convert::encode(&upgraded, &object.ty)?),
            diagnostics: Vec::new(),
        })
    }

    pub(super) fn upgrade_identity(
        &self,
        request: proto::upgrade_resource_identity::Request,
    ) -> Result<proto::upgrade_resource_identity::Response, Diagnostics> {
        let object = Object::of(self.find(&request.type_name)?, &request.type_name);
        let raw = request.raw_identity.unwrap_or_default();
        let ty = object.identity.clone().unwrap_or(Type::Dynamic);
        let identity = json::decode_state(&raw.json, &ty).map_err(|error| unreadable(error, object.name))?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: object.encode_identity(Some(&identity))?,
            diagnostics: Vec::new(),
        })
    }

    pub(super) async fn read(
        &self,
        request: proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostics> {
        let resource = self.find(&request.type_name)?;
        let object = Object::of(resource, &request.type_name);
        let state = convert::decode(request.current_state, &object.ty)?;
        let private = Private::decode(&request.private);
        let identity = object.decode_identity(request.current_identity)?;
        let read = resource.read(&self.context()?, state, private, identity).await;
        Ok(proto::read_resource::Response {
            new_state: Some(convert::encode_object(read.state.as_ref(), &object.ty)?),
            diagnostics: convert::diagnostics(read.diagnostics),
            private: read.private.encode(),
            deferred: None,
            new_identity: object.encode_identity(read.identity.as_ref())?,
        })
    }

    pub(super) async fn plan(
        &self,
        request: proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostics> {
        let resource = self.find(&request.type_name)?;
        let object = Object::of(resource, &request.type_name);
        let change = Change {
            config: convert::decode(request.config, &object.ty)?,
            prior: convert::decode_object(request.prior_state, &object.ty)?,
            next: convert::decode_object(request.proposed_new_state, &object.ty)?,
            private: Private::decode(&request.prior_private),
            identity: object.decode_identity(request.prior_identity)?,
        };
        let planned = resource.plan(&self.context()?, change).await;
        Ok(proto::plan_resource_change::Response {
            planned_state: Some(convert::encode_object(planned.state.as_ref(), &object.ty)?),
            requires_replace: planned.requires_replace.iter().map(convert::attribute_path).collect(),
            planned_private: planned.private.encode(),
            diagnostics: convert::diagnostics(planned.diagnostics),
            legacy_type_system: false,
            deferred: None,
            planned_identity: object.encode_identity(planned.identity.as_ref())?,
        })
    }

    pub(super) async fn apply(
        &self,
        request: proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostics> {
        let resource = self.find(&request.type_name)?;
        let object = Object::of(resource, &request.type_name);
        let change = Change {
            config: convert::decode(request.config, &object.ty)?,
            prior: convert::decode_object(request.prior_state, &object.ty)?,
            next: convert::decode_object(request.planned_state, &object.ty)?,
            private: Private::decode(&request.planned_private),
            identity: object.decode_identity(request.planned_identity)?,
        };
        let applied = resource.apply(&self.context()?, change).await;
        Ok(proto::apply_resource_change::Response {
            new_state: Some(convert::encode_object(applied.state.as_ref(), &object.ty)?),
            private: applied.private.encode(),
            diagnostics: convert::diagnostics(applied.diagnostics),
            legacy_type_system: false,
            new_identity: object.encode_identity(applied.identity.as_ref())?,
        })
    }

    pub(super) async fn import(
        &self,
        request: proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostics> {
        let resource = self.find(&request.type_name)?;
        let object = Object::of(resource, &request.type_name);
        let source = match object.decode_identity(request.identity)? {
            Some(identity) => ImportSource::Identity(identity),
            None => ImportSource::Id(request.id),
        };
        let imported = resource.import(&self.context()?, source).await;
        let state = match &imported.state {
            Some(state) => Some(proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: Some(convert::encode(state, &object.ty)?),
                private: imported.private.encode(),
                identity: object.encode_identity(imported.identity.as_ref())?,
            }),
            None => None,
        };
        Ok(proto::import_resource_state::Response {
            imported_resources: state.into_iter().collect(),
            diagnostics: convert::diagnostics(imported.diagnostics),
            deferred: None,
        })
    }

    pub(super) fn move_state(
        &self,
        request: proto::move_resource_state::Request,
    ) -> Result<proto::move_resource_state::Response, Diagnostics> {
        let resource = self.find(&request.target_type_name)?;
        let object = Object::of(resource, &request.target_type_name);
        let source = MoveSource {
            state: object.decode_raw_state(request.source_state)?,
            private: Private::decode(&request.source_private),
            provider_address: request.source_provider_address,
            type_name: request.source_type_name,
            schema_version: request.source_schema_version,
        };
        let (state, private) = resource.move_state(&source).unwrap_or_else(|| {
            Err(Diagnostic::error(
                "This object cannot be moved here",
                format!(
                    "A {} of the provider {} (schema version {}) cannot become a {}. Remove the `moved` \
                     block, and import the object instead.",
                    source.type_name, source.provider_address, source.schema_version, object.name
                ),
            )
            .into())
        })?;
        Ok(proto::move_resource_state::Response {
            target_state: Some(convert::encode(&state, &object.ty)?),
            diagnostics: Vec::new(),
            target_private: private.encode(),
            target_identity: None,
        })
    }
}
