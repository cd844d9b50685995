//! What the types work with: the API client, or the reason why there is none, and the account.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::key_pair::NameClaims;
use super::key_pair_attachment::{Claims, InstanceLocks};
use super::unbindings::PlannedUnbindings;
use crate::alicloud::{Call, Client, Error};
use crate::framework::Diagnostic;

/// How long the account may take to be told. It only guards against a wrong place; nothing waits
/// longer for it.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the types behave, by the provider block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// How long destroys wait for live instances to let go of key pairs.
    pub(super) wait_for_unbind: Duration,
    /// Whether nothing sets a region.
    pub(super) region_is_default: bool,
    /// Whether plans look at the cloud for warnings.
    pub(super) plan_time_checks: bool,
}

/// A configured provider.
#[derive(Debug)]
pub struct Cloud {
    client: Result<Client, Diagnostic>,
    account: OnceCell<Option<String>>,
    /// How many key pairs the region has, as far as plans have asked.
    key_pairs: OnceCell<Option<u64>>,
    /// Whether a plan has said that it could not check what key pairs are attached to.
    told_of_unchecked: AtomicBool,
    /// Whether a plan has said that nothing sets a region.
    told_of_default_region: AtomicBool,
    settings: Settings,
    unbindings: PlannedUnbindings,
    /// Whether a change was applied.
    applies: AtomicBool,
    /// The names that key pairs want.
    pub(super) names: NameClaims,
    /// What the attachments want.
    pub(super) claims: Claims,
    /// The instances that attachments change now.
    pub(super) instance_locks: InstanceLocks,
}

impl Cloud {
    /// A provider whose block is complete.
    pub(super) fn new(client: Client, settings: Settings) -> Self {
        Self { settings, ..Self::of(Ok(client)) }
    }

    /// A provider whose block holds values that are known only after apply. What needs the cloud
    /// fails with `reason`.
    pub(super) fn not_yet(reason: Diagnostic) -> Self {
        Self::of(Err(reason))
    }

    fn of(client: Result<Client, Diagnostic>) -> Self {
        Self {
            client,
            account: OnceCell::new(),
            key_pairs: OnceCell::new(),
            told_of_unchecked: AtomicBool::new(false),
            settings: Settings {
                wait_for_unbind: Duration::ZERO,
                region_is_default: false,
                plan_time_checks: true,
            },
            told_of_default_region: AtomicBool::new(false),
            unbindings: PlannedUnbindings::default(),
            applies: AtomicBool::new(false),
            names: NameClaims::default(),
            claims: Claims::default(),
            instance_locks: InstanceLocks::default(),
        }
    }

    /// The API client.
    pub(super) fn client(&self) -> Result<&Client, Diagnostic> {
        self.client.as_ref().map_err(Clone::clone)
    }

    /// The API client for a plan's warnings; `None` if there is none, or no warnings are wanted. Terraform plans each
    /// change again just before it applies it. Once one was applied, what the others do to it is no news: an instance still
    /// has the key pair that the same apply is about to delete.
    pub(super) fn for_warnings(&self) -> Option<&Client> {
        let wanted = self.settings.plan_time_checks && !self.applies.load(Ordering::Relaxed);
        self.client.as_ref().ok().filter(|_| wanted)
    }

    /// Notes that changes are applied now.
    pub(super) fn begins_to_apply(&self) {
        self.applies.store(true, Ordering::Relaxed);
    }

    /// The region, if nothing sets it and no plan has said so yet.
    pub(super) fn unsaid_default_region(&self) -> Option<&str> {
        let region = self.client.as_ref().ok().filter(|_| self.settings.region_is_default)?.region();
        (!self.told_of_default_region.swap(true, Ordering::Relaxed)).then_some(region)
    }

    /// How long destroys wait for live instances, unless the key pair says otherwise.
    pub(super) fn wait_for_unbind(&self) -> Duration {
        self.settings.wait_for_unbind
    }

    /// The bindings that the plan under way removes.
    pub(super) fn planned_unbindings(&self) -> &PlannedUnbindings {
        &self.unbindings
    }

    /// Why plans cannot check which instances key pairs are attached to, if the permission is missing; told once.
    pub(super) fn unchecked_attachments(&self) -> Option<&Error> {
        let denied = self.for_warnings()?.instances_denied()?;
        (!self.told_of_unchecked.swap(true, Ordering::Relaxed)).then_some(denied)
    }

    /// How many key pairs the region has, for warnings; asked at most once.
    pub(super) async fn key_pair_count(&self, call: &Call) -> Option<u64> {
        let client = self.for_warnings()?;
        let ask = async {
            match client.describe_key_pairs(call, 1).await {
                Ok(page) => Some(page.total_count),
                Err(error) => {
                    tracing::debug!(%error, "The key pairs of the region could not be counted");
                    None
                }
            }
        };
        *self.key_pairs.get_or_init(|| ask).await
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
