//! The one place where calls are repeated.
//!
//! | what happened | the call is repeatable | it is not (import, delete) |
//! |---|---|---|
//! | throttled | all callers of the operation wait, then again | the same: a throttled call did nothing |
//! | no connection | again with growing waits, for [`UNREACHABLE`] at most | the same: nothing was sent |
//! | HTTP 5xx, connection lost, no answer in time | again with growing waits | [`ErrorKind::ReplyLost`] |
//! | an answer that can't be read (with HTTP 2xx, where it is repeatable) | again, [`UNREADABLE`] times | [`ErrorKind::ReplyLost`] |
//! | an answer that is too large | final | [`ErrorKind::ReplyLost`] |
//! | the clock is off | once more, with the server's time | the same: it was refused |
//! | temporary credentials have run out | once more, with others, if there are any | the same: it was refused |
//! | the proxy settings are wrong, or the proxy refuses | final | the same: nothing was sent |
//! | anything else | final | final |
//!
//! All of it ends at the deadline of the [`Call`], or when that is cancelled; repetitions also at the client's own limit,
//! with the last refusal as the error. A call that is not repeatable and is
//! under way at the deadline ends as [`ErrorKind::ReplyLost`]; at a cancellation it has a few seconds to hear the answer.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::Failure;
use super::backoff;
use super::call::{Call, Interrupted};
use super::client::Client;
use super::credentials::CredentialsError;
use super::error::{Error, ErrorKind};
use super::json::Object;
use super::limiter::Permit;
use super::operation::Operation;
use super::reply::Refusal;
use super::request::Parameters;

/// How long a host that can't be reached is tried again: a network may come back, a misspelt host won't.
const UNREACHABLE: Duration = Duration::from_secs(30);

/// How often an answer that can't be read is asked for again.
const UNREADABLE: u32 = 2;

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

/// What a call carries. It is taken up anew for each try, when the service is about to be asked, so that it can grow
/// while the call waits.
pub(super) trait Load: Send {
    /// Why there may be nothing left to send; without a value where there always is something.
    type Nothing: Send;

    /// The parameters of the next try.
    fn take(&mut self) -> Result<Parameters, Self::Nothing>;

    /// The try changed nothing, because of `error`; another follows, unless there is nothing left to send.
    fn put_back(&mut self, error: &Error) -> Result<(), Self::Nothing>;

    /// The try found no connection that would do, so that nothing was sent; whether or not another follows.
    fn found_no_connection(&mut self) {}
}

/// All who waited for the call have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NothingToSend;

impl Load for Parameters {
    type Nothing = Infallible;

    fn take(&mut self) -> Result<Parameters, Infallible> {
        Ok(self.clone())
    }

    fn put_back(&mut self, _: &Error) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<L: Load> Load for &mut L {
    type Nothing = L::Nothing;

    fn take(&mut self) -> Result<Parameters, L::Nothing> {
        L::take(self)
    }

    fn put_back(&mut self, error: &Error) -> Result<(), L::Nothing> {
        L::put_back(self, error)
    }

    fn found_no_connection(&mut self) {
        L::found_no_connection(self);
    }
}

impl Client {
    /// Calls an operation, again if that is right and time is left.
    pub(super) async fn execute(
        &self,
        operation: Operation,
        parameters: Parameters,
        call: &Call,
    ) -> Result<Answer, Error> {
        let Ok(answer) = self.execute_load(operation, parameters, call).await?;
        Ok(answer)
    }

