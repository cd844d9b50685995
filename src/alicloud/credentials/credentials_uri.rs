//! Credentials that an address hands out.

use std::time::Duration;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::answer::{NoReply, ask, host};
use super::source::{Loading, NotLoaded, Source};
use super::{Credentials, World};
use crate::alicloud::backoff;
use crate::alicloud::transport::HttpRequest;

/// How long one answer may take, as in the official SDKs.
const LIMIT: Duration = Duration::from_secs(10);

/// How often the address is asked before it counts as failed.
const TRIES: u32 = 3;

/// What to do about an address that fails.
const FIX: &str = "Check that the service behind the credentials URI runs and answers with AccessKeyId, \
                   AccessKeySecret, SecurityToken and Expiration, and that the proxy variables (HTTP_PROXY, NO_PROXY) \
                   let this machine reach it.";

/// Gets credentials by HTTP GET. Proxies are used as for everything else: never for an address of this machine.
pub(crate) struct CredentialsUri {
    world: World,
    /// May hold a secret. Each request makes a [`Url`] of it, which can't be wiped, and which goes with the request.
    uri: SecretString,
    /// Scheme, host and port.
    host: String,
}

impl CredentialsUri {
    /// The credentials at an `http` or `https` address.
    pub(crate) fn new(world: &World, uri: &str) -> Result<Self, NotLoaded> {
        let host = host(&Self::url(uri)?);
        Ok(Self { world: world.clone(), uri: uri.into(), host })
    }

    fn url(uri: &str) -> Result<Url, NotLoaded> {
        Self::check(uri)
            .map_err(|why| NotLoaded::failed(why, "Correct credentials_uri, or what it comes from."))
    }

    /// The address. The error is a sentence that does not repeat it, since it may hold a secret.
    pub(crate) fn check(uri: &str) -> Result<Url, &'static str> {
        match Url::parse(uri.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            Ok(_) | Err(_) => Err(
                "The credentials URI is not an address of the form http://host/path or https://host/path.",
            ),
        }
    }

    async fn get(&self) -> Result<Credentials, NotLoaded> {
        let host = &self.host;
        let mut tries = 0;
        loop {
            tries += 1;
            let request = HttpRequest::new(Method::GET, Self::url(self.uri.expose_secret())?);
            let why = match ask(&self.world, request, LIMIT).await {
                Ok(reply) => {
                    let origin = format!("the credentials URI at {host}");
                    let why = match reply.credentials(origin, self.world.clock.now()) {
                        Ok(credentials) => return Ok(credentials),
                        Err(why) => format!("The answer of {host} {why}."),
                    };
                    if reply.status < 500 {
                        return Err(NotLoaded::failed(format!("The credentials URI gave none. {why}"), FIX));
                    }
                    why
                }
                Err(NoReply::Unfit(why) | NoReply::Proxy(why)) => {
                    return Err(NotLoaded::failed(
                        format!("The credentials URI gave none. {host} {why}."),
                        FIX,
                    ));
                }
                Err(why) => format!("{host} {}.", why.text()),
            };
            if tries == TRIES {
                let reason = format!("The credentials URI gave none, asked {TRIES} times. {why}");
                return Err(NotLoaded::failed(reason, FIX));
            }
            tokio::time::sleep(backoff::full_jitter(tries)).await;
        }
    }
}

impl Source for CredentialsUri {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.get())
    }
}

impl std::fmt::Debug for CredentialsUri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CredentialsUri").field(&self.host).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, world};
    use crate::alicloud::transport::SendError;

    #[tokio::test]
    async fn a_proxy_that_refuses_is_final() {
        let refuses = Act::Fail(SendError::Proxy("the proxy refused to connect to the host".to_owned()));
        let script = Script::new([refuses]);
        let source =
            CredentialsUri::new(&world(&[], script.clone()), "https://keys.example/c?secret").unwrap();
        let Err(NotLoaded::Failed(error)) = source.load().await else { panic!("there are no credentials") };
        let text = error.to_string();
        let why = "https://keys.example can't be reached: the proxy refused to connect to the host.";
        assert!(text.starts_with(&format!("The credentials URI gave none. {why}")), "{text}");
        assert_eq!(script.seen().len(), 1);
    }
}
