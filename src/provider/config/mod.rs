//! The provider block, and the client that it makes.

mod endpoints;
mod model;
mod regions;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use self::endpoints::EndpointsModel;
pub(super) use self::model::ProviderModel;
use super::cloud::{Cloud, Settings};
use super::environment::Environment;
use crate::alicloud::credentials::{Credentials, Missing, ProvideCredentials, Static};
use crate::alicloud::{Client, Config, ConfigError, Endpoints, Scheme, Service};
use crate::cty::{Number, Path};
use crate::framework::duration::{self, or_default};
use crate::framework::schema::Schema;
use crate::framework::{Attr, Diagnostic, Diagnostics, Host};

/// The region when neither block nor environment name one, as in the official provider.
const DEFAULT_REGION: &str = "cn-beijing";

/// Connect and read timeout when nothing sets them, in milliseconds, as in the official provider.
const DEFAULT_TIMEOUT_MS: u64 = 60_000;

/// An hour: a longer timeout is a mistake of units.
const LONGEST_TIMEOUT_MS: u64 = 3_600_000;

/// A day: a longer time to repeat a call is a mistake of units.
const LONGEST_RETRY_S: u64 = 86_400;

/// Most characters of `configuration_source`, as in the official provider.
const LONGEST_SOURCE: usize = 1024;

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
const MAX_RETRY_TIMEOUT: Argument = Argument { name: "max_retry_timeout", variables: &["MAX_RETRY_TIMEOUT"] };
const SOURCE_IP: Argument =
    Argument { name: "source_ip", variables: &["ALICLOUD_SOURCE_IP", "ALIBABA_CLOUD_SOURCE_IP"] };
const SECURE_TRANSPORT: Argument = Argument {
    name: "secure_transport",
    variables: &["ALICLOUD_SECURE_TRANSPORT", "ALIBABA_CLOUD_SECURE_TRANSPORT"],
};
const SECURITY_TRANSPORT: Argument = Argument {
    name: "security_transport",
    variables: &["ALICLOUD_SECURITY_TRANSPORT", "ALIBABA_CLOUD_SECURITY_TRANSPORT"],
};
const CONFIGURATION_SOURCE: Argument =
    Argument { name: "configuration_source", variables: &["TF_APPEND_USER_AGENT"] };
const SKIP_REGION_VALIDATION: Argument =
    Argument { name: "skip_region_validation", variables: &["ALICLOUD_SKIP_REGION_VALIDATION"] };
const PROFILE: Argument =
    Argument { name: "profile", variables: &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"] };
const CREDENTIALS_FILE: Argument = Argument {
    name: "shared_credentials_file",
    variables: &["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE"],
};
const CREDENTIALS_URI: Argument = Argument {
    name: "credentials_uri",
    variables: &["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"],
};
const ECS_ROLE_NAME: Argument =
    Argument { name: "ecs_role_name", variables: &["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"] };
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
    schema::schema()
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
    if let Some(Err(detail)) = config.max_retry_timeout.known().map(|value| seconds(&value.to_string())) {
        diagnostics.push(Diagnostic::error("Invalid timeout", detail).at(MAX_RETRY_TIMEOUT.name));
    }
    duration::validate(&config.wait_for_unbind, &Path::root().attribute("wait_for_unbind"), diagnostics);
    if config.configuration_source.as_str().is_some_and(|text| text.chars().count() > LONGEST_SOURCE) {
        let detail = format!("configuration_source has at most {LONGEST_SOURCE} characters.");
        diagnostics
            .push(Diagnostic::error("Invalid configuration source", detail).at(CONFIGURATION_SOURCE.name));
    }
    for (service, given) in [("ecs", of_all(config, |it| &it.ecs)), ("sts", of_all(config, |it| &it.sts))] {
        if let [one, other, ..] = given.as_slice() {
            let detail = format!(
                "The endpoints blocks give two hosts for {service}, {one:?} and {other:?}, and only one can hold."
            );
            diagnostics.push(Diagnostic::error("Two endpoints for one service", detail).at("endpoints"));
        }
    }
}

/// The different hosts that the `endpoints` blocks give for a service.
fn of_all<'a>(
    config: &'a ProviderModel,
    service: impl Fn(&'a EndpointsModel) -> &'a Attr<String>,
) -> Vec<&'a str> {
    let blocks = config.endpoints.known().into_iter().flatten();
    let mut given: Vec<&str> =
        blocks.filter_map(|block| service(block).as_str()).filter(|host| !host.is_empty()).collect();
    given.dedup();
    given
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
        Ok(client) => {
            warn_of_the_region(config, client.region(), environment, diagnostics);
            let settings = Settings {
                wait_for_unbind: or_default(&config.wait_for_unbind, Duration::ZERO),
                plan_time_checks: config.plan_time_checks.known().copied().unwrap_or(true),
            };
            Some(Cloud::new(client, settings))
        }
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

