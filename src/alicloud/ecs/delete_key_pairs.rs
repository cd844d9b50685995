//! `DeleteKeyPairs`: removes key pairs by name.

use serde_json::Value;

use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;

/// Not repeatable without looking: between two copies somebody may have made a new pair of the same name.
pub(in crate::alicloud) const DELETE: Operation = Operation::once(Service::Ecs, "DeleteKeyPairs");

/// The most names in one call.
pub const MOST_NAMES: usize = 100;

/// The answer to a deletion. The service doesn't tell names apart: all named pairs are gone, those that never existed
/// included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The service's id of the request.
    pub request_id: Option<String>,
}

impl Client {
    /// Deletes key pairs, at most [`MOST_NAMES`] of them. It is not documented whether a refused call has deleted the
    /// pairs that could be deleted. After [`ErrorKind::ReplyLost`](crate::alicloud::ErrorKind::ReplyLost) describe the
    /// pairs before deleting again.
    pub async fn delete_key_pairs(
        &self,
        call: &Call,
        names: &[impl AsRef<str> + Sync],
    ) -> Result<Deleted, Error> {
        let answer = self.execute(DELETE, parameters(names), call).await?;
        Ok(Deleted { request_id: answer.request_id })
    }
}

/// The parameters of a call that deletes these key pairs.
pub(in crate::alicloud) fn parameters(names: &[impl AsRef<str>]) -> Parameters {
    let list: Value = names.iter().map(|name| Value::from(name.as_ref())).collect();
    Parameters::new().set("KeyPairNames", list.to_string())
}
