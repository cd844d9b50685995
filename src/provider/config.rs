//! The provider block: its schema, its model, and the client that it makes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::cloud::Cloud;
use super::environment::Environment;
use crate::alicloud::credentials::{Credentials, Missing, ProvideCredentials, Static};
use crate::alicloud::{Client, Config, ConfigError, Endpoints, Scheme, Service};
use crate::cty::{Number, Path};
use crate::framework::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use crate::framework::{Attr, Diagnostic, Diagnostics, Host};

/// The region when neither block nor environment name one, as in the official provider.
const DEFAULT_REGION: &str = "cn-beijing";

/// Connect and read timeout when nothing sets them, in milliseconds, as in the official provider.
const DEFAULT_TIMEOUT_MS: u64 = 60_000;

/// An hour: a longer timeout is a mistake of units.
const LONGEST_TIMEOUT_MS: u64 = 3_600_000;

crate::model! {
    /// The provider block.
    pub struct ProviderModel {
        /// The region.
        pub region: Attr<String>,
        /// The access key's id.
        pub access_key: Attr<String>,
        /// The access key's secret.
        pub secret_key: Attr<String>,
        /// The token of a temporary access key.
        pub security_token: Attr<String>,
        /// `HTTP` or `HTTPS`.
        pub protocol: Attr<String>,
        /// Milliseconds.
        pub client_connect_timeout: Attr<Number>,
        /// Milliseconds.
        pub client_read_timeout: Attr<Number>,
        /// Hosts to call instead of the usual ones.
        pub endpoints: Attr<BTreeSet<EndpointsModel>>,
    }
}

crate::model! {
    /// Hosts to call instead of the usual ones.
    pub struct EndpointsModel {
        /// For ECS.
        pub ecs: Attr<String>,
        /// For STS.
        pub sts: Attr<String>,
    }
}

/// An argument that falls back to environment variables.
struct Argument {
    name: &'static str,
    variables: &'static [&'static str],
}