/// Regions are checked against a table, without a call; a new one is no error.
fn warn_of_the_region(
    config: &ProviderModel,
    region: &str,
    environment: &dyn Environment,
    diagnostics: &mut Diagnostics,
) {
    let configured: Attr<String> = config.skip_region_validation.known().map(ToString::to_string).into();
    let skip = SKIP_REGION_VALIDATION.find(&configured, environment);
    let skip = skip.is_some_and(|(text, _)| matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "t"));
    if skip || regions::is_known(region) {
        return;
    }
    let like =
        regions::most_like(region).map_or_else(String::new, |like| format!(" Perhaps {like} is meant."));
    diagnostics.push(
        Diagnostic::warning(
            format!("The region {region:?} is not known"),
            format!(
                "It is not among the regions that this version of the provider knows.{like} If it is right, set \
                 skip_region_validation = true to silence this; the endpoint of an unusual region may also have to \
                 be given."
            ),
        )
        .at("region"),
    );
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
        ("source_ip", config.source_ip.is_unknown()),
        ("secure_transport", config.secure_transport.is_unknown()),
        ("security_transport", config.security_transport.is_unknown()),
        ("max_retry_timeout", config.max_retry_timeout.is_unknown()),
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
    let endpoint = |argument: &Argument, given: Vec<&str>| {
        let given: Attr<String> = given.first().map(|host| (*host).to_owned()).into();
        argument.find(&given, environment).map(|it| it.0)
    };
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
            ecs: endpoint(&ECS_ENDPOINT, of_all(config, |it| &it.ecs)),
            sts: endpoint(&STS_ENDPOINT, of_all(config, |it| &it.sts)),
        },
        scheme: scheme.map_err(|detail| Diagnostic::error("Invalid protocol", detail).at("protocol"))?,
        connect_timeout: timeout(&CONNECT_TIMEOUT, &config.client_connect_timeout)?,
        read_timeout: timeout(&READ_TIMEOUT, &config.client_read_timeout)?,
        most_retry: most_retry(config, environment)?,
        source_ip: SOURCE_IP.find(&config.source_ip, environment).map(|it| it.0),
        secure_transport: SECURE_TRANSPORT
            .find(&config.secure_transport, environment)
            .or_else(|| SECURITY_TRANSPORT.find(&config.security_transport, environment))
            .map(|it| it.0),
        user_agent: user_agent(config, host, environment),
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

fn most_retry(config: &ProviderModel, environment: &dyn Environment) -> Result<Option<Duration>, Diagnostic> {
    let configured: Attr<String> = config.max_retry_timeout.known().map(ToString::to_string).into();
    let Some((text, origin)) = MAX_RETRY_TIMEOUT.find(&configured, environment) else { return Ok(None) };
    let most = seconds(&text).map_err(|detail| {
        Diagnostic::error("Invalid timeout", format!("{detail} It comes from {origin}."))
            .at(MAX_RETRY_TIMEOUT.name)
    })?;
    Ok(Some(most).filter(|most| !most.is_zero()))
}

fn user_agent(config: &ProviderModel, host: &Host, environment: &dyn Environment) -> String {
    let version = if host.version.is_empty() { "unknown" } else { &host.version };
    let mut text = format!("terraform-provider-alicloud/{} (host {version})", env!("CARGO_PKG_VERSION"));
    if let Some((source, _)) = CONFIGURATION_SOURCE.find(&config.configuration_source, environment) {
        text.push(' ');
        text.extend(source.chars().take(LONGEST_SOURCE));
    }
    text
}

fn credentials(config: &ProviderModel, environment: &dyn Environment) -> Arc<dyn ProvideCredentials> {
    let id = ACCESS_KEY.find(&config.access_key, environment);
    let secret = SECRET_KEY.find(&config.secret_key, environment);
    let token = SECURITY_TOKEN.find(&config.security_token, environment);
    // A role that is to be taken on must not be passed over: without it, the key acts in another place.
    let takes_a_role = ["assume_role", "assume_role_with_oidc"]
        .into_iter()
        .zip([is_set(&config.assume_role), is_set(&config.assume_role_with_oidc)])
        .filter_map(|(name, set)| set.then_some(name));
    let mut unsupported: Vec<String> = takes_a_role.map(not_supported).collect();
    if let (Some((id, origin)), Some((secret, _)), true) = (&id, &secret, unsupported.is_empty()) {
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
    for (argument, value) in [
        (&PROFILE, &config.profile),
        (&CREDENTIALS_FILE, &config.shared_credentials_file),
        (&CREDENTIALS_URI, &config.credentials_uri),
        (&ECS_ROLE_NAME, &config.ecs_role_name),
    ] {
        if argument.find(value, environment).is_some() {
            unsupported.push(not_supported(argument.name));
        }
    }
    looked_at.extend(unsupported);
    Arc::new(Missing::new(looked_at))
}

/// Whether the configuration has a block of this kind, even one that is not wholly known.
fn is_set<T>(blocks: &Attr<impl IntoIterator<Item = T> + Clone>) -> bool {
    match blocks {
        Attr::Null => false,
        Attr::Unknown => true,
        Attr::Known(blocks) => blocks.clone().into_iter().next().is_some(),
    }
}

fn not_supported(source: &str) -> String {
    format!("{source}: set, but this version of the provider does not support this source of credentials yet")
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

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds) if seconds <= LONGEST_RETRY_S => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("The time is a whole number of seconds from 0 to {LONGEST_RETRY_S}, not {text:?}.")),
    }
}
