//! Which proxy a request goes through: the rules of Go's `httpproxy`, by which Terraform itself goes.

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use url::{Host, Url};

use super::credentials::{Environment, ProcessEnvironment};

/// The proxy settings of the machine. Clones are cheap.
#[derive(Clone)]
pub(crate) struct Proxies(Arc<dyn Environment>);

impl Default for Proxies {
    fn default() -> Self {
        Self(Arc::new(ProcessEnvironment))
    }
}

impl Proxies {
    /// These variables instead of those of the process.
    #[cfg(test)]
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(Arc::new(variables.collect::<std::collections::BTreeMap<_, _>>()))
    }

    /// The proxy for a request to `url`. The error names the variable, and not its value.
    pub(crate) fn proxy_for(&self, url: &Url) -> Result<Option<ProxyUrl>, String> {
        proxy_for(url, &*self.0)
    }

    /// The proxy for `url`, for messages: without user name and password.
    pub(crate) fn of(&self, url: &Url) -> Option<String> {
        self.proxy_for(url).ok().flatten().map(|proxy| proxy.shown)
    }
}

/// The address of a proxy, with the user name and password it may have.
pub(crate) struct ProxyUrl {
    /// What the HTTP client connects to.
    pub(crate) url: Url,
    /// The same as `scheme://host:port`.
    shown: String,
}

/// The proxy that the environment sets for a request to `url`.
fn proxy_for(url: &Url, environment: &dyn Environment) -> Result<Option<ProxyUrl>, String> {
    let names = match url.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy"],
        "http" => ["HTTP_PROXY", "http_proxy"],
        _ => return Ok(None),
    };
    let no_proxy = environment.first(&["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
    if is_direct(url, &no_proxy) {
        return Ok(None);
    }
    if let Some(name) = environment.first_garbled(&names) {
        return Err(format!("the environment variable {name} is not text (UTF-8)"));
    }
    let Some((name, value)) = environment.first(&names) else { return Ok(None) };
    parse(&value).map(Some).map_err(|why| format!("the environment variable {name} {why}"))
}

/// Reads the value of a proxy variable. The error completes "The variable … ".
fn parse(value: &str) -> Result<ProxyUrl, String> {
    // The parser would drop some of these.
    if value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has a space or a control character in it".to_owned());
    }
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let invalid = || "is not the address of a proxy, such as http://host:port".to_owned();
    let mut url = Url::parse(&with_scheme).map_err(|_| invalid())?;
    let scheme = url.scheme().to_owned();
    if !matches!(scheme.as_str(), "http" | "https" | "socks5" | "socks5h") {
        return Err(format!("has the scheme {scheme:?}; proxies of http, https, socks5 and socks5h work"));
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(invalid)?.to_owned();
    let secrets = [url.username(), url.password().unwrap_or_default()];
    if host.contains('%') || !secrets.into_iter().all(is_well_encoded) {
        return Err(invalid());
    }
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let shown = format!("{scheme}://{host}{port}");
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    // Go leaves the lookup of names to the proxy for both; the HTTP client only for this one.
    if scheme == "socks5" {
        url.set_scheme("socks5h").map_err(|()| invalid())?;
    }
    Ok(ProxyUrl { url, shown })
}

/// Whether each `%` begins an escape.
fn is_well_encoded(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
}

/// Whether a request to `url` takes no proxy: to this machine, or by an entry of `NO_PROXY`.
fn is_direct(url: &Url, no_proxy: &str) -> bool {
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip).to_canonical()),
        Some(Host::Domain("localhost")) => return true,
        Some(Host::Domain(_)) | None => None,
    };
    if ip.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default();
    no_proxy.split(',').any(|entry| covers(&entry.trim().to_lowercase(), host, ip, port))
}

/// Whether an entry of `NO_PROXY` is about this host and port.
fn covers(entry: &str, host: &str, ip: Option<IpAddr>, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = network(entry) {
        return ip.is_some_and(|ip| is_within(ip, network, bits));
    }
    let is_bare_ipv6 = entry.parse::<std::net::Ipv6Addr>().is_ok();
    let (name, entry_port) = match entry.rsplit_once(':') {
        Some((name, port)) if !is_bare_ipv6 && !entry.ends_with(']') => (name, port),
        _ => (entry, ""),
    };
    if !entry_port.is_empty() && entry_port.parse().ok() != port {
        return false;
    }
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    if let Ok(address) = name.parse::<IpAddr>() {
        return ip == Some(address.to_canonical());
    }
    // `.x` and `*.x` are what is below `x`, and `x` is that and itself.
    let below = name.strip_prefix("*.").or_else(|| name.strip_prefix('.'));
    let Ok(Host::Domain(domain)) = Host::parse(below.unwrap_or(name)) else { return false };
    match host.strip_suffix(&*domain) {
        Some("") => below.is_none(),
        Some(rest) => rest.ends_with('.'),
        None => false,
    }
}

/// Reads `address/bits`.
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = entry.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

fn is_within(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (ip.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            (ip.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}