    /// The same for a load that changes while it waits, and of which nothing may be left.
    pub(super) async fn execute_load<L: Load>(
        &self,
        operation: Operation,
        mut load: L,
        call: &Call,
    ) -> Result<Result<Answer, L::Nothing>, Error> {
        let host = &self.shared.endpoint(operation.service).host;
        let limiter = self.shared.limiter(operation.name);
        let mut history = History::new(operation, host, self.region());
        // What is waited for before another try has its own limit.
        let patience = Call {
            deadline: self
                .shared
                .most_retry
                .map_or(call.deadline, |most| call.deadline.min(history.started + most)),
            cancel: call.cancel.clone(),
        };
        loop {
            let waiting = if history.tries == 0 { call } else { &patience };
            let permit = match limiter.admit(waiting).await {
                Ok(permit) => permit,
                Err(Interrupted::Deadline) if patience.deadline < call.deadline && history.last.is_some() => {
                    return Err(history.out_of_patience());
                }
                Err(why) => {
                    history.last = history.last.or_else(|| limiter.reason());
                    return Err(history.interrupted(why, call));
                }
            };
            let credentials = call
                .run(self.shared.credentials.credentials())
                .await
                .map_err(|why| history.still_without_credentials(why))?
                .map_err(|why| history.locate(without_credentials(&why)))?;
            let parameters = match load.take() {
                Ok(parameters) => parameters,
                Err(nothing) => return Ok(Err(nothing)),
            };
            history.tries += 1;
            history.attempt_started = Instant::now();
            let outcome = self.attempt(operation, &parameters, &credentials, call, history.tries).await;
            let refusal = match outcome {
                Ok(success) => {
                    permit.accepted();
                    return Ok(Ok(Answer {
                        body: success.body,
                        request_id: success.request_id,
                        http_status: success.http_status,
                        operation: operation.name,
                        host: host.clone(),
                        region: self.region().to_owned(),
                        tries: history.tries,
                    }));
                }
                Err(Failure::Interrupted(why)) => return Err(history.unheard(why)),
                Err(Failure::Refused(refusal)) => refusal,
            };
            if refusal.error.is_of_no_connection() {
                history.unconnected += 1;
                load.found_no_connection();
            }
            let error = history.locate(refusal.error.clone().with_credential(credentials.describe()));
            let next = self.next(&permit, &refusal, &error, credentials.is_temporary(), &mut history);
            if !matches!(next, Next::GiveUp(_))
                && let Err(nothing) = load.put_back(&error)
            {
                return Ok(Err(nothing));
            }
            history.last = Some(error);
            // A wait here is this caller's own; others may go ahead.
            drop(permit);
            match next {
                Next::GiveUp(error) => return Err(error),
                Next::Again => {}
                Next::Renew(error) => match call.run(self.shared.credentials.renew(&credentials)).await {
                    Ok(Ok(true)) => {
                        tracing::info!("the service says that the credentials ran out; trying others");
                    }
                    Ok(Ok(false)) => return Err(error),
                    Ok(Err(why)) => {
                        return Err(history.locate(without_credentials(&why)).with_last(Some(error)));
                    }
                    Err(why) => return Err(history.still_without_credentials(why)),
                },
                Next::Wait(wait)
                    if patience.deadline < call.deadline && Instant::now() + wait >= patience.deadline =>
                {
                    return Err(history.out_of_patience());
                }
                Next::Wait(wait) => history.wait(wait, call).await?,
            }
        }
    }

    /// The error of a caller that waited for a request that others share, and gave up.
    pub(super) fn left(
        &self,
        operation: Operation,
        wait: SharedWait,
        why: Interrupted,
        call: &Call,
    ) -> Error {
        let host = &self.shared.endpoint(operation.service).host;
        let mut history = History::new(operation, host, self.region());
        history.started = wait.started;
        history.tries = wait.tries;
        history.unconnected = wait.unconnected;
        history.last = wait.reason.or_else(|| self.shared.limiter(operation.name).reason());
        if wait.under_way { history.unheard(why) } else { history.interrupted(why, call) }
    }

