//! From an HTTP answer to the service's answer.

use std::time::{Duration, SystemTime};

use super::credentials::SecretObject;
use super::denial::Denial;
use super::error::{Error, ErrorKind};
use super::error_code;
use super::json::{self, Object};
use super::redact::Scrubber;
use super::transport::HttpReply;
use http::HeaderMap;

/// The longest wait that is taken from an answer's headers.
const LONGEST_HINT: Duration = Duration::from_mins(2);

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) body: Object,
    pub(crate) request_id: Option<String>,
    pub(crate) http_status: u16,
}

/// An unsuccessful one, with what its headers say about trying again.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: Error,
    /// When the service will take calls again.
    pub(crate) wait: Option<Duration>,
    /// The server's clock.
    pub(crate) server_time: Option<SystemTime>,
}

/// Reads an answer. Whatever a proxy, a broken connection or another service put there, the result is an answer of
/// this API or an error that says what it is instead.
pub(crate) fn read(reply: &HttpReply, scrubber: &Scrubber<'_>) -> Result<Success, Refusal> {
    let header_id = header(&reply.headers, "x-acs-request-id").map(|id| scrubber.scrub(id));
    let body = SecretObject::parse(&reply.body).ok().map(SecretObject::into_plain);
    let body = body.or_else(|| xml_error(&reply.body));
    let refusal = |error: Error| Refusal {
        error,
        wait: wait_hint(&reply.headers),
        server_time: server_time(&reply.headers),
    };
    let success_status = (200..300).contains(&reply.status);
    let Some(body) = body else {
        let kind = match reply.status {
            429 => ErrorKind::Throttled,
            // The server gave up on reading the request; whether it then acted on it is open.
            408 => ErrorKind::ReplyLost,
            500.. => ErrorKind::Unavailable,
            _ => ErrorKind::UnexpectedAnswer,
        };
        let message = describe_stranger(reply, scrubber);
        return Err(refusal(Error::new(kind, message).with_answer(reply.status, None, header_id)));
    };
    let request_id = json::non_empty_text(&body, "RequestId").map(|id| scrubber.scrub(&id)).or(header_id);
    // Some hosts answer an error with HTTP 200; and some a success with a code in it.
    let raw_code = json::non_empty_text(&body, "Code");
    let code = raw_code.as_deref().map(|code| scrubber.scrub(code));
    let failed = json::flag(&body, "Success") == Some(false)
        || raw_code.as_deref().is_some_and(|code| !matches!(code, "200" | "OK" | "Success"));
    if success_status && !failed {
        return Ok(Success { body, request_id, http_status: reply.status });
    }
    let raw_message = json::text(&body, "Message").unwrap_or_default();
    let mut message = scrubber.scrub(&raw_message);
    let kind = if code.is_none() && (300..500).contains(&reply.status) && reply.status != 429 {
        ErrorKind::UnexpectedAnswer
    } else {
        // What it means does not depend on what of it may be shown.
        error_code::kind(reply.status, raw_code.as_deref().unwrap_or_default(), &raw_message)
    };
    if message.is_empty() {
        message = format!("The service refused with HTTP {} and gave no reason.", reply.status);
    }
    let denial = (kind == ErrorKind::Forbidden).then(|| Denial::read(&body, scrubber)).flatten();
    Err(refusal(Error::new(kind, message).with_answer(reply.status, code, request_id).with_denial(denial)))
}

/// What an answer is that isn't JSON of this API. Its text is not repeated, since it may repeat the request; only the
/// title of a page is, which tells a proxy's error from a login page.
fn describe_stranger(reply: &HttpReply, scrubber: &Scrubber<'_>) -> String {
    if reply.body.is_empty() {
        return "The answer has no content.".to_owned();
    }
    let text = String::from_utf8_lossy(&reply.body);
    let content_type = header(&reply.headers, "content-type").map(|value| scrubber.scrub(value));
    let what = content_type.unwrap_or_else(|| "of an unnamed type".to_owned());
    let length = reply.body.len();
    match title(&text).map(|title| scrubber.scrub(title)).filter(|title| !title.is_empty()) {
        Some(title) => format!(
            "The answer is not from this API but a page titled \"{title}\" ({what}, {length} bytes); a proxy or a \
             login page may have given it."
        ),
        None => format!("The answer can't be read as JSON ({what}, {length} bytes)."),
    }
}

