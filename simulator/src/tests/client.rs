//! A client just large enough to call the simulator as the cloud is called.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::gateway::signature_v1;
use crate::parameters::{Parameters, encode};
use crate::{Simulator, clock, request_id};

/// An answer as it came over the wire.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code, or "" where it is a success.
    pub(super) fn outcome(&self) -> (u16, String) {
        let code = self.json()["Code"].as_str().unwrap_or_default().to_owned();
        (self.status, code)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The parameters of a call in JSON by the default key, in cn-hangzhou, all but the signature.
pub(super) fn parameters(simulator: &Simulator, action: &str, own: &[(&str, &str)]) -> Vec<(String, String)> {
    let sts = action == "GetCallerIdentity" || action.starts_with("AssumeRole");
    let version = if sts { "2015-04-01" } else { "2014-05-26" };
    let now = clock::seconds(time::OffsetDateTime::now_utc());
    let nonce = request_id::new();
    let common = [
        ("Action", action),
        ("Version", version),
        ("Format", "JSON"),
        ("AccessKeyId", simulator.access_key_id()),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", &nonce),
        ("Timestamp", &now),
        ("RegionId", "cn-hangzhou"),
    ];
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in common.iter().chain(own) {
        all.retain(|(known, _)| known != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    all
}

/// Signs the parameters and posts them in a form.
pub(super) fn post(simulator: &Simulator, all: &[(String, String)], secret: &str) -> std::io::Result<Answer> {
    finish(begin(simulator, all, secret))
}

/// Sends such a call and does not wait for the answer.
pub(super) fn begin(simulator: &Simulator, all: &[(String, String)], secret: &str) -> TcpStream {
    let form: Vec<String> = all.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
    let form = form.join("&");
    let signature = signature_v1::signature("POST", &Parameters::parse(form.as_bytes()), secret);
    let body = format!("{form}&Signature={}", encode(&signature));
    let length = body.len();
    let address = simulator.address();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Sends a request as it is written and reads until the end.
pub(super) fn send(simulator: &Simulator, request: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(simulator.address())?;
    stream.write_all(request.as_bytes())?;
    finish(stream)
}

fn finish(mut stream: TcpStream) -> std::io::Result<Answer> {
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(Answer::default()) };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// A call that is answered.
pub(super) fn call(simulator: &Simulator, action: &str, own: &[(&str, &str)]) -> Answer {
    post(simulator, &parameters(simulator, action, own), simulator.access_key_secret()).unwrap()
}
