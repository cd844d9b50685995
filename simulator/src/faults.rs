//! Faults: what goes wrong on purpose.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Something that goes wrong with calls that match. Begin with [`Fault::on`], then say how often and what;
/// without the latter, the call is refused with 500 `InternalError`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    action: Option<String>,
    mentioning: Option<String>,
    skip: u32,
    times: Option<u32>,
    effect: Effect,
    /// Whether the call does its work first; `None`: as is natural for the effect.
    after_change: Option<bool>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Effect {
    /// It takes longer.
    Delay { milliseconds: u64 },
    /// `Throttling.User`, with the time that is left in the `x-ratelimit` headers, if given.
    Throttle {
        #[serde(default)]
        left_milliseconds: Option<u64>,
    },
    /// An error in the service's own form.
    Refuse { status: u16, code: String, message: String },
    /// A page of HTML from something in between.
    ProxyPage { status: u16 },
    /// The connection is closed without an answer.
    Disconnect,
    /// The body ends before its length, and the connection is closed.
    Truncate,
    /// The body has its length and is no whole JSON or XML.
    Malform,
    /// A body of no bytes.
    Empty,
    /// Each member but the request id has another type.
    Mistype,
    /// No answer until released; the connection is closed then.
    Hang,
    /// It waits until released, and then goes on.
    Hold,
}

