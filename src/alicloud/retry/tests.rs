use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::alicloud::client::Config;
use crate::alicloud::clock::SystemClock;
use crate::alicloud::credentials::{Chain, Credentials, Link, Refreshing, Static};
use crate::alicloud::endpoint::{Endpoints, Service};
use crate::alicloud::testing::{
    Act, KEY_ID, LogCapture, SECRET, Script, TOKEN, answer, code, config, with_header, within,
};
use crate::alicloud::transport::SendError;

const READ: Operation = Operation::idempotent(Service::Ecs, "DescribeKeyPairs");
const WRITE: Operation = Operation::once(Service::Ecs, "DeleteKeyPairs");

fn fine() -> Act {
    answer(200, r#"{"RequestId":"R-2"}"#)
}

fn lost() -> Act {
    Act::Fail(SendError::Lost("connection reset".into()))
}

fn refused() -> Act {
    Act::Fail(SendError::NotSent("connection refused".into()))
}

fn throttled() -> Act {
    code(400, "Throttling.User")
}

async fn execute(client: &Client, operation: Operation, call: &Call) -> Result<Answer, Error> {
    client.execute(operation, Parameters::new(), call).await
}

async fn fail(client: &Client, operation: Operation, call: &Call) -> Error {
    execute(client, operation, call).await.err().expect("the call should fail")
}

/// One failure, then a success: who tries again, and what the others report.
#[tokio::test(start_paused = true)]
async fn what_is_repeated_and_what_is_not() {
    use ErrorKind::*;
    let html = || answer(502, "<html><title>Bad Gateway</title></html>");
    let cases: Vec<(&str, Act, Option<ErrorKind>, Option<ErrorKind>)> = vec![
        ("throttled", throttled(), None, None),
        ("http 429", answer(429, ""), None, None),
        ("no connection", refused(), None, None),
        ("lost", lost(), None, Some(ReplyLost)),
        ("http 408", answer(408, ""), None, Some(ReplyLost)),
        ("5xx", code(500, "InternalError"), None, Some(ReplyLost)),
        ("unavailable with 400", code(400, "ServiceUnavailable"), None, Some(ReplyLost)),
        ("html 502", html(), None, Some(ReplyLost)),
        ("truncated", answer(200, r#"{"RequestId":"R"#), None, Some(ReplyLost)),
        ("empty", answer(200, ""), None, Some(ReplyLost)),
        ("nonce used", code(400, "SignatureNonceUsed"), None, Some(ReplyLost)),
        ("redirect", answer(302, ""), Some(UnexpectedAnswer), Some(ReplyLost)),
        ("proxy 403", answer(403, "<html>no</html>"), Some(UnexpectedAnswer), Some(ReplyLost)),
        ("error with 200", code(200, "KeyPair.AlreadyExist"), Some(AlreadyExists), Some(AlreadyExists)),
        (
            "unknown key",
            code(404, "InvalidAccessKeyId.NotFound"),
            Some(AccessKeyNotFound),
            Some(AccessKeyNotFound),
        ),
        ("certificate", Act::Fail(SendError::Untrusted("x".into())), Some(Untrusted), Some(Untrusted)),
        ("too large", Act::Fail(SendError::TooLarge("x".into())), Some(UnexpectedAnswer), Some(ReplyLost)),
        ("proxy", Act::Fail(SendError::Proxy("x".into())), Some(Proxy), Some(Proxy)),
        ("clock without a date", code(400, "InvalidTimeStamp.Expired"), Some(ClockSkew), Some(ClockSkew)),
    ];
    for (name, act, read, write) in cases {
        for (operation, expected) in [(READ, read), (WRITE, write)] {
            let script = Script::new([act.clone(), fine()]);
            let outcome = execute(&script.client(), operation, &within(60)).await;
            assert_eq!(outcome.as_ref().err().map(Error::kind), expected, "{name} {}", operation.name);
            let tries = if expected.is_none() { 2 } else { 1 };
            assert_eq!(script.seen().len(), tries, "{name} {}", operation.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_try_is_signed_anew() {
    let script = Script::new([lost(), throttled(), fine()]);
    execute(&script.client(), READ, &within(60)).await.ok().unwrap();
    let seen = script.seen();
    let distinct = |name: &str| {
        let mut values: Vec<_> = seen.iter().map(|seen| seen.form[name].clone()).collect();
        values.sort();
        values.dedup();
        values.len()
    };
    assert_eq!((seen.len(), distinct("SignatureNonce"), distinct("Signature")), (3, 3, 3));
    assert_eq!(seen[0].form["Timestamp"], "2016-02-23T12:46:24Z");
}

#[tokio::test(start_paused = true)]
async fn the_servers_time_is_taken_once_and_kept() {
    let skewed =
        || with_header(code(400, "InvalidTimeStamp.Expired"), "date", "Tue, 23 Feb 2016 13:46:25 GMT");
    let script = Script::new([skewed(), fine()]);
    let client = script.client();
    execute(&client, WRITE, &within(60)).await.ok().unwrap();
    execute(&client, READ, &within(60)).await.ok().unwrap();
    let times: Vec<_> = script.seen().iter().map(|seen| seen.form["Timestamp"].clone()).collect();
    assert_eq!(times, ["2016-02-23T12:46:24Z", "2016-02-23T13:46:25Z", "2016-02-23T13:46:25Z"]);

    let script = Script::new([skewed()]);
    let error = fail(&script.client(), READ, &within(60)).await;
    assert_eq!((error.kind(), error.tries(), script.seen().len()), (ErrorKind::ClockSkew, 2, 2));
    assert!(error.message().ends_with("3601 seconds ahead of this machine's."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn waits_grow_and_end_at_the_deadline() {
    let script = Script::new([code(503, "ServiceUnavailable")]);
    let call = within(300);
    let error = fail(&script.client(), READ, &call).await;
    assert!(Instant::now() <= call.deadline);
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Deadline, "DescribeKeyPairs"));
    assert_eq!(error.tries() as usize, script.seen().len());
    assert!((8..60).contains(&error.tries()), "{}", error.tries());
    let last = error.last().unwrap();
    assert_eq!((last.kind(), last.code()), (ErrorKind::Unavailable, Some("ServiceUnavailable")));
    assert_eq!((last.http_status(), last.request_id()), (Some(503), Some("R-1")));
    assert!(error.message().contains(&format!("tried {} times", error.tries())), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_followed() {
    let start = Instant::now();
    let hinted = with_header(throttled(), "x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:20000,Reset:1");
    let script = Script::new([hinted.clone(), fine()]);
    execute(&script.client(), WRITE, &within(60)).await.ok().unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(20));

    // There is no use in waiting for what comes after the deadline.
    let start = Instant::now();
    let script = Script::new([hinted]);
    let error = fail(&script.client(), WRITE, &within(10)).await;
    assert_eq!((error.kind(), error.tries(), start.elapsed()), (ErrorKind::Deadline, 1, Duration::ZERO));
    assert_eq!(error.last().map(Error::kind), Some(ErrorKind::Throttled));
}

#[tokio::test(start_paused = true)]
async fn a_host_out_of_reach_is_given_up_before_the_deadline() {
    let start = Instant::now();
    let script = Script::new([refused()]);
    let error = fail(&script.client(), WRITE, &within(1200)).await;
    assert_eq!((error.kind(), error.host()), (ErrorKind::Unreachable, "ecs.cn-beijing.aliyuncs.com"));
    assert!(start.elapsed() <= UNREACHABLE && error.tries() > 2, "{error}");
    let error = fail(&script.client(), READ, &within(1)).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable, "also when time is short");
}

#[tokio::test(start_paused = true)]
async fn whether_anything_was_sent_is_known() {
    let slowly = |seconds, act| Act::After(Duration::from_secs(seconds), Box::new(act));
    let unavailable = || code(503, "ServiceUnavailable");
    for (operation, acts, kind, never_sent) in [
        (WRITE, vec![refused()], ErrorKind::Unreachable, true),
        (READ, vec![unavailable(), refused()], ErrorKind::Unreachable, false),
        // It comes back when the time is over.
        (WRITE, vec![slowly(60, refused())], ErrorKind::ReplyLost, false),
        (READ, vec![refused(), slowly(60, fine())], ErrorKind::Deadline, false),
        (READ, vec![Act::Fail(SendError::Untrusted("x".into()))], ErrorKind::Untrusted, true),
        (WRITE, vec![Act::Fail(SendError::Proxy("x".into()))], ErrorKind::Proxy, true),
    ] {
        let error = fail(&Script::new(acts).client(), operation, &within(40)).await;
        assert_eq!((error.kind(), error.was_never_sent()), (kind, never_sent), "{error:?}");
    }
    // The service comes back, but only to throttle another.
    let script = Script::new([refused(), with_header(throttled(), "x-acs-retry-after", "60000")]);
    let (client, call) = (script.client(), within(50));
    let other = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        fail(&client, WRITE, &within(1)).await
    };
    let (error, _) = tokio::join!(fail(&client, WRITE, &call), other);
    assert_eq!((error.kind(), error.tries(), error.was_never_sent()), (ErrorKind::Deadline, 1, true));
    assert_eq!(error.last().map(Error::kind), Some(ErrorKind::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stays_unreadable_is_reported() {
    let script = Script::new([with_header(answer(200, "<p>"), "x-acs-request-id", "R-9")]);
    let error = fail(&script.client(), READ, &within(600)).await;
    assert_eq!((error.kind(), error.tries()), (ErrorKind::UnexpectedAnswer, UNREADABLE + 1));
    assert_eq!((error.request_id(), error.http_status()), (Some("R-9"), Some(200)));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_wait_ends_at_once() {
    let script = Script::new([code(503, "ServiceUnavailable"), Act::Hang]);
    for (operation, act) in [(READ, code(503, "ServiceUnavailable")), (WRITE, throttled())] {
        // The hint makes the wait longer than the time until the cancellation.
        let script = Script::new([with_header(act, "x-acs-retry-after", "60000"), fine()]);
        let (client, call, start) = (script.client(), within(600), Instant::now());
        let cancel = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            call.cancel.cancel();
        };
        let (error, ()) = tokio::join!(fail(&client, operation, &call), cancel);
        assert_eq!((error.kind(), start.elapsed()), (ErrorKind::Cancelled, Duration::from_secs(1)));
        assert_eq!(script.seen().len(), 1);
    }
    // Cancelled beforehand: nothing is sent.
    let call = within(60);
    call.cancel.cancel();
    assert_eq!(fail(&script.client(), WRITE, &call).await.kind(), ErrorKind::Cancelled);
    assert!(script.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_is_heard_out_if_only_its_answer_tells_the_outcome() {
    let after = |seconds, act| Act::After(Duration::from_secs(seconds), Box::new(act));
    // (operation, when the answer comes, when the call is cancelled, the outcome, when it is there)
    let cases = [
        (READ, 4, 1, Some(ErrorKind::Cancelled), 1),
        (WRITE, 4, 1, None, 4),
        (WRITE, 40, 1, Some(ErrorKind::ReplyLost), 6),
        (READ, 40, 99, Some(ErrorKind::Deadline), 10),
        (WRITE, 40, 99, Some(ErrorKind::ReplyLost), 10),
    ];
    for (operation, answered, cancelled, outcome, ended) in cases {
        let script = Script::new([after(answered, fine())]);
        let (client, call, start) = (script.client(), within(10), Instant::now());
        let token = call.cancel.clone();
        let canceller = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(cancelled)).await;
            token.cancel();
        });
        let result = execute(&client, operation, &call).await;
        assert_eq!(
            result.err().map(|error| error.kind()),
            outcome,
            "{} {answered} {cancelled}",
            operation.name
        );
        assert_eq!(start.elapsed(), Duration::from_secs(ended));
        canceller.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_is_sent() {
    let script = Script::new([fine()]);
    let chain = Chain::new(vec![Link::skipped("the provider block", "no `access_key`")], "Set it.");
    let missing = Refreshing::new(chain, Arc::new(SystemClock));
    let error = fail(&script.client_with(Arc::new(missing)), READ, &within(60)).await;
    assert_eq!((error.kind(), error.tries()), (ErrorKind::MissingCredentials, 0));
    assert!(error.message().contains("the provider block: no `access_key`"), "{error}");
    assert!(script.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn throttled_callers_wait_together() {
    let hinted = with_header(throttled(), "x-acs-retry-after", "30000");
    let slow = |act| Act::After(Duration::from_millis(50), Box::new(act));
    let script = Script::new((0..10).map(|_| slow(hinted.clone())).chain([slow(fine())]));
    let client = script.client();
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { execute(&client, WRITE, &within(600)).await.is_ok() })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap());
    }
    let seen = script.seen();
    assert_eq!(seen.len(), 20, "each was refused once, then served");
    let start = seen[0].at;
    let reopened: Vec<_> = seen[10..].iter().map(|seen| (seen.at - start).as_millis()).collect();
    assert_eq!(reopened[0], 30_050);
    assert!(reopened[1] >= reopened[0] + 50, "one goes first: {reopened:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_never_got_through_learns_why() {
    let script = Script::new([with_header(throttled(), "x-acs-retry-after", "90000")]);
    let client = script.client();
    fail(&client, READ, &within(1)).await;
    let error = fail(&client, READ, &within(60)).await;
    assert_eq!((error.kind(), error.tries()), (ErrorKind::Deadline, 0));
    assert_eq!(error.last().and_then(Error::code), Some("Throttling.User"));
    // Other operations are not held up.
    assert_eq!(fail(&client, WRITE, &within(1)).await.tries(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_each_call_and_each_wait_but_no_secret() {
    let log = LogCapture::listen();
    let echo = format!(r#"{{"Code":"InternalError","Message":"{KEY_ID} {SECRET} string to sign {TOKEN}"}}"#);
    let script = Script::new([throttled(), answer(500, &echo), lost(), fine()]);
    let client = script.client();
    let parameters = Parameters::new().set("PublicKeyBody", "ssh-rsa AAAAmaterial");
    client.execute(READ, parameters, &within(60)).await.ok().unwrap();
    let text = log.text();
    let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("DEBUG"), lines("INFO")), (4, 3), "{text}");
    for part in
        ["request_id=\"R-2\"", "http_status=200", "tries=4", "duration_ms=", "operation=\"DescribeKeyPairs\""]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let signatures = script.seen().into_iter().map(|seen| seen.form["Signature"].clone());
    let secrets = [KEY_ID, SECRET, TOKEN, "AAAAmaterial"].map(str::to_owned);
    for secret in signatures.chain(secrets) {
        assert!(!text.contains(&secret), "{text}");
    }
}

/// A client that repeats calls for 20 seconds, and says where they come from.
fn impatient(script: &Script) -> Client {
    let credentials = Static::new(Credentials::new(KEY_ID, SECRET.into(), None, "a test"));
    let config = Config {
        most_retry: Some(Duration::from_secs(20)),
        source_ip: Some("192.0.2.1".to_owned()),
        secure_transport: Some("true".to_owned()),
        ..config(Arc::new(credentials), Endpoints::default())
    };
    Client::with(config, Arc::new(script.clone()), Arc::new(SystemClock)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_clients_own_limit_ends_repetitions_with_the_last_refusal() {
    for (act, kind) in [
        (throttled(), ErrorKind::Throttled),
        (with_header(throttled(), "x-acs-retry-after", "60000"), ErrorKind::Throttled),
        (code(503, "ServiceUnavailable"), ErrorKind::Unavailable),
        (lost(), ErrorKind::ReplyLost),
    ] {
        let script = Script::new([act]);
        let started = Instant::now();
        let error = fail(&impatient(&script), READ, &within(600)).await;
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains("The limit for repeating calls is reached"), "{error}");
        assert!(started.elapsed() <= Duration::from_secs(20), "{:?}", started.elapsed());
    }
    // One slow request is no repetition.
    let script = Script::new([Act::After(Duration::from_secs(40), Box::new(fine()))]);
    assert!(execute(&impatient(&script), WRITE, &within(600)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_every_call_says_is_in_every_call() {
    let script = Script::new([fine()]);
    execute(&impatient(&script), READ, &within(60)).await.ok();
    let form = &script.seen()[0].form;
    assert_eq!((form["SourceIp"].as_str(), form["SecureTransport"].as_str()), ("192.0.2.1", "true"));
    execute(&script.client(), READ, &within(60)).await.ok();
    assert!(!script.seen()[1].form.contains_key("SourceIp"));
}

/// Hands out `STS.0`, and another one each time that one is refused, up to the last.
#[derive(Debug)]
struct Renewable {
    now: std::sync::atomic::AtomicU32,
    last: u32,
}

impl crate::alicloud::credentials::ProvideCredentials for Renewable {
    fn credentials(&self) -> crate::alicloud::credentials::CredentialsFuture<'_> {
        let number = self.now.load(std::sync::atomic::Ordering::Relaxed);
        let token = Some(format!("token-{number}").into());
        Box::pin(async move { Ok(Credentials::new(format!("STS.{number}"), SECRET.into(), token, "a test")) })
    }

    fn renew<'a>(&'a self, _: &'a Credentials) -> crate::alicloud::credentials::RenewFuture<'a> {
        let number = self.now.load(std::sync::atomic::Ordering::Relaxed);
        self.now.store((number + 1).min(self.last), std::sync::atomic::Ordering::Relaxed);
        Box::pin(async move { Ok(number < self.last) })
    }
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_are_replaced_once_and_the_call_repeated() {
    let expired = || code(403, "InvalidSecurityToken.Expired");
    for (acts, last, outcome, ids) in [
        (vec![expired(), fine()], 1, None, vec!["STS.0", "STS.1"]),
        (vec![code(403, "InvalidSecurityToken.Malformed"), fine()], 1, None, vec!["STS.0", "STS.1"]),
        (vec![expired(), expired(), fine()], 9, Some(ErrorKind::TokenExpired), vec!["STS.0", "STS.1"]),
        (vec![expired(), fine()], 0, Some(ErrorKind::TokenExpired), vec!["STS.0"]),
    ] {
        let script = Script::new(acts);
        let client = script.client_with(Arc::new(Renewable { now: 0.into(), last }));
        let error = execute(&client, WRITE, &within(100)).await.err();
        assert_eq!(error.map(|it| it.kind()), outcome);
        let seen: Vec<_> = script.seen().iter().map(|it| it.form["AccessKeyId"].clone()).collect();
        assert_eq!(seen, ids);
    }
    // A lasting key has no token that could expire.
    let script = Script::new([expired(), fine()]);
    let key = Credentials::new("LTAI", SECRET.into(), None, "a test");
    let error = fail(&script.client_with(Arc::new(Static::new(key))), WRITE, &within(100)).await;
    assert_eq!((error.kind(), script.seen().len()), (ErrorKind::TokenExpired, 1));
}
