//! One request of a call: signed anew, sent, its answer read.

use std::time::Duration;

use tokio::time::Instant;

use super::call::{Call, Interrupted};
use super::client::Client;
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{Error, ErrorKind};
use super::operation::Operation;
use super::redact::Scrubber;
use super::reply::{self, Refusal, Success};
use super::request::{Parameters, nonce};
use super::transport::{HttpRequest, SendError};

/// How long a cancelled call that is under way waits for its answer, when nothing else tells what became of it.
const GRACE: Duration = Duration::from_secs(5);

/// Why a request has no success.
pub(super) enum Failure {
    /// The caller gave up while it was under way.
    Interrupted(Interrupted),
    Refused(Refusal),
}

impl Failure {
    fn refused(error: Error) -> Self {
        Self::Refused(Refusal { error, wait: None, server_time: None })
    }
}

impl Client {
    /// Makes the request number `tries` of a call.
    pub(super) async fn attempt(
        &self,
        operation: Operation,
        parameters: &Parameters,
        credentials: &Credentials,
        call: &Call,
        tries: u32,
    ) -> Result<Success, Failure> {
        let Some(nonce) = nonce() else {
            let error = Error::new(ErrorKind::Other, "The system's source of random numbers failed.");
            return Err(Failure::refused(error));
        };
        let now = self.shared.clock.unix_seconds();
        let parameters = parameters.clone().with(&self.shared.common);
        let body = parameters.form(operation, self.region(), credentials, &nonce, now);
        let scrubber = Scrubber::new(credentials);
        let started = Instant::now();
        let mut endpoint = self.shared.endpoint(operation.service);
        let sent = async {
            let first =
                self.shared.transport.send(HttpRequest::form(endpoint.url.clone(), body.clone())).await;
            match (first, self.shared.fallback(operation.service)) {
                (Err(error), Some(other)) if has_no_address(&error) => {
                    match self.shared.transport.send(HttpRequest::form(other.url.clone(), body)).await {
                        // Then the network is down, and the region is not the cause.
                        Err(again) if has_no_address(&again) => Err(error),
                        sent => {
                            endpoint = other;
                            sent
                        }
                    }
                }
                (sent, _) => sent,
            }
        };
        let sent = if operation.idempotent { call.run(sent).await } else { patiently(sent, call).await };
        if let Ok(Ok(reply)) = &sent
            && let Some(server) = reply::server_time(&reply.headers)
        {
            self.shared.clock.note(server);
        }
        let outcome = match sent {
            Err(why) => Err(Failure::Interrupted(why)),
            Ok(Err(error)) => Err(Failure::refused(self.network_error(error, endpoint, &scrubber))),
            Ok(Ok(reply)) => reply::read(&reply, &scrubber).map_err(|mut refusal| {
                if refusal.error.code().is_none() {
                    // Whoever answered, it wasn't the API.
                    refusal.error = refusal.error.with_proxy(self.shared.proxies.of(&endpoint.url));
                }
                Failure::Refused(refusal)
            }),
        };
        let (http_status, code, request_id) = match &outcome {
            Ok(success) => (Some(success.http_status), None, success.request_id.as_deref()),
            Err(Failure::Refused(Refusal { error, .. })) => {
                (error.http_status(), error.code(), error.request_id())
            }
            Err(Failure::Interrupted(_)) => (None, None, None),
        };
        tracing::debug!(
            operation = operation.name,
            host = endpoint.host,
            http_status,
            code,
            request_id,
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            tries,
            "called"
        );
        outcome
    }

    fn network_error(&self, error: SendError, endpoint: &Endpoint, scrubber: &Scrubber<'_>) -> Error {
        let host = &endpoint.host;
        let (kind, message) = match error {
            SendError::NotSent(why) => {
                (ErrorKind::Unreachable, format!("No connection to {host}: {}.", scrubber.scrub(&why)))
            }
            SendError::Untrusted(why) => {
                (ErrorKind::Untrusted, format!("No trusted connection to {host}: {}.", scrubber.scrub(&why)))
            }
            SendError::TooLarge(why) => (
                ErrorKind::UnexpectedAnswer,
                format!("The answer of {host} was not read: {}.", scrubber.scrub(&why)),
            ),
            SendError::Proxy(why) => {
                (ErrorKind::Proxy, format!("No connection to {host}: {}.", scrubber.scrub(&why)))
            }
            SendError::Lost(why) => (
                ErrorKind::ReplyLost,
                format!("The request to {host} was sent, but its answer was lost: {}.", scrubber.scrub(&why)),
            ),
        };
        Error::new(kind, message).with_proxy(self.shared.proxies.of(&endpoint.url))
    }
}

/// Whether the host's name was not resolved, so that nothing was sent. The HTTP client has no type for it, only this text.
fn has_no_address(error: &SendError) -> bool {
    matches!(error, SendError::NotSent(why) if why.contains("dns error"))
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
