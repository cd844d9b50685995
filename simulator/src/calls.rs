//! The record of the calls that arrived.

use std::collections::BTreeMap;

use serde::Serialize;

/// One call, as it arrived and as it was answered. It holds no secret: no signature, no security token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Call {
    /// `DeleteKeyPairs`, …, or the name of a service that is no part of the API, such as `metadata:token`; empty if the
    /// call named none.
    pub action: String,
    /// `2014-05-26` for ECS, `2015-04-01` for STS.
    pub version: String,
    /// `RegionId`; empty if there was none.
    pub region: String,
    /// The parameters of the operation itself, without those of signing.
    pub parameters: BTreeMap<String, String>,
    /// The access key's id.
    pub access_key_id: String,
    /// The account that the key belongs to; empty until the gateway knows.
    pub account: String,
    /// `GET`, `POST` or `PUT`.
    pub method: String,
    /// `V1` or `V3`; empty if the call is not signed.
    pub signature: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// The request id of the answer.
    pub request_id: String,
    /// The HTTP status of the answer; `None` if there is none yet, or never was one.
    pub status: Option<u16>,
    /// The error code of the answer; `None` if there is none.
    pub code: Option<String>,
    /// Whether the call changed the world.
    pub changed: bool,
    /// What was done to it on purpose; `None`: nothing.
    pub fault: Option<String>,
}

/// Parameters that belong to signing and not to the operation, and those that are secrets.
const NOT_KEPT: [&str; 14] = [
    "AccessKeyId",
    "Action",
    "BearerToken",
    "Format",
    "OIDCToken",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
    "refresh_token",
];

/// The parameters of the operation itself.
pub(crate) fn own_parameters(all: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = all.iter().filter(|(name, _)| !NOT_KEPT.contains(&name.as_str()));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}