/// The fields of an error in XML, which gateways give that did not come to read in what form an answer was asked for.
fn xml_error(body: &[u8]) -> Option<Object> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim_start();
    let root = match text.strip_prefix("<?xml") {
        Some(declaration) => declaration.split_once("?>")?.1.trim_start(),
        None => text,
    };
    let inner = root.strip_prefix("<Error>")?;
    let field = |name: &str| {
        let (_, rest) = inner.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once(&format!("</{name}>"))?;
        let value = value.trim();
        let value = value.strip_prefix("<![CDATA[").and_then(|it| it.strip_suffix("]]>")).map_or_else(
            || {
                // The last, so that what it makes is not read again.
                [
                    ("&lt;", "<"),
                    ("&gt;", ">"),
                    ("&quot;", "\""),
                    ("&apos;", "'"),
                    ("&#39;", "'"),
                    ("&amp;", "&"),
                ]
                .into_iter()
                .fold(value.to_owned(), |value, (escape, c)| value.replace(escape, c))
            },
            str::to_owned,
        );
        Some((name.to_owned(), value.into()))
    };
    let fields: Object = ["Code", "Message", "RequestId"].into_iter().filter_map(field).collect();
    fields.contains_key("Code").then_some(fields)
}

fn title(page: &str) -> Option<&str> {
    let folded = page.to_ascii_lowercase();
    let start = folded.find("<title>")? + "<title>".len();
    let length = folded.get(start..)?.find("</title>")?;
    page.get(start..start + length)
}

/// The server's clock.
pub(super) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    header(headers, "date").and_then(|date| httpdate::parse_http_date(date).ok())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

