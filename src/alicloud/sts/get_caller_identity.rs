//! GetCallerIdentity: whose credentials these are.

use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::json;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;

const IDENTIFY: Operation = Operation::idempotent(Service::Sts, "GetCallerIdentity");

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account that everything made with these credentials belongs to.
    pub account_id: String,
    /// The user or role; empty if the service doesn't say.
    pub arn: String,
}

impl Client {
    /// The identity behind the credentials.
    pub async fn get_caller_identity(&self, call: &Call) -> Result<CallerIdentity, Error> {
        let answer = self.execute(IDENTIFY, Parameters::new(), call).await?;
        let account_id = json::non_empty_text(&answer.body, "AccountId")
            .ok_or_else(|| answer.unexpected("The answer names no account."))?;
        Ok(CallerIdentity { account_id, arn: json::text(&answer.body, "Arn").unwrap_or_default() })
    }
}
