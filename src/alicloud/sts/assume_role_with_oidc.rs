//! AssumeRoleWithOIDC: a session of a role, for a token of an identity provider that the role trusts.

use super::Session;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::credentials::Credentials;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::operation::Operation;

/// A second session beside one whose answer was lost does no harm.
const ASSUME: Operation = Operation::idempotent(Service::Sts, "AssumeRoleWithOIDC").by_oidc_token();

impl Client {
    /// Assumes a role. The client's credentials are the provider's token; nothing is signed.
    pub(crate) async fn assume_role_with_oidc(
        &self,
        call: &Call,
        session: &Session,
        oidc_provider_arn: &str,
    ) -> Result<Credentials, Error> {
        let parameters = session.parameters().set("OIDCProviderArn", oidc_provider_arn);
        session.credentials(self, self.execute(ASSUME, parameters, call).await?)
    }
}
