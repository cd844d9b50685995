//! Where access keys come from.
//!
//! A source implements [`ProvideCredentials`]; the client asks it before each request, so that a source may
//! refresh what it hands out.

mod missing;
mod static_keys;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

pub use missing::Missing;
pub use static_keys::Static;

/// An access key, with the token of a temporary one, and where it was found.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: Arc<str>,
    access_key_secret: SecretString,
    security_token: Option<SecretString>,
    origin: Arc<str>,
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
        }
    }

    /// Where the key was found, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key in words that may be shown: its last four characters and its origin.
    pub fn describe(&self) -> String {
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
        let shown: String =
            if length < 8 { String::new() } else { self.access_key_id.chars().skip(length - 4).collect() };
        format!("****{shown}")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.masked_id())
            .field("origin", &self.origin)
            .field("temporary", &self.security_token.is_some())
            .finish_non_exhaustive()
    }
}

/// Why a source has no credentials, in a sentence for the user. Holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct CredentialsError(pub String);

/// What [`ProvideCredentials`] answers with.
pub type CredentialsFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Credentials, CredentialsError>> + Send + 'a>>;

/// A source of credentials.
pub trait ProvideCredentials: Send + Sync + fmt::Debug {
    /// The credentials to sign the next request with.
    fn credentials(&self) -> CredentialsFuture<'_>;
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
