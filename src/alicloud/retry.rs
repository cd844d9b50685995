//! The one place where calls are repeated.
//!
//! | what happened | the call is repeatable | it is not (import, delete) |
//! |---|---|---|
//! | throttled | all callers of the operation wait, then again | the same: a throttled call did nothing |
//! | no connection | again with growing waits, for [`UNREACHABLE`] at most | the same: nothing was sent |
//! | HTTP 5xx, connection lost, no answer in time | again with growing waits | [`ErrorKind::ReplyLost`] |
//! | an answer with HTTP 2xx that can't be read | again, [`UNREADABLE`] times | [`ErrorKind::ReplyLost`] |
//! | the clock is off | once more, with the server's time | the same: it was refused |
//! | anything else | final | final |
//!
//! All of it ends at the deadline of the [`Call`], or when that is cancelled. A call that is not repeatable and is
//! under way at the deadline ends as [`ErrorKind::ReplyLost`]; at a cancellation it has [`GRACE`] to hear the answer.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

use super::backoff;
use super::call::{Call, Interrupted};
use super::client::Client;
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{Error, ErrorKind};
use super::json::Object;
use super::limiter::Permit;
use super::operation::Operation;
use super::redact::Scrubber;
use super::reply::{self, Refusal, Success};
use super::request::{Parameters, nonce};
use super::transport::{HttpRequest, SendError};

/// How long a host that can't be reached is tried again: a network may come back, a misspelt host won't.
const UNREACHABLE: Duration = Duration::from_secs(30);

/// How often an answer that can't be read is asked for again.
const UNREADABLE: u32 = 2;

/// How long a cancelled call that is under way waits for its answer, when nothing else tells what became of it.
const GRACE: Duration = Duration::from_secs(5);

/// A successful answer, with what an error about it needs.
pub(super) struct Answer {
    pub(super) body: Object,
    pub(super) request_id: Option<String>,
    http_status: u16,
    operation: &'static str,
    host: String,
    region: String,
    tries: u32,
}

impl Answer {
    /// An error that says in what the answer isn't one of this operation.
    pub(super) fn unexpected(&self, why: &str) -> Error {
        Error::new(ErrorKind::UnexpectedAnswer, why)
            .with_operation(self.operation, &self.host, &self.region)
            .with_answer(self.http_status, None, self.request_id.clone())
            .with_tries(self.tries)
    }
}

/// What to do after a refusal.
enum Next {
    GiveUp(Error),
    Again,
    Wait(Duration),
}

/// The history of one call.
struct History {
    started: Instant,
    tries: u32,
    /// Failures in a row that lead to a wait here (throttling waits in the limiter).
    failures: u32,
    unreachable_since: Option<Instant>,
    unreadable: u32,
    clock_corrected: bool,
    last: Option<Error>,
}

impl Client {
    /// Calls an operation, again if that is right and time is left.
    pub(super) async fn execute(
        &self,
        operation: Operation,
        parameters: Parameters,
        call: &Call,
    ) -> Result<Answer, Error> {
        let endpoint = self.shared.endpoint(operation.service);
        let limiter = self.shared.limiter(operation.name);
        let mut history = History::new();
        let located = |error: Error, history: &History| {
            error
                .with_operation(operation.name, &endpoint.host, &self.shared.region)
                .with_tries(history.tries)
        };
        loop {
            let permit = match limiter.admit(call).await {
                Ok(permit) => permit,
                Err(why) => return Err(located(history.interrupted(why, limiter.reason()), &history)),
            };
            let credentials = match call.run(self.shared.credentials.credentials()).await {
                Ok(Ok(credentials)) => credentials,
                Ok(Err(error)) => {
                    let error = Error::new(ErrorKind::MissingCredentials, error.to_string());
                    return Err(located(error, &history));
                }
                Err(why) => return Err(located(history.interrupted(why, None), &history)),
            };
            history.tries += 1;
            let refusal =
                match self.attempt(operation, endpoint, &parameters, &credentials, call, &history).await {
                    Ok(success) => {
                        permit.accepted();
                        return Ok(Answer {
                            body: success.body,
                            request_id: success.request_id,
                            http_status: success.http_status,
                            operation: operation.name,
                            host: endpoint.host.clone(),
                            region: self.shared.region.clone(),
                            tries: history.tries,
                        });
                    }
                    Err(Failure::Interrupted(why)) if operation.idempotent => {
                        return Err(located(history.interrupted(why, None), &history));
                    }
                    Err(Failure::Interrupted(why)) => return Err(located(history.unheard(why), &history)),
                    Err(Failure::Refused(refusal)) => refusal,
                };
            let error = located(refusal.error.clone().with_credential(credentials.describe()), &history);
            let next = self.next(operation, &permit, &refusal, error, &mut history);
            // The wait below is this caller's own; others may go ahead.
            drop(permit);
            match next {
                Next::GiveUp(error) => return Err(located(error, &history)),
                Next::Again => {}
                Next::Wait(wait) => {
                    if Instant::now() + wait >= call.deadline {
                        return Err(located(history.interrupted(Interrupted::Deadline, None), &history));
                    }
                    tracing::info!(
                        operation = operation.name,
                        wait_ms = millis(wait),
                        tries = history.tries,
                        reason = history.last.as_ref().map(Error::message),
                        "waiting before the call is made again"
                    );
                    if let Err(why) = call.run(tokio::time::sleep(wait)).await {
                        return Err(located(history.interrupted(why, None), &history));
                    }
                }
            }
        }
    }

