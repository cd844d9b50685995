pub(crate) mod login_file;

use serde_json::json;

use self::login_file::{File, NOW, id, kept, oauth_session, sso_session, tokens};
use super::*;
use crate::alicloud::ErrorKind;
use crate::alicloud::credentials::world::StsHost;
use crate::alicloud::testing::{Act, LogCapture, Script, answer, within};
use crate::alicloud::transport::{HttpRequest, SendError, SendFuture, Transport};

#[tokio::test(start_paused = true)]
async fn a_session_is_fetched_once_and_kept_for_others() {
    for (mode, session) in [(Mode::CloudSso, sso_session as fn(&str) -> Act), (Mode::Oauth, oauth_session)] {
        let file = File::new(mode, &[]);
        let script = Script::new([session("STS.1"), session("STS.2")]);
        let login = file.login(mode, &script);
        assert_eq!(id(&login).await.unwrap(), "STS.1");
        let expected = [
            ("access_key_id", json!("STS.1")),
            ("access_key_secret", json!("s3cret")),
            ("sts_token", json!("t0ken")),
            ("sts_expiration", json!(NOW + 3600)),
        ];
        for (name, value) in expected {
            assert_eq!(file.field(name), value, "{name}");
        }
        assert_eq!(file.read()["profiles"][1], json!({"name": "q", "unknown": [1]}));
        // Another process uses it; this one, when it comes again, has had it, and gets a new one.
        let none = Script::new([]);
        assert_eq!(id(&file.login(mode, &none)).await.unwrap(), "STS.1");
        assert_eq!(id(&login).await.unwrap(), "STS.2");
        assert_eq!(script.seen().len(), 2);
        assert_eq!(id(&file.login(mode, &none)).await.unwrap(), "STS.2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_session_near_its_end_is_for_when_there_is_no_other() {
    for (mode, session, host) in [
        (Mode::CloudSso, sso_session("STS.new"), "signin.example.com"),
        (Mode::Oauth, oauth_session("STS.new"), "oauth.aliyun.com"),
    ] {
        let file = File::new(mode, &kept("STS.old", 170));
        assert_eq!(id(&file.login(mode, &Script::new([session]))).await.unwrap(), "STS.new");
        let file = File::new(mode, &kept("STS.old", 170));
        let script = Script::new([answer(503, "{}")]);
        let login = file.login(mode, &script);
        assert_eq!(id(&login).await.unwrap(), "STS.old");
        assert_eq!(script.seen().len(), 3, "tried and tried again");
        // It was given once; more is not known.
        let error = id(&login).await.unwrap_err();
        assert!(error.contains(&format!("{host} answered HTTP 503")), "{error}");
        // One that has run out is not used at all.
        let file = File::new(mode, &kept("STS.old", 0));
        assert!(id(&file.login(mode, &script)).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn sso_requests_and_refusals() {
    let file = File::new(Mode::CloudSso, &[]);
    let script = Script::new([sso_session("STS.1")]);
    id(&file.login(Mode::CloudSso, &script)).await.unwrap();
    assert_eq!(script.seen()[0].url, "https://signin.example.com/cloud-credentials");

    let again = "Log in again: `aliyun configure --profile p --mode CloudSSO`.";
    let refused = r#"{"ErrorCode": "Expired", "ErrorMessage": "access-1 is over.", "RequestId": "R-1"}"#;
    let cases = [
        (vec![("access_token", json!(""))], answer(200, "{}"), "has no access_token", again),
        (
            vec![("cloud_sso_access_token_expire", json!(NOW - 1))],
            answer(200, "{}"),
            "was logged in at CloudSSO until 2016-02-23T12:46:23Z",
            again,
        ),
        (
            vec![("cloud_sso_sign_in_url", json!("nowhere"))],
            answer(200, "{}"),
            "not the address of a web page",
            again,
        ),
        (
            vec![("cloud_sso_account_id", json!(null))],
            answer(200, "{}"),
            "has no cloud_sso_account_id",
            again,
        ),
        (
            vec![],
            answer(401, refused),
            "https://signin.example.com answered HTTP 401: Expired: **** is over. (request id R-1)",
            again,
        ),
        (vec![], answer(200, "{}"), "gave an answer that holds no CloudCredential", again),
        (
            vec![],
            answer(200, r#"{"CloudCredential": {"AccessKeyId": "i"}}"#),
            "gave an answer that holds no Expiration",
            again,
        ),
        (
            vec![],
            answer(200, "<html>"),
            "gave an answer that is not JSON (line 1, column 1: expected value)",
            "Check that this machine reaches it",
        ),
        (
            vec![],
            Act::Fail(SendError::NotSent("no route".to_owned())),
            "signin.example.com can't be reached: no route.",
            "Check that this machine reaches it",
        ),
        (vec![], Act::Hang, "did not answer within 15 s", "Check that this machine reaches it"),
    ];
    for (changes, act, why, fix) in cases {
        let file = File::new(Mode::CloudSso, &changes);
        let error = id(&file.login(Mode::CloudSso, &Script::new([act]))).await.unwrap_err();
        assert!(error.contains(why) && error.contains(fix), "{why}: {error}");
        assert!(!error.contains("access-1"), "{error}");
    }
}

impl File {
    /// Something else is in the place of the lock, so that the file can't be held.
    fn take_the_lock_away(&self) {
        let lock = self.0.path().join(".config.json.lock");
        let _ = std::fs::remove_file(&lock);
        std::fs::create_dir(lock).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_kept_is_used_and_told() {
    let soon = vec![("oauth_access_token_expire", json!(NOW + 600))];
    for (mode, changes, session, url) in [
        (Mode::CloudSso, vec![], sso_session("STS.1"), "https://signin.example.com/cloud-credentials"),
        (Mode::Oauth, vec![], oauth_session("STS.1"), "https://oauth.aliyun.com/v1/exchange"),
        // It would be renewed by now, but the access token holds.
        (Mode::Oauth, soon, oauth_session("STS.1"), "https://oauth.aliyun.com/v1/exchange"),
    ] {
        for (is_busy, why) in
            [(true, "is being refreshed by another run"), (false, "cannot be locked, since ")]
        {
            let file = File::new(mode, &changes);
            let before = file.read();
            let _held = if is_busy {
                Some(Held::wait(&file.path(), PATIENCE).await.unwrap())
            } else {
                file.take_the_lock_away();
                None
            };
            let (log, script) = (LogCapture::listen(), Script::new([session.clone()]));
            assert_eq!(id(&file.login(mode, &script)).await.unwrap(), "STS.1");
            let asked: Vec<_> = script.seen().into_iter().map(|seen| seen.url).collect();
            assert_eq!(asked, [url]);
            let told = format!(
                "the new session is not kept for other runs: the file {} {why}",
                file.path().display()
            );
            let log = log.text();
            assert!(log.contains("WARN") && log.contains(&told), "{told}: {log}");
            assert_eq!(file.read(), before);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_not_used_if_the_next_one_could_not_be_kept() {
    let script = Script::new([]);
    let over = ("oauth_access_token_expire", json!(NOW));
    let file = File::new(Mode::Oauth, std::slice::from_ref(&over));
    let near = File::new(Mode::Oauth, &[vec![over], kept("STS.old", 170)].concat());
    let check = async |why: &str, fix: &str| {
        let error = id(&file.login(Mode::Oauth, &script)).await.unwrap_err();
        let told = format!(
            "needs new OAuth tokens, and its refresh token is good once; it is not used, since the next one could not \
             be kept: the file {why}"
        );
        assert!(error.contains(&told) && error.contains(fix), "{error}");
        assert_eq!(id(&near.login(Mode::Oauth, &script)).await.unwrap(), "STS.old", "{why}");
    };
    let held = [
        Held::wait(&file.path(), PATIENCE).await.unwrap(),
        Held::wait(&near.path(), PATIENCE).await.unwrap(),
    ];
    check("is being refreshed by another run", "End the other one only if it hangs").await;
    drop(held);
    for file in [&file, &near] {
        file.take_the_lock_away();
    }
    check("cannot be locked, since ", "the lock file beside it be writable").await;
    assert_eq!(script.seen().len(), 0);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn in_a_directory_that_is_read_only_a_session_is_got() {
    use std::os::unix::fs::PermissionsExt as _;

    for (mode, session) in [(Mode::CloudSso, sso_session("STS.1")), (Mode::Oauth, oauth_session("STS.1"))] {
        // With and without a lock file from before.
        for had_lock in [false, true] {
            let file = File::new(mode, &[]);
            if had_lock {
                drop(Held::wait(&file.path(), PATIENCE).await.unwrap());
            }
            let before = file.read();
            let directory = file.0.path();
            std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o555)).unwrap();
            // Nothing is read-only to the superuser.
            if tempfile::tempfile_in(directory).is_err() {
                let script = Script::new([session.clone()]);
                assert_eq!(id(&file.login(mode, &script)).await.unwrap(), "STS.1");
                assert_eq!(file.read(), before);
            }
            std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}

/// Something happens before a request is answered.
struct Meanwhile<F>(Script, F);

impl<F: Fn() + Send + Sync> Transport for Meanwhile<F> {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        (self.1)();
        self.0.send(request)
    }
}

impl File {
    fn login_while(&self, mode: Mode, script: &Script, happens: impl Fn() + Send + Sync + 'static) -> Login {
        let login = self.login(mode, script);
        let transport = Arc::new(Meanwhile(script.clone(), happens));
        Login { world: World { transport, ..login.world.clone() }, ..login }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_got_and_cannot_be_kept_is_used() {
    let over = [("oauth_access_token_expire", json!(NOW))];
    let used = answer(400, r#"{"error": "invalid_grant"}"#);
    let (sso, oauth) = (vec![sso_session("STS.1")], vec![tokens(2), oauth_session("STS.1"), used]);
    for (mode, acts) in [(Mode::CloudSso, sso), (Mode::Oauth, oauth)] {
        let log = LogCapture::listen();
        let file = File::new(mode, if mode == Mode::Oauth { &over } else { &[] });
        let (path, content) = (file.path(), file.read());
        let script = Script::new(acts);
        let login = file.login_while(mode, &script, move || std::fs::write(&path, "{").unwrap());
        assert_eq!(id(&login).await.unwrap(), "STS.1");
        let told = log.text();
        assert!(told.contains("WARN") && told.contains("is not kept for other runs: the file "), "{told}");
        assert_eq!(
            told.contains("the new OAuth tokens are lost, since the file"),
            mode == Mode::Oauth,
            "{told}"
        );
        if mode == Mode::Oauth {
            // The old ones are used up: it is as it was told.
            let again = "Log in again: `aliyun configure --profile p --mode OAuth`.";
            file.write(&content);
            let error = id(&file.login(mode, &script)).await.unwrap_err();
            assert!(told.contains(again) && error.contains(again), "{told}{error}");
            assert!(error.contains("HTTP 400: invalid_grant"), "{error}");
            assert_eq!(script.seen()[2].form["refresh_token"], "refresh-1");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_tool_wrote_during_a_request_that_failed_is_looked_at() {
    let over = ("oauth_access_token_expire", json!(NOW));
    for (mode, before) in [(Mode::CloudSso, vec![]), (Mode::Oauth, vec![over])] {
        for refusal in [answer(400, r#"{"error": "invalid_grant"}"#), answer(503, "{}")] {
            // With and without an old session that holds yet.
            for old in [vec![], kept("STS.old", 170)] {
                let file = File::new(mode, &[before.clone(), old].concat());
                let (path, new) = (file.path(), File::new(mode, &kept("STS.other", 3600)).read());
                let happens = move || std::fs::write(&path, new.to_string()).unwrap();
                let login = file.login_while(mode, &Script::new([refusal.clone()]), happens);
                let log = LogCapture::listen();
                assert_eq!(id(&login).await.unwrap(), "STS.other");
                // It is as good as one of its own.
                assert!(!log.text().contains("there is no new session; the one"), "{}", log.text());
                drop(log);
                // It was given, so it is not a new one any more.
                assert!(id(&login).await.is_err());
            }
            // A file that is gone takes nothing away.
            let file = File::new(mode, &[before.clone(), kept("STS.old", 170)].concat());
            let path = file.path();
            let happens = move || drop(std::fs::remove_file(&path));
            let login = file.login_while(mode, &Script::new([refusal]), happens);
            assert_eq!(id(&login).await.unwrap(), "STS.old");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_lock_ends_with_the_call() {
    let file = File::new(Mode::CloudSso, &[]);
    let held = Held::wait(&file.path(), PATIENCE).await.unwrap();
    let script = Script::new([sso_session("STS.1"), answer(200, "{}")]);
    let login = file.login(Mode::CloudSso, &script);
    let world = login.world.clone();
    let client = world.client(Arc::new(world.keep("a login", login)), &StsHost::default()).unwrap();
    let started = tokio::time::Instant::now();
    let error = client.get_caller_identity(&within(20)).await.unwrap_err();
    assert_eq!(
        (error.kind(), started.elapsed()),
        (ErrorKind::Deadline, Duration::from_secs(20)),
        "{error:?}"
    );
    assert_eq!(script.seen().len(), 0);
    // Others still wait, and get it.
    drop(held);
    client.credentials().credentials().await.unwrap();
    assert_eq!(file.field("access_key_id"), "STS.1");
}
