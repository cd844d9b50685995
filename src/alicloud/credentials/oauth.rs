//! OAuth, as the official command line logs in with it: an access token is exchanged for sessions, and a refresh token,
//! which is good once, for a new pair of tokens.

#[cfg(test)]
mod tests;

use std::time::Duration;

use http::HeaderValue;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::login_service::{self, Kind, Repeat, Trouble};
use super::logins::{Login, Session};
use super::profile_edit::New;
use super::source::NotLoaded;
use super::write_back::{Held, NotHeld};
use super::{answer, expiration, not_text};
use crate::alicloud::json::{self, Object};
use crate::alicloud::transport::HttpRequest;

/// The address of the service, in place of that of the profile's site; for tests, and for networks that reach it by
/// another name.
pub(super) const ADDRESS: &str = "ALICLOUD_OAUTH_ENDPOINT";

/// The sites, with their addresses and what the official command line calls itself there.
const SITES: [(&str, &str, &str); 2] = [
    ("CN", "https://oauth.aliyun.com", "4038181954557748008"),
    ("INTL", "https://oauth.alibabacloud.com", "4103531455503354461"),
];

/// An access token is renewed when it holds for no longer than this; as in the official SDKs.
const MARGIN: Duration = Duration::from_mins(20);

/// How often the service is asked for something at most: for a session, for new tokens, and for a session with those.
pub(super) const MOST_ASKINGS: u32 = 3;

/// The service, and what the profile holds for it.
struct Oauth<'a> {
    login: &'a Login,
    address: String,
    client_id: &'static str,
}

/// Gets a session. Tokens are renewed only if the new ones can be written at once: they would be lost otherwise, for
/// everybody. An access token that holds is exchanged either way.
pub(super) async fn session(
    login: &Login,
    profile: &Object,
    held: Result<&Held, &NotHeld>,
) -> Result<Session, NotLoaded> {
    let text = |field: &str| json::non_empty_text(profile, field).map(Zeroizing::new);
    let site = text("oauth_site_type").unwrap_or_default().to_ascii_uppercase();
    let Some((_, address, client_id)) = SITES.into_iter().find(|(name, ..)| *name == site) else {
        return Err(login.failed("has an oauth_site_type that is neither CN nor INTL", login.log_in()));
    };
    // The usual address must not be sent what is meant for another one.
    if login.world.environment.is_garbled(ADDRESS) {
        let (why, fix) = not_text(ADDRESS);
        return Err(NotLoaded::failed(why, fix));
    }
    let address = login.world.environment.var(ADDRESS).unwrap_or_else(|| address.to_owned());
    let oauth = Oauth { login, address, client_id };
    let now = login.world.clock.now();
    let (access, access_end) = (text("oauth_access_token"), Login::end(profile, "oauth_access_token_expire"));
    let left = access_end.and_then(|end| end.duration_since(now).ok()).unwrap_or_default();
    let may_hold = access.is_some() && (access_end.is_none() || !left.is_zero());
    let ended = Login::end(profile, "oauth_refresh_token_expire").filter(|end| *end <= now);
    let refresh = match ended {
        Some(_) if may_hold => None,
        // An access token that outlived the login comes of a later one: the official command line keeps the old end.
        Some(end) if access_end.is_none_or(|access_end| access_end <= end) => {
            let why = format!("was logged in with OAuth until {}", expiration::write(end));
            return Err(login.failed(&why, login.log_in()));
        }
        _ => text("oauth_refresh_token"),
    };

    let (access, not_renewed) = match (&refresh, access) {
        (Some(refresh), access) if access.is_none() || left <= MARGIN => {
            match (oauth.renew(refresh, held).await, access) {
                (Ok(new), _) => return oauth.exchange(&new).await.map_err(|(_, error)| error),
                (Err(error), Some(old)) if may_hold => {
                    warn(&error);
                    (old, Some(error))
                }
                (Err(error), _) => return Err(error),
            }
        }
        // An access token alone may still be good; the service knows.
        (_, Some(access)) => (access, None),
        (_, None) => return Err(login.failed("is not logged in with OAuth", login.log_in())),
    };
    match (oauth.exchange(&access).await, refresh, not_renewed) {
        // It doesn't hold, and why there is no new one is known.
        (Err((Kind::Refused, _)), _, Some(error)) => Err(error),
        // It was said to hold for longer; a new one may.
        (Err((Kind::Refused, _)), Some(refresh), None) => {
            let access = oauth.renew(&refresh, held).await?;
            oauth.exchange(&access).await.map_err(|(_, error)| error)
        }
        (outcome, ..) => outcome.map_err(|(_, error)| error),
    }
}

