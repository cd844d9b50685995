//! Where a key pair lives, as its state remembers it: only there can it be gone.

use serde::{Deserialize, Serialize};

use super::cloud::{Belongs, Cloud};
use super::diagnostics::{Attempt, facts};
use crate::alicloud::{Client, Error, ErrorKind};
use crate::framework::{Context, Diagnostic, Diagnostics, Private, one_line};

/// The entry in the private data.
pub(super) const KEY: &str = "key_pair";

/// The place of a key pair, as far as it is known. A state that another provider wrote knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The key pair's name. On a replacement, the plan of the new key pair sees the place of the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// The region where it was made or found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    /// The account that owns it, if it was known when the key pair was made or found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account_id: Option<String>,
}

impl Place {
    pub(super) fn load(private: &Private) -> Self {
        private.get(KEY).unwrap_or_default()
    }

    pub(super) fn save(&self, private: &mut Private) {
        record(private, KEY, self);
    }

    /// An error if the key pair is known to be in another region than the provider's.
    pub(super) fn check_region(&self, name: &str, client: &Client) -> Result<(), Diagnostic> {
        match &self.region {
            Some(theirs) if theirs != client.region() => {
                Err(wrong_region(name, theirs, client.region(), client.region_source()))
            }
            _ => Ok(()),
        }
    }

    /// The account that is known, or else that of the credentials. A state that was imported, or that another provider
    /// wrote, has none; once it was read, another account's credentials are refused. Waits for STS no longer than other
    /// callers that can do without the answer.
    pub(super) async fn account_id_to_remember(
        &self,
        name: &str,
        context: &Context<Cloud>,
    ) -> Result<Option<String>, Diagnostic> {
        let ours = context.client.account_id(&context.cancel).await?;
        match (&self.account_id, ours) {
            // Another account may have a key pair of this name, too; and for a tainted one, Terraform gives its delete
            // nothing to compare.
            (Some(theirs), Some(ours)) if ours != *theirs => Err(wrong_account(name, theirs, &ours)),
            (Some(theirs), _) => Ok(Some(theirs.clone())),
            (None, ours) => Ok(ours),
        }
    }

    /// An error unless the key pair is in the account of the credentials, where one is remembered: before it is said to
    /// be gone, and before it is deleted.
    pub(super) async fn prove_account(
        &self,
        name: &str,
        context: &Context<Cloud>,
    ) -> Result<(), Diagnostics> {
        let cloud = &context.client;
        let Some(theirs) = &self.account_id else {
            return Ok(cloud.check_account_id(&context.cancel).await?);
        };
        match cloud.compare_account(theirs, &context.cancel).await? {
            Belongs::Same => Ok(()),
            Belongs::Other(ours) => Err(wrong_account(name, theirs, &ours).into()),
            Belongs::CouldNotTell(error) => Err(could_not_tell(name, theirs, &error).into()),
        }
    }

    /// An error if the key pair is known to be in another account than that of the credentials: before a change that
    /// does no harm if that could not be told.
    pub(super) async fn check_account(
        &self,
        name: &str,
        context: &Context<Cloud>,
    ) -> Result<(), Diagnostics> {
        let Some(theirs) = &self.account_id else { return Ok(()) };
        match context.client.compare_account(theirs, &context.cancel).await? {
            Belongs::Other(ours) => Err(wrong_account(name, theirs, &ours).into()),
            Belongs::Same | Belongs::CouldNotTell(_) => Ok(()),
        }
    }
}

/// Sets an entry. One that can't be stored is logged, and the state is true without it.
pub(super) fn record<T: Serialize>(private: &mut Private, key: &str, value: &T) {
    if let Err(error) = private.set(key, value) {
        tracing::error!(%error, key, "An entry of the private data could not be recorded");
    }
}

/// The key pair of a state lives in another region than the provider looks at.
fn wrong_region(name: &str, theirs: &str, ours: &str, source: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The key pair {name:?} is in another region"),
        format!(
            "The state says that the key pair {name:?} is in {theirs}; the provider is set to {ours}, which comes from \
             {source}. Nothing was changed, and the state was kept.\n\nIf the region was changed by mistake, set it back to {theirs}. To work in both \
             regions, add a second provider block, and name it in the key pair's resource block \
             (provider = alicloud.other):\n\n  provider \"alicloud\" {{\n    alias  = \"other\"\n    region = \
             {theirs:?}\n  }}\n\nTo leave the key pair alone from now on: terraform state rm ADDRESS. It stays in {theirs}; \
             if the resource is still in the configuration, the next apply makes a new key pair in {ours}."
        ),
    )
    .caused_by(
        format!("region {theirs} {ours}"),
        format!(
            "The state says that it is in {theirs}; the provider is set to {ours} (from {source}). Nothing was \
             changed.\nSet the region back to {theirs}, or add a second provider block for {theirs}."
        ),
    )
}

