//! AssumeRole of STS: a session of a role, for whom the role trusts.

use serde_json::{Value, json};

use super::Context;
use crate::access_key::AccessKey;
use crate::error::ApiError;
use crate::identity::{Role, Session};

/// The shortest session, in seconds.
const SHORTEST: i64 = 900;
/// The length of a session when none is asked for, in seconds.
const USUAL: i64 = 3600;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let demand = Demand::read(context)?;
    let caller = context.caller;
    if caller.user.is_none() {
        return Err(ApiError::new(403, "NoPermission", "Roles may not be assumed by root accounts."));
    }
    let role = context.identity.role(&demand.arn).ok_or_else(|| not_found(&demand.arn))?;
    let trusted = role.trusts(&principal(caller), &caller.account);
    let sent = context.parameters.get("ExternalId");
    if !trusted || role.external_id.as_deref().is_some_and(|wanted| Some(wanted) != sent) {
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        return Err(ApiError::new(403, "NoPermission", message));
    }
    demand.begin(context).map(|session| answer(&demand, &session))
}

/// What is asked for, alike in both ways to take a role.
pub(super) struct Demand {
    pub(super) arn: String,
    name: String,
    seconds: i64,
}

impl Demand {
    /// Reads and judges what is asked for, all but the role itself.
    pub(super) fn read(context: &Context<'_>) -> Result<Self, ApiError> {
        let parameters = context.parameters;
        let arn = parameters.required("RoleArn")?.to_owned();
        if Role::account_and_name(&arn).is_none() {
            let message = "The parameter RoleArn is wrongly formed.";
            return Err(ApiError::new(400, "InvalidParameter.RoleArn", message));
        }
        let name = parameters.required("RoleSessionName")?.to_owned();
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".@-_".contains(c);
        if !(2..=64).contains(&name.len()) || !name.chars().all(allowed) {
            let message = "The parameter RoleSessionName is wrongly formed.";
            return Err(ApiError::new(400, "InvalidParameter.RoleSessionName", message));
        }
        if let Some(policy) = parameters.get("Policy")
            && !serde_json::from_str::<Value>(policy).is_ok_and(|policy| policy.is_object())
        {
            let message = "The parameter Policy has not passed grammar check.";
            return Err(ApiError::new(400, "InvalidParameter.PolicyGrammar", message));
        }
        let seconds =
            parameters.number("DurationSeconds")?.map_or(USUAL, |n| i64::try_from(n).unwrap_or(i64::MAX));
        Ok(Self { arn, name, seconds })
    }

    /// Begins the session.
    pub(super) fn begin(&self, context: &mut Context<'_>) -> Result<Session, ApiError> {
        let role = context.identity.role(&self.arn).ok_or_else(|| not_found(&self.arn))?;
        let longest = role.longest_session;
        if !(SHORTEST..=longest).contains(&self.seconds) {
            let message =
                format!("The Min/Max value of DurationSeconds is {}min/{}min.", SHORTEST / 60, longest / 60);
            return Err(ApiError::new(400, "InvalidParameter.DurationSeconds", message));
        }
        let (account, name) = Role::account_and_name(&self.arn).unwrap_or_default();
        Ok(context.identity.sessions.begin(account, name, &self.name, self.seconds, context.now))
    }
}

/// The members of the answer, alike in both ways to take a role.
pub(super) fn answer(demand: &Demand, session: &Session) -> Value {
    let (account, role) = Role::account_and_name(&demand.arn).unwrap_or_default();
    json!({
        "AssumedRoleUser": {
            "Arn": format!("acs:ram::{account}:role/{role}/{}", demand.name),
            "AssumedRoleId": format!("3{account}:{}", demand.name),
        },
        "Credentials": {
            "AccessKeyId": session.key.id,
            "AccessKeySecret": session.key.secret,
            "SecurityToken": session.token(),
            "Expiration": session.expiration(),
        },
    })
}

/// The refusal for a role that is not there.
pub(super) fn not_found(arn: &str) -> ApiError {
    let name = Role::account_and_name(arn).unwrap_or_default().1;
    ApiError::new(404, "EntityNotExist.Role", format!("The role not exists: {name}."))
}

/// The ARN by which a trust policy knows a caller.
fn principal(caller: &AccessKey) -> String {
    let kind = if caller.token.is_some() { "role" } else { "user" };
    format!("acs:ram::{}:{kind}/{}", caller.account, caller.user.as_deref().unwrap_or_default())
}
