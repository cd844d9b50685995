//! AssumeRoleWithOIDC of STS: a session of a role, for the token of a provider that the role trusts. It is the one
//! operation that is not signed.
//!
//! The codes for tokens that are not good are not in the documentation that this follows.

use serde_json::{Value, json};

use super::Context;
use super::assume_role::{Demand, answer, not_found};
use crate::error::ApiError;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let demand = Demand::read(context)?;
    let provider = context.parameters.required("OIDCProviderArn")?.to_owned();
    let token = context.parameters.required("OIDCToken")?.to_owned();
    if !(4..=20_000).contains(&token.len()) {
        let message = "The parameter OIDCToken is wrongly formed.";
        return Err(ApiError::new(400, "InvalidParameter.OIDCToken", message));
    }
    let (provider_exists, good) = context.identity.oidc(&provider, &token);
    if !provider_exists {
        let message = "The specified OIDC provider does not exist.";
        return Err(ApiError::new(404, "EntityNotExist.OIDCProvider", message));
    }
    match good {
        Some(true) => {}
        Some(false) => {
            let message = "This OIDC token has expired.";
            return Err(ApiError::new(400, "AuthenticationFail.OIDCToken.Expired", message));
        }
        None => {
            let message = "This OIDC token is invalid.";
            return Err(ApiError::new(400, "AuthenticationFail.OIDCToken.Invalid", message));
        }
    }
    let role = context.identity.role(&demand.arn).ok_or_else(|| not_found(&demand.arn))?;
    if !role.trusts(&provider, "") {
        let message = "This operation is forbidden by the trust policy of the role.";
        return Err(ApiError::new(403, "AuthenticationFail.NoPermission", message));
    }
    let session = demand.begin(context)?;
    let mut members = answer(&demand, &session);
    if let Some(members) = members.as_object_mut() {
        members
            .insert("OIDCTokenInfo".to_owned(), json!({"Subject": "simulated", "Issuer": "https://issuer"}));
    }
    Ok(members)
}