    /// Decides what follows a refusal. `error` is the refusal with its context.
    fn next(
        &self,
        permit: &Permit<'_>,
        refusal: &Refusal,
        error: &Error,
        temporary: bool,
        history: &mut History,
    ) -> Next {
        let operation = history.operation;
        if error.kind() == ErrorKind::Throttled {
            if let Some(closed) = permit.throttled(refusal.wait, error) {
                tracing::info!(
                    operation = operation.name,
                    wait_ms = millis(closed),
                    asked_by_service = refusal.wait.is_some(),
                    code = error.code(),
                    request_id = error.request_id(),
                    "the service throttles this operation; all its callers wait"
                );
            }
            return Next::Again;
        }
        if error.http_status().is_some() {
            permit.accepted();
            history.unreachable_since = None;
        }
        match error.kind() {
            ErrorKind::ClockSkew => {
                let Some(server) = refusal.server_time else { return Next::GiveUp(error.clone()) };
                let ahead = self.shared.clock.behind(server);
                if history.clock_corrected {
                    let message = format!(
                        "{} The server's clock is {ahead} seconds ahead of this machine's.",
                        error.message()
                    );
                    return Next::GiveUp(error.clone().with_message(message));
                }
                tracing::warn!(
                    server_ahead_seconds = ahead,
                    "this machine's clock is wrong; taking the server's time instead"
                );
                self.shared.clock.follow(server);
                history.clock_corrected = true;
                Next::Again
            }
            ErrorKind::TokenExpired | ErrorKind::TokenInvalid if temporary && !history.renewed => {
                history.renewed = true;
                Next::Renew(error.clone())
            }
            ErrorKind::Unreachable => {
                let since = *history.unreachable_since.get_or_insert(history.attempt_started);
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
            // Whoever gave this answer, the service may have had the request before.
            ErrorKind::UnexpectedAnswer if !operation.idempotent => {
                Next::GiveUp(error.clone().with_kind(ErrorKind::ReplyLost))
            }
            ErrorKind::UnexpectedAnswer if error.http_status().is_some_and(|status| status < 300) => {
                history.unreadable += 1;
                if history.unreadable <= UNREADABLE {
                    Next::Wait(history.next_wait())
                } else {
                    Next::GiveUp(error.clone())
                }
            }
            _ => Next::GiveUp(error.clone()),
        }
    }
}

/// The error of a call that has nothing to sign with.
fn without_credentials(why: &CredentialsError) -> Error {
    let kind = if why.is_missing() { ErrorKind::MissingCredentials } else { ErrorKind::CredentialsFailed };
    Error::new(kind, why.to_string())
}

/// How somebody waited for a request that others share.
pub(super) struct SharedWait {
    pub(super) started: Instant,
    /// Requests that it was part of.
    pub(super) tries: u32,
    /// Those of them that failed before they were sent.
    pub(super) unconnected: u32,
    /// Whether the last of them is still without an answer.
    pub(super) under_way: bool,
    /// Why the last one that was answered did nothing.
    pub(super) reason: Option<Error>,
}

/// What to do after a refusal.
enum Next {
    GiveUp(Error),
    Again,
    /// With other credentials; with this error if there are none.
    Renew(Error),
    Wait(Duration),
}

/// What happened to a call so far.
struct History {
    operation: Operation,
    host: String,
    region: String,
    started: Instant,
    attempt_started: Instant,
    /// Requests made.
    tries: u32,
    /// Those of them that failed before they were sent.
    unconnected: u32,
    /// Failures in a row that lead to a wait here (throttling waits in the limiter).
    failures: u32,
    unreachable_since: Option<Instant>,
    unreadable: u32,
    clock_corrected: bool,
    renewed: bool,
    last: Option<Error>,
}

impl History {
    fn new(operation: Operation, host: &str, region: &str) -> Self {
        let now = Instant::now();
        Self {
            operation,
            host: host.to_owned(),
            region: region.to_owned(),
            started: now,
            attempt_started: now,
            tries: 0,
            unconnected: 0,
            failures: 0,
            unreachable_since: None,
            unreadable: 0,
            clock_corrected: false,
            renewed: false,
            last: None,
        }
    }

