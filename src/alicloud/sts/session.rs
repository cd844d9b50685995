//! What the operations answer with that hand out a role's session.

use secrecy::SecretString;

use crate::alicloud::client::Client;
use crate::alicloud::credentials::{Credentials, SecretObject, expiration};
use crate::alicloud::error::Error;
use crate::alicloud::json;
use crate::alicloud::request::Parameters;
use crate::alicloud::retry::Answer;

/// What a session of a role is to be.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The role (`acs:ram::ACCOUNT:role/NAME`).
    pub(crate) role_arn: String,
    /// What it is called in the cloud's logs: 2 to 64 letters, digits and `.@-_`.
    pub(crate) name: String,
    /// How long it lasts, in seconds: 900 to what the role allows, 43200 at most. The service's default (3600) if
    /// there is none.
    pub(crate) seconds: Option<u64>,
    /// A policy that narrows what it may.
    pub(crate) policy: Option<String>,
}

impl Session {
    pub(super) fn parameters(&self) -> Parameters {
        Parameters::new()
            .set("RoleArn", &*self.role_arn)
            .set("RoleSessionName", &*self.name)
            .set_some("DurationSeconds", self.seconds.map(|it| it.to_string()).as_deref())
            .set_some("Policy", self.policy.as_deref())
    }

    /// Reads the credentials in an answer of the form `{"Credentials": {"AccessKeyId": …, "Expiration": …}}`.
    pub(super) fn credentials(&self, client: &Client, mut answer: Answer) -> Result<Credentials, Error> {
        let body = SecretObject::from(std::mem::take(&mut answer.body));
        let session = body.get("Credentials").and_then(serde_json::Value::as_object);
        let text = |field: &str| {
            session
                .and_then(|session| json::non_empty_text(session, field))
                .ok_or_else(|| answer.unexpected(&format!("The answer holds no Credentials.{field}.")))
        };
        let expires = expiration::parse(&text("Expiration")?)
            .ok_or_else(|| answer.unexpected("The answer's Credentials.Expiration is not a time."))?;
        let secret = SecretString::from(text("AccessKeySecret")?);
        let token = SecretString::from(text("SecurityToken")?);
        let origin = format!("a session of the role {}", self.role_arn);
        let credentials = Credentials::new(text("AccessKeyId")?, secret, Some(token), origin);
        Ok(credentials.until(Some(client.shared.clock.local(expires))))
    }
}
