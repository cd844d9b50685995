//! GetCallerIdentity of STS.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;

// The shared signature of operations; this one has nothing to refuse.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let caller = context.caller;
    let account = &caller.account;
    let (kind, arn, id) = match (&caller.token, &caller.user) {
        (Some(_), _) => {
            let role = caller.user.as_deref().unwrap_or("role");
            let session = caller.session.as_deref().unwrap_or("session");
            let arn = format!("acs:ram::{account}:assumed-role/{role}/{session}");
            ("AssumedRoleUser", arn, format!("3{account}:{session}"))
        }
        (None, Some(user)) => ("RAMUser", format!("acs:ram::{account}:user/{user}"), format!("2{account}")),
        (None, None) => ("Account", format!("acs:ram::{account}:root"), account.clone()),
    };
    Ok(json!({
        "AccountId": account, "Arn": arn, "IdentityType": kind, "PrincipalId": id, "UserId": id,
    }))
}