    /// The error as one of this call.
    fn locate(&self, error: Error) -> Error {
        error
            .with_operation(self.operation.name, &self.host, &self.region)
            .with_tries(self.tries)
            .with_unconnected(self.unconnected)
    }

    /// The call is not repeated any longer, since the client has a limit for that: what was refused last is the error.
    fn out_of_patience(&self) -> Error {
        let tries = self.tries_in_words();
        match &self.last {
            Some(last) => last.clone().with_message(format!(
                "{} The limit for repeating calls is reached; {tries}.",
                last.message()
            )),
            None => {
                self.ended(ErrorKind::Deadline, format!("The limit for repeating calls is reached; {tries}."))
            }
        }
    }

    fn next_wait(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        backoff::full_jitter(self.failures)
    }

    /// Waits before the next try; gives up at once when that would come too late.
    async fn wait(&self, wait: Duration, call: &Call) -> Result<(), Error> {
        if Instant::now() + wait >= call.deadline {
            // A host out of reach says more than the time that was spent on it.
            let unreachable = self.last.as_ref().filter(|last| last.kind() == ErrorKind::Unreachable);
            return Err(unreachable
                .cloned()
                .unwrap_or_else(|| self.interrupted(Interrupted::Deadline, call)));
        }
        tracing::info!(
            operation = self.operation.name,
            wait_ms = millis(wait),
            tries = self.tries,
            reason = self.last.as_ref().map(Error::message),
            "waiting before the call is made again"
        );
        call.run(tokio::time::sleep(wait)).await.map_err(|why| self.interrupted(why, call))
    }

    /// The call ended from outside while nothing of it was under way.
    fn interrupted(&self, why: Interrupted, call: &Call) -> Error {
        let tries = self.tries_in_words();
        let (kind, message) = match why {
            Interrupted::Cancelled => (ErrorKind::Cancelled, format!("The call was cancelled; {tries}.")),
            Interrupted::Deadline if Instant::now() < call.deadline => (
                ErrorKind::Deadline,
                format!("The next try would come after the time for this call; {tries}."),
            ),
            Interrupted::Deadline => {
                (ErrorKind::Deadline, format!("The time for this call is used up; {tries}."))
            }
        };
        self.ended(kind, message)
    }

    /// The call ended from outside while credentials were being got.
    fn still_without_credentials(&self, why: Interrupted) -> Error {
        let (kind, reason) = match why {
            Interrupted::Deadline => (ErrorKind::Deadline, "The time for this call was used up"),
            Interrupted::Cancelled => (ErrorKind::Cancelled, "The call was cancelled"),
        };
        let tries = self.tries_in_words();
        self.ended(kind, format!("{reason} while it waited for credentials; {tries}."))
    }

    /// The call ended from outside while a request was under way.
    fn unheard(&self, why: Interrupted) -> Error {
        let reason = match why {
            Interrupted::Deadline => "the time for this call was used up",
            Interrupted::Cancelled => "the call was cancelled",
        };
        let kind = match (self.operation.idempotent, why) {
            (false, _) => ErrorKind::ReplyLost,
            (true, Interrupted::Deadline) => ErrorKind::Deadline,
            (true, Interrupted::Cancelled) => ErrorKind::Cancelled,
        };
        let message =
            format!("A request was sent, but {reason} before its answer came; {}.", self.tries_in_words());
        self.ended(kind, message)
    }

    fn ended(&self, kind: ErrorKind, message: String) -> Error {
        let proxy = self.last.as_ref().and_then(|last| last.proxy().map(str::to_owned));
        self.locate(Error::new(kind, message)).with_proxy(proxy).with_last(self.last.clone())
    }

    fn tries_in_words(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        match self.tries {
            0 => format!("it was never sent in {seconds:.1} s"),
            1 => format!("it was tried once in {seconds:.1} s"),
            tries => format!("it was tried {tries} times in {seconds:.1} s"),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
