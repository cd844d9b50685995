//! How long a caller waits for an operation.

use std::future::Future;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The patience of a caller: every request, repetition and wait of an operation ends at the deadline or when
/// the token is cancelled, whichever comes first.
#[derive(Clone, Debug)]
pub struct Call {
    /// When the operation has to be over.
    pub deadline: Instant,
    /// Cancelled when the caller no longer wants the operation.
    pub cancel: CancellationToken,
}

/// Why a wait was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    Deadline,
    Cancelled,
}

impl Call {
    /// A call that ends at `deadline` or with `cancel`.
    pub fn new(deadline: Instant, cancel: CancellationToken) -> Self {
        Self { deadline, cancel }
    }

    /// Runs `future` unless the deadline passes or the call is cancelled first; then it is dropped.
    pub(crate) async fn run<T>(&self, future: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Interrupted::Cancelled),
            output = future => Ok(output),
            () = tokio::time::sleep_until(self.deadline) => Err(Interrupted::Deadline),
        }
    }
}
