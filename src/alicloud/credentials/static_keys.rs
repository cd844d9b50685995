//! An access key that never changes.

use super::source::{Loading, Source};
use super::{Credentials, CredentialsFuture, ProvideCredentials};

/// Hands out one access key, given once.
#[derive(Clone, Debug)]
pub struct Static(Credentials);

impl Static {
    /// A source of exactly these credentials.
    pub fn new(credentials: Credentials) -> Self {
        Self(credentials)
    }
}

impl ProvideCredentials for Static {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

impl Source for Static {
    fn load(&self) -> Loading<'_> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
