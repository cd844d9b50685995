//! One HTTP request and its answer. Nothing is repeated here.

#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;
use zeroize::Zeroizing;

use super::proxy::Proxies;

/// The largest answer that is read. The largest page of the API is well under a megabyte.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// More than most answers whose length is not told.
const USUAL_BODY: usize = 16 * 1024;

/// How long an idle connection is kept. Shorter than servers keep theirs, so that a request rarely meets a
/// connection that is just being closed.
const IDLE: Duration = Duration::from_secs(10);

/// What the HTTP client says of a proxy's 407. Its error has no public type.
const AUTHORIZATION_REQUIRED: &str = "proxy authorization required";

/// A request, ready to be sent. The body holds a signature and perhaps a token, so there is no `Debug`, and the body is
/// wiped from memory when it has been sent. What the layers below copy on its way (buffers of HTTP, TLS and the system,
/// and the values of headers) is theirs, and not wiped.
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<String>,
    /// Never through a proxy. Only for plain HTTP.
    pub(crate) direct: bool,
}

impl HttpRequest {
    /// A request without headers and body.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Zeroizing::default(), direct: false }
    }

    /// A form, posted to an API that answers in JSON.
    pub(crate) fn form(url: Url, body: Zeroizing<String>) -> Self {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let json = HeaderValue::from_static("application/json");
        let request = Self::new(Method::POST, url).header(CONTENT_TYPE, form).header(ACCEPT, json);
        Self { body, ..request }
    }

    /// The same, with this header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// An answer, read to its end. It may hold credentials, so it is wiped from memory when it is dropped.
pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer. The texts name the cause, and never the request's URL or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SendError {
    /// There was no connection; the request never left.
    NotSent(String),
    /// The server's certificate was refused, or there is nothing to check it against; the request never left, and
    /// never will.
    Untrusted(String),
    /// The proxy can't be used as it is configured, or refuses; the request never left, and never will.
    Proxy(String),
    /// The request may have arrived.
    Lost(String),
}

/// What [`Transport::send`] answers with.
pub(crate) type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<HttpReply, SendError>> + Send + 'a>>;

/// Sends requests; tests replace it.
pub(crate) trait Transport: Send + Sync {
    fn send(&self, request: HttpRequest) -> SendFuture<'_>;
}

/// Sends requests over pooled connections.
pub(crate) struct Http {
    connect_timeout: Duration,
    read_timeout: Duration,
    user_agent: String,
    proxies: Proxies,
    /// For what crosses TLS without a proxy. Built on first use: reading the machine's trusted certificates takes longer than all
    /// else at start-up.
    secure: OnceLock<Result<reqwest::Client, String>>,
    /// For what takes the proxy of HTTPS, and of HTTP.
    proxied: [OnceLock<Result<reqwest::Client, String>>; 2],
    /// For plain HTTP without a proxy, where no certificate is ever checked: trusts none, and reads none.
    plain: OnceLock<Result<reqwest::Client, String>>,
}

impl Http {
    pub(crate) fn new(connect_timeout: Duration, read_timeout: Duration, user_agent: &str) -> Self {
        // What a header can't hold would make every request fail.
        let user_agent = user_agent.chars().filter(|c| matches!(c, ' '..='~')).collect();
        Self {
            connect_timeout,
            read_timeout,
            user_agent,
            proxies: Proxies::default(),
            secure: OnceLock::new(),
            proxied: [OnceLock::new(), OnceLock::new()],
            plain: OnceLock::new(),
        }
    }

    fn client(&self, url: &Url, direct: bool) -> Result<&reqwest::Client, SendError> {
        let proxy = if direct { Ok(None) } else { self.proxies.for_url(url) };
        let proxy = proxy.map_err(|why| SendError::Proxy(why.to_owned()))?;
        let [of_https, of_http] = &self.proxied;
        let is_http = url.scheme() == "http";
        let client = match (proxy, is_http) {
            (None, true) => &self.plain,
            (None, false) => &self.secure,
            (Some(_), true) => of_http,
            (Some(_), false) => of_https,
        };
        let built = client.get_or_init(|| {
            // Which proxy a request takes is decided here, and not by the client's own reading of the environment.
            let builder = reqwest::Client::builder().no_proxy();
            let builder = match proxy {
                Some(proxy) => builder
                    .proxy(reqwest::Proxy::all(proxy.clone()).map_err(|error| chain(&error.without_url()))?),
                None if is_http => builder.tls_certs_only([]),
                None => builder,
            };
            builder
                .connect_timeout(self.connect_timeout)
                .read_timeout(self.read_timeout)
                .user_agent(&self.user_agent)
                .pool_idle_timeout(IDLE)
                // The API never redirects; following one would send the signature elsewhere.
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .build()
                .map_err(|error| chain(&error))
        });
        built.as_ref().map_err(|why| SendError::Untrusted(format!("the client can't be set up: {why}")))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpReply, SendError> {
        let mut response = self
            .client(&request.url, request.direct)?
            .request(request.method, request.url)
            .headers(request.headers)
            .body(Bytes::from_owner(request.body))
            .send()
            .await
            .map_err(classify)?;
        // Room for all of it at once, so that no half of it is left behind when the buffer grows.
        let length = response.content_length().and_then(|length| usize::try_from(length).ok());
        let mut body = Zeroizing::new(Vec::with_capacity(length.unwrap_or(USUAL_BODY).min(LARGEST_BODY)));
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(SendError::Lost("the answer is larger than 16 MiB".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpReply { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

impl Transport for Http {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

fn classify(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    let text = chain(&error);
    if is_certificate_error(&error) {
        SendError::Untrusted(text)
    } else if text.contains(AUTHORIZATION_REQUIRED) {
        SendError::Proxy("it asks for a user name and a password (407)".to_owned())
    } else if error.is_connect() {
        SendError::NotSent(text)
    } else {
        SendError::Lost(text)
    }
}

/// The error and its causes in one line. The first text of the HTTP client says only "error sending request".
fn chain(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Many wrappers repeat what they wrap, and hyper's says only in which step it failed.
        let empty = text.starts_with("client error (") && error.source().is_some();
        if !empty && !texts.iter().any(|seen: &String| seen.contains(&text)) {
            texts.push(text);
        }
        cause = error.source();
    }
    if error.is_timeout() && texts.is_empty() {
        texts.push("no answer in time".to_owned());
    }
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// Whether the connection failed because of the server's certificate, which no repetition mends.
fn is_certificate_error(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if matches!(tls_error(error), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The TLS error that this is, or that it wraps as an I/O error: those name as their source what lies beyond the error
/// they wrap.
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref().or_else(|| tls_error(error.downcast_ref::<std::io::Error>()?.get_ref()?))
}
