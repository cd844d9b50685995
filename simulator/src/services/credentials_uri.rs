//! A credentials URI: whoever can ask gets a session.

use serde_json::Value;

use super::{Visit, shown};
use crate::error::ApiError;
use crate::identity::Role;

/// Where it is.
pub(crate) const PATH: &str = "/credentials-uri";

/// Sessions that nobody asked a length for last an hour.
const SESSION_SECONDS: i64 = 3600;

/// The session.
pub(super) fn get(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    let role = visit.identity.credentials_uri_role().and_then(Role::account_and_name);
    let role = role.map(|(account, name)| (account.to_owned(), name.to_owned()));
    let (account, role) = role.ok_or_else(|| ApiError::new(404, "NotFound", "There is no such service."))?;
    let session = visit.identity.sessions.begin(&account, &role, "uri", SESSION_SECONDS, visit.now);
    Ok(shown(&session, visit.now))
}
