//! What can go wrong with a call, as data.

use std::fmt;

use tokio::time::Instant;

use super::denial::Denial;

/// What went wrong, named by what the user can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Too many calls: make fewer, or wait.
    Throttled,
    /// The service failed for reasons of its own (HTTP 5xx): try later.
    Unavailable,
    /// No connection to the host: check the network, the proxy, the endpoint. Nothing was sent.
    Unreachable,
    /// The host's certificate is not trusted: check the endpoint, or trust the authority. Nothing was sent.
    Untrusted,
    /// The proxy can't be used as it is configured, or it refuses. Nothing was sent.
    Proxy,
    /// The request may have been carried out, but the answer never came: look before doing it again.
    ReplyLost,
    /// The reply was lost, and a look after it showed that nothing was changed: do it again.
    NotDone,
    /// The time given to the operation is over and nothing was changed; [`Error::last`] is what was last true.
    Deadline,
    /// The operation was cancelled before it changed anything.
    Cancelled,
    /// No source had an access key.
    MissingCredentials,
    /// A source of credentials that was to be used failed.
    CredentialsFailed,
    /// The cloud doesn't know the access key: check which key is used.
    AccessKeyNotFound,
    /// The access key is switched off.
    AccessKeyDisabled,
    /// The signature doesn't match: the secret does not belong to the access key.
    Signature,
    /// The temporary credentials have run out: get new ones.
    TokenExpired,
    /// The security token is missing, malformed, or of another access key.
    TokenInvalid,
    /// The machine's clock is too far from the server's: set it.
    ClockSkew,
    /// The identity lacks a permission: have it granted.
    Forbidden,
    /// The account itself is restricted (risk control, verification, ownership): settle that first.
    AccountRestricted,
    /// A parameter is missing or not one that the service takes: correct it.
    InvalidInput,
    /// The request is not one that the service takes: something on the way changed it, or this client is at fault.
    Malformed,
    /// A key pair of that name exists: import it or choose another name.
    AlreadyExists,
    /// A quota is full: free some of it or have it raised.
    QuotaExceeded,
    /// A key pair is bound to an instance: release or detach it first.
    Bound,
    /// What is to be changed is busy, or in a status that does not allow it: wait until that has passed.
    Conflict,
    /// More names in one call than the service takes: make smaller calls.
    LimitExceeded,
    /// The service doesn't know the key pair. From an operation that names one to change it; whether a key
    /// pair is gone is decided by asking for its exact name.
    KeyPairNotFound,
    /// The resource group doesn't exist.
    ResourceGroupNotFound,
    /// The region doesn't exist.
    RegionNotFound,
    /// The host doesn't serve this API in this way: check endpoint, protocol and region.
    WrongEndpoint,
    /// The answer is not one that this API gives: something between here and the service may have answered.
    UnexpectedAnswer,
    /// A refusal that this client has no name for: read the code and the message.
    Other,
}

/// Why an operation failed. Holds no secret and no URL with its query. Cheap to move and to clone, since one
/// failure may be told to many callers.
#[derive(Clone)]
pub struct Error(Box<Details>);

#[derive(Clone)]
struct Details {
    kind: ErrorKind,
    at: Instant,
    operation: &'static str,
    host: String,
    region: String,
    http_status: Option<u16>,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
    proxy: Option<String>,
    credential: Option<String>,
    tries: u32,
    unconnected: u32,
    last: Option<Error>,
    denial: Option<Denial>,
}

