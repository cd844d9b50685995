//! Recorded exchanges, played in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::alicloud::testing::headers;
use crate::alicloud::{HttpReply, HttpRequest, SendError, SendFuture, Transport};

/// Answers requests as it was recorded, and notes those that are others than the recorded ones.
#[derive(Clone)]
pub(super) struct Recorded(Arc<Mutex<State>>);

struct State {
    exchanges: VecDeque<Json>,
    problems: Vec<String>,
    signatures: Vec<String>,
}

impl Recorded {
    pub(super) fn new(exchanges: &str) -> Self {
        let exchanges = serde_json::from_str(exchanges).unwrap();
        Self(Arc::new(Mutex::new(State { exchanges, problems: Vec::new(), signatures: Vec::new() })))
    }

    /// What was asked and not recorded, and what was recorded and not asked.
    pub(super) fn problems(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        let left = state.exchanges.iter().map(|exchange| format!("was never asked: {}", exchange["request"]));
        state.problems.iter().cloned().chain(left).collect()
    }

    /// The signatures of all requests.
    pub(super) fn signatures(&self) -> Vec<String> {
        self.0.lock().unwrap().signatures.clone()
    }

    /// The recorded answer.
    fn next(&self, request: &HttpRequest) -> Json {
        let state = &mut *self.0.lock().unwrap();
        let Some(exchange) = state.exchanges.pop_front() else {
            state.problems.push(format!("was not to be asked: {} {}", request.method, request.url));
            return Json::Null;
        };
        let actual = seen(request);
        if let Some(Json::String(signature)) = actual["form"].get("Signature") {
            state.signatures.push(signature.clone());
        }
        for (what, expected) in exchange["request"].as_object().unwrap() {
            let differs = match expected {
                Json::Object(fields) => {
                    fields.iter().any(|(name, value)| actual[what].get(name).unwrap_or(&Json::Null) != value)
                }
                value => actual[what] != *value,
            };
            if differs {
                state.problems.push(format!("expected {what} {expected}, seen {}", actual[what]));
            }
        }
        exchange["response"].clone()
    }
}

/// A request as the cases write it.
fn seen(request: &HttpRequest) -> Json {
    let form: BTreeMap<String, String> =
        url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    let headers: Map<String, Json> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
        .collect();
    serde_json::json!({
        "method": request.method.as_str(),
        "url": request.url.as_str(),
        "direct": request.direct,
        "headers": headers,
        "form": form,
        "body": request.body.as_str(),
        "json": serde_json::from_str::<Json>(&request.body).unwrap_or_default(),
    })
}

impl Transport for Recorded {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        let response = self.next(&request);
        Box::pin(async move {
            if let Some(seconds) = response.get("after").and_then(Json::as_u64) {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            if response == "timeout" {
                return std::future::pending().await;
            }
            if let Some(why) = response.get("lost").and_then(Json::as_str) {
                return Err(SendError::Lost(why.to_owned()));
            }
            let Some(status) = response.get("status").and_then(Json::as_u64) else {
                return Err(SendError::NotSent("connection refused".to_owned()));
            };
            let body = match &response["body"] {
                Json::String(text) => text.clone(),
                Json::Null => String::new(),
                other => other.to_string(),
            };
            let list = response["headers"].as_object().into_iter().flatten();
            let headers = headers(list.map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
            Ok(HttpReply { status: u16::try_from(status).unwrap(), headers, body: body.into_bytes().into() })
        })
    }
}
