//! OAuth, as the official command line logs in with it: access tokens are traded for sessions, and refresh tokens,
//! each good once, for new pairs of tokens.

use serde_json::{Value, json};

use super::Visit;
use crate::error::ApiError;
use crate::identity::OAUTH_ACCESS_SECONDS;

/// Sessions last an hour.
const SESSION_SECONDS: i64 = 3600;

/// `POST /v1/token`: a new pair of tokens.
pub(super) fn token(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    if visit.parameters.get("grant_type") != Some("refresh_token") {
        return Err(ApiError::new(400, "unsupported_grant_type", "The grant type is not supported."));
    }
    if visit.parameters.get("client_id").is_none() {
        return Err(ApiError::new(400, "invalid_client", "The client is not known."));
    }
    let sent = visit.parameters.get("refresh_token").unwrap_or_default();
    let Some(account) = visit.identity.oauth_refresh.remove(sent) else {
        return Err(ApiError::new(400, "invalid_grant", "The refresh token is invalid or was used already."));
    };
    let tokens = visit.identity.issue_oauth_tokens(&account, visit.now);
    Ok(json!({
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": OAUTH_ACCESS_SECONDS,
        "token_type": "Bearer",
    }))
}

/// `POST /v1/exchange`: a session.
pub(super) fn exchange(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    let access = visit.identity.oauth_access.get(visit.bearer());
    let Some(access) = access.filter(|access| access.expires > visit.now).cloned() else {
        return Err(ApiError::new(400, "expired_token", "The access token is expired."));
    };
    let session =
        visit.identity.sessions.begin(&access.account, "oauth-user", "cli", SESSION_SECONDS, visit.now);
    Ok(json!({
        "accessKeyId": session.key.id,
        "accessKeySecret": session.key.secret,
        "securityToken": session.token(),
        "expiration": session.expiration(),
    }))
}
