//! The policy: what comes of each operation in each kind of trouble.

use std::time::Duration;

use ecs_simulator::Fault;

use Outcome::{Again, Done, Fails, Seen, Unknown};

/// What comes of an operation that meets trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It succeeds: the call is made again.
    Again,
    /// It succeeds: a look shows that the change was made, and the call is not made again.
    Seen,
    /// It fails and says why, and nothing was done.
    Fails,
    /// It fails, nothing was done, and it says that this is not known.
    Unknown,
    /// It fails, although the change was made; the next look sees it.
    Done,
}

/// What goes wrong.
#[derive(Clone, Copy)]
pub(super) enum Trouble {
    /// The call that does the work of the operation meets this, so many times.
    Fault(Times, fn(Fault) -> Fault),
    /// Nobody listens where the service should be.
    NobodyThere,
}

/// How often.
#[derive(Clone, Copy)]
pub(super) enum Times {
    N(u32),
    Always,
}

/// One kind of trouble, and what comes of each operation in it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) trouble: Trouble,
    /// More lines of the provider block.
    pub(super) provider: &'static str,
    /// How long the operation may take, in seconds, if not as long as usual.
    pub(super) limit: Option<u32>,
    /// In the order of [`Operation::ALL`](super::operation::Operation::ALL).
    pub(super) outcomes: [Outcome; 7],
    /// What an error says.
    pub(super) says: &'static [&'static str],
}

const fn row(name: &'static str, trouble: Trouble, outcomes: [Outcome; 7]) -> Row {
    Row { name, trouble, provider: "", limit: None, outcomes, says: &[] }
}

#[rustfmt::skip]
pub(super) const TABLE: [Row; 11] = [
    // The outcomes are those of:                create    create                               delete   delete
    //                                           w. public w. key                     change    alone    ten at
    //                                           key       file     read     change   group              once
    //                                                                       tags
    row("throttled three times",
        Trouble::Fault(Times::N(3), |on| on.throttle(Some(Duration::from_millis(50)))),
                                                [Again,    Again,   Again,   Again,   Again,   Again,   Again]),
    // More than the limit is left, so there is nothing to wait for.
    Row { limit: Some(60), says: &["Throttling.User", "ECS counts calls of each operation per account and region"], ..
    row("throttled past the deadline",
        Trouble::Fault(Times::Always, |on| on.throttle(Some(Duration::from_secs(100)))),
                                                [Fails,    Fails,   Fails,   Fails,   Fails,   Fails,   Fails]) },
    row("500 in JSON",
        Trouble::Fault(Times::N(1), |on| on),   [Again,    Again,   Again,   Again,   Again,   Again,   Again]),
    Row { says: &["503 Service Temporarily Unavailable"], limit: Some(8), ..
    row("503 with HTML until the deadline",
        Trouble::Fault(Times::Always, |on| on.proxy_page(503)),
                                                [Unknown,  Unknown, Fails,   Fails,   Fails,   Unknown, Unknown]) },
    Row { says: &["No connection to 127.0.0.1", "Nothing was sent."], provider: "max_retry_timeout = 1", ..
    row("connection refused",
        Trouble::NobodyThere,                   [Fails,    Fails,   Fails,   Fails,   Fails,   Fails,   Fails]) },
    row("connection lost before the change",
        Trouble::Fault(Times::N(1), |on| on.disconnect().before_change()),
                                                [Again,    Again,   Again,   Again,   Again,   Again,   Again]),
    row("connection lost after the change",
        Trouble::Fault(Times::N(1), |on| on.disconnect().after_change()),
                                                [Seen,     Seen,    Again,   Again,   Again,   Seen,    Seen]),
    row("truncated body",
        Trouble::Fault(Times::N(1), Fault::truncate),
                                                [Seen,     Seen,    Again,   Again,   Again,   Seen,    Seen]),
    Row { says: &["The answer can't be read as JSON", "Request id: "], ..
    row("malformed JSON every time",
        Trouble::Fault(Times::Always, Fault::malform),
                                                [Seen,     Seen,    Fails,   Done,    Done,    Seen,    Seen]) },
    Row { provider: "client_read_timeout = 1000", ..
    row("a hang past the read timeout",
        Trouble::Fault(Times::N(1), Fault::hang),
                                                [Again,    Again,   Again,   Again,   Again,   Again,   Again]) },
    Row { says: &["InvalidSecurityToken.Expired", "is temporary and has run out"], ..
    row("expired token",
        Trouble::Fault(Times::Always, Fault::expired_token),
                                                [Fails,    Fails,   Fails,   Fails,   Fails,   Fails,   Fails]) },
];