const REGION: Argument = Argument { name: "region", variables: &["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"] };
const ACCESS_KEY: Argument = Argument {
    name: "access_key",
    variables: &["ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID"],
};
const SECRET_KEY: Argument = Argument {
    name: "secret_key",
    variables: &["ALICLOUD_SECRET_KEY", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_ACCESS_KEY_SECRET"],
};
const SECURITY_TOKEN: Argument = Argument {
    name: "security_token",
    variables: &["ALICLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN"],
};
const CONNECT_TIMEOUT: Argument =
    Argument { name: "client_connect_timeout", variables: &["CLIENT_CONNECT_TIMEOUT"] };
const READ_TIMEOUT: Argument = Argument { name: "client_read_timeout", variables: &["CLIENT_READ_TIMEOUT"] };
const ECS_ENDPOINT: Argument =
    Argument { name: "ecs", variables: &["ALIBABA_CLOUD_ENDPOINT_ECS", "ECS_ENDPOINT"] };
const STS_ENDPOINT: Argument =
    Argument { name: "sts", variables: &["ALIBABA_CLOUD_ENDPOINT_STS", "STS_ENDPOINT"] };

impl Argument {
    /// The value, and where it was found, in words that complete "from …".
    fn find(&self, configured: &Attr<String>, environment: &dyn Environment) -> Option<(String, String)> {
        if let Some(value) = configured.as_str().filter(|value| !value.is_empty()) {
            return Some((value.to_owned(), "the provider block".to_owned()));
        }
        let (name, value) = environment.first(self.variables)?;
        Some((value, format!("the environment variable {name}")))
    }
}

pub(super) fn schema() -> Schema {
    let endpoints = Block::new(
        "Hosts to call instead of the usual ones: `host`, `host:port`, or either with `http://` or `https://` before it.",
    )
    .attribute(
        "ecs",
        Attribute::string().optional().describe(
            "For ECS. Also from the environment: `ALIBABA_CLOUD_ENDPOINT_ECS`, `ECS_ENDPOINT`.",
        ),
    )
    .attribute(
        "sts",
        Attribute::string().optional().describe(
            "For STS. Also from the environment: `ALIBABA_CLOUD_ENDPOINT_STS`, `STS_ENDPOINT`.",
        ),
    );
    Schema::new(
        Block::new("SSH key pairs of Alibaba Cloud ECS.")
            .attribute(
                "region",
                Attribute::string().optional().describe(
                    "The region. Also from the environment: `ALICLOUD_REGION`, `ALIBABA_CLOUD_REGION`. \
                     `cn-beijing` by default.",
                ),
            )
            .attribute(
                "access_key",
                Attribute::string().optional().sensitive().describe(
                    "The access key's id. Also from the environment: `ALICLOUD_ACCESS_KEY`, \
                     `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABACLOUD_ACCESS_KEY_ID`.",
                ),
            )
            .attribute(
                "secret_key",
                Attribute::string().optional().sensitive().describe(
                    "The access key's secret. Also from the environment: `ALICLOUD_SECRET_KEY`, \
                     `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABACLOUD_ACCESS_KEY_SECRET`.",
                ),
            )
            .attribute(
                "security_token",
                Attribute::string().optional().sensitive().describe(
                    "The token of a temporary access key. Also from the environment: `ALICLOUD_SECURITY_TOKEN`, \
                     `ALIBABA_CLOUD_SECURITY_TOKEN`, `ALIBABACLOUD_SECURITY_TOKEN`.",
                ),
            )
            .attribute(
                "protocol",
                Attribute::string()
                    .optional()
                    .describe("`HTTPS` (the default) or `HTTP`, for every service whose endpoint does not say."),
            )
            .attribute(
                "client_connect_timeout",
                Attribute::number().optional().describe(
                    "How long a connection may take, in milliseconds. Also from the environment: \
                     `CLIENT_CONNECT_TIMEOUT`. `60000` by default.",
                ),
            )
            .attribute(
                "client_read_timeout",
                Attribute::number().optional().describe(
                    "How long an answer may take, in milliseconds. Also from the environment: \
                     `CLIENT_READ_TIMEOUT`. `60000` by default.",
                ),
            )
            .block("endpoints", NestedBlock::new(Nesting::Set, endpoints)),
    )
}

pub(super) fn validate(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    if let Some(Err(detail)) = config.protocol.as_str().map(scheme) {
        diagnostics.push(Diagnostic::error("Invalid protocol", detail).at("protocol"));
    }
    for (argument, value) in
        [(&CONNECT_TIMEOUT, &config.client_connect_timeout), (&READ_TIMEOUT, &config.client_read_timeout)]
    {
        if let Some(Err(detail)) = value.known().map(|value| milliseconds(&value.to_string())) {
            diagnostics.push(Diagnostic::error("Invalid timeout", detail).at(argument.name));
        }
    }
    if config.endpoints.known().is_some_and(|blocks| blocks.len() > 1) {
        let detail =
            "The provider block holds several endpoints blocks, and only one can hold. Put all hosts in one.";
        diagnostics.push(Diagnostic::error("More than one endpoints block", detail).at("endpoints"));
    }
}

/// Makes the client. Values that are known only after apply make one that says so when it is used.
pub(super) fn configure(
    config: &ProviderModel,
    host: &Host,
    environment: &dyn Environment,
    diagnostics: &mut Diagnostics,
) -> Option<Cloud> {
    let unknown = unknown_arguments(config);
    if !unknown.is_empty() {
        return Some(Cloud::not_yet(Diagnostic::error(
            "The provider block is not complete yet",
            format!(
                "The cloud is needed now, but values in the provider block are known only after apply: {}. \
                     Apply what they come from first (with -target), or give values that are known in the plan.",
                unknown.join(", ")
            ),
        )));
    }
    match client(config, host, environment) {
        Ok(client) => Some(Cloud::new(client)),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

fn unknown_arguments(config: &ProviderModel) -> Vec<&'static str> {
    let endpoints_unknown = config.endpoints.is_unknown()
        || config
            .endpoints
            .known()
            .into_iter()
            .flatten()
            .any(|it| it.ecs.is_unknown() || it.sts.is_unknown());
    [
        ("region", config.region.is_unknown()),
        ("access_key", config.access_key.is_unknown()),
        ("secret_key", config.secret_key.is_unknown()),
        ("security_token", config.security_token.is_unknown()),
        ("protocol", config.protocol.is_unknown()),
        ("client_connect_timeout", config.client_connect_timeout.is_unknown()),
        ("client_read_timeout", config.client_read_timeout.is_unknown()),
        ("endpoints", endpoints_unknown),
    ]
    .into_iter()
    .filter_map(|(name, unknown)| unknown.then_some(name))
    .collect()
}

fn client(config: &ProviderModel, host: &Host, environment: &dyn Environment) -> Result<Client, Diagnostic> {
    let region =
        REGION.find(&config.region, environment).map_or_else(|| DEFAULT_REGION.to_owned(), |it| it.0);
    let endpoints = config.endpoints.known().and_then(BTreeSet::first).cloned().unwrap_or_default();
    let timeout = |argument: &Argument, value: &Attr<Number>| {
        let text: Attr<String> = value.known().map(ToString::to_string).into();
        let Some((text, origin)) = argument.find(&text, environment) else {
            return Ok(Duration::from_millis(DEFAULT_TIMEOUT_MS));
        };
        milliseconds(&text).map_err(|detail| {
            Diagnostic::error("Invalid timeout", format!("{detail} It comes from {origin}."))
                .at(argument.name)
        })
    };
    let scheme = config.protocol.as_str().map_or(Ok(Scheme::Https), scheme);
    Client::new(Config {
        region,
        credentials: credentials(config, environment),
        endpoints: Endpoints {
            ecs: ECS_ENDPOINT.find(&endpoints.ecs, environment).map(|it| it.0),
            sts: STS_ENDPOINT.find(&endpoints.sts, environment).map(|it| it.0),
        },
        scheme: scheme.map_err(|detail| Diagnostic::error("Invalid protocol", detail).at("protocol"))?,
        connect_timeout: timeout(&CONNECT_TIMEOUT, &config.client_connect_timeout)?,
        read_timeout: timeout(&READ_TIMEOUT, &config.client_read_timeout)?,
        user_agent: format!(
            "terraform-provider-alicloud/{} (host {})",
            env!("CARGO_PKG_VERSION"),
            if host.version.is_empty() { "unknown" } else { &host.version }
        ),
    })
    .map_err(|error| match &error {
        ConfigError::Region(_) => Diagnostic::error("Invalid region", error.to_string()).at("region"),
        ConfigError::Endpoint { service, .. } => {
            let name = match service {
                Service::Ecs => ECS_ENDPOINT.name,
                Service::Sts => STS_ENDPOINT.name,
            };
            // Elements of sets cannot be addressed, so the path ends at the block.
            let detail = format!("{error} (endpoints, {name})");
            Diagnostic::error("Invalid endpoint", detail).at_path(Path::root().attribute("endpoints"))
        }
    })
}

fn credentials(config: &ProviderModel, environment: &dyn Environment) -> Arc<dyn ProvideCredentials> {
    let id = ACCESS_KEY.find(&config.access_key, environment);
    let secret = SECRET_KEY.find(&config.secret_key, environment);
    let token = SECURITY_TOKEN.find(&config.security_token, environment);
    if let (Some((id, origin)), Some((secret, _))) = (&id, &secret) {
        let token = token.map(|(token, _)| SecretString::from(token));
        return Arc::new(Static::new(Credentials::new(
            id.as_str(),
            SecretString::from(secret.as_str()),
            token,
            origin.as_str(),
        )));
    }
    let mut looked_at = Vec::new();
    for (argument, found) in [(&ACCESS_KEY, &id), (&SECRET_KEY, &secret)] {
        let result =
            found.as_ref().map_or_else(|| "not set".to_owned(), |(_, origin)| format!("set, from {origin}"));
        looked_at.push(format!("{} ({}): {result}", argument.name, argument.variables.join(", ")));
    }
    Arc::new(Missing::new(looked_at))
}

fn scheme(protocol: &str) -> Result<Scheme, String> {
    match protocol.to_ascii_uppercase().as_str() {
        "HTTPS" | "" => Ok(Scheme::Https),
        "HTTP" => Ok(Scheme::Http),
        _ => Err(format!("protocol is HTTP or HTTPS, not {protocol:?}.")),
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(millis) if (1..=LONGEST_TIMEOUT_MS).contains(&millis) => Ok(Duration::from_millis(millis)),
        _ => Err(format!(
            "A timeout is a whole number of milliseconds from 1 to {LONGEST_TIMEOUT_MS}, not {text:?}."
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::ModelValue;
    use crate::framework::schema::check;

    impl Environment for BTreeMap<&str, &str> {
        fn var(&self, name: &str) -> Option<String> {
            self.get(name).map(|value| (*value).to_owned())
        }
    }

    fn configured(
        config: &ProviderModel,
        environment: &BTreeMap<&str, &str>,
    ) -> (Option<Cloud>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let cloud = configure(config, &Host::default(), environment, &mut diagnostics);
        (cloud, diagnostics)
    }

    #[test]
    fn hosts_accept_the_schema_and_the_model_fits_it() {
        assert_eq!(check(&schema()), Vec::<String>::new());
        assert_eq!(ProviderModel::ty(), schema().ty());
    }

    #[test]
    fn the_block_comes_before_the_environment_and_the_default_last() {
        let region = |config: &ProviderModel, environment: &[(&'static str, &'static str)]| {
            let (cloud, _) = configured(config, &environment.iter().copied().collect());
            cloud.unwrap().client().unwrap().region().to_owned()
        };
        let block = ProviderModel { region: "cn-hangzhou".into(), ..ProviderModel::default() };
        assert_eq!(region(&block, &[("ALICLOUD_REGION", "cn-qingdao")]), "cn-hangzhou");
        let none = ProviderModel::default();
        assert_eq!(region(&none, &[("ALIBABA_CLOUD_REGION", "a-1"), ("ALICLOUD_REGION", "b-1")]), "b-1");
        assert_eq!(region(&none, &[]), "cn-beijing");
    }

    #[test]
    fn an_unknown_argument_fails_only_when_the_cloud_is_needed() {
        let block = ProviderModel { region: Attr::Unknown, ..ProviderModel::default() };
        let (cloud, diagnostics) = configured(&block, &BTreeMap::new());
        assert!(diagnostics.is_empty());
        let error = cloud.unwrap().client().unwrap_err();
        assert_eq!(error.summary, "The provider block is not complete yet");
        assert!(error.detail.contains("known only after apply: region."), "{}", error.detail);
    }

    #[test]
    fn bad_arguments_are_errors_at_their_place() {
        let block = ProviderModel {
            protocol: "gopher".into(),
            client_read_timeout: Attr::Known(Number::from(0_i64)),
            ..ProviderModel::default()
        };
        let mut found = Diagnostics::new();
        validate(&block, &mut found);
        let paths: Vec<String> = found.iter().map(|it| it.path.clone().unwrap().to_string()).collect();
        assert_eq!(paths, ["protocol", "client_read_timeout"]);

        let endpoint = EndpointsModel { ecs: "ftp://x".into(), ..EndpointsModel::default() };
        for (config, environment, summary, path) in [
            (
                ProviderModel { region: "Mars/1".into(), ..ProviderModel::default() },
                ("", ""),
                "Invalid region",
                "region",
            ),
            (
                ProviderModel { endpoints: Attr::Known([endpoint].into()), ..ProviderModel::default() },
                ("", ""),
                "Invalid endpoint",
                "endpoints",
            ),
            (
                ProviderModel::default(),
                ("CLIENT_READ_TIMEOUT", "soon"),
                "Invalid timeout",
                "client_read_timeout",
            ),
        ] {
            let (cloud, found) = configured(&config, &[environment].into());
            assert!(cloud.is_none());
            let one = found.iter().next().unwrap();
            assert_eq!(
                (one.summary.as_str(), one.path.clone().unwrap().to_string().as_str()),
                (summary, path)
            );
        }
    }
}