/// The key pair of a state was made in another account than the provider looks at.
fn wrong_account(name: &str, theirs: &str, ours: &str) -> Diagnostic {
    let (theirs, ours) = (one_line(theirs), one_line(ours));
    Diagnostic::error(
        format!("The key pair {name:?} is in another account"),
        format!(
            "The state says that the key pair {name:?} is in the account {theirs}; the credentials in use belong to the \
             account {ours}. Nothing was changed, and the state was kept.\n\nUse credentials of the account \
             {theirs}.\n\nTo leave the key pair alone from now on: terraform state rm ADDRESS. It stays in the account \
             {theirs}; if the resource is still in the configuration, the next apply makes a new key pair in the account \
             {ours}."
        ),
    )
    .caused_by(
        format!("account {theirs} {ours}"),
        format!(
            "The state says that it is in the account {theirs}; the credentials belong to {ours}. Nothing was \
             changed.\nUse credentials of the account {theirs}."
        ),
    )
}

/// Whether the key pair of a state was made in the account of the credentials is not known.
fn could_not_tell(name: &str, theirs: &str, error: &Error) -> Diagnostic {
    let summary = format!("Could not check the account of the key pair {name:?}");
    if error.is_about_credentials() || error.kind() == ErrorKind::Cancelled {
        // STS is not what is in the way.
        let attempt = Attempt { key_pair: name, account_id: Some(theirs), timeout: None };
        return attempt.failed(summary, error);
    }
    Diagnostic::error(
        summary,
        format!(
            "The state says that the key pair {name:?} is in the account {theirs}. STS did not tell the account of the \
             credentials in use: {} Nothing was changed, and the state was kept.\n\nDo one of these:\n\n  \
             - Let this machine reach the STS endpoint (sts in the endpoints block sets another).\n  \
             - Set account_id in the provider block to the account of the credentials.\n  \
             - If you know that the key pair is deleted: terraform state rm ADDRESS\n\n{}",
            error.message(),
            facts(error)
        ),
    )
    .caused_by(
        format!("account {theirs} unknown"),
        format!(
            "The state says that the key pair is in the account {theirs}; STS did not say which account the credentials \
             belong to: {} Nothing was changed, and the state was kept.\nLet this machine reach the STS endpoint, \
             set account_id in the provider block, or, if you know that the key pair is deleted: terraform state rm ADDRESS",
            error.message()
        ),
    )
}

/// The provider block names another account than that of the credentials.
pub(super) fn another_account_id(given: &str, origin: &str, ours: &str) -> Diagnostic {
    let ours = one_line(ours);
    Diagnostic::error(
        format!("The credentials are not of the account {given}"),
        format!(
            "account_id from {origin} is {given:?}; STS says that the credentials in use belong to the account {ours}. \
             Nothing was changed, and the state was kept.\n\nUse credentials of the account {given}, or correct \
             account_id."
        ),
    )
    .caused_by(
        format!("account_id {given} {ours}"),
        format!(
            "account_id is {given:?}; the credentials belong to the account {ours}. Nothing was changed.\nUse credentials of \
             the account {given}, or correct account_id."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::golden_tests::golden;

    #[test]
    fn a_wrong_place_has_its_text() {
        golden(
            "wrong-region",
            &wrong_region("web", "cn-beijing", "cn-hangzhou", "the environment variable REGION_ID"),
        );
        golden("wrong-account", &wrong_account("web", "1234567890123456", "6543210987654321"));
        golden(
            "another-account-id",
            &another_account_id("1234567890123456", "the provider block", "6543210987654321"),
        );
        let error =
            Error::new(ErrorKind::Unreachable, "No connection to sts.aliyuncs.com: connection refused.")
                .with_operation("GetCallerIdentity", "sts.aliyuncs.com", "cn-beijing")
                .with_tries(3);
        golden("account-not-told", &could_not_tell("web", "1234567890123456", &error));
    }

    #[test]
    fn what_an_older_version_wrote_is_read() {
        let place =
            Place { name: Some("web".to_owned()), region: Some("cn-beijing".to_owned()), account_id: None };
        let mut private = Private::decode(
            br#"{"key_pair":{"account_id":null,"fingerprint_is_computed":false,"key_is_certain":false,"name":"web","region":"cn-beijing"}}"#,
        );
        assert_eq!(Place::load(&private), place);
        place.save(&mut private);
        assert_eq!(private.encode(), br#"{"key_pair":{"name":"web","region":"cn-beijing"}}"#);
        assert_eq!(Place::load(&Private::default()), Place::default());
    }
}
