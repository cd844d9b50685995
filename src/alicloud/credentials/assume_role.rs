//! A role that other credentials assume.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::source::{Loading, NotLoaded, Source};
use super::world::{StsHost, World};
use super::{Credentials, ProvideCredentials};
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::error::{Error, ErrorKind};
use crate::alicloud::sts::Session;

/// How long getting a session may take at least, all tries together.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a session may last, in seconds: from the shortest of STS to the longest that a role can allow.
pub(crate) const SESSION_SECONDS: RangeInclusive<u64> = 900..=43_200;

/// A role to assume.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) session: Session,
    /// What the role's owner asks for.
    pub(crate) external_id: Option<String>,
    pub(crate) host: StsHost,
}

/// Assumes a role by AssumeRole, with the credentials of `base`.
#[derive(Debug)]
pub(crate) struct AssumeRole {
    base: Arc<dyn ProvideCredentials>,
    client: Client,
    role: Role,
    patience: Duration,
}

impl AssumeRole {
    pub(crate) fn new(
        world: &World,
        base: Arc<dyn ProvideCredentials>,
        role: Role,
    ) -> Result<Self, NotLoaded> {
        let client = world.client(Arc::clone(&base), &role.host).map_err(|error| {
            NotLoaded::failed(
                error.to_string(),
                "Correct the STS endpoint or region that the role is to be assumed at.",
            )
        })?;
        Ok(Self { base, client, role, patience: patience(world) })
    }

    async fn assume(&self) -> Result<Credentials, NotLoaded> {
        // Asked here first, so that their failure is not told as one of the role's.
        let base = self.base.credentials().await.map_err(NotLoaded::Failed)?;
        let role = &self.role;
        self.client
            .assume_role(&call(self.patience), &role.session, role.external_id.as_deref())
            .await
            .map_err(|error| refused(&role.session, &base.describe(), &error))
    }
}

impl Source for AssumeRole {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.assume())
    }
}

/// How long a session is worth waiting for: long enough that one request that hangs is not the end.
pub(super) fn patience(world: &World) -> Duration {
    PATIENCE.max(world.config.read_timeout * 5 / 2)
}

/// A call that waits for so long.
pub(super) fn call(patience: Duration) -> Call {
    Call::new(Instant::now() + patience, CancellationToken::new())
}

/// Why there is no session of the role, and what to do.
pub(super) fn refused(session: &Session, by: &str, error: &Error) -> NotLoaded {
    let role = &session.role_arn;
    let reason = format!("The role {role} could not be assumed with the {by}. {error}");
    let fix = match error.kind() {
        ErrorKind::Forbidden => format!(
            "Allow the user or role behind that to call sts:AssumeRole on {role}, and let the role's trust policy name it."
        ),
        ErrorKind::UnexpectedAnswer => format!(
            "Check that what answers at {} is STS, and not a proxy or another service in its place; if it is, run the \
             command again later.",
            error.host()
        ),
        ErrorKind::Unreachable | ErrorKind::Untrusted | ErrorKind::Proxy | ErrorKind::Deadline => {
            format!(
                "Check that this machine reaches STS at {}: the network, the proxy variables (HTTPS_PROXY, NO_PROXY), and \
             what chooses that host (endpoints.sts, ALIBABA_CLOUD_STS_REGION, ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED, or \
             the profile).",
                error.host()
            )
        }
        ErrorKind::ClockSkew => "Set this machine's clock.".to_owned(),
        ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::ReplyLost => {
            "Run the command again later.".to_owned()
        }
        ErrorKind::AccessKeyNotFound | ErrorKind::AccessKeyDisabled | ErrorKind::Signature => {
            "Check the access key that assumes the role, and its secret.".to_owned()
        }
        ErrorKind::TokenExpired | ErrorKind::TokenInvalid => {
            "Get new temporary credentials where those come from.".to_owned()
        }
        _ => match error.code().unwrap_or_default() {
            "EntityNotExist.Role" => {
                format!("Check the name and the account in {role}: there is no such role.")
            }
            "InvalidParameter.DurationSeconds" => {
                "Ask for a shorter session, or let the role have longer ones.".to_owned()
            }
            code if code.starts_with("AuthenticationFail.") || code.contains("OIDCToken") => format!(
                "Check that the token is a fresh one, made for the identity provider that is named and for one of its \
                 client ids, and that the trust policy of {role} names that provider."
            ),
            _ => format!("Correct what the answer names, in the settings of the session of {role}."),
        },
    };
    NotLoaded::failed(reason, fix)
}