/// How long the service asks to wait: `x-acs-retry-after` in milliseconds; `TimeLeft` of the rate headers
/// (`Limit:1,Remain:0,TimeLeft:2000,Reset:1234`), in milliseconds too; or HTTP's `Retry-After` in seconds.
fn wait_hint(headers: &HeaderMap) -> Option<Duration> {
    let milliseconds = |text: &str| text.trim().parse().ok().map(Duration::from_millis);
    let asked = header(headers, "x-acs-retry-after").and_then(milliseconds);
    let rates = ["x-ratelimit-user-api", "x-ratelimit-user"].into_iter().filter_map(|name| {
        let fields = || header(headers, name).into_iter().flat_map(|value| value.split(','));
        let field = |wanted: &str| {
            fields()
                .filter_map(|field| field.split_once(':'))
                .find(|(name, _)| name.trim() == wanted)
                .map(|(_, v)| v)
        };
        // A bucket that still has room is not the one that refused.
        field("Remain")
            .is_none_or(|remain| remain.trim() == "0")
            .then(|| field("TimeLeft").and_then(milliseconds))?
    });
    let seconds = header(headers, "retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let longest = asked.into_iter().chain(rates).chain(seconds).max()?;
    (!longest.is_zero()).then(|| longest.min(LONGEST_HINT))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::alicloud::credentials::Credentials;

    type Headers<'a> = &'a [(&'static str, &'a str)];

    fn read_reply(status: u16, headers: Headers<'_>, body: &str) -> Result<Success, Refusal> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let credentials = Credentials::new("LTAI5tExampleKeyWXYZ", "secret".into(), None, "a test");
        read(
            &HttpReply { status, headers, body: body.as_bytes().to_vec().into() },
            &Scrubber::new(&credentials),
        )
    }

    #[test]
    fn a_code_of_success_is_no_error_and_an_error_with_http_200_is_one() {
        for body in [
            "{}",
            r#"{"Code":"200"}"#,
            r#"{"Code":200,"Success":true}"#,
            r#"{"Code":"OK"}"#,
            r#"{"Code":""}"#,
        ] {
            assert!(read_reply(200, &[], body).is_ok(), "{body}");
        }
        for body in
            [r#"{"Code":"Throttling","Message":"slow down"}"#, r#"{"Success":"false"}"#, r#"{"Code":400}"#]
        {
            assert!(read_reply(200, &[], body).is_err(), "{body}");
        }
        assert!(read_reply(400, &[], r#"{"Code":"200"}"#).is_err());
    }

    #[test]
    fn a_code_is_judged_as_it_came_and_shown_without_secrets() {
        let token = Some("SecurityToken.Expired".into());
        let key = Credentials::new("LTAI5tExampleKeyWXYZ", "secret".into(), token, "a test");
        let body = br#"{"Code":"InvalidSecurityToken.Expired"}"#.to_vec().into();
        let reply = HttpReply { status: 400, headers: HeaderMap::new(), body };
        let error = read(&reply, &Scrubber::new(&key)).unwrap_err().error;
        assert_eq!((error.kind(), error.code()), (ErrorKind::TokenExpired, Some("Invalid****")));
    }

    #[test]
    fn the_request_id_is_taken_from_the_body_or_else_from_the_header() {
        let header = [("x-acs-request-id", "H")];
        let id = |body| read_reply(404, &header, body).unwrap_err().error.request_id().map(str::to_owned);
        assert_eq!(id(r#"{"RequestId":"B","Code":"X"}"#).as_deref(), Some("B"));
        for body in ["", "<html>", "[]", "{\"RequestId\"", r#"{"RequestId":{},"Code":"X"}"#] {
            assert_eq!(id(body).as_deref(), Some("H"), "{body}");
        }
    }

    #[test]
    fn strangers_are_described_but_not_quoted() {
        let html = [("content-type", "text/html")];
        let page = "<html><TITLE>502\n Bad Gateway</TITLE>AccessKeyId=LTAI5tExampleKeyWXYZ";
        let cases = [
            (502, page, ErrorKind::Unavailable, "a page titled \"502 Bad Gateway\" (text/html, 69 bytes)"),
            (200, page, ErrorKind::UnexpectedAnswer, "titled \"502 Bad Gateway\""),
            (407, "no", ErrorKind::UnexpectedAnswer, "can't be read as JSON (text/html, 2 bytes)"),
            (200, "", ErrorKind::UnexpectedAnswer, "has no content"),
            (403, "{}", ErrorKind::UnexpectedAnswer, "HTTP 403 and gave no reason"),
            (500, "{}", ErrorKind::Unavailable, "HTTP 500 and gave no reason"),
        ];
        for (status, body, kind, part) in cases {
            let error = read_reply(status, &html, body).unwrap_err().error;
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert!(error.message().contains(part) && !error.message().contains("LTAI"), "{error}");
        }
    }

    #[test]
    fn an_error_in_xml_keeps_code_message_and_request_id() {
        let xml = "\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<Error>\n<RequestId>R-1</RequestId>\
                   <HostId>ecs.aliyuncs.com</HostId><Code>InvalidAccessKeyId.NotFound</Code>\
                   <Message>Specified &lt;key&gt; of &quot;you&quot; &amp;amp; me is not found.</Message></Error>";
        let error = read_reply(404, &[("content-type", "text/xml")], xml).unwrap_err().error;
        assert_eq!(
            (error.kind(), error.code(), error.request_id(), error.message()),
            (
                ErrorKind::AccessKeyNotFound,
                Some("InvalidAccessKeyId.NotFound"),
                Some("R-1"),
                "Specified <key> of \"you\" &amp; me is not found."
            )
        );
        let throttled = "<Error><Code>Throttling.User</Code><Message><![CDATA[a < b]]></Message></Error>";
        for status in [200, 400, 503] {
            let error = read_reply(status, &[], throttled).unwrap_err().error;
            assert_eq!((error.kind(), error.message()), (ErrorKind::Throttled, "a < b"), "{status}");
        }
        for other in [
            "<html><Error><Code>X</Code></Error></html>",
            "<Error><Message>no code</Message></Error>",
            "<Error><Code>X",
            "<?xml <Error><Code>X</Code></Error>",
            "<KeyPairs><Error><Code>X</Code></Error></KeyPairs>",
        ] {
            let error = read_reply(400, &[], other).unwrap_err().error;
            assert_eq!((error.kind(), error.code()), (ErrorKind::UnexpectedAnswer, None), "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic(status: u16, body: Vec<u8>, text: String, json in JSON) {
            let credentials = Credentials::new("LTAI5tExampleKeyWXYZ", text.clone().into(), None, "a test");
            let scrubber = Scrubber::new(&credentials);
            for body in [body, text.clone().into_bytes(), json.into_bytes(), format!("<title>{text}</title>").into()] {
                let mut headers = HeaderMap::new();
                for name in ["x-acs-request-id", "x-acs-retry-after", "x-ratelimit-user", "date", "content-type"] {
                    if let Ok(value) = HeaderValue::from_bytes(&body) {
                        headers.insert(name, value);
                    }
                }
                let _ = read(&HttpReply { status, headers, body: body.into() }, &scrubber);
            }
        }
    }

    /// Objects with the fields that are read, of any scalar type.
    const JSON: &str =
        r#"\{("(Code|Message|RequestId|Success)":(-?[0-9]{1,30}|"[a-zA-Z ]{0,9}"|null|true|\[\])){0,1}\}"#;

    #[test]
    fn waits_that_the_service_asks_for() {
        let cases: [(Headers<'_>, Option<u64>); 8] = [
            (&[("x-acs-retry-after", "1500")], Some(1500)),
            (&[("x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234")], Some(2000)),
            (&[("x-ratelimit-user", "Limit:9,Remain:5,TimeLeft:2000")], None),
            (&[("x-ratelimit-user", "TimeLeft: 7"), ("retry-after", "3")], Some(3000)),
            (&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], None),
            (&[("x-acs-retry-after", "99999999999")], Some(120_000)),
            (&[("x-acs-retry-after", "0")], None),
            (&[("x-ratelimit-user-api", "garbage:,,:"), ("x-acs-retry-after", "-1")], None),
        ];
        for (headers, expected) in cases {
            let refusal = read_reply(400, headers, r#"{"Code":"Throttling"}"#).unwrap_err();
            assert_eq!(refusal.wait, expected.map(Duration::from_millis), "{headers:?}");
        }
    }
}
