//! How long a caller waits for an operation.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff;

/// The time left to find out what is true, after a change whose reply was lost, when the caller's own time is over.
pub(super) const SETTLE: Duration = Duration::from_secs(10);

/// The most time for what only makes a message fuller.
const EXPLAIN: Duration = Duration::from_secs(10);

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

    /// For a look that only makes a message fuller: has seconds, even when the caller's time is over, and ends at once
    /// when the caller cancels. The message is to be given without it then.
    #[must_use]
    pub fn to_explain(&self) -> Self {
        Self { deadline: Instant::now() + EXPLAIN, cancel: self.cancel.clone() }
    }

    /// Looks what became of a change whose reply was lost. Since what is true must be known before anything is said, the
    /// look has 10 seconds more than the caller, and goes on for as long after a cancellation.
    pub async fn settle<F: Future>(&self, look: impl FnOnce(Self) -> F) -> F::Output {
        let call = Self::new(self.deadline.max(Instant::now() + SETTLE), CancellationToken::new());
        let cancel = call.cancel.clone();
        let mut look = pin!(look(call));
        let cancelled = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(SETTLE).await;
        };
        tokio::select! {
            biased;
            seen = &mut look => return seen,
            () = cancelled => cancel.cancel(),
        }
        look.await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, within};
    use crate::alicloud::{Error, ErrorKind};

    /// Looks at a service that does not answer, cancelled after so many seconds; how long it took, and how it ended.
    async fn look(deadline: u64, cancelled: u64, settle: bool) -> (Duration, ErrorKind) {
        let client = Script::new([Act::Hang]).client();
        let (call, started) = (within(deadline), Instant::now());
        let token = call.cancel.clone();
        let interrupt = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(cancelled)).await;
            token.cancel();
        });
        let seen = if settle {
            call.settle(|call| {
                let client = &client;
                async move { client.describe_key_pair(&call, "k").await }
            })
            .await
        } else {
            client.describe_key_pair(&call.to_explain(), "k").await
        };
        interrupt.abort();
        (started.elapsed(), seen.as_ref().map_err(Error::kind).unwrap_err())
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_explains_has_seconds_and_ends_with_the_caller() {
        assert_eq!(look(1200, 9999, false).await, (EXPLAIN, ErrorKind::Deadline));
        assert_eq!(look(1200, 2, false).await, (Duration::from_secs(2), ErrorKind::Cancelled));
        // It has them when the caller's time is over, too.
        assert_eq!(look(0, 9999, false).await, (EXPLAIN, ErrorKind::Deadline));
        assert_eq!(look(0, 2, false).await, (Duration::from_secs(2), ErrorKind::Cancelled));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_decides_goes_on_for_a_while_after_the_end() {
        assert_eq!(look(1200, 60, true).await, (Duration::from_secs(70), ErrorKind::Cancelled));
        assert_eq!(look(0, 9999, true).await, (SETTLE, ErrorKind::Deadline));
        assert_eq!(look(0, 2, true).await, (SETTLE, ErrorKind::Deadline));
    }
}
