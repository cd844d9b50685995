use std::time::Duration;

use serde_json::json;

use crate::alicloud::credentials::logins::Mode;
use crate::alicloud::credentials::logins::tests::login_file::{File, NOW, id, oauth_session, tokens};
use crate::alicloud::testing::{Act, Script, answer, with_header};
use crate::alicloud::transport::SendError;

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
    let script = Script::new([used.clone(), oauth_session("STS.1")]);
    assert_eq!(id(&file.login(Mode::Oauth, &script)).await.unwrap(), "STS.1");
    // Or it may hold; if it doesn't, new tokens are not asked for once more.
    let unknown = [("oauth_access_token_expire", json!(0))];
    for (act, outcome) in [(oauth_session("STS.1"), Some("STS.1")), (answer(401, "{}"), None)] {
        let script = Script::new([used.clone(), act, tokens(2)]);
        let found = id(&File::new(Mode::Oauth, &unknown).login(Mode::Oauth, &script)).await;
        assert_eq!((found.as_deref().ok(), script.seen().len()), (outcome, 2), "{found:?}");
        if let Err(error) = found {
            assert!(error.contains("has no new OAuth tokens: ") && error.contains(again), "{error}");
        }
    }

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
async fn tokens_of_a_profile_whose_name_is_a_number_are_kept() {
    let over = [("name", json!(7)), ("oauth_access_token_expire", json!(NOW))];
    let file = File::new(Mode::Oauth, &over);
    let mut login = file.login(Mode::Oauth, &Script::new([tokens(2), oauth_session("STS.1")]));
    login.name = "7".to_owned();
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

#[tokio::test(start_paused = true)]
async fn the_longest_work_is_waited_for() {
    let slow = |act: Act| Act::After(Duration::from_millis(14_900), Box::new(act));
    let (busy, unsent) = (answer(503, "{}"), Act::Fail(SendError::NotSent("no route".to_owned())));
    let script = Script::new(
        [
            [busy.clone(), busy.clone(), answer(400, "{}")],
            [unsent.clone(), unsent, tokens(2)],
            [busy.clone(), busy, oauth_session("STS.1")],
        ]
        .concat()
        .into_iter()
        .map(slow),
    );
    let file = File::new(Mode::Oauth, &[]);
    // Each with a memory of its own, as in processes of their own.
    let (one, other) = (file.login(Mode::Oauth, &script), file.login(Mode::Oauth, &Script::new([])));
    let afterwards = async {
        while script.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        id(&other).await
    };
    let (one, other) = tokio::join!(id(&one), afterwards);
    assert_eq!((one.unwrap(), other.unwrap()), ("STS.1".to_owned(), "STS.1".to_owned()));
    assert_eq!(script.seen().len(), 9);
}
