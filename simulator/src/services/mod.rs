//! The services that hand out access keys and are not called like an API: they are told by their paths.
//!
//! Each has a name of its own among the actions, such as `metadata:token`, for faults, calls and counts.

mod cloud_sso;
mod credentials_uri;
mod metadata;
mod oauth;

use serde_json::{Value, json};
use time::OffsetDateTime;

pub(crate) use credentials_uri::PATH as CREDENTIALS_URI;

use crate::error::ApiError;
use crate::gateway::RawRequest;
use crate::identity::{Identity, Session};
use crate::parameters::Parameters;

/// One request as a service sees it.
pub(crate) struct Visit<'a> {
    pub(crate) identity: &'a mut Identity,
    pub(crate) raw: &'a RawRequest,
    pub(crate) parameters: &'a Parameters,
    pub(crate) now: OffsetDateTime,
}

impl Visit<'_> {
    /// The token of `Authorization: Bearer TOKEN`.
    fn bearer(&self) -> &str {
        self.raw.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
    }
}

/// What a service does: gives the members of its answer, or a text.
pub(crate) type Handle = fn(&mut Visit<'_>) -> Result<Value, ApiError>;

/// How a service words a refusal.
#[derive(Debug, Clone, Copy)]
enum Refusals {
    /// `Code` and `Message`.
    Capital,
    /// `ErrorCode` and `ErrorMessage`.
    Sso,
    /// `error` and `error_description`.
    Oauth,
    /// The message alone, as a text.
    Text,
}

/// A service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    /// Its name among the actions.
    pub(crate) action: &'static str,
    pub(crate) handle: Handle,
    refusals: Refusals,
}

const fn service(action: &'static str, handle: Handle, refusals: Refusals) -> Service {
    Service { action, handle, refusals }
}

/// The service that is asked by this method and path, if any.
pub(crate) fn find(method: &str, path: &str) -> Option<Service> {
    let role = path.strip_prefix(metadata::ROLES);
    Some(match (method, path, role) {
        ("PUT", "/latest/api/token", _) => service("metadata:token", metadata::token, Refusals::Text),
        ("GET", _, Some("")) => service("metadata:roles", metadata::roles, Refusals::Text),
        ("GET", _, Some(_)) => service("metadata:role", metadata::role, Refusals::Text),
        ("GET", credentials_uri::PATH, _) => {
            service("credentials:uri", credentials_uri::get, Refusals::Capital)
        }
        ("POST", "/cloud-credentials", _) => {
            service("sso:credentials", cloud_sso::credentials, Refusals::Sso)
        }
        ("POST", "/v1/token", _) => service("oauth:token", oauth::token, Refusals::Oauth),
        ("POST", "/v1/exchange", _) => service("oauth:exchange", oauth::exchange, Refusals::Oauth),
        _ => return None,
    })
}

impl Service {
    /// The status and the body of an answer.
    pub(crate) fn body(self, request_id: &str, result: &Result<Value, ApiError>) -> (u16, Value) {
        let error = match result {
            Ok(members) => return (200, members.clone()),
            Err(error) => error,
        };
        let (code, message) = (&error.code, &error.message);
        let body = match self.refusals {
            Refusals::Capital => json!({"Code": code, "Message": message}),
            Refusals::Sso => json!({"ErrorCode": code, "ErrorMessage": message, "RequestId": request_id}),
            Refusals::Oauth => json!({"error": code, "error_description": message, "requestId": request_id}),
            Refusals::Text => json!(message),
        };
        (error.status, body)
    }
}

/// A session as the metadata service and credentials URIs show it.
fn shown(session: &Session, now: OffsetDateTime) -> Value {
    json!({
        "Code": "Success",
        "AccessKeyId": session.key.id,
        "AccessKeySecret": session.key.secret,
        "SecurityToken": session.token(),
        "Expiration": session.expiration(),
        "LastUpdated": crate::clock::seconds(now),
    })
}
