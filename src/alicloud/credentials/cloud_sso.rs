//! CloudSSO: the access token of a login stands for sessions of one access configuration in one account. The token
//! itself can't be renewed without a browser.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::json;
use url::Url;

use super::login_service::{self, Answer};
use super::logins::{Login, Session};
use super::source::NotLoaded;
use crate::alicloud::json::{self, Object};
use crate::alicloud::transport::HttpRequest;
use super::expiration;

/// Gets a session.
pub(super) async fn session(login: &Login, profile: &Object) -> Result<Session, NotLoaded> {
    let required = |field: &str| {
        json::non_empty_text(profile, field)
            .ok_or_else(|| login.failed(&format!("has no {field}, which its mode CloudSSO needs"), login.log_in()))
    };
    let address = required("cloud_sso_sign_in_url")?;
    let account = required("cloud_sso_account_id")?;
    let configuration = required("cloud_sso_access_config")?;
    let end = json::count(profile, "cloud_sso_access_token_expire").and_then(|at| i64::try_from(at).ok());
    let token = json::non_empty_text(profile, "access_token");
    let (Some(token), Some(end)) = (token, end.and_then(expiration::from_unix)) else {
        return Err(login.failed("is not logged in at CloudSSO", login.log_in()));
    };
    if end <= login.world.clock.now() {
        let why = format!("was logged in at CloudSSO until {}", expiration::write(end));
        return Err(login.failed(&why, login.log_in()));
    }
    let url = Url::parse(&address).ok().filter(Url::has_host).and_then(|url| url.join("/cloud-credentials").ok());
    let url = url.ok_or_else(|| {
        login.failed("has a cloud_sso_sign_in_url that is not a URL", "Correct it, or log in again.")
    })?;
    let request = || {
        let json = HeaderValue::from_static("application/json");
        let request = HttpRequest::new(Method::POST, url.clone())
            .header(ACCEPT, json.clone())
            .header(CONTENT_TYPE, json)
            .header(AUTHORIZATION, login_service::bearer(&token));
        let body = json!({"AccountId": account, "AccessConfigurationId": configuration}).to_string();
        HttpRequest { body, ..request }
    };
    let failed = |why: String| {
        let refused = why.contains("HTTP 4");
        let fix = if refused { login.log_in() } else { login_service::CHECK_THE_NETWORK.to_owned() };
        login.failed(&format!("got no session from CloudSSO at {}: {why}", login_service::host(&url)), fix)
    };
    let answer = login_service::ask(&login.world, request, &[&token]).await.map_err(|why| failed(why))?;
    let Answer::Good(answer) = answer else { return Err(failed("".to_owned())) };
    let session = answer.get("CloudCredential").and_then(serde_json::Value::as_object);
    let names = ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"];
    session
        .ok_or_else(|| "the answer holds no CloudCredential".to_owned())
        .and_then(|session| Session::read(session, names).map_err(|why| format!("the answer {why}")))
        .map_err(failed)
}
