//! Who may become whom: the roles, logins and tokens that temporary access keys come from.
//!
//! One for all accounts, since a role may be taken from another account. None of it is kept in the state file.

mod role;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use time::OffsetDateTime;

use crate::access_key::AccessKey;

pub use role::Role;
pub(crate) use sessions::{Session, Sessions};

/// The metadata service of the machine that clients run on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The ARN of the role that the machine carries; `None`: it has none. Access keys come of it whether or not such
    /// a role is added.
    pub role: Option<String>,
    /// Whether requests without a token are refused.
    pub v1_forbidden: bool,
    /// Whether there are no tokens to be had, as on old machines.
    pub v2_absent: bool,
}

/// A login at CloudSSO.
#[derive(Debug, Clone)]
pub(crate) struct SsoLogin {
    pub(crate) account: String,
    pub(crate) access_configuration: String,
    pub(crate) expired: bool,
}

/// A pair of OAuth tokens: the one that is traded for access keys, and the one that renews the pair, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthTokens {
    /// The token that `/v1/exchange` takes.
    pub access_token: String,
    /// The token that `/v1/token` takes; it is good once.
    pub refresh_token: String,
}

/// What is known of an OAuth access token.
#[derive(Debug, Clone)]
pub(crate) struct OauthAccess {
    pub(crate) account: String,
    pub(crate) expires: OffsetDateTime,
}

/// Roles, logins, tokens and sessions.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    roles: BTreeMap<String, Role>,
    /// By provider and token; false: expired.
    oidc_tokens: BTreeMap<(String, String), bool>,
    metadata: Metadata,
    pub(crate) metadata_tokens: BTreeSet<String>,
    /// The ARN of the role that the credentials URI gives keys of.
    credentials_uri_role: Option<String>,
    pub(crate) sso_logins: BTreeMap<String, SsoLogin>,
    pub(crate) oauth_access: BTreeMap<String, OauthAccess>,
    /// The account, by the refresh token that is good.
    pub(crate) oauth_refresh: BTreeMap<String, String>,
    pub(crate) sessions: Sessions,
}

/// How long an OAuth access token is good, in seconds.
pub(crate) const OAUTH_ACCESS_SECONDS: i64 = 3 * 3600;

impl Identity {
    /// Adds a role, in place of one with the same ARN.
    pub fn add_role(&mut self, role: Role) {
        self.roles.insert(role.arn.clone(), role);
    }

    /// All roles, by ARN.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// Takes a role away; its sessions go on. Whether there was one.
    pub(crate) fn remove_role(&mut self, arn: &str) -> bool {
        self.roles.remove(arn).is_some()
    }

    /// The role with this ARN.
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.get(arn)
    }

    /// Lets an OIDC provider vouch for a token. Providers exist when they have vouched for something.
    pub fn add_oidc_token(&mut self, provider_arn: &str, token: &str) {
        self.sessions.note_secret(token);
        self.oidc_tokens.insert((provider_arn.to_owned(), token.to_owned()), true);
    }

    /// Lets all OIDC tokens that there are be expired.
    pub fn expire_oidc_tokens(&mut self) {
        self.oidc_tokens.values_mut().for_each(|good| *good = false);
    }

    /// Whether a provider exists; and whether it vouches for a token (`Some(false)`: no longer).
    pub(crate) fn oidc(&self, provider: &str, token: &str) -> (bool, Option<bool>) {
        let exists = self.oidc_tokens.keys().any(|(known, _)| known == provider);
        (exists, self.oidc_tokens.get(&(provider.to_owned(), token.to_owned())).copied())
    }

    /// The metadata service.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Sets the metadata service.
    pub fn set_metadata(&mut self, metadata: Metadata) {
        self.metadata = metadata;
    }

    /// Sets the role that the credentials URI gives access keys of, by ARN; `None`: it answers 404.
    pub fn set_credentials_uri_role(&mut self, arn: Option<&str>) {
        self.credentials_uri_role = arn.map(str::to_owned);
    }

    pub(crate) fn credentials_uri_role(&self) -> Option<&str> {
        self.credentials_uri_role.as_deref()
    }

    /// Logs a user in at CloudSSO, for one access configuration in one account; gives the access token.
    pub fn log_in_at_sso(&mut self, account: &str, access_configuration: &str) -> String {
        let token = self.sessions.secret("sso-");
        let (account, access_configuration) = (account.to_owned(), access_configuration.to_owned());
        self.sso_logins.insert(token.clone(), SsoLogin { account, access_configuration, expired: false });
        token
    }

    /// Lets all logins at CloudSSO be expired.
    pub fn expire_sso_logins(&mut self) {
        self.sso_logins.values_mut().for_each(|login| login.expired = true);
    }

    /// Logs a user of an account in with OAuth, for three hours by the machine's clock.
    pub fn log_in_with_oauth(&mut self, account: &str) -> OauthTokens {
        self.issue_oauth_tokens(account, OffsetDateTime::now_utc())
    }

    pub(crate) fn issue_oauth_tokens(&mut self, account: &str, now: OffsetDateTime) -> OauthTokens {
        let (access_token, refresh_token) =
            (self.sessions.secret("oauth-access-"), self.sessions.secret("oauth-refresh-"));
        let expires = now.checked_add(time::Duration::seconds(OAUTH_ACCESS_SECONDS)).unwrap_or(now);
        let access = OauthAccess { account: account.to_owned(), expires };
        self.oauth_access.insert(access_token.clone(), access);
        self.oauth_refresh.insert(refresh_token.clone(), account.to_owned());
        OauthTokens { access_token, refresh_token }
    }

    /// Lets all OAuth access tokens that there are be expired; they can be renewed.
    pub fn expire_oauth_access(&mut self) {
        self.oauth_access.values_mut().for_each(|access| access.expires = OffsetDateTime::UNIX_EPOCH);
    }

    /// Sets how long new sessions last, whatever is asked for; `None`: as long as is asked for.
    pub fn set_session_lifetime(&mut self, lifetime: Option<Duration>) {
        self.sessions.lifetime = lifetime;
    }

    /// Ends all sessions that there are, whatever their holders were told.
    pub fn expire_sessions(&mut self) {
        self.sessions.expire();
    }

    /// Who an access key of a session acts as: `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub fn session_arn(&self, access_key_id: &str) -> Option<String> {
        self.sessions.key(access_key_id).and_then(AccessKey::session_arn)
    }

    /// Every secret that was issued or registered here: secret keys, security tokens, access and refresh tokens.
    pub fn issued_secrets(&self) -> &[String] {
        self.sessions.issued()
    }
}
