//! What the types work with: the API client, or the reason why there is none, and the account.

use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::key_pair_attachment::Claims;
use crate::alicloud::{Call, Client};
use crate::framework::Diagnostic;

/// How long the account may take to be told. It only guards against a wrong place; nothing waits
/// longer for it.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(5);

/// A configured provider.
#[derive(Debug)]
pub struct Cloud {
    client: Result<Client, Diagnostic>,
    account: OnceCell<Option<String>>,
    /// What the attachments want.
    pub(super) claims: Claims,
}

impl Cloud {
    /// A provider whose block is complete. The cloud is not asked for the account if `account` says it.
    pub(super) fn new(client: Client, account: Option<String>) -> Self {
        let account = account.map_or_else(OnceCell::new, |account| OnceCell::new_with(Some(Some(account))));
        Self { client: Ok(client), account, claims: Claims::default() }
    }

    /// A provider whose block holds values that are known only after apply. What needs the cloud
    /// fails with `reason`.
    pub(super) fn not_yet(reason: Diagnostic) -> Self {
        Self { client: Err(reason), account: OnceCell::new(), claims: Claims::default() }
    }

    /// The API client.
    pub(super) fn client(&self) -> Result<&Client, Diagnostic> {
        self.client.as_ref().map_err(Clone::clone)
    }

    /// The account that the credentials belong to, asked at most once. `None` if it cannot be told.
    pub(super) async fn account_id(&self, cancel: &CancellationToken) -> Option<String> {
        let client = self.client.as_ref().ok()?;
        let ask = async {
            let call = Call::new(Instant::now() + ACCOUNT_TIMEOUT, cancel.clone());
            match client.get_caller_identity(&call).await {
                Ok(identity) => Some(identity.account_id),
                Err(error) => {
                    tracing::debug!(%error, "The account behind the credentials could not be told");
                    None
                }
            }
        };
        self.account.get_or_init(|| ask).await.clone()
    }
}
