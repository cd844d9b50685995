use serde_json::{Value, json};
use tempfile::TempDir;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::alicloud::ErrorKind;
use crate::alicloud::credentials::world::StsHost;
use crate::alicloud::testing::{Act, LogCapture, Script, answer, with_header, within, world};
use crate::alicloud::transport::{HttpRequest, SendError, SendFuture, Transport};

/// 2016-02-23T12:46:24Z, when the clock of the tests starts.
const NOW: i64 = 1_456_231_584;

const END: &str = "2016-02-23T13:46:24Z";

/// A profile in a file, beside another one.
struct File(TempDir);

impl File {
    fn new(mode: Mode, changes: &[(&str, Value)]) -> Self {
        let profile = match mode {
            Mode::CloudSso => json!({
                "name": "p", "mode": "CloudSSO", "cloud_sso_sign_in_url": "https://signin.example.com/d/login",
                "cloud_sso_account_id": "12", "cloud_sso_access_config": "ac-1", "access_token": "access-1",
                "cloud_sso_access_token_expire": NOW + 3600,
            }),
            Mode::Oauth => json!({
                "name": "p", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": "access-1",
                "oauth_refresh_token": "refresh-1", "oauth_access_token_expire": NOW + 3600,
            }),
        };
        let Value::Object(mut profile) = profile else { panic!() };
        for (name, value) in changes {
            profile.insert((*name).to_owned(), value.clone());
        }
        let file = Self(tempfile::tempdir().unwrap());
        file.write(&json!({"current": "p", "profiles": [profile, {"name": "q", "unknown": [1]}], "else": 1}));
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("config.json")
    }

    fn write(&self, content: &Value) {
        std::fs::write(self.path(), content.to_string()).unwrap();
    }

    fn read(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path()).unwrap()).unwrap()
    }

    fn field(&self, name: &str) -> Value {
        self.read()["profiles"][0][name].clone()
    }

    fn login(&self, mode: Mode, script: &Script) -> Login {
        Login::new(&world(&[], script.clone()), mode, self.path(), "p".to_owned(), &Given::default())
    }
}

async fn id(login: &Login) -> Result<String, String> {
    match login.load().await {
        Ok(key) => Ok(key.access_key_id().to_owned()),
        Err(NotLoaded::Failed(error)) => Err(error.to_string()),
        Err(NotLoaded::Absent(why)) => panic!("{why}"),
    }
}

fn sso_session(id: &str) -> Act {
    let session =
        json!({"AccessKeyId": id, "AccessKeySecret": "s3cret", "SecurityToken": "t0ken", "Expiration": END});
    answer(200, &json!({"RequestId": "R", "CloudCredential": session}).to_string())
}

fn oauth_session(id: &str) -> Act {
    let session =
        json!({"accessKeyId": id, "accessKeySecret": "s3cret", "securityToken": "t0ken", "expiration": END});
    answer(200, &session.to_string())
}

fn tokens(number: u8) -> Act {
    let tokens = json!({
        "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "expires_in": 10_800, "token_type": "Bearer",
    });
    answer(200, &tokens.to_string())
}

fn kept(id: &str, left: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("access_key_id", json!(id)),
        ("access_key_secret", json!("s3cret")),
        ("sts_token", json!("t0ken")),
        ("sts_expiration", json!(NOW + left)),
    ]
}

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

