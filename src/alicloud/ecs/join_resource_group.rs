//! `JoinResourceGroup`, for key pairs.

use super::RESOURCE_TYPE;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;

const JOIN: Operation = Operation::idempotent(Service::Ecs, "JoinResourceGroup");

impl Client {
    /// Moves a key pair into a resource group. That it is in the group already is success.
    pub async fn join_resource_group(
        &self,
        call: &Call,
        name: &str,
        resource_group_id: &str,
    ) -> Result<(), Error> {
        let _changing = self.shared.key_pairs.changing(name);
        let parameters = Parameters::new()
            .set("ResourceType", RESOURCE_TYPE)
            .set("ResourceId", name)
            .set("ResourceGroupId", resource_group_id);
        match self.execute(JOIN, parameters, call).await {
            Err(error) if error.code() == Some("InvalidResourceGroup.Duplicate") => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}
