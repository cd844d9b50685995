//! When and why the process ends.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::connection::Presence;

/// Hosts give up on a plugin after 60 seconds, so one that has not connected by then never will.
const FIRST_CONTACT: Duration = Duration::from_mins(1);
/// How long after the last connection closed the host may come back, as after a broken connection.
const RETURN: Duration = Duration::from_secs(2);
/// How long work that is being done may take to notice that it must stop, and to answer.
pub(super) const GRACE: Duration = Duration::from_millis(500);
/// How long work that must not be left half done may take after that. With [`GRACE`], it is less than [`HARD_LIMIT`].
pub(super) const LAST_GRACE: Duration = Duration::from_millis(900);
/// When the process ends even if it is stuck. Hosts kill it after two seconds.
const HARD_LIMIT: Duration = Duration::from_millis(1500);

/// Why the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    HostAsked,
    Signal,
    HostGone,
    HostNeverCame,
}

/// Waits for the end of a process that a host started.
pub(super) async fn of_host(
    mut signals: Signals,
    shutdown: CancellationToken,
    mut presence: Presence,
) -> End {
    tokio::select! {
        () = shutdown.cancelled() => End::HostAsked,
        () = signals.terminated(Interrupts::Ignored) => End::Signal,
        end = absence(&mut presence) => end,
    }
}

/// Waits for the end of a process that a person started. Hosts come and go.
pub(super) async fn of_debug(mut signals: Signals) -> End {
    signals.terminated(Interrupts::Honoured).await;
    End::Signal
}

/// Waits until the host is no longer there. There is no other sure sign of its death: stdin is its own, and a parent
/// may be a wrapper.
async fn absence(presence: &mut Presence) -> End {
    let Ok(_) = tokio::time::timeout(FIRST_CONTACT, presence.wait_for(|count| *count > 0)).await else {
        return End::HostNeverCame;
    };
    loop {
        let gone = presence.wait_for(|count| *count == 0).await.is_err();
        if gone || tokio::time::timeout(RETURN, presence.wait_for(|count| *count > 0)).await.is_err() {
            return End::HostGone;
        }
    }
}

/// Ends the process after [`HARD_LIMIT`], from a thread that nothing in the runtime can hold up.
pub(super) fn start_hard_timer() {
    // Without the thread, only the grace period remains.
    let _ = std::thread::Builder::new().name("hard-timer".to_owned()).spawn(|| {
        std::thread::sleep(HARD_LIMIT);
        std::process::exit(0);
    });
}

/// Starts the hard timer when a signal ends the process, from a thread of its own: work that blocks the thread of the
/// runtime would keep the runtime from noticing the signal.
#[cfg(unix)]
pub(super) fn start_watchdog(interrupts: Interrupts) {
    // Without the thread, only work that does not block can be ended by a signal.
    let _ = std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::take() else { return };
            signals.terminated(interrupts).await;
            start_hard_timer();
        });
    });
}

/// What an interrupt (Ctrl-C) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interrupts {
    /// A terminal sends it to the host as well, and the host decides what becomes of the work being done.
    Ignored,
    /// It ends the process.
    Honoured,
}

/// The signals of the process, from now on no longer deadly by themselves.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn take() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// A hang-up counts as an interrupt: the host, which gets it too, may have chosen to outlive its terminal.
    async fn terminated(&mut self, interrupts: Interrupts) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => {}
                _ = self.hangup.recv() => {}
            }
            if interrupts == Interrupts::Honoured {
                return;
            }
            tracing::trace!("an interrupt was left to the host");
        }
    }
}

/// The signals of the process, from now on no longer deadly by themselves.
#[cfg(windows)]
pub(super) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Signals {
    pub(super) fn take() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    async fn terminated(&mut self, interrupts: Interrupts) {
        while self.interrupt.recv().await.is_some() && interrupts == Interrupts::Ignored {
            tracing::trace!("an interrupt was left to the host");
        }
        if interrupts == Interrupts::Ignored {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_comes_is_not_awaited_for_ever() {
        let (_sender, mut presence) = watch::channel(0);
        let start = Instant::now();
        assert_eq!(absence(&mut presence).await, End::HostNeverCame);
        assert_eq!(start.elapsed(), FIRST_CONTACT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_may_come_back_but_not_stay_away() {
        let (sender, mut presence) = watch::channel(0);
        let start = Instant::now();
        tokio::spawn(async move {
            for count in [1, 2, 1, 0, 1, 0] {
                tokio::time::sleep(RETURN / 2).await;
                sender.send_replace(count);
            }
            std::future::pending::<()>().await;
        });
        assert_eq!(absence(&mut presence).await, End::HostGone);
        assert_eq!(start.elapsed(), RETURN / 2 * 6 + RETURN);
    }
}
