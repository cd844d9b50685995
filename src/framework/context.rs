//! What an operation is given beside its request.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

/// The surroundings of one operation on a configured provider.
#[derive(Debug)]
pub struct Context<C> {
    /// What the provider's `configure` made.
    pub client: Arc<C>,
    /// Cancelled when the user interrupts the run, or the host ends the plugin. A running
    /// operation then ends early, with a state that is true.
    pub cancel: CancellationToken,
}

impl<C> Clone for Context<C> {
    fn clone(&self) -> Self {
        Self { client: Arc::clone(&self.client), cancel: self.cancel.clone() }
    }
}
