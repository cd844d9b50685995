//! Which proxy a request takes, by the rules of Go's `golang.org/x/net/http/httpproxy`, as Terraform itself does.

use std::net::IpAddr;
use std::sync::OnceLock;

use url::{Host, Url};

/// The proxy settings of the environment; read on first use.
#[derive(Default)]
pub(crate) struct Proxies(OnceLock<Settings>);

/// What the proxy variables say.
#[derive(Default)]
struct Settings {
    http: Option<Result<Url, String>>,
    https: Option<Result<Url, String>>,
    exceptions: Vec<Exception>,
}

/// An entry of `NO_PROXY`.
#[derive(Debug)]
enum Exception {
    All,
    Network(IpAddr, u32),
    Address(IpAddr, Option<String>),
    /// The name starts with a dot; `bare` if the name without it matches, too.
    Domain {
        suffix: String,
        port: Option<String>,
        bare: bool,
    },
}

impl Proxies {
    /// One proxy for everything but loopback.
    #[cfg(test)]
    pub(crate) fn all_through(proxy: &str) -> Self {
        let var = |name: &str| name.ends_with("S_PROXY").then(|| proxy.to_owned());
        let settings = Settings { http: Some(parse("HTTP_PROXY", proxy)), ..Settings::read(var) };
        Self(OnceLock::from(settings))
    }

    /// The proxy for this address, or why the variable that names it can't be used. The reason never repeats the value,
    /// which may hold a password.
    pub(crate) fn for_url(&self, url: &Url) -> Result<Option<&Url>, &str> {
        let settings = self.0.get_or_init(|| {
            Settings::read(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        });
        settings.for_url(url)
    }

    /// The proxy for this address as `scheme://host:port`, without the user name and password it may have.
    pub(crate) fn of(&self, url: &Url) -> Option<String> {
        let proxy = self.for_url(url).ok().flatten()?;
        let (scheme, host) = (proxy.scheme(), proxy.host_str()?);
        Some(
            proxy
                .port()
                .map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}")),
        )
    }
}

impl Settings {
    fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let first = |upper: &'static str, lower: &'static str| {
            [upper, lower].into_iter().find_map(|name| Some((name, var(name)?)))
        };
        let proxy = |upper, lower| first(upper, lower).map(|(name, value)| parse(name, &value));
        let exceptions = first("NO_PROXY", "no_proxy").map(|(_, value)| exceptions(&value));
        Self {
            http: proxy("HTTP_PROXY", "http_proxy"),
            https: proxy("HTTPS_PROXY", "https_proxy"),
            exceptions: exceptions.unwrap_or_default(),
        }
    }

    fn for_url(&self, url: &Url) -> Result<Option<&Url>, &str> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        let Some(proxy) = proxy else { return Ok(None) };
        if self.is_direct(url) {
            return Ok(None);
        }
        proxy.as_ref().map(Some).map_err(String::as_str)
    }

    fn is_direct(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return true };
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address).to_canonical()),
        };
        if host == Host::Domain("localhost") || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        let name = address.map_or_else(|| host.to_string(), |address| address.to_string());
        let port = url.port_or_known_default().map(|port| port.to_string());
        let is_port = |wanted: &Option<String>| wanted.is_none() || *wanted == port;
        self.exceptions.iter().any(|exception| match exception {
            Exception::All => true,
            Exception::Network(network, bits) => address.is_some_and(|it| is_within(it, *network, *bits)),
            Exception::Address(wanted, port) => address == Some(*wanted) && is_port(port),
            Exception::Domain { suffix, port, bare } => {
                let matches = name.ends_with(suffix) || (*bare && suffix.strip_prefix('.') == Some(&name));
                matches && is_port(port)
            }
        })
    }
}

/// Reads a proxy's address. A value without a scheme is that of an HTTP proxy.
fn parse(variable: &str, value: &str) -> Result<Url, String> {
    let unusable = |why: &str| format!("the environment variable {variable} {why}");
    if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(unusable("has white space in it"));
    }
    let full = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let mut url = Url::parse(&full).map_err(|_| unusable("is not a proxy's address"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(unusable("is not a proxy's address"));
    }
    match url.scheme() {
        "http" | "https" | "socks5h" => Ok(url),
        // Go leaves the host's name to the proxy with both.
        "socks5" => {
            url.set_scheme("socks5h").map(|()| url).map_err(|()| unusable("is not a proxy's address"))
        }
        _ => Err(unusable("names a kind of proxy that is not supported: use http, https, socks5 or socks5h")),
    }
}

fn exceptions(value: &str) -> Vec<Exception> {
    let entries: Vec<_> = value.split(',').map(|entry| entry.trim().to_ascii_lowercase()).collect();
    if entries.iter().any(|entry| entry == "*") {
        return vec![Exception::All];
    }
    entries.iter().filter_map(|entry| exception(entry)).collect()
}

