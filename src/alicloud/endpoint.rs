//! Which host serves an API.

use std::fmt;

use url::Url;

/// The scheme of the requests; it holds for every service whose endpoint doesn't bring its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Encrypted, with the server's certificate checked.
    #[default]
    Https,
    /// In the clear.
    Http,
}

/// An API of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Elastic Compute Service.
    Ecs,
    /// Security Token Service.
    Sts,
}

impl Service {
    /// The version of the API that this client speaks.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Sts => "2015-04-01",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ecs => "ECS",
            Self::Sts => "STS",
        })
    }
}

/// Hosts to use instead of the table's: `host`, `host:port`, or either with a scheme before it. Not `Debug`, since
/// nobody has yet looked whether they hold a password.
#[derive(Clone, Default)]
pub struct Endpoints {
    /// In place of the region's ECS host.
    pub ecs: Option<String>,
    /// In place of the usual STS host.
    pub sts: Option<String>,
    /// The region whose STS host to call, in place of the client's own.
    pub sts_region: Option<String>,
    /// Whether to call every service by its endpoint inside virtual private clouds.
    pub vpc: bool,
}

/// What is wrong with a client's configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The region can't be part of a host name.
    #[error(
        "`{0}` is not a region: a region is made of lower-case letters, digits and hyphens, as in `cn-beijing`."
    )]
    Region(String),
    /// An endpoint is not a host with an optional scheme and port.
    #[error("The {service} endpoint {why}. Give it as `host`, `host:port` or `https://host:port`.")]
    Endpoint {
        /// Whose endpoint.
        service: Service,
        /// Completes "The ECS endpoint …". The text that was given is not repeated: it may hold a password.
        why: &'static str,
    },
}

/// Where the requests for one service go.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Scheme, host and port; the path is `/`.
    pub(crate) url: Url,
    /// Host and, if it is not the scheme's own, port: for messages.
    pub(crate) host: String,
}

impl Endpoint {
    /// The endpoint of `service`: the override if there is one, else the table's.
    pub(crate) fn resolve(
        service: Service,
        region: &str,
        endpoints: &Endpoints,
        scheme: Scheme,
    ) -> Result<Self, ConfigError> {
        let sts_region = endpoints.sts_region.as_deref();
        if let Some(bad) = [Some(region), sts_region].into_iter().flatten().find(|it| !is_region(it)) {
            return Err(ConfigError::Region(bad.to_owned()));
        }
        let (given, default) = match service {
            Service::Ecs => (&endpoints.ecs, ecs_host(region, endpoints.vpc)),
            Service::Sts => (&endpoints.sts, sts_host(region, sts_region, endpoints.vpc)),
        };
        let text = given.as_deref().map(str::trim).filter(|text| !text.is_empty()).unwrap_or(&default);
        Self::parse(text, scheme).map_err(|why| ConfigError::Endpoint { service, why })
    }

    /// The central STS host, for regions whose own has no address; none where the configuration chooses the host.
    pub(crate) fn central_sts(endpoints: &Endpoints, scheme: Scheme) -> Option<Self> {
        let given = endpoints.sts.as_deref().is_some_and(|text| !text.trim().is_empty());
        if given || endpoints.sts_region.is_some() || endpoints.vpc {
            return None;
        }
        Self::parse("sts.aliyuncs.com", scheme).ok()
    }

    fn parse(text: &str, scheme: Scheme) -> Result<Self, &'static str> {
        let prefix = match scheme {
            Scheme::Https => "https://",
            Scheme::Http => "http://",
        };
        let full = if text.contains("://") { text.to_owned() } else { format!("{prefix}{text}") };
        let url = Url::parse(&full).map_err(|_| "is not a host name")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("has a scheme other than `http` and `https`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name or a password");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("holds more than a host and a port");
        }
        let host = url.host_str().ok_or("has no host")?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { url, host })
    }
}

