//! A role assumed with a token of an identity provider: of Kubernetes (RRSA), of a pipeline, of a sign-in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::assume_role::{call, patience, refused};
use super::files::{self, apart};
use super::source::{CredentialsError, Loading, NotLoaded, Source};
use super::world::{StsHost, World};
use super::{Credentials, CredentialsFuture, ProvideCredentials};
use crate::alicloud::client::Client;
use crate::alicloud::sts::Session;

/// Where the identity provider's token is. A file is read each time, since tokens are short-lived and replaced there.
#[derive(Clone, Debug)]
pub(crate) enum OidcToken {
    File(PathBuf),
    /// The token itself, and where it was found, which completes "from …".
    Text(SecretString, String),
}

/// What a role is assumed with.
#[derive(Clone, Debug)]
pub(crate) struct OidcRole {
    pub(crate) session: Session,
    /// The identity provider (`acs:ram::ACCOUNT:oidc-provider/NAME`).
    pub(crate) provider_arn: String,
    pub(crate) token: OidcToken,
    pub(crate) host: StsHost,
}

/// Assumes a role by AssumeRoleWithOIDC.
#[derive(Debug)]
pub(crate) struct Oidc {
    role: OidcRole,
    client: Client,
    patience: Duration,
}

impl Oidc {
    pub(crate) fn new(world: &World, role: OidcRole) -> Result<Self, NotLoaded> {
        let client = world.client(Arc::new(role.token.clone()), &role.host).map_err(|error| {
            NotLoaded::failed(
                error.to_string(),
                "Correct the STS endpoint or region that the role is to be assumed at.",
            )
        })?;
        Ok(Self { role, client, patience: patience(world) })
    }

    async fn assume(&self) -> Result<Credentials, NotLoaded> {
        // Asked here first, so that its absence is not told as a failure of the role's.
        let token = self.role.token.credentials().await.map_err(NotLoaded::Failed)?;
        let session = &self.role.session;
        self.client
            .assume_role_with_oidc(&call(self.patience), session, &self.role.provider_arn)
            .await
            .map_err(|error| refused(session, &token.describe(), &error))
    }
}

impl Source for Oidc {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.assume())
    }
}

impl OidcToken {
    async fn get(&self) -> Result<Credentials, CredentialsError> {
        let (token, origin) = match self {
            Self::Text(token, origin) => (token.clone(), origin.clone()),
            Self::File(path) => {
                let shown = path.display();
                let failed = |why: String| {
                    CredentialsError::failed(
                        format!("The OIDC token file {shown} {why}."),
                        "Check oidc_token_file (ALIBABA_CLOUD_OIDC_TOKEN_FILE), and what is to write the token there.",
                    )
                };
                let file = path.clone();
                let text = apart(move || files::read(&file)).await?.map_err(failed)?;
                let text = text.ok_or_else(|| failed("does not exist".to_owned()))?;
                (SecretString::from(text.trim()), format!("the file {shown}"))
            }
        };
        if token.expose_secret().is_empty() {
            return Err(CredentialsError::failed(
                format!("The OIDC token from {origin} is empty."),
                "Check what is to write the token there.",
            ));
        }
        Ok(Credentials::new("", SecretString::default(), Some(token), origin))
    }
}

impl ProvideCredentials for OidcToken {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(self.get())
    }
}
