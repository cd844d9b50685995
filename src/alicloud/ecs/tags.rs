//! `TagResources` and `UntagResources`, for key pairs.

use std::collections::BTreeMap;

use super::RESOURCE_TYPE;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;

const TAG: Operation = Operation::idempotent(Service::Ecs, "TagResources");
const UNTAG: Operation = Operation::idempotent(Service::Ecs, "UntagResources");

/// The most tags in one call.
const MOST_TAGS: usize = 20;

impl Client {
    /// Sets tags on a key pair; a tag whose key is there already gets the new value. Does nothing without tags.
    pub async fn tag_key_pair(
        &self,
        call: &Call,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let _changing = self.shared.key_pairs.changing(name);
        let tags: Vec<_> = tags.iter().collect();
        for some in tags.chunks(MOST_TAGS) {
            let parameters = resource(name).set_tags(some.iter().copied());
            self.execute(TAG, parameters, call).await?;
        }
        Ok(())
    }

    /// Takes tags off a key pair by their keys; keys that are not there are no error. Does nothing without keys.
    pub async fn untag_key_pair(
        &self,
        call: &Call,
        name: &str,
        keys: &[impl AsRef<str> + Sync],
    ) -> Result<(), Error> {
        let _changing = self.shared.key_pairs.changing(name);
        for some in keys.chunks(MOST_TAGS) {
            self.execute(UNTAG, resource(name).set_list("TagKey", some), call).await?;
        }
        Ok(())
    }
}

fn resource(name: &str) -> Parameters {
    Parameters::new().set("ResourceType", RESOURCE_TYPE).set_list("ResourceId", &[name])
}
