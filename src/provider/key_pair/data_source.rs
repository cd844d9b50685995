//! The data source `alicloud_key_pair`: one key pair that exists, by its exact name.

use std::time::Duration;

use tokio::time::Instant;

use super::schema::Tags;
use super::tags;
use crate::alicloud::ecs::InstanceFilter;
use crate::alicloud::{Call, ErrorKind};
use crate::framework::schema::{Attribute, Block, Schema};
use crate::framework::{Attr, Context, DataSource, Diagnostic, Diagnostics, ModelValue as _, Set};
use crate::openssh::PublicKey;
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::Attempt;
use crate::provider::key_pairs::{instances_hidden, instances_not_shown};

/// Reads have no timeout of their own; this outlasts the minute for which the cloud throttles.
const TIMEOUT: Duration = Duration::from_mins(5);

/// The data source.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct OneKeyPair;

crate::model! {
    /// The question and the answer.
    pub(crate) struct OneKeyPairModel {
        /// The name.
        pub(super) id: Attr<String>,
        /// The name.
        pub(super) key_pair_name: Attr<String>,
        /// The public key in OpenSSH's one-line form.
        pub(super) public_key: Attr<String>,
        /// The public key's type.
        pub(super) key_type: Attr<String>,
        /// The fingerprint as the cloud computes it.
        pub(super) finger_print: Attr<String>,
        /// When it was made.
        pub(super) create_time: Attr<String>,
        /// The resource group.
        pub(super) resource_group_id: Attr<String>,
        /// The tags.
        pub(super) tags: Attr<Tags>,
        /// The instances that carry it.
        pub(super) instance_ids: Attr<Set<Attr<String>>>,
    }
}

impl DataSource for OneKeyPair {
    type Model = OneKeyPairModel;
    type Client = Cloud;

    fn type_name(&self) -> &'static str {
        "alicloud_key_pair"
    }

    fn schema(&self) -> Schema {
        let text = |description| Attribute::string().computed().describe(description);
        Schema::new(
            Block::new("An SSH key pair of ECS that exists. It is an error if there is none of this name.")
                .attribute("id", text("The key pair's name."))
                .attribute("key_pair_name", Attribute::string().required().describe("The exact name."))
                .attribute(
                    "public_key",
                    text("The public key in OpenSSH's one-line form, if the cloud shows it."),
                )
                .attribute("key_type", text("The public key's type, for example `ssh-rsa`."))
                .attribute("finger_print", text("The fingerprint, as the cloud computes it."))
                .attribute(
                    "create_time",
                    text("When the key pair was made, to the minute, for example `2026-01-31T08:33Z`."),
                )
                .attribute("resource_group_id", text("The resource group."))
                .attribute("tags", Attribute::of(Tags::ty()).computed().describe("The tags."))
                .attribute(
                    "instance_ids",
                    Attribute::of(Set::<Attr<String>>::ty())
                        .computed()
                        .describe("The ids of the instances that carry it."),
                ),
        )
    }

    fn validate(&self, config: &OneKeyPairModel, diagnostics: &mut Diagnostics) {
        if let Some(name) = config.key_pair_name.as_str()
            && (name.is_empty() || name.contains('*'))
        {
            let detail = format!(
                "{name:?} cannot be the name of a key pair. This data source finds one key pair by its exact name; \
                 alicloud_key_pairs finds several."
            );
            diagnostics.push(Diagnostic::error("Invalid key pair name", detail).at("key_pair_name"));
        }
    }

    async fn read(
        &self,
        context: &Context<Cloud>,
        config: OneKeyPairModel,
        diagnostics: &mut Diagnostics,
    ) -> Result<OneKeyPairModel, Diagnostics> {
        let client = context.client.client()?;
        let name = config.key_pair_name.as_str().unwrap_or_default().to_owned();
        let call = Call::new(Instant::now() + TIMEOUT, context.cancel.clone());
        let attempt = Attempt { key_pair: &name, account_id: None, timeout: None };
        let instances = async {
            match client.list_instances(&call, InstanceFilter::KeyPair(&name)).await {
                Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Err(error)),
                listed => listed.map(Ok),
            }
        };
        let (found, instances) = tokio::try_join!(client.describe_key_pair(&call, &name), instances)
            .map_err(|error| attempt.failed(format!("Could not read the key pair {name:?}"), &error))?;
        let Some(found) = found else {
            return Err(Diagnostic::error(
                format!("There is no key pair {name:?}"),
                format!(
                    "In {} there is no key pair of exactly this name. Check the name, the provider's region, and \
                     that its credentials belong to the right account.",
                    client.region()
                ),
            )
            .at("key_pair_name")
            .into());
        };
        let instances = match instances {
            Ok(instances) => {
                if instances.is_empty() {
                    diagnostics.extend(instances_hidden(client, &call).await);
                }
                instances
            }
            Err(error) => {
                diagnostics.push(instances_not_shown(&error));
                Vec::new()
            }
        };
        let key_type = found.public_key.as_deref().and_then(|text| PublicKey::parse(text).ok());
        Ok(OneKeyPairModel {
            id: Attr::Known(name),
            key_pair_name: config.key_pair_name,
            key_type: key_type.map(|key| key.key_type().to_owned()).into(),
            public_key: found.public_key.into(),
            finger_print: Attr::Known(found.fingerprint),
            create_time: Attr::Known(found.creation_time),
            resource_group_id: Attr::Known(found.resource_group_id),
            tags: Attr::Known(tags::without_reserved(found.tags)),
            instance_ids: Attr::Known(instances.into_iter().map(|it| Attr::Known(it.id)).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{check, check_model};

    #[test]
    fn hosts_accept_the_schema_and_the_model_fits_it() {
        assert_eq!(check(&OneKeyPair.schema()), Vec::<String>::new());
        assert_eq!(check_model::<OneKeyPairModel>(&OneKeyPair.schema()), Vec::<String>::new());
    }
}
