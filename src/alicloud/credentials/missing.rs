//! The source that stands in when nothing was found.

use super::{CredentialsError, CredentialsFuture, ProvideCredentials};

/// Has no credentials, and says where they were looked for. A missing key is an error when it is first needed,
/// not earlier: a plan may not need one.
#[derive(Clone, Debug)]
pub struct Missing {
    looked_at: Vec<String>,
}

impl Missing {
    /// Each entry of `looked_at` names one place and what it held
    /// (`the environment variable ALICLOUD_ACCESS_KEY: not set`).
    pub fn new(looked_at: Vec<String>) -> Self {
        Self { looked_at }
    }
}

impl ProvideCredentials for Missing {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(async {
            let mut message = "No access key was found.".to_owned();
            if !self.looked_at.is_empty() {
                message.push_str(" Looked at:");
                for place in &self.looked_at {
                    message.push_str("\n  - ");
                    message.push_str(place);
                }
            }
            Err(CredentialsError(message))
        })
    }
}
