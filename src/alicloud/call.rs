//! How long a caller waits for an operation.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff;

/// The least time to find out what is true, after a change whose reply was lost.
const SETTLE: Duration = Duration::from_secs(10);

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

    /// For looking what became of a change whose reply was lost: has a little time even when the caller's is over,
    /// since what is true must be known before anything is said.
    #[must_use]
    pub fn to_settle(&self) -> Self {
        Self { deadline: self.deadline.max(Instant::now() + SETTLE), cancel: CancellationToken::new() }
    }

    /// Whether the deadline has passed or the caller has cancelled.
    pub fn is_over(&self) -> bool {
        self.cancel.is_cancelled() || self.deadline <= Instant::now()
    }

    /// Waits for the end of the call: the deadline or the cancellation.
    pub(crate) async fn over(&self) -> Interrupted {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Interrupted::Cancelled,
            () = tokio::time::sleep_until(self.deadline) => Interrupted::Deadline,
        }
    }

    /// Waits before the next of several tries, longer after more `failures`; less if the call is over before.
    pub async fn pause(&self, failures: u32) {
        // Whether the wait was cut short shows in `is_over`.
        let _ = self.run(tokio::time::sleep(backoff::full_jitter(failures))).await;
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
