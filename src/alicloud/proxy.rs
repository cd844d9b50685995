//! Which proxy a request goes through, for messages.

use std::sync::OnceLock;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// The proxy settings of the machine, as the HTTP client reads them; read on first use.
#[derive(Default)]
pub(crate) struct Proxies(OnceLock<Matcher>);

impl Proxies {
    /// One proxy for everything.
    #[cfg(test)]
    pub(crate) fn all_through(proxy: &str) -> Self {
        Self(OnceLock::from(Matcher::builder().all(proxy).build()))
    }

    /// The proxy for this address as `scheme://host:port`, without the user name and password it may have.
    pub(crate) fn of(&self, url: &Url) -> Option<String> {
        let target = url.as_str().parse().ok()?;
        let proxy = self.0.get_or_init(Matcher::from_system).intercept(&target)?;
        let uri = proxy.uri();
        let host = uri.host()?;
        let scheme = uri.scheme_str().unwrap_or("http");
        Some(
            uri.port_u16()
                .map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_named_without_its_password() {
        let matcher =
            Matcher::builder().https("http://user:secret@proxy.local:3128").no("direct.local").build();
        let proxies = Proxies(OnceLock::from(matcher));
        let of = |url: &str| proxies.of(&Url::parse(url).unwrap());
        assert_eq!(of("https://ecs.cn-beijing.aliyuncs.com/").as_deref(), Some("http://proxy.local:3128"));
        assert_eq!(of("http://ecs.cn-beijing.aliyuncs.com/"), None);
        assert_eq!(of("https://direct.local/"), None);
    }
}
