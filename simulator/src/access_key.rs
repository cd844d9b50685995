//! Access keys, and whose they are.

use std::fmt;

use time::OffsetDateTime;

/// An access key that the simulator knows.
#[derive(Clone)]
pub struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) account: String,
    /// The RAM user's name, or the role's for one with a token; `None`: the account itself.
    pub(crate) user: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) token: Option<String>,
    pub(crate) expires: Option<OffsetDateTime>,
    /// The name of the session, for one with a token.
    pub(crate) session: Option<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("user", &self.user)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

impl AccessKey {
    /// A key of an account, without a RAM user: the account's own.
    pub fn new(id: &str, secret: &str, account: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            account: account.to_owned(),
            user: None,
            enabled: true,
            token: None,
            expires: None,
            session: None,
        }
    }

    /// Nobody's, for calls that are not signed.
    pub(crate) fn nobody(account: &str) -> Self {
        Self::new("", "", account)
    }

    /// The key of a RAM user (of a role, for one with a token).
    #[must_use]
    pub fn of_user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// A disabled key.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// A temporary key, which is good only with this security token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Good until so many seconds from now (negative: expired already), by the machine's clock.
    #[must_use]
    pub fn expires_in(mut self, seconds: i64) -> Self {
        self.expires = OffsetDateTime::now_utc().checked_add(time::Duration::seconds(seconds));
        self
    }

    /// Who a temporary key acts as; `None` for one without a token.
    pub(crate) fn session_arn(&self) -> Option<String> {
        self.token.as_ref()?;
        let (role, session) = (self.user.as_deref().unwrap_or("role"), self.session_name());
        Some(format!("acs:ram::{}:assumed-role/{role}/{session}", self.account))
    }

    /// The name of a temporary key's session.
    pub(crate) fn session_name(&self) -> &str {
        self.session.as_deref().unwrap_or("session")
    }

    /// The RAM user whose lasting key this is; `None` for an account's own key, and for a temporary one.
    pub fn ram_user(&self) -> Option<&str> {
        self.user.as_deref().filter(|_| self.token.is_none())
    }

    /// The account that the key belongs to: 16 digits.
    pub fn account(&self) -> &str {
        &self.account
    }
}
