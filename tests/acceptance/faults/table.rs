//! The policy: what comes of each operation in each kind of trouble.

use std::time::Duration;

use ecs_simulator::Fault;

use Outcome::{Again, Done, Fails, Late, Seen, Unknown};

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
    /// It fails, and the change is made after that. The next look sees it; a key pair that nobody asks for by then is
    /// taken over with the `import` block of the next error.
    Late,
}

impl Outcome {
    /// Whether an error has to say that it is not known what was done.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Unknown | Late)
    }
}

/// What goes wrong.
pub(super) struct Trouble {
    pub(super) name: &'static str,
    pub(super) cause: Cause,
    /// More lines of the provider block.
    pub(super) provider: &'static str,
    /// How long the operation may take, in seconds, if not as long as usual.
    pub(super) limit: Option<u32>,
    /// What an error says.
    pub(super) says: &'static [&'static str],
    /// Whether each of its cells takes half a minute, so that none is in the usual part.
    pub(super) takes_long: bool,
}

/// Why it goes wrong.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    /// The first so many calls that do the work of the operation meet this.
    Fault(u32, fn(Fault) -> Fault),
    /// All of them do.
    Lasting(fn(Fault) -> Fault),
    /// The first one has no answer, and its change is made when the second has come and was not looked at yet.
    CarriedOutLate,
    /// Nobody listens where the service should be.
    NobodyThere,
    /// Calls of STS are lost; the service itself is well.
    NoSts,
    /// The service's clock is behind by so many seconds, and so many calls lose their answer after the change.
    ClocksApart(i64, u32),
}

use Cause::{CarriedOutLate, ClocksApart, Lasting, NoSts, NobodyThere};

const fn trouble(name: &'static str, cause: Cause) -> Trouble {
    Trouble { name, cause, provider: "", limit: None, says: &[], takes_long: false }
}

const THROTTLED: Trouble =
    trouble("throttled three times", Cause::Fault(3, |on| on.throttle(Some(Duration::from_millis(50)))));

const THROTTLED_TOO_LONG: Trouble = Trouble {
    // Less than is left, so there is nothing to wait for.
    limit: Some(60),
    says: &["Throttling.User", "ECS limits the calls of each operation per account and region"],
    ..trouble("throttled past the deadline", Lasting(|on| on.throttle(Some(Duration::from_secs(100)))))
};

const ERROR_500: Trouble = trouble("500 in JSON", Cause::Fault(1, |on| on));

const HTML_503: Trouble = Trouble {
    limit: Some(15),
    says: &["503 Service Temporarily Unavailable"],
    ..trouble("503 with HTML until the deadline", Lasting(|on| on.proxy_page(503)))
};

const REFUSED: Trouble = Trouble {
    provider: "max_retry_timeout = 1",
    says: &["No connection to 127.0.0.1", "Check first that region and endpoints"],
    ..trouble("connection refused", NobodyThere)
};

const LOST_BEFORE: Trouble =
    trouble("connection lost before the change", Cause::Fault(1, |on| on.disconnect().before_change()));

const LOST_AFTER: Trouble =
    trouble("connection lost after the change", Cause::Fault(1, |on| on.disconnect().after_change()));

const TRUNCATED: Trouble = trouble("truncated body", Cause::Fault(1, Fault::truncate));

const MALFORMED: Trouble = Trouble {
    says: &["The answer can't be read as JSON", "Request id: "],
    ..trouble("malformed JSON every time", Lasting(Fault::malform))
};

const HANG: Trouble = Trouble {
    // The calls are counted: no stall of the machine may pass for a hang.
    provider: "client_read_timeout = 30000",
    takes_long: true,
    ..trouble("a hang past the read timeout", Cause::Fault(1, Fault::hang))
};

const LATE: Trouble = Trouble {
    provider: "client_read_timeout = 30000",
    takes_long: true,
    ..trouble("a hang, the change between two tries", CarriedOutLate)
};

const TOO_LATE: Trouble = Trouble {
    provider: "client_read_timeout = 5000",
    limit: Some(15),
    ..trouble("a hang, the change after the deadline", Lasting(|on| on.hold().before_change()))
};

const EXPIRED: Trouble = Trouble {
    says: &["InvalidSecurityToken.Expired", "is temporary, and its time is over"],
    ..trouble("expired token", Lasting(Fault::expired_token))
};

pub(super) const NO_STS: Trouble = Trouble {
    provider: "max_retry_timeout = 1",
    says: &[
        "The state says that the key pair",
        "Let this machine reach the STS endpoint",
        "account_id in the provider block",
        "terraform state rm ADDRESS",
        "the state was kept",
    ],
    ..trouble("STS out of reach", NoSts)
};

const CLOCKS_APART: Trouble =
    trouble("clocks ten minutes apart, an answer lost after the change", ClocksApart(600, 1));

/// The columns are those of [`Operation::ALL`](super::operation::Operation::ALL).
#[rustfmt::skip]
pub(super) const TABLE: [(Trouble, [Outcome; 7]); 15] = [
    //                    create    create    read      change    change    delete    delete
    //                    w. public w. key              tags      group     one       ten
    //                    key       file
    (THROTTLED,          [Again,    Again,    Again,    Again,    Again,    Again,    Again]),
    (THROTTLED_TOO_LONG, [Fails,    Fails,    Fails,    Fails,    Fails,    Fails,    Fails]),
    (ERROR_500,          [Again,    Again,    Again,    Again,    Again,    Again,    Again]),
    (HTML_503,           [Unknown,  Unknown,  Fails,    Fails,    Fails,    Unknown,  Unknown]),
    (REFUSED,            [Fails,    Fails,    Fails,    Fails,    Fails,    Fails,    Fails]),
    (LOST_BEFORE,        [Again,    Again,    Again,    Again,    Again,    Again,    Again]),
    (LOST_AFTER,         [Seen,     Seen,     Again,    Again,    Again,    Seen,     Seen]),
    (TRUNCATED,          [Seen,     Seen,     Again,    Again,    Again,    Seen,     Seen]),
    (MALFORMED,          [Seen,     Seen,     Fails,    Done,     Done,     Seen,     Seen]),
    (HANG,               [Again,    Again,    Again,    Again,    Again,    Again,    Again]),
    (LATE,               [Again,    Again,    Again,    Again,    Again,    Again,    Again]),
    (TOO_LATE,           [Late,     Late,     Fails,    Late,     Late,     Late,     Late]),
    (NO_STS,             [Again,    Again,    Again,    Again,    Again,    Fails,    Fails]),
    (CLOCKS_APART,       [Seen,     Seen,     Again,    Again,    Again,    Seen,     Seen]),
    (EXPIRED,            [Fails,    Fails,    Fails,    Fails,    Fails,    Fails,    Fails]),
];
