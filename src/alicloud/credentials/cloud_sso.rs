//! CloudSSO: the access token of a login stands for sessions of one access configuration in one account. The token
//! itself can't be renewed without a browser.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::login_service::{self, Kind, Repeat};
use super::logins::{Login, Session};
use super::source::NotLoaded;
use super::{answer, expiration};
use crate::alicloud::json::{self, Object};
use crate::alicloud::transport::HttpRequest;

/// Gets a session.
pub(super) async fn session(login: &Login, profile: &Object) -> Result<Session, NotLoaded> {
    let required = |field: &str| {
        json::non_empty_text(profile, field).ok_or_else(|| {
            login.failed(&format!("has no {field}, which its mode CloudSSO needs"), login.log_in())
        })
    };
    let address = required("cloud_sso_sign_in_url")?;
    let account = required("cloud_sso_account_id")?;
    let configuration = required("cloud_sso_access_config")?;
    let token = Zeroizing::new(required("access_token")?);
    if let Some(end) = Login::end(profile, "cloud_sso_access_token_expire")
        && end <= login.world.clock.now()
    {
        let why = format!("was logged in at CloudSSO until {}", expiration::write(end));
        return Err(login.failed(&why, login.log_in()));
    }
    let url = login_service::url(&address, "/cloud-credentials").ok_or_else(|| {
        let fix = format!("Correct it. {}", login.log_in());
        login.failed("has a cloud_sso_sign_in_url that is not the address of a web page", fix)
    })?;
    let request = || {
        let json = HeaderValue::from_static("application/json");
        let request = HttpRequest::new(Method::POST, url.clone())
            .header(ACCEPT, json.clone())
            .header(CONTENT_TYPE, json)
            .header(AUTHORIZATION, login_service::bearer(&token));
        HttpRequest {
            body: json!({"AccountId": account, "AccessConfigurationId": configuration}).to_string().into(),
            ..request
        }
    };
    let failed = |why: &str, fix: String| {
        let host = answer::host(&url);
        login.failed(&format!("gets no session from CloudSSO: {host} {why}"), fix)
    };
    let answer =
        login_service::ask(&login.world, request, Repeat::Freely, &[&token]).await.map_err(|trouble| {
            let fix = match trouble.kind {
                Kind::Refused => {
                    format!(
                        "{} If that changes nothing, ask who may use {configuration} in {account}.",
                        login.log_in()
                    )
                }
                Kind::NotAsked | Kind::Unclear | Kind::Unfit => login_service::CHECK_THE_NETWORK.to_owned(),
            };
            failed(&trouble.text, fix)
        })?;
    let unfit = |why: String| failed(&format!("gave an answer that {why}"), login.log_in());
    let found = answer.fields.get("CloudCredential").and_then(Value::as_object);
    let found = found.ok_or_else(|| unfit("holds no CloudCredential".to_owned()))?;
    let names = ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"];
    Session::read(found, names, &answer.reply, login.world.clock.now()).map_err(unfit)
}