impl Default for Fault {
    fn default() -> Self {
        Self::on_any()
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Fault {
    /// For calls of this action, always, until said otherwise. The services beside the API are called `metadata:token`,
    /// `metadata:roles`, `metadata:role`, `credentials:uri`, `sso:credentials`, `oauth:token` and `oauth:exchange`.
    pub fn on(action: &str) -> Self {
        Self { action: Some(action.to_owned()), ..Self::on_any() }
    }

    /// For calls of any action.
    pub fn on_any() -> Self {
        let effect = Effect::Refuse {
            status: 500,
            code: "InternalError".to_owned(),
            message: "The request processing has failed due to some unknown error.".to_owned(),
        };
        Self { action: None, mentioning: None, skip: 0, times: None, effect, after_change: None }
    }

    /// Only for calls one of whose parameters is this text, or a JSON list that holds it.
    #[must_use]
    pub fn mentioning(mut self, text: &str) -> Self {
        self.mentioning = Some(text.to_owned());
        self
    }

    /// The first so many calls that match are left alone.
    #[must_use]
    pub fn skip(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// It happens so many times.
    #[must_use]
    pub fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// It happens once.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// The call does nothing before the fault.
    #[must_use]
    pub fn before_change(mut self) -> Self {
        self.after_change = Some(false);
        self
    }

    /// The call does its work, and then the fault comes.
    #[must_use]
    pub fn after_change(mut self) -> Self {
        self.after_change = Some(true);
        self
    }

    /// The call takes so much longer.
    #[must_use]
    pub fn delay(self, time: Duration) -> Self {
        self.effect(Effect::Delay { milliseconds: milliseconds(time) })
    }

    /// 400 `Throttling.User`; with a time, the `x-ratelimit` headers tell it as what is left to wait.
    #[must_use]
    pub fn throttle(self, left: Option<Duration>) -> Self {
        self.effect(Effect::Throttle { left_milliseconds: left.map(milliseconds) })
    }

    /// Refused in the service's own form, with this HTTP status, code and message.
    #[must_use]
    pub fn refuse(self, status: u16, code: &str, message: &str) -> Self {
        self.effect(Effect::Refuse { status, code: code.to_owned(), message: message.to_owned() })
    }

    /// 503 `ServiceUnavailable`, in the service's own form.
    #[must_use]
    pub fn unavailable(self) -> Self {
        let message = "The request has failed due to a temporary failure of the server.";
        self.refuse(503, "ServiceUnavailable", message)
    }

    /// 400 `InvalidSecurityToken.Expired`.
    #[must_use]
    pub fn expired_token(self) -> Self {
        self.refuse(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
    }

    /// A page of HTML with this HTTP status, as from a proxy.
    #[must_use]
    pub fn proxy_page(self, status: u16) -> Self {
        self.effect(Effect::ProxyPage { status })
    }

    /// The connection is closed without an answer; before the change unless said otherwise.
    #[must_use]
    pub fn disconnect(self) -> Self {
        self.effect(Effect::Disconnect)
    }

    /// The answer breaks off in the middle, and the connection with it; after the change unless said
    /// otherwise, as for the next three.
    #[must_use]
    pub fn truncate(self) -> Self {
        self.effect(Effect::Truncate)
    }

    /// The answer is whole and no valid JSON or XML.
    #[must_use]
    pub fn malform(self) -> Self {
        self.effect(Effect::Malform)
    }

    /// The answer's body is empty.
    #[must_use]
    pub fn empty(self) -> Self {
        self.effect(Effect::Empty)
    }

    /// The members of the answer have other types than they should.
    #[must_use]
    pub fn mistype(self) -> Self {
        self.effect(Effect::Mistype)
    }

    /// No answer ever comes; the connection is closed when the fault is released or removed. The change is
    /// not made unless said otherwise.
    #[must_use]
    pub fn hang(self) -> Self {
        self.effect(Effect::Hang)
    }

    /// The call waits until the fault is released or removed, and then goes on as usual, even if the client
    /// has left: before it does its work, or after it when so said.
    #[must_use]
    pub fn hold(self) -> Self {
        self.effect(Effect::Hold)
    }

    fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    fn matches(&self, action: &str, parameters: &BTreeMap<String, String>) -> bool {
        let mentions = |text: &String| {
            let listed = serde_json::to_string(text).unwrap_or_default();
            parameters.values().any(|value| value == text || value.contains(&listed))
        };
        self.action.as_deref().is_none_or(|wanted| wanted == action)
            && self.mentioning.as_ref().is_none_or(mentions)
    }
}

/// The part of a fault that one call meets.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) effect: Effect,
    /// Whether the call does its work.
    pub(crate) change: bool,
    /// Becomes true, or closed, when a call that waits may go on.
    pub(crate) released: watch::Receiver<bool>,
}

impl Hit {
    /// Waits until the fault is released or removed.
    pub(crate) async fn wait(&mut self) {
        // An error means that the fault was removed, which releases too.
        let _ = self.released.wait_for(|released| *released).await;
    }
}

/// A fault that has been set.
struct Planned {
    id: u64,
    fault: Fault,
    seen: u32,
    hits: u32,
    release: watch::Sender<bool>,
}

/// All faults that have been set, in order; the first one that matches is met.
#[derive(Default)]
pub(crate) struct Faults {
    planned: Vec<Planned>,
    last_id: u64,
}

impl Faults {
    /// Sets one and gives its id.
    pub(crate) fn add(&mut self, fault: Fault) -> u64 {
        self.last_id += 1;
        let release = watch::channel(false).0;
        self.planned.push(Planned { id: self.last_id, fault, seen: 0, hits: 0, release });
        self.last_id
    }

    /// Takes one out, which releases what waits for it.
    pub(crate) fn remove(&mut self, id: u64) {
        self.planned.retain(|planned| planned.id != id);
    }

    /// All of them with their ids and how many calls met each.
    pub(crate) fn list(&self) -> Vec<(u64, &Fault, u32)> {
        self.planned.iter().map(|planned| (planned.id, &planned.fault, planned.hits)).collect()
    }

    /// Takes all out.
    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }

    /// Lets go what waits, now and later.
    pub(crate) fn release(&mut self, id: u64) {
        if let Some(planned) = self.planned.iter().find(|planned| planned.id == id) {
            planned.release.send_replace(true);
        }
    }

    /// How many calls met it.
    pub(crate) fn hits(&self, id: u64) -> u32 {
        self.planned.iter().find(|planned| planned.id == id).map_or(0, |planned| planned.hits)
    }

    /// How many calls that met it are not over.
    pub(crate) fn under_way(&self, id: u64) -> usize {
        // Each of them listens for its release, until it is over.
        self.planned.iter().find(|planned| planned.id == id).map_or(0, |it| it.release.receiver_count())
    }

    /// What a call meets, if anything.
    pub(crate) fn meet(&mut self, action: &str, parameters: &BTreeMap<String, String>) -> Option<Hit> {
        for planned in &mut self.planned {
            let fault = &planned.fault;
            if !fault.matches(action, parameters) || fault.times.is_some_and(|times| planned.hits >= times) {
                continue;
            }
            planned.seen += 1;
            if planned.seen <= fault.skip {
                continue;
            }
            planned.hits += 1;
            let naturally = matches!(
                fault.effect,
                Effect::Delay { .. } | Effect::Truncate | Effect::Malform | Effect::Empty | Effect::Mistype
            );
            return Some(Hit {
                effect: fault.effect.clone(),
                change: fault.after_change.unwrap_or(naturally),
                released: planned.release.subscribe(),
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_it_skips_and_what_it_hits() {
        let mut faults = Faults::default();
        let names = |list: &str| BTreeMap::from([("KeyPairNames".to_owned(), list.to_owned())]);
        let id = faults.add(Fault::on("DeleteKeyPairs").mentioning("b").skip(1).times(2).disconnect());
        let calls = [
            ("DescribeKeyPairs", "[\"b\"]", false),
            ("DeleteKeyPairs", "[\"a\"]", false),
            ("DeleteKeyPairs", "[\"a\",\"b\"]", false), // skipped
            ("DeleteKeyPairs", "b", true),
            ("DeleteKeyPairs", "[\"bb\"]", false),
            ("DeleteKeyPairs", "[\"b\"]", true),
            ("DeleteKeyPairs", "[\"b\"]", false), // used up
        ];
        for (n, (action, list, expected)) in calls.into_iter().enumerate() {
            assert_eq!(faults.meet(action, &names(list)).is_some(), expected, "call {n}");
        }
        assert_eq!(faults.hits(id), 2);
    }
}