    /// Makes one request.
    async fn attempt(
        &self,
        operation: Operation,
        endpoint: &Endpoint,
        parameters: &Parameters,
        credentials: &Credentials,
        call: &Call,
        history: &History,
    ) -> Result<Success, Failure> {
        let Some(nonce) = nonce() else {
            let error = Error::new(ErrorKind::Other, "The system's source of random numbers failed.");
            return Err(Failure::refused(error));
        };
        let now = self.shared.clock.unix_seconds();
        let body = parameters.signed_form(operation, &self.shared.region, credentials, &nonce, now);
        let scrubber = Scrubber::new(credentials);
        let request = HttpRequest { url: endpoint.url.clone(), body };
        let started = Instant::now();
        let sent = self.shared.transport.send(request);
        let sent = if operation.idempotent { call.run(sent).await } else { patiently(sent, call).await };
        let outcome = match sent {
            Err(why) => Err(Failure::Interrupted(why)),
            Ok(Ok(reply)) => reply::read(&reply, &scrubber).map_err(Failure::Refused),
            Ok(Err(error)) => Err(Failure::refused(self.network_error(error, endpoint, &scrubber))),
        };
        let (status, code, request_id) = match &outcome {
            Ok(success) => (Some(success.http_status), None, success.request_id.as_deref()),
            Err(Failure::Refused(Refusal { error, .. })) => {
                (error.http_status(), error.code(), error.request_id())
            }
            Err(Failure::Interrupted(_)) => (None, None, None),
        };
        tracing::debug!(
            operation = operation.name,
            host = endpoint.host,
            http_status = status,
            code,
            request_id,
            duration_ms = millis(started.elapsed()),
            tries = history.tries,
            "called"
        );
        outcome
    }

    fn network_error(&self, error: SendError, endpoint: &Endpoint, scrubber: &Scrubber) -> Error {
        let host = &endpoint.host;
        let (kind, message) = match error {
            SendError::NotSent(why) => {
                (ErrorKind::Unreachable, format!("No connection to {host}: {}.", scrubber.scrub(&why)))
            }
            SendError::Untrusted(why) => (
                ErrorKind::Untrusted,
                format!("The certificate of {host} is not trusted: {}.", scrubber.scrub(&why)),
            ),
            SendError::Lost(why) => (
                ErrorKind::ReplyLost,
                format!("The request to {host} was sent, but its answer was lost: {}.", scrubber.scrub(&why)),
            ),
        };
        Error::new(kind, message).with_proxy(self.shared.proxies.of(&endpoint.url))
    }