/// Whether it can be part of a host's name.
fn is_region(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The STS host of a region: that of the client, unless another one is asked for.
fn sts_host(region: &str, sts_region: Option<&str>, vpc: bool) -> String {
    let network = if vpc { "sts-vpc" } else { "sts" };
    format!("{network}.{}.aliyuncs.com", sts_region.unwrap_or(region))
}

/// The ECS host of a region. Most follow one pattern; the exceptions are those of the official SDKs' tables.
fn ecs_host(region: &str, vpc: bool) -> String {
    match region {
        _ if vpc => format!("ecs-vpc.{region}.aliyuncs.com"),
        "cn-hangzhou" | "cn-shanghai-finance-1" | "cn-shenzhen-finance-1" => {
            "ecs-cn-hangzhou.aliyuncs.com".into()
        }
        "cn-north-2-gov-1" => "ecs.aliyuncs.com".into(),
        _ => format!("ecs.{region}.aliyuncs.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        service: Service,
        region: &str,
        given: Option<&str>,
        scheme: Scheme,
    ) -> Result<Endpoint, ConfigError> {
        let given = given.map(str::to_owned);
        Endpoint::resolve(
            service,
            region,
            &Endpoints { ecs: given.clone(), sts: given, ..Endpoints::default() },
            scheme,
        )
    }

    #[test]
    fn hosts_of_the_table() {
        let cases = [
            (Service::Ecs, "cn-beijing", "https://ecs.cn-beijing.aliyuncs.com/"),
            (Service::Ecs, "cn-hangzhou", "https://ecs-cn-hangzhou.aliyuncs.com/"),
            (Service::Ecs, "cn-north-2-gov-1", "https://ecs.aliyuncs.com/"),
            (Service::Sts, "eu-central-1", "https://sts.eu-central-1.aliyuncs.com/"),
        ];
        for (service, region, url) in cases {
            assert_eq!(resolve(service, region, None, Scheme::Https).unwrap().url.as_str(), url);
        }
    }

    #[test]
    fn sts_is_called_where_it_is_asked_for() {
        let given = Some("sts.example".to_owned());
        for (sts, sts_region, sts_vpc, host) in [
            (None, None, false, "sts.cn-beijing.aliyuncs.com"),
            (None, Some("cn-qingdao"), false, "sts.cn-qingdao.aliyuncs.com"),
            (None, Some("cn-qingdao"), true, "sts-vpc.cn-qingdao.aliyuncs.com"),
            (None, None, true, "sts-vpc.cn-beijing.aliyuncs.com"),
            (given, Some("cn-qingdao"), true, "sts.example"),
        ] {
            let endpoints =
                Endpoints { ecs: None, sts, sts_region: sts_region.map(str::to_owned), vpc: sts_vpc };
            let resolved = Endpoint::resolve(Service::Sts, "cn-beijing", &endpoints, Scheme::Https).unwrap();
            assert_eq!(resolved.host, host);
            let central = Endpoint::central_sts(&endpoints, Scheme::Https).map(|it| it.host);
            let nothing_chosen = host == "sts.cn-beijing.aliyuncs.com";
            assert_eq!(central.as_deref(), nothing_chosen.then_some("sts.aliyuncs.com"), "{host}");
        }
        let endpoints = Endpoints { sts_region: Some("evil.com/".into()), ..Endpoints::default() };
        let error = Endpoint::resolve(Service::Sts, "cn-beijing", &endpoints, Scheme::Https).unwrap_err();
        assert_eq!(error, ConfigError::Region("evil.com/".into()));
    }

    #[test]
    fn one_switch_moves_ecs_too() {
        for region in ["cn-hangzhou", "ap-northeast-2"] {
            let endpoints = Endpoints { vpc: true, ..Endpoints::default() };
            let resolved = Endpoint::resolve(Service::Ecs, region, &endpoints, Scheme::Https).unwrap();
            assert_eq!(resolved.host, format!("ecs-vpc.{region}.aliyuncs.com"));
        }
    }

    #[test]
    fn an_override_may_bring_scheme_and_port() {
        let cases = [
            ("ecs.example.com", Scheme::Http, "http://ecs.example.com/", "ecs.example.com"),
            ("127.0.0.1:8080", Scheme::Http, "http://127.0.0.1:8080/", "127.0.0.1:8080"),
            ("http://localhost:1/", Scheme::Https, "http://localhost:1/", "localhost:1"),
            (" [::1]:99 ", Scheme::Https, "https://[::1]:99/", "[::1]:99"),
            ("", Scheme::Https, "https://ecs.cn-beijing.aliyuncs.com/", "ecs.cn-beijing.aliyuncs.com"),
        ];
        for (given, scheme, url, host) in cases {
            let endpoint = resolve(Service::Ecs, "cn-beijing", Some(given), scheme).unwrap();
            assert_eq!((endpoint.url.as_str(), endpoint.host.as_str()), (url, host), "{given}");
        }
    }

    #[test]
    fn what_is_not_an_endpoint_or_a_region_is_refused_without_repeating_it() {
        for given in
            ["ftp://host", "http://user:pw@host", "host/path", "host?x=1", "http://", "a b", "host:99999"]
        {
            let error =
                resolve(Service::Ecs, "cn-beijing", Some(given), Scheme::Https).unwrap_err().to_string();
            assert!(error.starts_with("The ECS endpoint ") && !error.contains("pw"), "{given}: {error}");
        }
        for region in ["", "CN-beijing", "evil.com/", "a#b"] {
            assert_eq!(
                resolve(Service::Ecs, region, None, Scheme::Https).unwrap_err(),
                ConfigError::Region(region.into())
            );
        }
    }
}
