//! Panics: what the host takes for a crash, and what it must not.
//!
//! Hosts look for `panic: ` at the start of a plain line of stderr and then tell their user that the plugin crashed.
//! That is right for a panic that nobody catches. One in a handler of requests is an error of that request only: it is
//! caught, logged as an ordinary log line, and handed to the caller, who tells the user.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use super::printable;

thread_local! {
    /// How many guards are around what this thread runs just now.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
    /// What the hook saw of the panic that a guard is about to catch.
    static SEEN: RefCell<Option<(PanicReport, Backtrace)>> = const { RefCell::new(None) };
}

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanicReport {
    /// What the panic said.
    pub message: String,
    /// File and line of the source, if known.
    pub location: Option<String>,
}

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.location.iter().try_for_each(|location| write!(f, " at {location}"))
    }
}

impl std::error::Error for PanicReport {}

/// Runs `future` to its end, or to its first panic, which is logged as an error and returned.
///
/// Only the future itself is covered. What it spawns, as a task or on another thread, needs a guard of its own.
pub async fn caught<F: Future>(future: F) -> Result<F::Output, PanicReport> {
    let mut future = Some(Box::pin(future));
    std::future::poll_fn(move |cx| {
        let Some(running) = &mut future else { return Poll::Pending };
        match guarded(|| running.as_mut().poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(report) => {
                // What it holds may panic again when dropped; one report is enough.
                let _ = guarded(|| future = None);
                Poll::Ready(Err(report))
            }
        }
    })
    .await
}

/// Calls `work`, on this thread and within its guard.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, PanicReport> {
    GUARDS.set(GUARDS.get().saturating_add(1));
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDS.set(GUARDS.get().saturating_sub(1));
    result.map_err(|payload| {
        let (report, backtrace) = SEEN.take().unwrap_or_else(|| {
            let report = PanicReport { message: message_of(payload.as_ref()), location: None };
            (report, Backtrace::disabled())
        });
        tracing::error!(
            panic = report.message,
            location = report.location.as_deref().unwrap_or("unknown"),
            %backtrace,
            "a request failed because of a mistake in the provider"
        );
        report
    })
}

/// Replaces the panic hook of the process.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let report = PanicReport {
            message: message_of(info.payload()),
            location: info.location().map(|location| format!("{}:{}", location.file(), location.line())),
        };
        let backtrace = Backtrace::force_capture();
        if GUARDS.try_with(|guards| guards.get() > 0).unwrap_or(false) {
            let _ = SEEN.try_with(|seen| seen.replace(Some((report, backtrace))));
        } else {
            print_crash(&report, &backtrace);
        }
    }));
}

/// Plain text: hosts show it as it is. The backtrace names functions only in builds that kept their symbols.
fn print_crash(report: &PanicReport, backtrace: &Backtrace) {
    let _ = write!(io::stderr().lock(), "panic: {}\n\n{backtrace}\n", printable(&report.to_string()));
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "without a message".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caught_panic_is_returned() {
        assert_eq!(caught(async { 7 }).await, Ok(7));
        let report = caught(async {
            tokio::task::yield_now().await;
            panic!("number {}", 7)
        });
        let error: PanicReport = report.await.map(|(): ()| ()).unwrap_err();
        assert_eq!(error.message, "number 7");
        assert_eq!(GUARDS.get(), 0);
    }

    #[test]
    fn a_guard_is_where_the_future_is_polled() {
        let nested = guarded(|| {
            let inner = guarded(|| panic!("inner")).map(|(): ()| ()).unwrap_err();
            assert_eq!(GUARDS.get(), 1);
            panic!("outer after {}", inner.message)
        });
        assert_eq!(nested.map(|(): ()| ()).unwrap_err().message, "outer after inner");
    }

    #[test]
    fn reports_say_where() {
        let mut report = PanicReport { message: "m".to_owned(), location: None };
        assert_eq!(report.to_string(), "m");
        report.location = Some("f.rs:1".to_owned());
        assert_eq!(report.to_string(), "m at f.rs:1");
    }
}
