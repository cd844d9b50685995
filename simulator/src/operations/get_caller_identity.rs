//! GetCallerIdentity of STS.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;

#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature that operations share; this one has nothing to refuse"
)]
pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let caller = context.caller;
    let account = &caller.account;
    let (kind, arn, id) = match (caller.session_arn(), &caller.user) {
        (Some(arn), _) => ("AssumedRoleUser", arn, format!("3{account}:{}", caller.session_name())),
        (None, Some(user)) => ("RAMUser", format!("acs:ram::{account}:user/{user}"), format!("2{account}")),
        (None, None) => ("Account", format!("acs:ram::{account}:root"), account.clone()),
    };
    Ok(json!({
        "AccountId": account, "Arn": arn, "IdentityType": kind, "PrincipalId": id, "UserId": id,
    }))
}
