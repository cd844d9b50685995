//! What the types work with: the API client, or the reason why there is none, and the account.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::key_pair::NameClaims;
use super::key_pair_attachment::{Claims, InstanceLocks};
use super::place::another_account_id;
use super::unbindings::PlannedUnbindings;
use crate::alicloud::{Call, Client, Error};
use crate::framework::Diagnostic;

/// How long STS may take to tell the account.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long those who can do without the account wait for it.
const SOON: Duration = Duration::from_secs(1);

/// Whether something of a known account belongs to the account of the credentials.
#[derive(Debug)]
pub(super) enum Belongs {
    /// It does.
    Same,
    /// The credentials belong to this one.
    Other(String),
    /// The account of the credentials is not known, for this reason.
    CouldNotTell(Error),
}

/// How the types behave, by the provider block.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// How long destroys wait for live instances to let go of key pairs.
    pub(super) wait_for_unbind: Duration,
    /// Whether nothing sets a region.
    pub(super) region_is_default: bool,
    /// The variables that look like ours and are not read, in a sentence; empty if there are none.
    pub(super) unread_variables: String,
    /// Whether plans look at the cloud for warnings.
    pub(super) plan_time_checks: bool,
    /// The account that the credentials belong to, as the user says, and where it says so.
    pub(super) account_id: Option<(String, String)>,
}

