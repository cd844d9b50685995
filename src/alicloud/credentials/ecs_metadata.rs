//! The role of the instance that this runs on, by the instance's metadata service.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use url::Url;

use super::answer::{NoReply, Reply, ask};
use super::source::{Loading, NotLoaded, Source};
use super::{Credentials, Environment, World, not_text};
use crate::alicloud::transport::HttpRequest;

/// Another address for the metadata service, of plain HTTP: for proxies of it.
pub(crate) const ENDPOINT: &str = "ALICLOUD_ECS_METADATA_ENDPOINT";

/// Switches the metadata service off.
pub(crate) const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";

/// Forbids version 1, which answers whoever asks.
pub(super) const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";

/// Where every instance finds its metadata.
const ADDRESS: &str = "http://100.100.100.200";

/// The service is on the same host: what takes longer is not there.
const TOKEN_LIMIT: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(2);

/// Six hours, the longest that the service takes.
const TOKEN_SECONDS: HeaderValue = HeaderValue::from_static("21600");
const TOKEN_SECONDS_NAME: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token-ttl-seconds");
const TOKEN_NAME: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token");

const ROLES: &str = "latest/meta-data/ram/security-credentials/";

/// Gets the instance role's credentials: by version 2 of the metadata service, or by version 1 where that gives no
/// token, unless forbidden. Never through a proxy, since a proxy is another instance or none.
#[derive(Debug)]
pub(crate) struct EcsMetadata {
    world: World,
    /// The role; the one that the service names if there is none.
    role: Option<String>,
}

impl EcsMetadata {
    pub(crate) fn new(world: &World, role: Option<String>) -> Self {
        Self { world: world.clone(), role }
    }

    /// The variable that switches the metadata service off, if it does.
    fn switched_off(environment: &dyn Environment) -> Option<&'static str> {
        environment.first_true(&[DISABLED])
    }

    async fn get(&self) -> Result<Credentials, NotLoaded> {
        let environment = &*self.world.environment;
        let mine = [DISABLED, V1_DISABLED, ENDPOINT];
        if let Some(variable) = mine.into_iter().find(|variable| environment.is_garbled(variable)) {
            let (why, fix) = not_text(variable);
            return Err(NotLoaded::failed(why, fix));
        }
        if let Some(variable) = Self::switched_off(environment) {
            return Err(NotLoaded::failed(
                format!(
                    "The instance's role is asked for, but {variable} switches the metadata service off."
                ),
                format!("Unset {variable}, or take ecs_role_name (or the profile's mode) away."),
            ));
        }
        let base = self.base()?;
        let token = match self.token(&base).await {
            Ok(token) => Some(token),
            Err(why) if environment.first_true(&[V1_DISABLED]).is_some() => {
                return Err(unavailable(
                    &base,
                    &format!("gave no token: it {why} Version 1 is forbidden by {V1_DISABLED}."),
                ));
            }
            Err(why) => {
                tracing::debug!(why, "the metadata service gave no token; trying version 1");
                None
            }
        };
        let role = match &self.role {
            Some(role) => role.clone(),
            None => self.role_name(&base, token.as_ref()).await?,
        };
        let reply = self.ask(&base, &format!("{ROLES}{role}"), token.as_ref()).await?;
        if reply.status == 404 {
            return Err(NotLoaded::failed(
                format!("The metadata service of this instance knows no role {role:?}."),
                "Attach the RAM role to the instance, or correct the role's name.",
            ));
        }
        let origin = format!("the instance role {role}");
        reply.credentials(origin, self.world.clock.now()).map_err(|why| {
            unavailable(&base, &format!("gave no credentials for the role {role:?}: its answer {why}."))
        })
    }

    fn base(&self) -> Result<Url, NotLoaded> {
        let given = self.world.environment.var(ENDPOINT);
        let text = format!("{}/", given.as_deref().unwrap_or(ADDRESS).trim_end_matches('/'));
        Url::parse(&text).ok().filter(|url| url.scheme() == "http" && url.has_host()).ok_or_else(|| {
            NotLoaded::failed(
                format!("{ENDPOINT} is not an address of the form http://host:port."),
                format!("Correct {ENDPOINT}, or unset it."),
            )
        })
    }

    /// A token of version 2. The error completes "it … ".
    async fn token(&self, base: &Url) -> Result<HeaderValue, String> {
        let url = base.join("latest/api/token").map_err(|_| "has a strange address.".to_owned())?;
        let mut request = HttpRequest::new(Method::PUT, url).header(TOKEN_SECONDS_NAME, TOKEN_SECONDS);
        request.direct = true;
        let reply = ask(&self.world, request, TOKEN_LIMIT).await.map_err(|why| format!("{}.", why.text()))?;
        if reply.status != 200 {
            return Err(format!("answered with HTTP {}.", reply.status));
        }
        let token = reply.text().and_then(|text| HeaderValue::from_str(text).ok());
        let mut token = token.ok_or_else(|| "answered with something else.".to_owned())?;
        token.set_sensitive(true);
        Ok(token)
    }

    async fn role_name(&self, base: &Url, token: Option<&HeaderValue>) -> Result<String, NotLoaded> {
        let reply = self.ask(base, ROLES, token).await?;
        let name = reply.text().and_then(|text| text.lines().next()).map(str::trim);
        match name.filter(|name| reply.status == 200 && name.len() <= 64 && !name.contains(['/', '<', '"'])) {
            Some(name) => Ok(name.to_owned()),
            None => Err(NotLoaded::failed(
                format!("The metadata service of this instance names no role (HTTP {}).", reply.status),
                "Attach a RAM role to the instance.",
            )),
        }
    }

    async fn ask(&self, base: &Url, path: &str, token: Option<&HeaderValue>) -> Result<Reply, NotLoaded> {
        let url = base.join(path).map_err(|_| {
            NotLoaded::failed("The instance role's name can't be part of an address.", "Correct it.")
        })?;
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = HttpRequest::new(Method::GET, url.clone());
            request.direct = true;
            if let Some(token) = token {
                request = request.header(TOKEN_NAME, token.clone());
            }
            match ask(&self.world, request, LIMIT).await {
                // The service has bad moments.
                Ok(reply) if reply.status >= 500 && tries < 2 => {}
                Ok(reply) => return Ok(reply),
                Err(NoReply::Unsent(_) | NoReply::Broken(_)) if tries < 2 && token.is_some() => {}
                Err(why) => return Err(unavailable(base, &format!("{}.", why.text()))),
            }
        }
    }
}