impl Oauth<'_> {
    /// Gets a new pair of tokens, keeps it in the file at once, and gives the access token.
    async fn renew(
        &self,
        refresh: &str,
        held: Result<&Held, &NotHeld>,
    ) -> Result<Zeroizing<String>, NotLoaded> {
        let login = self.login;
        let held = held.map_err(|why| login.not_kept(why))?;
        let draft = held.draft(&login.name).await.map_err(|why| login.not_kept(&why))?;
        let url = self.url("/v1/token")?;
        let request = || {
            // Room for all of it at once, so that no half of it is left behind when it grows: of three bytes for each,
            // beside what is known.
            let room = String::with_capacity(3 * refresh.len() + 128);
            let body = form_urlencoded::Serializer::new(room)
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", refresh)
                .append_pair("client_id", self.client_id)
                .finish();
            HttpRequest::form(url.clone(), body.into())
        };
        let answer = login_service::ask(&login.world, request, Repeat::OnlyIfNotAsked, &[refresh])
            .await
            .map_err(|trouble| {
                let may_be_used_up = format!(
                    "{} If it refuses then, the refresh token is used up, and a new login is needed: {}.",
                    login_service::CHECK_THE_NETWORK,
                    login.command()
                );
                self.failed("has no new OAuth tokens", &url, &trouble, may_be_used_up)
            })?;
        let unfit = |what: &str| self.unfit("has no new OAuth tokens", &url, what);
        let text = |field: &str| json::non_empty_text(&answer.fields, field).map(Zeroizing::new);
        let access = text("access_token").ok_or_else(|| unfit("holds no access_token"))?;
        // A service that sends no other goes on with the one that there is.
        let refresh = text("refresh_token").unwrap_or_else(|| Zeroizing::new(refresh.to_owned()));
        let lasts = json::count(&answer.fields, "expires_in").map(Duration::from_secs).unwrap_or_default();
        let end = login.world.clock.now().checked_add(lasts).unwrap_or_else(|| login.world.clock.now());
        let values = [
            ("oauth_access_token", New::Text(access.as_str().into())),
            ("oauth_refresh_token", New::Text(refresh.as_str().into())),
            ("oauth_access_token_expire", New::Number(expiration::unix(end))),
        ];
        if let Err(why) = draft.put(&login.name, values).await {
            tracing::warn!(
                profile = login.name,
                "the new OAuth tokens are lost, since the file of profiles {why}: what was got with them holds until \
                 it runs out, and the old ones may be used up. {}",
                login.log_in()
            );
        }
        Ok(access)
    }

    async fn exchange(&self, access: &str) -> Result<Session, (Kind, NotLoaded)> {
        let what = "gets no session with OAuth";
        let url = self.url("/v1/exchange").map_err(|error| (Kind::NotAsked, error))?;
        let request = || {
            HttpRequest::new(Method::POST, url.clone())
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .header(AUTHORIZATION, login_service::bearer(access))
        };
        let answer = login_service::ask(&self.login.world, request, Repeat::Freely, &[access])
            .await
            .map_err(|trouble| {
                let fix = login_service::CHECK_THE_NETWORK.to_owned();
                (trouble.kind, self.failed(what, &url, &trouble, fix))
            })?;
        let names = ["accessKeyId", "accessKeySecret", "securityToken", "expiration"];
        Session::read(&answer.fields, names, &answer.reply, self.login.world.clock.now())
            .map_err(|why| (Kind::Unclear, self.unfit(what, &url, &why)))
    }

    fn url(&self, path: &str) -> Result<Url, NotLoaded> {
        login_service::url(&self.address, path).ok_or_else(|| {
            let why = format!("cannot be used, since {ADDRESS} is not the address of a web service");
            self.login.failed(&why, format!("Correct or unset {ADDRESS}."))
        })
    }

    /// `unclear` is what to do if the service may have done what it was asked for.
    fn failed(&self, what: &str, url: &Url, trouble: &Trouble, unclear: String) -> NotLoaded {
        let fix = match trouble.kind {
            Kind::Refused => self.login.log_in(),
            Kind::NotAsked => login_service::CHECK_THE_NETWORK.to_owned(),
            Kind::Unclear | Kind::Unfit => unclear,
        };
        self.login.failed(&format!("{what}: {} {}", answer::host(url), trouble.text), fix)
    }

    /// `why` completes "It gave an answer that … ".
    fn unfit(&self, what: &str, url: &Url, why: &str) -> NotLoaded {
        let why = format!("{what}: {} gave an answer that {why}", answer::host(url));
        self.login.failed(&why, self.login.log_in())
    }
}

fn warn(error: &NotLoaded) {
    if let NotLoaded::Failed(error) = error {
        tracing::warn!(
            why = error.reason(),
            "the OAuth tokens are not renewed yet; the old one may hold for a while"
        );
    }
}