/// A configured provider.
#[derive(Debug)]
pub struct Cloud {
    client: Result<Client, Diagnostic>,
    account: Asked<String>,
    /// How many key pairs the region has, if the service says.
    key_pairs: Asked<Option<u64>>,
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
            account: Asked::default(),
            key_pairs: Asked::default(),
            told_of_unchecked: AtomicBool::new(false),
            settings: Settings {
                wait_for_unbind: Duration::ZERO,
                region_is_default: false,
                unread_variables: String::new(),
                plan_time_checks: true,
                account_id: None,
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

    /// The region, if nothing sets it and no plan has said so yet, and the sentence about variables that are not read.
    pub(super) fn unsaid_default_region(&self) -> Option<(&str, &str)> {
        let region = self.client.as_ref().ok().filter(|_| self.settings.region_is_default)?.region();
        (!self.told_of_default_region.swap(true, Ordering::Relaxed))
            .then_some((region, &*self.settings.unread_variables))
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

    /// How many key pairs the region has, for warnings; `None` if it could not be counted.
    pub(super) async fn key_pair_count(&self, call: &Call) -> Option<u64> {
        let client = self.for_warnings()?.clone();
        let ask = |call: Call| async move { Ok(client.describe_key_pairs(&call, 1).await?.total_count) };
        let longest = call.deadline.saturating_duration_since(Instant::now());
        let counted = self.key_pairs.get(ask, longest, longest, &call.cancel).await;
        counted.unwrap_or_else(|error: Error| {
            tracing::debug!(%error, "The key pairs of the region could not be counted");
            None
        })
    }

    /// An error if the user says which account the credentials belong to, and STS another: before something is made. Waits
    /// for STS only where there is something to compare.
    pub(super) async fn check_account_id(&self, cancel: &CancellationToken) -> Result<(), Diagnostic> {
        if self.settings.account_id.is_some() {
            let _ = self.own_account(ACCOUNT_TIMEOUT + SOON, cancel).await?;
        }
        Ok(())
    }

    /// The account that the credentials belong to, for those who can do without. `None` if it is not known soon. An error
    /// if it is not the one that the user says.
    pub(super) async fn account_id(&self, cancel: &CancellationToken) -> Result<Option<String>, Diagnostic> {
        Ok(match self.own_account(SOON, cancel).await? {
            Ok(ours) => Some(ours),
            Err(error) => {
                tracing::debug!(%error, "The account behind the credentials is not known");
                None
            }
        })
    }

    /// Whether what is in the account `theirs` belongs to the account of the credentials.
    pub(super) async fn compare_account(
        &self,
        theirs: &str,
        cancel: &CancellationToken,
    ) -> Result<Belongs, Diagnostic> {
        Ok(match self.own_account(ACCOUNT_TIMEOUT + SOON, cancel).await? {
            Ok(ours) if ours == theirs => Belongs::Same,
            Ok(ours) => Belongs::Other(ours),
            Err(error) => Belongs::CouldNotTell(error),
        })
    }

    /// The account, by STS or else by what the user says.
    async fn own_account(
        &self,
        patience: Duration,
        cancel: &CancellationToken,
    ) -> Result<Result<String, Error>, Diagnostic> {
        let client = self.client()?.clone();
        let ask = |call: Call| async move { Ok(client.get_caller_identity(&call).await?.account_id) };
        let told = self.account.get(ask, ACCOUNT_TIMEOUT, patience, cancel).await;
        Ok(match (told, &self.settings.account_id) {
            (Ok(ours), Some((given, origin))) if ours != *given => {
                return Err(another_account_id(given, origin, &ours));
            }
            (Err(error), Some((given, _))) => {
                tracing::debug!(%error, "STS did not tell the account: taking account_id for it");
                Ok(given.clone())
            }
            (told, _) => told,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, answer, code};

    fn cloud(acts: Vec<Act>, account_id: Option<&str>) -> (Script, Cloud) {
        let script = Script::new(acts);
        let settings = Settings {
            wait_for_unbind: Duration::ZERO,
            region_is_default: false,
            unread_variables: String::new(),
            plan_time_checks: true,
            account_id: account_id.map(|it| (it.to_owned(), "the provider block".to_owned())),
        };
        let cloud = Cloud::new(script.client(), settings);
        (script, cloud)
    }

    fn account(id: &str) -> Act {
        answer(200, &format!(r#"{{"AccountId":"{id}"}}"#))
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_is_the_same_or_another_or_not_told() {
        let dead = || code(403, "Forbidden.RAM");
        for (act, given, expected, remembered) in [
            (account("1"), None, Ok("same"), Ok(Some("1"))),
            (account("2"), None, Ok("other 2"), Ok(Some("2"))),
            (dead(), None, Ok("not told"), Ok(None)),
            (Act::Hang, None, Ok("not told"), Ok(None)),
            (account("1"), Some("1"), Ok("same"), Ok(Some("1"))),
            (dead(), Some("1"), Ok("same"), Ok(Some("1"))),
            (dead(), Some("2"), Ok("other 2"), Ok(Some("2"))),
            (account("2"), Some("1"), Err(()), Err(())),
            (account("1"), Some("2"), Err(()), Err(())),
        ] {
            let (script, cloud) = cloud(vec![act], given);
            let cancel = CancellationToken::new();
            let began = Instant::now();
            let ours = cloud.account_id(&cancel).await;
            assert!(began.elapsed() <= SOON, "{:?}", began.elapsed());
            assert_eq!(ours.as_ref().map(Option::as_deref).map_err(|_| ()), remembered);
            for _ in 0..2 {
                let told = match cloud.compare_account("1", &cancel).await {
                    Ok(Belongs::Same) => Ok("same".to_owned()),
                    Ok(Belongs::Other(ours)) => Ok(format!("other {ours}")),
                    Ok(Belongs::CouldNotTell(_)) => Ok("not told".to_owned()),
                    Err(told) => {
                        assert!(told.summary.contains("The credentials are not of the account"));
                        Err(())
                    }
                };
                assert_eq!(told, expected.map(str::to_owned), "{given:?}");
            }
            assert!(began.elapsed() <= ACCOUNT_TIMEOUT + SOON, "one wait: {:?}", began.elapsed());
            assert_eq!(script.seen().len(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_interrupted_caller_decides_for_no_other() {
        let (_, cloud) = cloud(vec![Act::After(Duration::from_millis(500), Box::new(account("1")))], None);
        let cancelled = CancellationToken::new();
        cancelled.cancel();
        assert!(matches!(cloud.compare_account("1", &cancelled).await, Ok(Belongs::CouldNotTell(_))));
        let told = cloud.compare_account("1", &CancellationToken::new()).await;
        assert!(matches!(told, Ok(Belongs::Same)));

        let pairs = answer(200, r#"{"TotalCount":3,"KeyPairs":{"KeyPair":[{"KeyPairName":"a"}]}}"#);
        let (_, cloud) = self::cloud(vec![Act::After(Duration::from_secs(1), Box::new(pairs))], None);
        let deadline = Instant::now() + Duration::from_secs(5);
        assert_eq!(cloud.key_pair_count(&Call::new(deadline, cancelled)).await, None);
        assert_eq!(cloud.key_pair_count(&Call::new(deadline, CancellationToken::new())).await, Some(3));
    }
}