fn unavailable(base: &Url, why: &str) -> NotLoaded {
    NotLoaded::failed(
        format!("The metadata service at {} {why}", super::answer::host(base)),
        format!(
            "Credentials of an instance's role are to be had on an ECS instance only, with a RAM role attached. \
             Elsewhere, take ecs_role_name (ALICLOUD_ECS_ROLE_NAME, ALIBABA_CLOUD_ECS_METADATA) away, or set \
             {DISABLED}=true."
        ),
    )
}

impl Source for EcsMetadata {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, answer, world};
    use crate::alicloud::transport::SendError;

    const KEY: &str = r#"{"Code": "Success", "AccessKeyId": "STS.1", "AccessKeySecret": "s3cret",
                          "SecurityToken": "t0ken", "Expiration": "2016-02-23T13:46:24Z"}"#;

    fn lost() -> Act {
        Act::Fail(SendError::Lost("reset".to_owned()))
    }

    /// What comes of it, with the number of requests.
    async fn load(acts: Vec<Act>) -> (Result<String, String>, usize) {
        let script = Script::new(acts);
        let outcome = match EcsMetadata::new(&world(&[], script.clone()), Some("web".to_owned())).load().await
        {
            Ok(key) => Ok(key.access_key_id().to_owned()),
            Err(NotLoaded::Failed(error)) => Err(error.reason().to_owned()),
            Err(NotLoaded::Absent(why)) => Err(why),
        };
        (outcome, script.seen().len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_answer_is_asked_for_again_where_there_is_such_a_service() {
        let got = || Ok("STS.1".to_owned());
        assert_eq!(load(vec![answer(200, "a-token"), lost(), answer(200, KEY)]).await, (got(), 3));
        let (outcome, asked) = load(vec![answer(200, "a-token"), lost()]).await;
        assert!(outcome.unwrap_err().contains("gave no whole answer: reset"));
        assert_eq!(asked, 3);
        // Whoever gave no token may be no metadata service.
        let (outcome, asked) = load(vec![answer(404, ""), lost()]).await;
        assert!(outcome.is_err());
        assert_eq!(asked, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_long_to_be_a_token_or_a_code_is_neither_taken_nor_shown() {
        for (length, version) in [(4096, 2), (4097, 1)] {
            let service =
                EcsMetadata::new(&world(&[], Script::new([answer(200, &"t".repeat(length))])), None);
            let token = service.token(&service.base().unwrap()).await;
            assert_eq!(token.is_ok(), version == 2, "{length}");
            assert!(token.is_err() || token.is_ok_and(|token| token.is_sensitive()), "it may be shown");
        }
        for (code, told) in [("C".repeat(64), "is the error CCC"), ("C".repeat(65), "is an error.")] {
            let refusal = format!(r#"{{"Code": "{code}"}}"#);
            let (outcome, _) = load(vec![answer(200, "a-token"), answer(200, &refusal)]).await;
            assert!(outcome.unwrap_err().contains(told), "{code}");
        }
    }
}