impl Error {
    /// An error of this kind; `message` is a sentence for the user.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            at: Instant::now(),
            operation: "",
            host: String::new(),
            region: String::new(),
            http_status: None,
            code: None,
            message: message.into(),
            request_id: None,
            proxy: None,
            credential: None,
            tries: 0,
            unconnected: 0,
            last: None,
            denial: None,
        }))
    }

    /// The same, as it happened to an operation at a host, in a region.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str, host: &str, region: &str) -> Self {
        self.0.operation = operation;
        host.clone_into(&mut self.0.host);
        region.clone_into(&mut self.0.region);
        self
    }

    /// The same, as answered by the service: HTTP status, code, request id.
    #[must_use]
    pub fn with_answer(mut self, http_status: u16, code: Option<String>, request_id: Option<String>) -> Self {
        self.0.http_status = Some(http_status);
        self.0.code = code;
        self.0.request_id = request_id;
        self
    }

    /// The same, through a proxy.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Option<String>) -> Self {
        self.0.proxy = proxy;
        self
    }

    /// The same, with a request signed by these credentials, in words that may be shown.
    #[must_use]
    pub fn with_credential(mut self, credential: String) -> Self {
        self.0.credential = Some(credential);
        self
    }

    /// The same, after so many requests.
    #[must_use]
    pub fn with_tries(mut self, tries: u32) -> Self {
        self.0.tries = tries;
        self
    }

    /// The same; so many of the requests failed before they were sent.
    #[must_use]
    pub fn with_unconnected(mut self, unconnected: u32) -> Self {
        self.0.unconnected = unconnected;
        self
    }

    /// The same, because of an earlier error.
    #[must_use]
    pub fn with_last(mut self, last: Option<Error>) -> Self {
        self.0.last = last;
        self
    }

    /// The same, with what failed before all that it tells of already.
    #[must_use]
    pub(crate) fn after(mut self, earlier: Option<Self>) -> Self {
        self.0.last = match self.0.last.take() {
            Some(last) => Some(last.after(earlier)),
            None => earlier,
        };
        self
    }

    /// The same, with what the service says of the missing permission.
    #[must_use]
    pub fn with_denial(mut self, denial: Option<Denial>) -> Self {
        self.0.denial = denial;
        self
    }

    /// The same answer, read as another kind.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same, in other words.
    #[must_use]
    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.0.message = message;
        self
    }

    /// What went wrong, by what can be done about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// When it happened: for an answer of the service, when that came. All who shared the call have the same.
    pub fn at(&self) -> Instant {
        self.0.at
    }

    /// Whether too many calls are why it failed: the service took none, or none for as long as there was time.
    pub fn comes_of_throttling(&self) -> bool {
        let throttled = |error: &Self| error.kind() == ErrorKind::Throttled;
        throttled(self) || self.kind() == ErrorKind::Deadline && self.last().is_some_and(throttled)
    }

    /// Whether there was no connection to the host that would do, so that nothing was sent.
    pub(crate) fn is_of_no_connection(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unreachable | ErrorKind::Untrusted | ErrorKind::Proxy)
    }

    /// The operation that failed, as the API names it.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The host that was called, with its port if that is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The region of the call.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The HTTP status, if there was an answer.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The service's error code, if it gave one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The service's message, or what happened in this client's words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The service's id of the request, if there was one.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The proxy in use, if the call went through one and failed to reach the service.
    pub fn proxy(&self) -> Option<&str> {
        self.0.proxy.as_deref()
    }

    /// The credentials in use, masked, with their origin ("access key ****abcd from the provider block").
    pub fn credential(&self) -> Option<&str> {
        self.0.credential.as_deref()
    }

    /// For a missing permission: who lacks which one, as far as the service tells.
    pub fn denial(&self) -> Option<&Denial> {
        self.0.denial.as_ref()
    }

    /// How many requests were made; zero if it never came to one.
    pub fn tries(&self) -> u32 {
        self.0.tries
    }

    /// Whether this operation was tried, and it is certain that no try reached the service.
    pub fn was_never_sent(&self) -> bool {
        self.0.tries > 0 && self.0.unconnected >= self.0.tries
    }

    /// For an operation that ran out of time, was cancelled, or ended unclear: what was last true.
    pub fn last(&self) -> Option<&Error> {
        self.0.last.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0;
        if !details.operation.is_empty() {
            write!(f, "{}: ", details.operation)?;
        }
        f.write_str(&details.message)?;
        let facts: Vec<String> = [
            details.code.clone(),
            details.http_status.map(|status| format!("HTTP {status}")),
            details.request_id.as_ref().map(|id| format!("request id {id}")),
            details.proxy.as_ref().map(|proxy| format!("through the proxy {proxy}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if facts.is_empty() { Ok(()) } else { write!(f, " ({})", facts.join(", ")) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self}", self.0.kind)?;
        if let Some(last) = &self.0.last {
            write!(f, "; last: {last:?}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.last.as_ref().map(|last| last as _)
    }
}
