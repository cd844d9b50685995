//! `ImportKeyPair`: gives a public key a name in the region.

use std::collections::BTreeMap;

use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::json;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;

/// Not repeatable: the second of two copies answers `KeyPair.AlreadyExist`, as if it were somebody else's pair.
const IMPORT: Operation = Operation::once(Service::Ecs, "ImportKeyPair");

/// What to import.
#[derive(Clone, Debug)]
pub struct ImportKeyPair {
    /// 2 to 128 characters, unique in the region.
    pub name: String,
    /// The OpenSSH one-line form.
    pub public_key: String,
    /// The default group if there is none.
    pub resource_group_id: Option<String>,
    /// At most 20.
    pub tags: BTreeMap<String, String>,
}

/// What the service says of an imported key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedKeyPair {
    /// The name, as the service has it.
    pub name: String,
    /// The fingerprint as the service computes it, if it says so.
    pub fingerprint: Option<String>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

impl Client {
    /// Imports a public key. After [`ErrorKind::ReplyLost`](crate::alicloud::ErrorKind::ReplyLost) the pair may or may
    /// not exist: describe it before importing again.
    pub async fn import_key_pair(
        &self,
        call: &Call,
        import: &ImportKeyPair,
    ) -> Result<ImportedKeyPair, Error> {
        let _changing = self.shared.key_pairs.changing(&import.name);
        let parameters = Parameters::new()
            .set("KeyPairName", &import.name)
            .set("PublicKeyBody", &import.public_key)
            .set_some("ResourceGroupId", import.resource_group_id.as_deref())
            .set_tags(&import.tags);
        let answer = self.execute(IMPORT, parameters, call).await?;
        Ok(ImportedKeyPair {
            name: json::non_empty_text(&answer.body, "KeyPairName").unwrap_or_else(|| import.name.clone()),
            fingerprint: json::non_empty_text(&answer.body, "KeyPairFingerPrint"),
            request_id: answer.request_id,
        })
    }
}