    /// Decides what follows a refusal. `error` is the refusal with its context.
    fn next(
        &self,
        operation: Operation,
        permit: &Permit<'_>,
        refusal: &Refusal,
        error: Error,
        history: &mut History,
    ) -> Next {
        let kind = error.kind();
        if kind == ErrorKind::Throttled {
            if let Some(closed) = permit.throttled(refusal.wait, &error) {
                tracing::info!(
                    operation = operation.name,
                    wait_ms = millis(closed),
                    asked_by_service = refusal.wait.is_some(),
                    code = error.code(),
                    request_id = error.request_id(),
                    "the service throttles this operation; all its callers wait"
                );
            }
            history.last = Some(error);
            return Next::Again;
        }
        if error.http_status().is_some() {
            permit.accepted();
            history.unreachable_since = None;
        }
        let next = match kind {
            ErrorKind::ClockSkew if !history.clock_corrected => match refusal.server_time {
                Some(server) => {
                    let ahead = self.shared.clock.follow(server);
                    tracing::warn!(
                        server_ahead_seconds = ahead,
                        "this machine's clock is wrong; taking the server's time instead"
                    );
                    history.clock_corrected = true;
                    Next::Again
                }
                None => Next::GiveUp(error.clone()),
            },
            ErrorKind::Unreachable => {
                let since = *history.unreachable_since.get_or_insert_with(Instant::now);
                let wait = history.next_wait();
                if since.elapsed() + wait > UNREACHABLE {
                    Next::GiveUp(error.clone())
                } else {
                    Next::Wait(wait)
                }
            }
            ErrorKind::Unavailable | ErrorKind::ReplyLost if operation.idempotent => {
                Next::Wait(refusal.wait.unwrap_or_else(|| history.next_wait()))
            }
            ErrorKind::Unavailable => Next::GiveUp(error.clone().with_kind(ErrorKind::ReplyLost)),
            ErrorKind::UnexpectedAnswer if error.http_status().is_some_and(|status| status < 300) => {
                history.unreadable += 1;
                match (operation.idempotent, history.unreadable <= UNREADABLE) {
                    (false, _) => Next::GiveUp(error.clone().with_kind(ErrorKind::ReplyLost)),
                    (true, true) => Next::Wait(history.next_wait()),
                    (true, false) => Next::GiveUp(error.clone()),
                }
            }
            _ => Next::GiveUp(error.clone()),
        };
        history.last = Some(error);
        next
    }
}

/// Why a request has no success.
enum Failure {
    Interrupted(Interrupted),
    Refused(Refusal),
}

impl Failure {
    fn refused(error: Error) -> Self {
        Self::Refused(Refusal { error, wait: None, server_time: None })
    }
}

impl History {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            tries: 0,
            failures: 0,
            unreachable_since: None,
            unreadable: 0,
            clock_corrected: false,
            last: None,
        }
    }

    fn next_wait(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        backoff::full_jitter(self.failures)
    }

    /// The call ended from outside while nothing of it was under way.
    fn interrupted(&self, why: Interrupted, reason: Option<Error>) -> Error {
        let tries = match self.tries {
            0 => "it was never sent".to_owned(),
            1 => "it was tried once".to_owned(),
            tries => format!("it was tried {tries} times"),
        };
        let (kind, message) = match why {
            Interrupted::Deadline => {
                let seconds = self.started.elapsed().as_secs_f64();
                (
                    ErrorKind::Deadline,
                    format!("The time for this call is used up: {tries} in {seconds:.1} s."),
                )
            }
            Interrupted::Cancelled => (ErrorKind::Cancelled, format!("The call was cancelled; {tries}.")),
        };
        let last = self.last.clone().or(reason);
        let proxy = last.as_ref().and_then(|last| last.proxy().map(str::to_owned));
        Error::new(kind, message).with_proxy(proxy).with_last(last)
    }

    /// The call ended from outside while a request that can't be repeated was under way.
    fn unheard(&self, why: Interrupted) -> Error {
        let why = match why {
            Interrupted::Deadline => "the time for this call was used up",
            Interrupted::Cancelled => "the call was cancelled",
        };
        let message = format!("The request was sent, but {why} before its answer came.");
        Error::new(ErrorKind::ReplyLost, message).with_last(self.last.clone())
    }
}

/// Waits for the answer of a request whose outcome nothing else tells: until the deadline, or for a while after a
/// cancellation.
async fn patiently<T>(sent: impl Future<Output = T>, call: &Call) -> Result<T, Interrupted> {
    let cancelled = async {
        call.cancel.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        biased;
        output = sent => Ok(output),
        () = cancelled => Err(Interrupted::Cancelled),
        () = tokio::time::sleep_until(call.deadline) => Err(Interrupted::Deadline),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
