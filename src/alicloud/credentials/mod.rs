//! Where access keys come from.
//!
//! Each `Source` is one place where credentials may be, in a file of its own; a `Chain` asks several in order, and
//! `Refreshing` keeps what was found as long as it holds. The client asks its [`ProvideCredentials`] before each
//! request, so that credentials may change under way. Sources touch the world outside through a `World` only.

mod answer;
mod assume_role;
mod chain;
mod cloud_sso;
mod command_line;
mod credentials_uri;
mod ecs_metadata;
mod environment;
pub(crate) mod expiration;
mod external;
mod files;
mod login_service;
mod logins;
mod oauth;
mod oidc;
mod profile;
mod profile_edit;
mod refreshes;
mod refreshing;
mod secret_json;
mod source;
mod static_keys;
mod stray;
mod world;
mod write_back;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

pub(crate) use assume_role::{AssumeRole, Role, SESSION_SECONDS};
pub(crate) use chain::{Chain, Link};
pub(crate) use credentials_uri::CredentialsUri;
pub(crate) use ecs_metadata::EcsMetadata;
pub(crate) use environment::{Environment, NO_HOME, ProcessEnvironment, needs_home, not_text};
pub(crate) use oidc::{Oidc, OidcRole, OidcToken};
pub(crate) use profile::{Current, Format, Profile, ProfileSettings};
pub(crate) use refreshes::Refreshes;
pub(crate) use refreshing::Refreshing;
pub(crate) use secret_json::{SecretObject, place_of};
pub use source::CredentialsError;
pub(crate) use source::{NotLoaded, Source};
pub use static_keys::Static;
pub(crate) use stray::stray;
pub(crate) use world::{StsHost, World};

use super::printable::is_hidden;
pub(crate) use super::sts::Session;

/// The environment variables that sources read by themselves.
pub(crate) const VARIABLES_OF_SOURCES: [&str; 5] = [
    ecs_metadata::ENDPOINT,
    ecs_metadata::DISABLED,
    ecs_metadata::V1_DISABLED,
    external::FORBIDDEN_BY,
    oauth::ADDRESS,
];

/// An access key, with the token of a temporary one, and where it was found.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: Arc<str>,
    access_key_secret: SecretString,
    security_token: Option<SecretString>,
    origin: Arc<str>,
    expires: Option<SystemTime>,
}

impl Credentials {
    /// An access key found at `origin`, which completes the sentence "the access key from …"
    /// (`the provider block`, `the environment variable ALICLOUD_ACCESS_KEY`). An empty token is none.
    pub fn new(
        access_key_id: impl Into<Arc<str>>,
        access_key_secret: SecretString,
        security_token: Option<SecretString>,
        origin: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            access_key_secret,
            security_token: security_token.filter(|token| !token.expose_secret().is_empty()),
            origin: origin.into(),
            expires: None,
        }
    }

    /// The same, running out at a time of this machine's clock.
    pub(crate) fn until(mut self, expires: Option<SystemTime>) -> Self {
        self.expires = expires;
        self
    }

    /// When they run out; `None` if never, or if nobody said.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// Whether they only hold for a while.
    pub(crate) fn is_temporary(&self) -> bool {
        self.security_token.is_some()
    }

    /// Whether the service can't tell them from the others.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id && self.security_token() == other.security_token()
    }

    /// Where the key was found, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key in words that may be shown: its last four characters and its origin.
    pub fn describe(&self) -> String {
        if self.access_key_id.is_empty() && self.access_key_secret().is_empty() {
            return format!("OIDC token from {}", self.origin);
        }
        format!("access key {} from {}", self.masked_id(), self.origin)
    }

    pub(crate) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) fn access_key_secret(&self) -> &str {
        self.access_key_secret.expose_secret()
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        self.security_token.as_ref().map(ExposeSecret::expose_secret)
    }

    /// The access key id with all but its last four characters hidden; a short one is hidden altogether.
    pub(crate) fn masked_id(&self) -> String {
        let length = self.access_key_id.chars().count();
        let shown = self.access_key_id.chars().skip(if length < 8 { length } else { length - 4 });
        let shown: String = shown.filter(|c| !c.is_control() && !is_hidden(*c)).collect();
        format!("****{shown}")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.masked_id())
            .field("origin", &self.origin)
            .field("temporary", &self.is_temporary())
            .finish_non_exhaustive()
    }
}

/// What [`ProvideCredentials`] answers with.
pub type CredentialsFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Credentials, CredentialsError>> + Send + 'a>>;

/// What [`ProvideCredentials::renew`] answers with.
pub type RenewFuture<'a> = Pin<Box<dyn Future<Output = Result<bool, CredentialsError>> + Send + 'a>>;

/// Credentials for a client.
pub trait ProvideCredentials: Send + Sync + fmt::Debug {
    /// The credentials to sign the next request with.
    fn credentials(&self) -> CredentialsFuture<'_>;

    /// Gets others in place of these, which the service says have run out. Whether there are any.
    fn renew<'a>(&'a self, _refused: &'a Credentials) -> RenewFuture<'a> {
        Box::pin(async { Ok(false) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_four_characters_of_a_long_enough_id_are_shown() {
        for (id, masked) in [
            ("LTAI5tExampleKeyWXYZ", "****WXYZ"),
            ("8letters", "****ters"),
            ("seven77", "****"),
            ("LTAI5tExampleKey\u{202e}W\n\u{200b}", "****W"),
            ("", "****"),
        ] {
            let credentials = Credentials::new(id, "the-secret".into(), Some("the-token".into()), "a test");
            assert_eq!(credentials.describe(), format!("access key {masked} from a test"));
            let debug = format!("{credentials:?} {:?}", Static::new(credentials.clone()));
            assert!(!debug.contains("the-") && (id.is_empty() || !debug.contains(id)), "{debug}");
        }
        let credentials = Credentials::new("id", "s".into(), Some("".into()), "a test");
        assert_eq!(credentials.security_token(), None, "an empty token is none");
    }
}
