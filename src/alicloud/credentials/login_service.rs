//! Asking a login service over HTTP.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

use super::answer::{self, NoReply, Reply};
use super::secret_json::SecretObject;
use super::world::World;
use crate::alicloud::json;
use crate::alicloud::printable::is_hidden;
use crate::alicloud::redact;
use crate::alicloud::transport::HttpRequest;

/// What to do when a service can't be reached.
pub(super) const CHECK_THE_NETWORK: &str = "Check that this machine reaches it: the network, and the proxy variables \
                                            (HTTPS_PROXY, NO_PROXY). If it does, run the command again later.";

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pauses before the further tries of a request that may be repeated.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// The longest that [`ask`] takes, with all its tries and pauses.
pub(super) const LONGEST_ASKING: Duration = {
    let [first, second] = PAUSES;
    PATIENCE.saturating_mul(3).saturating_add(first).saturating_add(second)
};

/// The longest text of a service that is shown, in characters.
const LONGEST: usize = 300;

/// Why a service gave nothing. The text completes "HOST … ".
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) text: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It never got the request.
    NotAsked,
    /// It may have done what it was asked for; or something between here and there answered in its place.
    Unclear,
    /// It, or something in its place, gave what no other try would change.
    Unfit,
    /// It said no.
    Refused,
}

/// What a service gave.
pub(super) struct Answer {
    pub(super) fields: SecretObject,
    pub(super) reply: Reply,
}

/// What may be done when there is no answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It may be asked again.
    Freely,
    /// It may have taken in something that is good once.
    OnlyIfNotAsked,
}

/// Asks until there is an answer, a refusal, or no hope. `secrets` is what the request holds, and the service might
/// repeat.
pub(super) async fn ask(
    world: &World,
    request: impl Fn() -> HttpRequest,
    repeat: Repeat,
    secrets: &[&str],
) -> Result<Answer, Trouble> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let trouble = match once(world, request(), secrets).await {
            Ok(answer) => return Ok(answer),
            Err(trouble) => trouble,
        };
        let again =
            trouble.kind == Kind::NotAsked || (trouble.kind == Kind::Unclear && repeat == Repeat::Freely);
        match pauses.next().filter(|_| again) {
            Some(pause) => {
                tracing::debug!(why = trouble.text, "asking a login service again");
                tokio::time::sleep(pause).await;
            }
            None => return Err(trouble),
        }
    }
}

async fn once(world: &World, request: HttpRequest, secrets: &[&str]) -> Result<Answer, Trouble> {
    let trouble = |kind, text: String| Trouble { text, kind };
    let reply = answer::ask(world, request, PATIENCE).await.map_err(|error| match error {
        NoReply::Unsent(why) | NoReply::Proxy(why) => trouble(Kind::NotAsked, why),
        NoReply::Broken(why) | NoReply::Late(why) => trouble(Kind::Unclear, why),
        NoReply::Unfit(why) => trouble(Kind::Unfit, why),
    })?;
    let fields = reply.object();
    let status = reply.status;
    if status == 200 {
        let fields = fields.map_err(|why| trouble(Kind::Unclear, format!("gave an answer that {why}")))?;
        return Ok(Answer { fields, reply });
    }
    // The services refuse in JSON. A proxy or the page of a portal, which know nothing of the login, hardly do.
    let kind = match status {
        400 | 401 | 403 if fields.is_ok() => Kind::Refused,
        _ => Kind::Unclear,
    };
    let said = match fields {
        Ok(fields) => said(&fields, &reply.headers, secrets),
        Err(_) => ", or a proxy did in its place".to_owned(),
    };
    Err(trouble(kind, format!("answered HTTP {status}{said}")))
}

/// The code, the message and the request id of a refusal; each service has names of its own for them.
fn said(answer: &SecretObject, headers: &HeaderMap, secrets: &[&str]) -> String {
    let first = |names: &[&str]| names.iter().find_map(|name| json::non_empty_text(answer, name));
    let code = first(&["ErrorCode", "error", "Code"]);
    let message = first(&["ErrorMessage", "error_description", "Message"]);
    let id = first(&["RequestId", "requestId"])
        .or_else(|| headers.get("x-acs-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned));
    let mut said = String::new();
    for part in [code, message].into_iter().flatten() {
        said.push_str(": ");
        said.push_str(&part);
    }
    if let Some(id) = id {
        said = format!("{said} (request id {id})");
    }
    for secret in secrets {
        said = redact::without(&said, secret);
    }
    said.chars().filter(|c| !c.is_control() && !is_hidden(*c)).take(LONGEST).collect()
}

/// The value of an `Authorization` header. A token that no header can hold is left out, and the service refuses.
pub(super) fn bearer(token: &str) -> HeaderValue {
    let text = Zeroizing::new(format!("Bearer {token}"));
    let value = HeaderValue::from_str(&text);
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

/// A path of the service at this address; `None` if that isn't one.
pub(super) fn url(address: &str, path: &str) -> Option<Url> {
    let url =
        Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    url.join(path).ok()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::alicloud::testing::{Act, Script, answer, world};

    async fn outcome(acts: Vec<Act>) -> (Result<u16, Trouble>, usize) {
        let script = Script::new(acts);
        let url = Url::parse("https://login.example.com/").unwrap();
        let request = || HttpRequest::new(Method::POST, url.clone());
        let answer = ask(&world(&[], script.clone()), request, Repeat::Freely, &["s3cret"]).await;
        (answer.map(|answer| answer.reply.status), script.seen().len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
        let page = "<html><body>Sign in to the network</body></html>";
        for (status, body) in [
            (429, "{}"),
            (500, "{}"),
            (503, "{}"),
            // Of proxies and portals.
            (302, ""),
            (307, "{}"),
            (400, page),
            (401, ""),
            (403, page),
            (403, r#"["no"]"#),
            (404, page),
            (404, "{}"),
            (407, "{}"),
            (408, "{}"),
            (511, page),
        ] {
            let (outcome, asked) = outcome(vec![answer(status, body), answer(200, "{}")]).await;
            assert_eq!((outcome.ok(), asked), (Some(200), 2), "{status} {body}");
            let trouble = self::outcome(vec![answer(status, body)]).await.0.err().unwrap();
            assert_eq!(trouble.kind, Kind::Unclear, "{status} {body}");
            let told = if body == "{}" { "" } else { ", or a proxy did in its place" };
            assert_eq!(trouble.text, format!("answered HTTP {status}{told}"));
        }
        for status in [400, 401, 403] {
            let (answer, asked) = outcome(vec![answer(status, "{}"), answer(200, "{}")]).await;
            assert_eq!((answer.err().map(|it| it.kind), asked), (Some(Kind::Refused), 1), "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_service_says_is_shown_fit_to_be_read() {
        let refusal = format!(
            r#"{{"ErrorMessage": "No\u001b[31m\u202e\u200b s3c\u200bret s3cret{}"}}"#,
            " and more".repeat(100)
        );
        let (answer, _) = outcome(vec![answer(400, &refusal)]).await;
        let text = answer.err().unwrap().text;
        assert!(text.starts_with("answered HTTP 400: No[31m **** **** and more and"), "{text}");
        assert_eq!(text.chars().count(), "answered HTTP 400".len() + LONGEST);
    }

    #[test]
    fn a_token_in_a_header_is_not_shown() {
        for token in ["s3cret", "s3cret\n"] {
            let shown = format!("{:?}", bearer(token));
            assert!(bearer(token).is_sensitive() && !shown.contains("s3cret"), "{shown}");
        }
    }
}