#[tokio::test(start_paused = true)]
async fn oauth_tokens_are_renewed_in_time_and_kept_before_they_are_used() {
    // More than 20 minutes: not yet.
    let file = File::new(Mode::Oauth, &[("oauth_access_token_expire", json!(NOW + 1201))]);
    let script = Script::new([oauth_session("STS.1")]);
    assert_eq!(id(&file.login(Mode::Oauth, &script)).await.unwrap(), "STS.1");
    assert_eq!(script.seen()[0].url, "https://oauth.aliyun.com/v1/exchange");

    let file = File::new(Mode::Oauth, &[("oauth_access_token_expire", json!(NOW + 1200))]);
    let script = Script::new([tokens(2), answer(500, "{}")]);
    assert!(id(&file.login(Mode::Oauth, &script)).await.is_err());
    let seen = script.seen();
    assert_eq!(seen[0].url, "https://oauth.aliyun.com/v1/token");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-1"),
        ("client_id", "4038181954557748008"),
    ];
    assert_eq!(seen[0].form, form.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(seen.len(), 4, "one renewal, three tries to exchange");
    let expected = [
        ("oauth_access_token", json!("access-2")),
        ("oauth_refresh_token", json!("refresh-2")),
        ("oauth_access_token_expire", json!(NOW + 10_800)),
    ];
    for (name, value) in expected {
        assert_eq!(file.field(name), value, "{name}");
    }
    let script = Script::new([oauth_session("STS.1")]);
    assert_eq!(id(&file.login(Mode::Oauth, &script)).await.unwrap(), "STS.1", "goes on from there");

    // A token that the service says is over, whatever the file says.
    let expired =
        answer(400, r#"{"error": "expired_token", "error_description": "Over.", "requestId": "R-1"}"#);
    let file = File::new(Mode::Oauth, &[]);
    let script = Script::new([expired.clone(), tokens(2), oauth_session("STS.1")]);
    assert_eq!(id(&file.login(Mode::Oauth, &script)).await.unwrap(), "STS.1");
    assert_eq!(file.field("oauth_refresh_token"), "refresh-2");
    let file = File::new(Mode::Oauth, &[("oauth_refresh_token", json!(""))]);
    let error = id(&file.login(Mode::Oauth, &Script::new([expired]))).await.unwrap_err();
    assert!(error.contains("gets no session with OAuth: https://oauth.aliyun.com answered HTTP 400: expired_token: Over. (request id R-1)."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_not_used_up_in_vain() {
    let over = ("oauth_access_token_expire", json!(NOW));
    let soon = ("oauth_access_token_expire", json!(NOW + 60));
    let again = "Log in again: `aliyun configure --profile p --mode OAuth`.";

    // A lost answer is not asked for twice; a request that never left is.
    let file = File::new(Mode::Oauth, std::slice::from_ref(&over));
    let script = Script::new([Act::Fail(SendError::Lost("reset".to_owned()))]);
    let error = id(&file.login(Mode::Oauth, &script)).await.unwrap_err();
    assert!(
        error.contains("has no new OAuth tokens: https://oauth.aliyun.com gave no whole answer: reset."),
        "{error}"
    );
    assert_eq!(script.seen().len(), 1);
    let refused = Act::Fail(SendError::NotSent("refused".to_owned()));
    let script = Script::new([refused, tokens(2), oauth_session("STS.1")]);
    assert_eq!(id(&file.login(Mode::Oauth, &script)).await.unwrap(), "STS.1");

    // One that was used already.
    let used = with_header(answer(400, r#"{"error": "invalid_grant"}"#), "x-acs-request-id", "R-2");
    let file = File::new(Mode::Oauth, std::slice::from_ref(&over));
    let error = id(&file.login(Mode::Oauth, &Script::new([used.clone()]))).await.unwrap_err();
    assert!(
        error.contains("answered HTTP 400: invalid_grant (request id R-2).") && error.contains(again),
        "{error}"
    );
    // A service that sends no other goes on with the one that there is.
    let file = File::new(Mode::Oauth, std::slice::from_ref(&over));
    let alone = answer(200, r#"{"access_token": "access-2", "expires_in": 60}"#);
    assert_eq!(
        id(&file.login(Mode::Oauth, &Script::new([alone, oauth_session("STS.1")]))).await.unwrap(),
        "STS.1"
    );
    assert_eq!(file.field("oauth_refresh_token"), "refresh-1");
    // An access token that was just got and is refused does not cost another one.
    let script = Script::new([tokens(2), answer(403, "{}")]);
    let error = id(&File::new(Mode::Oauth, std::slice::from_ref(&over)).login(Mode::Oauth, &script)).await;
    assert!(error.unwrap_err().contains("answered HTTP 403"));
    assert_eq!(script.seen().len(), 2);
    // The access token still holds for a minute.
    let file = File::new(Mode::Oauth, &[soon]);
    let script = Script::new([used, oauth_session("STS.1")]);
    assert_eq!(id(&file.login(Mode::Oauth, &script)).await.unwrap(), "STS.1");

    let wrong = [("oauth_site_type", json!("MOON"))];
    let error = id(&File::new(Mode::Oauth, &wrong).login(Mode::Oauth, &Script::new([]))).await.unwrap_err();
    assert!(error.contains("has an oauth_site_type that is neither CN nor INTL."), "{error}");
    let nothing = [("oauth_access_token", json!("")), ("oauth_refresh_token", json!(""))];
    let error = id(&File::new(Mode::Oauth, &nothing).login(Mode::Oauth, &Script::new([]))).await.unwrap_err();
    assert!(error.contains("is not logged in with OAuth.") && error.contains(again), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_repeats_a_token_is_not_quoted() {
    let file = File::new(
        Mode::Oauth,
        &[("oauth_refresh_token", json!("re/fresh+1=")), ("oauth_access_token_expire", json!(NOW))],
    );
    let said = "re/fresh+1= re%2Ffresh%2B1%3D re%252Ffresh%252B1%253D";
    let refused = answer(400, &json!({"error": "invalid_grant", "error_description": said}).to_string());
    let error = id(&file.login(Mode::Oauth, &Script::new([refused]))).await.unwrap_err();
    assert!(error.contains("invalid_grant: **** **** ****."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_has_ended_is_not_sent() {
    let run = async |access_end: i64, refresh_end: i64, acts: &[Act]| {
        let changes = [
            ("oauth_access_token_expire", json!(access_end)),
            ("oauth_refresh_token_expire", json!(refresh_end)),
        ];
        let script = Script::new(acts.iter().cloned());
        let outcome = id(&File::new(Mode::Oauth, &changes).login(Mode::Oauth, &script)).await;
        (outcome, script.seen().into_iter().map(|seen| seen.url).collect::<Vec<_>>())
    };
    let token = "https://oauth.aliyun.com/v1/token";
    let exchange = "https://oauth.aliyun.com/v1/exchange";
    let got = || Ok("STS.1".to_owned());
    let renewed = [tokens(2), oauth_session("STS.1")];
    // It holds; its end is not known; or that end is the one of an earlier login.
    for refresh_end in [NOW + 1, 0, NOW - 10] {
        let seen = vec![token.to_owned(), exchange.to_owned()];
        assert_eq!(run(NOW - 5, refresh_end, &renewed).await, (got(), seen), "{refresh_end}");
    }
    // The access token holds, or may.
    for access_end in [NOW + 60, NOW + 3600, 0] {
        let seen = vec![exchange.to_owned()];
        assert_eq!(run(access_end, NOW - 10, &[oauth_session("STS.1")]).await, (got(), seen), "{access_end}");
    }
    let (outcome, seen) = run(NOW - 20, NOW, &renewed).await;
    let error = outcome.unwrap_err();
    assert!(error.contains("was logged in with OAuth until 2016-02-23T12:46:24Z."), "{error}");
    assert!(error.contains("Log in again: `aliyun configure --profile p --mode OAuth`."), "{error}");
    assert_eq!(seen.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_that_could_not_be_kept() {
    let over = ("oauth_access_token_expire", json!(NOW));
    for (mode, changes) in [(Mode::CloudSso, vec![]), (Mode::Oauth, vec![]), (Mode::Oauth, vec![over])] {
        let script = Script::new([]);
        let file = File::new(mode, &changes);
        let near = File::new(mode, &[changes, kept("STS.old", 170)].concat());
        let check = async |why: &str| {
            let error = id(&file.login(mode, &script)).await.unwrap_err();
            let told =
                format!("gets no new session, since that could not be kept for other runs: the file {why}");
            assert!(
                error.contains(&told) && error.contains("If another process hangs there, end it."),
                "{error}"
            );
            assert_eq!(id(&near.login(mode, &script)).await.unwrap(), "STS.old", "{why}");
        };
        let held = [Held::wait(&file.path()).await.unwrap(), Held::wait(&near.path()).await.unwrap()];
        check("is being refreshed by another process").await;
        drop(held);
        for file in [&file, &near] {
            let lock = file.0.path().join(".config.json.lock");
            std::fs::remove_file(&lock).unwrap();
            std::fs::create_dir(lock).unwrap();
        }
        check("cannot be locked, since ").await;
        assert_eq!(script.seen().len(), 0);
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn in_a_directory_that_is_read_only_nothing_is_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;

    for mode in [Mode::CloudSso, Mode::Oauth] {
        let file = File::new(mode, &[]);
        drop(Held::wait(&file.path()).await.unwrap());
        let directory = file.0.path();
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o555)).unwrap();
        // Nothing is read-only to the superuser.
        if tempfile::tempfile_in(directory).is_err() {
            let script = Script::new([]);
            let error = id(&file.login(mode, &script)).await.unwrap_err();
            assert!(error.contains("the file cannot be written: "), "{error}");
            assert_eq!(script.seen().len(), 0);
        }
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// The file is gone by the time of the answer.
struct GoneMeanwhile(Script, PathBuf);

impl Transport for GoneMeanwhile {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        let _ = std::fs::remove_file(&self.1);
        self.0.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_got_and_cannot_be_kept_is_used() {
    let over = [("oauth_access_token_expire", json!(NOW))];
    let (sso, oauth) = (vec![sso_session("STS.1")], vec![tokens(2), oauth_session("STS.1")]);
    for (mode, acts) in [(Mode::CloudSso, sso), (Mode::Oauth, oauth)] {
        let log = LogCapture::default();
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
        let file = File::new(mode, if mode == Mode::Oauth { &over } else { &[] });
        let transport = Arc::new(GoneMeanwhile(Script::new(acts), file.path()));
        let login = file.login(mode, &Script::new([]));
        let login = Login { world: World { transport, ..login.world.clone() }, ..login };
        assert_eq!(id(&login).await.unwrap(), "STS.1");
        let told = log.text();
        assert!(told.contains("WARN") && told.contains("is not kept for other runs: the file "), "{told}");
        assert_eq!(told.contains("are good for this run only"), mode == Mode::Oauth, "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_lock_ends_with_the_call() {
    let file = File::new(Mode::CloudSso, &[]);
    let held = Held::wait(&file.path()).await.unwrap();
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

#[tokio::test(start_paused = true)]
async fn tokens_of_a_profile_whose_name_is_a_number_are_kept() {
    let over = [("name", json!(7)), ("oauth_access_token_expire", json!(NOW))];
    let file = File::new(Mode::Oauth, &over);
    let login = Login {
        name: "7".to_owned(),
        ..file.login(Mode::Oauth, &Script::new([tokens(2), oauth_session("STS.1")]))
    };
    assert_eq!(id(&login).await.unwrap(), "STS.1");
    let kept = ["oauth_refresh_token", "access_key_id", "name"].map(|field| file.field(field));
    assert_eq!(kept, [json!("refresh-2"), json!("STS.1"), json!(7)]);
}

#[tokio::test(start_paused = true)]
async fn of_many_that_come_at_once_one_renews() {
    let file = File::new(Mode::Oauth, &[("oauth_access_token_expire", json!(NOW))]);
    let slow = |act| Act::After(Duration::from_secs(3), Box::new(act));
    let script = Script::new([slow(tokens(2)), slow(oauth_session("STS.1")), oauth_session("STS.2")]);
    // Each with a memory of its own, as in processes of their own.
    let runs: Vec<_> = (0..5)
        .map(|_| {
            let login = file.login(Mode::Oauth, &script);
            tokio::spawn(async move { (id(&login).await, login) })
        })
        .collect();
    let mut logins = Vec::new();
    for run in runs {
        let (found, login) = run.await.unwrap();
        assert_eq!(found.unwrap(), "STS.1");
        logins.push(login);
    }
    assert_eq!(script.seen().len(), 2);
    // What one of them found in the file is not new to it any more; to the others, what it gets is. The last one came too
    // late to ask.
    for login in logins.into_iter().rev() {
        assert_eq!(id(&login).await.unwrap(), "STS.2");
    }
    assert_eq!(script.seen().len(), 3);
}