fn exception(entry: &str) -> Option<Exception> {
    if let Some((network, bits)) = entry.split_once('/')
        && let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>())
    {
        return (bits <= width(network)).then_some(Exception::Network(network, bits));
    }
    let whole: Option<IpAddr> = entry.parse().ok();
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if whole.is_none() && !entry.ends_with(']') => {
            (host, Some(port).filter(|port| !port.is_empty()))
        }
        _ => (entry, None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.map(str::to_owned);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(Exception::Address(address.to_canonical(), port));
    }
    let host = if host.starts_with("*.") { host.get(1..)? } else { host };
    let bare = !host.is_empty() && !host.starts_with('.');
    let suffix = if bare { format!(".{host}") } else { host.to_owned() };
    (!suffix.is_empty()).then_some(Exception::Domain { suffix, port, bare })
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { u32::BITS } else { u128::BITS }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let differing = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    differing >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        Settings::read(|name| {
            variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_proxy_is_named_without_its_password() {
        let variables =
            [("https_proxy", "http://user:s@cret@proxy.local:3128"), ("NO_PROXY", "direct.local")];
        let proxies = Proxies(OnceLock::from(settings(&variables)));
        let of = |url: &str| proxies.of(&Url::parse(url).unwrap());
        assert_eq!(of("https://ecs.cn-beijing.aliyuncs.com/").as_deref(), Some("http://proxy.local:3128"));
        assert_eq!(of("http://ecs.cn-beijing.aliyuncs.com/"), None);
        assert_eq!(of("https://direct.local/"), None);
        let url = Url::parse("https://a.example/").unwrap();
        assert_eq!(proxies.for_url(&url).unwrap().unwrap().password(), Some("s%40cret"));
    }

    #[test]
    fn exceptions_are_read_as_go_reads_them() {
        for (no_proxy, url, direct) in [
            ("", "https://localhost/", true),
            ("", "https://127.8.9.1:1/", true),
            ("", "https://[::1]/", true),
            ("", "https://[::ffff:127.0.0.1]/", true),
            ("", "https://localhost.example/", false),
            ("x.example", "https://x.example/", true),
            ("x.example", "https://a.X.example/", true),
            ("x.example", "https://ax.example/", false),
            (".x.example", "https://x.example/", false),
            (".x.example", "https://a.x.example/", true),
            ("*.x.example", "https://a.x.example/", true),
            ("*.x.example", "https://x.example/", false),
            ("b.example , X.example", "https://x.example/", true),
            ("b.example x.example", "https://x.example/", false),
            ("x.example:443", "https://x.example/", true),
            ("x.example:80", "https://x.example/", false),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("10.0.0.0/99", "https://10.1.2.3/", false),
            ("fd00::/8", "https://[fd12::1]/", true),
            ("0.0.0.0/0", "https://[fd12::1]/", false),
            ("10.1.2.3:443", "https://10.1.2.3/", true),
            ("10.1.2.3:80", "https://10.1.2.3/", false),
            ("[fd12::1]:443", "https://[fd12::1]/", true),
            ("fd12::1", "https://[fd12::1]/", true),
            ("a, *", "https://10.1.2.3/", true),
            ("*", "https://x.example/", true),
            (",:,:80,/", "https://x.example/", false),
        ] {
            let settings = settings(&[("HTTPS_PROXY", "p:1"), ("ALL_PROXY", "q:1"), ("NO_PROXY", no_proxy)]);
            let found = settings.for_url(&Url::parse(url).unwrap()).unwrap();
            assert_eq!(found.is_none(), direct, "{no_proxy} {url}");
        }
        let only_all = settings(&[("ALL_PROXY", "q:1")]);
        assert_eq!(only_all.for_url(&Url::parse("https://x.example/").unwrap()), Ok(None));
    }

    #[test]
    fn an_unusable_value_is_named_without_being_repeated() {
        let url = Url::parse("https://x.example/").unwrap();
        for (value, why) in [
            ("::::", "is not a proxy's address"),
            ("http://", "is not a proxy's address"),
            (" http://u:pw@p:1", "has white space in it"),
            ("http://u:pw@p:1\n", "has white space in it"),
            (
                "socks4://u:pw@p:1",
                "names a kind of proxy that is not supported: use http, https, socks5 or socks5h",
            ),
        ] {
            let settings = settings(&[("HTTPS_PROXY", value)]);
            let expected = format!("the environment variable HTTPS_PROXY {why}");
            assert_eq!(settings.for_url(&url), Err(expected.as_str()), "{value}");
        }
        for (value, proxy) in
            [("p:1", "http://p:1/"), ("socks5://p:1", "socks5h://p:1"), ("socks5h://p:1", "socks5h://p:1")]
        {
            let settings = settings(&[("HTTPS_PROXY", value)]);
            assert_eq!(settings.for_url(&url).unwrap().unwrap().as_str(), proxy);
        }
    }
}
