//! The ECS metadata service, as far as the credentials of the machine's role go.

use serde_json::Value;

use super::{Visit, shown};
use crate::error::ApiError;
use crate::identity::Role;

/// Where the roles are listed; a role's name follows for its credentials.
pub(super) const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// The sessions of a machine's role last six hours.
const SESSION_SECONDS: i64 = 6 * 3600;

/// The longest that a token may be good, in seconds.
const LONGEST_TOKEN: u32 = 21_600;

/// `PUT /latest/api/token`: a token for requests of the second version.
pub(super) fn token(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    if visit.identity.metadata().v2_absent {
        return Err(not_found());
    }
    let seconds = visit.raw.header("x-aliyun-ecs-metadata-token-ttl-seconds").parse::<u32>();
    if !seconds.is_ok_and(|seconds| (1..=LONGEST_TOKEN).contains(&seconds)) {
        return Err(ApiError::new(400, "BadRequest", "400 - Bad Request"));
    }
    let token = visit.identity.sessions.secret("metadata-");
    visit.identity.metadata_tokens.insert(token.clone());
    Ok(token.into())
}

/// The names of the machine's roles: one or none.
pub(super) fn roles(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    admit(visit)?;
    let (_, role) = machine_role(visit)?;
    Ok(role.into())
}

/// The credentials of the machine's role.
pub(super) fn role(visit: &mut Visit<'_>) -> Result<Value, ApiError> {
    admit(visit)?;
    let (account, role) = machine_role(visit)?;
    if visit.raw.path.strip_prefix(ROLES) != Some(role.as_str()) {
        return Err(not_found());
    }
    let session = visit.identity.sessions.begin(&account, &role, "i-simulated", SESSION_SECONDS, visit.now);
    Ok(shown(&session, visit.now))
}

/// Checks the token, where there is one or must be one.
fn admit(visit: &Visit<'_>) -> Result<(), ApiError> {
    match visit.raw.header("x-aliyun-ecs-metadata-token") {
        "" if visit.identity.metadata().v1_forbidden => {
            Err(ApiError::new(403, "Forbidden", "403 - Forbidden"))
        }
        "" => Ok(()),
        token if visit.identity.metadata_tokens.contains(token) => Ok(()),
        _ => Err(ApiError::new(401, "Unauthorized", "401 - Unauthorized")),
    }
}

fn machine_role(visit: &Visit<'_>) -> Result<(String, String), ApiError> {
    let role = visit.identity.metadata().role.as_deref().and_then(Role::account_and_name);
    role.map(|(account, name)| (account.to_owned(), name.to_owned())).ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(404, "NotFound", "404 - Not Found")
}
