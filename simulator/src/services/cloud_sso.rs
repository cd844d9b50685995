//! CloudSSO: a session of an access configuration for the access token of a login. The codes of its refusals are not
//! documented.

use serde_json::{Value, json};

use super::Visit;
use crate::error::ApiError;

/// Sessions of an access configuration last an hour unless it says otherwise.
const SESSION_SECONDS: i64 = 3600;

/// The session.
pub(super) fn credentials(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    let Some(login) = visit.identity.sso_logins.get(visit.bearer()).filter(|login| !login.expired).cloned()
    else {
        let message = "The access token is invalid or has expired.";
        return Err(ApiError::new(401, "InvalidAccessToken", message));
    };
    let asked: Value = serde_json::from_slice(&visit.raw.body).unwrap_or_default();
    let is = |name: &str, wanted: &str| asked.get(name).and_then(Value::as_str) == Some(wanted);
    if !is("AccountId", &login.account) || !is("AccessConfigurationId", &login.access_configuration) {
        let message = "The user has no access to this account with this access configuration.";
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    let role = format!("aliyunreservedsso-{}", login.access_configuration);
    let session = visit.identity.sessions.begin(&login.account, &role, "sso", SESSION_SECONDS, visit.now);
    Ok(json!({
        "CloudCredential": {
            "AccessKeyId": session.key.id,
            "AccessKeySecret": session.key.secret,
            "SecurityToken": session.token(),
            "Expiration": session.expiration(),
        },
    }))
}
