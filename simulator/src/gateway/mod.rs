//! The gateway in front of the service: what it checks of a call, and in which order.
//!
//! API → common parameters → clock → access key → signature and nonce → token → rate → RAM. The cloud's own
//! order is not documented; this one fits what has been observed.

mod nonces;
mod ram;
mod rate;
mod request;
pub(crate) mod signature_v1;
mod signature_v3;

use time::{Duration, OffsetDateTime};

pub(crate) use nonces::Nonces;
pub(crate) use ram::{check as check_permission, denies, is_outside_the_group};
pub(crate) use rate::{Rates, throttled};
pub(crate) use request::{RawRequest, Request, Signed};

use crate::access_key::AccessKey;
use crate::clock;
use crate::error::ApiError;
use crate::identity::Role;
use crate::operations::{self, Operation};
use crate::state::State;

/// How far a client's clock may be from the service's, either way.
const MAX_SKEW: Duration = Duration::minutes(15);

/// Admits a call: gives its operation and whose it is. An operation that is not signed is nobody's, in the account
/// of the role that it is about, or in this one.
pub(crate) fn admit(
    request: &Request,
    state: &mut State,
    account: &str,
    now: OffsetDateTime,
) -> Result<(Operation, AccessKey), ApiError> {
    if !["GET", "POST"].contains(&request.raw.method.as_str()) {
        return Err(ApiError::new(400, "UnsupportedHTTPMethod", "This http method is not supported."));
    }
    let action = present("Action", &request.action)?;
    let version = present("Version", &request.version)?;
    let operation = operations::find(version, action)?;
    if operations::is_unsigned(action) {
        let role = request.parameters.get("RoleArn").and_then(Role::account_and_name);
        // The official SDKs send a timestamp, and not all of them a nonce.
        check_clock(present("Timestamp", &request.timestamp)?, now)?;
        return Ok((operation, AccessKey::nobody(role.map_or(account, |(account, _)| account))));
    }
    let key_id = present("AccessKeyId", &request.access_key_id)?;
    let nonce = present("SignatureNonce", &request.nonce)?;
    let timestamp = present("Timestamp", &request.timestamp)?;
    let signature = present("Signature", &request.signature)?;
    match &request.signed {
        Signed::V1 => signature_v1::check_method(&request.parameters)?,
        Signed::V3 { .. } => {}
    }
    check_clock(timestamp, now)?;
    let Some(key) = state.keys.get(key_id).or_else(|| state.identity.sessions.key(key_id)) else {
        return Err(ApiError::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."));
    };
    if !key.enabled {
        return Err(ApiError::new(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."));
    }
    match &request.signed {
        Signed::V1 => signature_v1::verify(request, &key.secret, signature)?,
        Signed::V3 { headers } => signature_v3::verify(request, headers, &key.secret, signature)?,
    }
    if !state.nonces.accept(key_id, nonce, now) {
        return Err(ApiError::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    check_token(request, key, now)?;
    Ok((operation, key.clone()))
}

fn present<'a>(name: &str, value: &'a str) -> Result<&'a str, ApiError> {
    if value.is_empty() {
        return Err(ApiError::new(
            400,
            format!("Missing{name}"),
            format!("{name} is mandatory for this action."),
        ));
    }
    Ok(value)
}

fn check_clock(timestamp: &str, now: OffsetDateTime) -> Result<(), ApiError> {
    let Some(at) = clock::parse_seconds(timestamp) else {
        return Err(ApiError::new(
            400,
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
        ));
    };
    if (now - at).abs() > MAX_SKEW {
        return Err(ApiError::new(
            400,
            "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.",
        ));
    }
    Ok(())
}

fn check_token(request: &Request, key: &AccessKey, now: OffsetDateTime) -> Result<(), ApiError> {
    let sent = request.token.as_str();
    match key.token.as_deref() {
        Some(_) if sent.is_empty() => {
            Err(ApiError::new(400, "MissingSecurityToken", "SecurityToken is mandatory for this action."))
        }
        Some(token) if sent != token => Err(ApiError::new(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        )),
        None if !sent.is_empty() => {
            Err(ApiError::new(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."))
        }
        _ if key.expires.is_some_and(|expires| expires <= now) => {
            Err(ApiError::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."))
        }
        _ => Ok(()),
    }
}
