//! Services that hand out credentials over plain HTTP: asking them, and reading what they answer.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use secrecy::SecretString;
use url::Url;
use zeroize::Zeroizing;

use super::world::World;
use super::{Credentials, SecretObject, expiration};
use crate::alicloud::json;
use crate::alicloud::transport::{HttpRequest, SendError};

/// A clock that differs by less is right: answers are on their way for a while.
const TOLERANCE: Duration = Duration::from_mins(1);

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer; the texts complete "HOST … ".
pub(super) enum NoReply {
    /// It did not answer in time.
    Late(String),
    /// No connection: it never got the request.
    Unsent(String),
    /// A lost connection.
    Broken(String),
}

impl NoReply {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Late(text) | Self::Unsent(text) | Self::Broken(text) => text,
        }
    }
}

/// Sends one request, and waits for its answer for so long.
pub(super) async fn ask(world: &World, request: HttpRequest, limit: Duration) -> Result<Reply, NoReply> {
    let host = host(&request.url);
    match tokio::time::timeout(limit, world.transport.send(request)).await {
        Err(_) => Err(NoReply::Late(format!("did not answer within {} s", limit.as_secs_f64()))),
        Ok(Ok(reply)) => {
            tracing::debug!(host, http_status = reply.status, "asked for credentials");
            Ok(Reply { status: reply.status, headers: reply.headers, body: reply.body })
        }
        Ok(Err(SendError::NotSent(why))) => Err(NoReply::Unsent(format!("can't be reached: {why}"))),
        Ok(Err(SendError::Untrusted(why))) => {
            Err(NoReply::Unsent(format!("has no trusted certificate: {why}")))
        }
        Ok(Err(SendError::Proxy(why))) => {
            Err(NoReply::Unsent(format!("can't be reached: the proxy can't be used: {why}")))
        }
        Ok(Err(SendError::Lost(why))) => Err(NoReply::Broken(format!("gave no whole answer: {why}"))),
    }
}

/// Scheme, host and port of an address: the rest of it may hold a secret.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{host}{port}", url.scheme())
}

impl Reply {
    /// The answer as a short text.
    pub(super) fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.body).ok()?.trim();
        Some(text).filter(|text| !text.is_empty() && text.len() <= 4096)
    }

    /// The answer as an object. What is wrong completes "The answer … ".
    pub(super) fn object(&self) -> Result<SecretObject, String> {
        SecretObject::parse(&self.body).map_err(|why| format!("is not JSON ({why})"))
    }

    /// Reads credentials of the form `{"Code": "Success", "AccessKeyId": …, "AccessKeySecret": …, "SecurityToken": …,
    /// "Expiration": …}`. What is wrong completes "The answer … ".
    pub(super) fn credentials(&self, origin: String, now: SystemTime) -> Result<Credentials, String> {
        let object = SecretObject::parse(&self.body).map_err(|why| match self.status {
            200 => format!("is not JSON with credentials ({why})"),
            status => format!("is HTTP {status}"),
        })?;
        if let Some(code) = json::non_empty_text(&object, "Code").filter(|code| code != "Success") {
            // Codes are short words; whatever else is there is not repeated.
            let is_code =
                code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
            return Err(if is_code { format!("is the error {code}") } else { "is an error".to_owned() });
        }
        if self.status != 200 {
            return Err(format!("is HTTP {}", self.status));
        }
        let text =
            |field: &str| json::non_empty_text(&object, field).ok_or_else(|| format!("holds no {field}"));
        let id = text("AccessKeyId")?;
        let secret = SecretString::from(text("AccessKeySecret")?);
        let token = SecretString::from(text("SecurityToken")?);
        let end = expiration::parse(&text("Expiration")?).ok_or("holds an Expiration that is not a time")?;
        let end = self.local(end, now);
        Ok(Credentials::new(id, secret, Some(token), origin).until(Some(end)))
    }

    /// A time of the server's clock by this machine's, if they differ.
    pub(super) fn local(&self, time: SystemTime, now: SystemTime) -> SystemTime {
        let date = self.headers.get("date").and_then(|date| date.to_str().ok());
        let Some(server) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else { return time };
        let moved = match (server.duration_since(now), now.duration_since(server)) {
            (Ok(ahead), _) if ahead > TOLERANCE => time.checked_sub(ahead),
            (_, Ok(behind)) if behind > TOLERANCE => time.checked_add(behind),
            _ => None,
        };
        moved.unwrap_or(time)
    }
}
