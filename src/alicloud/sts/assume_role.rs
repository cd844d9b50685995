//! AssumeRole: a session of a role, for an access key that the role trusts.

use super::Session;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::credentials::Credentials;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::operation::Operation;

/// A second session beside one whose answer was lost does no harm.
const ASSUME: Operation = Operation::idempotent(Service::Sts, "AssumeRole");

impl Client {
    /// Assumes a role. `external_id` is what the role's owner asks for.
    pub(crate) async fn assume_role(
        &self,
        call: &Call,
        session: &Session,
        external_id: Option<&str>,
    ) -> Result<Credentials, Error> {
        let parameters = session.parameters().set_some("ExternalId", external_id);
        session.credentials(self, self.execute(ASSUME, parameters, call).await?)
    }
}
