//! The provider block, and the client that it makes.

mod arguments;
mod credentials;
mod endpoints;
mod model;
mod regions;
mod roles;
mod schema;
#[cfg(test)]
mod tests;
mod unread;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use self::arguments::{
    ACCESS_KEY, ACCOUNT_ID, Argument, CONFIGURATION_SOURCE, CONNECT_TIMEOUT, ECS_ENDPOINT, InBlock,
    MAX_RETRY_TIMEOUT, Origin, PROFILE, READ_TIMEOUT, REGION, SECRET_KEY, SECURE_TRANSPORT,
    SECURITY_TRANSPORT, SKIP_REGION_VALIDATION, SOURCE_IP, STS_ENDPOINT,
};
use self::endpoints::EndpointsModel;
pub(super) use self::model::ProviderModel;
use super::cloud::{Cloud, Settings};
use crate::alicloud::credentials::{
    Chain, Current, Environment, ProcessEnvironment, Refreshing, StsHost, World, not_text,
};
use crate::alicloud::{
    Client, Clock, Config, ConfigError, Endpoints, Http, Scheme, Service, SystemClock, Transport,
};
use crate::cty::{Number, Path};
use crate::framework::duration::{self, or_default};
use crate::framework::schema::Schema;
use crate::framework::{Attr, Diagnostic, Diagnostics, Host};

/// The region when neither block nor environment name one, as in the official provider.
const DEFAULT_REGION: &str = "cn-beijing";

/// Connect and read timeout when nothing sets them, in milliseconds, as in the official provider.
const DEFAULT_TIMEOUT_MS: u64 = 60_000;

/// The region whose STS host is called, in place of the central host.
const STS_REGION: &str = "ALIBABA_CLOUD_STS_REGION";

/// The kind of endpoints to call: `vpc` for those inside virtual private clouds.
const ENDPOINT_TYPE: &str = "ALIBABA_CLOUD_ENDPOINT_TYPE";

/// Whether services are called by their endpoints inside virtual private clouds.
const VPC: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";

/// Which site the account is of. Key pairs are the same on both.
const ACCOUNT_TYPE: &str = "account_type";

/// An hour: a longer timeout is a mistake of units.
const LONGEST_TIMEOUT_MS: u64 = 3_600_000;

/// A day: a longer time to repeat a call is a mistake of units.
const LONGEST_RETRY_S: u64 = 86_400;

/// Most characters of `configuration_source`, as in the official provider.
const LONGEST_SOURCE: usize = 1024;

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
    for (argument, result) in [
        (SOURCE_IP.name, config.source_ip.as_str().map_or(Ok(()), ip_address)),
        (SECURE_TRANSPORT.name, config.secure_transport.as_str().map_or(Ok(()), true_or_false)),
        (SECURITY_TRANSPORT.name, config.security_transport.as_str().map_or(Ok(()), true_or_false)),
        (ACCOUNT_TYPE, config.account_type.as_str().map_or(Ok(()), account_type)),
    ] {
        if let Err(detail) = result {
            diagnostics.push(Diagnostic::error(format!("Invalid {argument}"), detail).at(argument));
        }
    }
    duration::validate(&config.wait_for_unbind, &Path::root().attribute("wait_for_unbind"), diagnostics);
    if config.configuration_source.as_str().is_some_and(|text| text.chars().count() > LONGEST_SOURCE) {
        let detail = format!("configuration_source has at most {LONGEST_SOURCE} characters.");
        diagnostics
            .push(Diagnostic::error("Invalid configuration source", detail).at(CONFIGURATION_SOURCE.name));
    }
    roles::validate(config, diagnostics);
    credentials::validate(config, diagnostics);
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

/// What the provider is configured in; tests bring their own.
pub(super) struct Surroundings {
    environment: Arc<dyn Environment>,
    /// In place of the network.
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { environment: Arc::new(ProcessEnvironment), transport: None, clock: Arc::new(SystemClock) }
    }
}

/// Makes the client. Values that are known only after apply make one that says so when it is used.
pub(super) fn configure(
    config: &ProviderModel,
    host: &Host,
    surroundings: &Surroundings,
    diagnostics: &mut Diagnostics,
) -> Option<Cloud> {
    let unknown = unknown_arguments(config);
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        let reason = Diagnostic::error(
            "The provider block is not complete yet",
            format!(
                "The cloud is needed now, but values in the provider block are known only after apply: {unknown}. \
                     Apply what they come from first (with -target), or give values that are known in the plan."
            ),
        );
        let short = format!(
            "Values in the provider block are known only after apply: {unknown}.\nApply what they come from first."
        );
        return Some(Cloud::not_yet(reason.caused_by("the provider block is not complete", short)));
    }
    match client(config, host, surroundings) {
        Ok((client, origin)) => {
            warn_of_the_region(config, client.region(), &*surroundings.environment, diagnostics);
            warn_of_two_variables(config, &*surroundings.environment, diagnostics);
            let settings = Settings {
                wait_for_unbind: or_default(&config.wait_for_unbind, Duration::ZERO),
                region_is_default: origin == Origin::Default,
                unread_variables: unread::sentence(&*surroundings.environment),
                plan_time_checks: config.plan_time_checks.known().copied().unwrap_or(true),
                account_id: ACCOUNT_ID
                    .find(&config.account_id, &*surroundings.environment)
                    .map(|(account_id, origin)| (account_id, origin.to_string())),
            };
            Some(Cloud::new(client, settings))
        }
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

/// Warns of two variables for one setting that have different values. Their values are not shown: they may be secret.
fn warn_of_two_variables(
    config: &ProviderModel,
    environment: &dyn Environment,
    diagnostics: &mut Diagnostics,
) {
    let settings: [(&Argument, &dyn InBlock); 4] = [
        (&REGION, &config.region),
        (&PROFILE, &config.profile),
        (&ACCESS_KEY, &config.access_key),
        (&SECRET_KEY, &config.secret_key),
    ];
    let found = settings.into_iter().filter_map(|(argument, value)| {
        let (used, other) = argument.contradiction(value, environment)?;
        Some(format!("\n  - {}: {used} is used, and {other} is not", argument.name))
    });
    let list: String = found.collect();
    if !list.is_empty() {
        diagnostics.push(Diagnostic::warning(
            "Environment variables contradict each other",
            format!(
                "Two variables for one setting have different values:{list}\n\nUnset one of the two, or set the \
                 argument in the provider block."
            ),
        ));
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
        ("profile", config.profile.is_unknown()),
        ("shared_credentials_file", config.shared_credentials_file.is_unknown()),
        ("credentials_uri", config.credentials_uri.is_unknown()),
        ("ecs_role_name", config.ecs_role_name.is_unknown()),
        ("assume_role", roles::assume_role_is_unknown(config)),
        ("assume_role_with_oidc", roles::with_oidc_is_unknown(config)),
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

fn client(
    config: &ProviderModel,
    host: &Host,
    surroundings: &Surroundings,
) -> Result<(Client, Origin), Diagnostic> {
    let environment = &*surroundings.environment;
    all_are_text(config, environment)?;
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
    let nobody = Refreshing::new(Chain::new(Vec::new(), ""), Arc::clone(&surroundings.clock));
    let common = Config {
        region: DEFAULT_REGION.to_owned(),
        region_source: Origin::Default.to_string(),
        credentials: Arc::new(nobody),
        endpoints: Endpoints {
            ecs: endpoint(&ECS_ENDPOINT, of_all(config, |it| &it.ecs)),
            sts: endpoint(&STS_ENDPOINT, of_all(config, |it| &it.sts)),
            sts_region: environment.var(STS_REGION),
            vpc: environment.first_true(&[VPC]).is_some()
                || environment.var(ENDPOINT_TYPE).is_some_and(|it| it.eq_ignore_ascii_case("vpc")),
        },
        scheme: scheme.map_err(|detail| Diagnostic::error("Invalid protocol", detail).at("protocol"))?,
        connect_timeout: timeout(&CONNECT_TIMEOUT, &config.client_connect_timeout)?,
        read_timeout: timeout(&READ_TIMEOUT, &config.client_read_timeout)?,
        most_retry: most_retry(config, environment)?,
        source_ip: checked(&SOURCE_IP, &config.source_ip, environment, ip_address)?,
        secure_transport: match checked(
            &SECURE_TRANSPORT,
            &config.secure_transport,
            environment,
            true_or_false,
        )? {
            None => checked(&SECURITY_TRANSPORT, &config.security_transport, environment, true_or_false)?,
            found => found,
        },
        user_agent: user_agent(config, host, environment),
    };
    let transport = surroundings.transport.clone().unwrap_or_else(|| {
        Arc::new(Http::new(common.connect_timeout, common.read_timeout, &common.user_agent))
    });
    let mut world = World {
        environment: Arc::clone(&surroundings.environment),
        transport,
        clock: Arc::clone(&surroundings.clock),
        config: common,
    };
    let current = Current::default();
    let mut origin = Origin::Default;
    let region = REGION.find(&config.region, environment);
    let profile = match credentials::profile_settings(config, &world, &current) {
        Ok(settings) => settings,
        Err(error) => return Err(credentials::unusable(&error)),
    };
    let of_the_profile = profile.region.map(|region| (region, Origin::Profile(profile.origin.clone())));
    let region = match region.or(of_the_profile) {
        None => credentials::region_beside_a_key(config, &world).map_err(|error| {
            let variables = REGION.variables.join(", ");
            let detail =
                format!("{error} Or set region ({variables}): the access key does not need the file.");
            Diagnostic::error("No region", detail)
        })?,
        found => found,
    };
    if let Some(found) = region {
        (world.config.region, origin) = found;
        world.config.region_source = origin.to_string();
    }
    let credentials = credentials::credentials(config, &world, &current, &profile.sts)?;
    // Without the profile's host first: what is wrong then is not the profile's.
    world
        .client(Arc::clone(&credentials), &StsHost::default())
        .map_err(|error| misplaced(&error, &world, &origin))?;
    let client = world.client(credentials, &profile.sts).map_err(|error| {
        let detail = format!("{error} It comes from {}.", profile.origin);
        Diagnostic::error("Invalid STS host in the profile", detail)
    })?;
    Ok((client, origin))
}

/// What is wrong with region or endpoints, at the argument.
fn misplaced(error: &ConfigError, world: &World, origin: &Origin) -> Diagnostic {
    match error {
        ConfigError::Region(bad) if *bad == world.config.region => {
            Diagnostic::error("Invalid region", format!("{error} It comes from {origin}.")).at("region")
        }
        ConfigError::Region(_) => Diagnostic::error(
            "Invalid STS region",
            format!("{error} It comes from the environment variable {STS_REGION}."),
        ),
        ConfigError::Endpoint { service, .. } => {
            let name = match service {
                Service::Ecs => ECS_ENDPOINT.name,
                Service::Sts => STS_ENDPOINT.name,
            };
            // Elements of sets cannot be addressed, so the path ends at the block.
            let detail = format!("{error} (endpoints, {name})");
            Diagnostic::error("Invalid endpoint", detail).at_path(Path::root().attribute("endpoints"))
        }
    }
}

/// An error if a variable of the settings around the credentials can't be read: nobody knows what it was to say. Those of
/// the credentials matter where their source is the one that is used.
fn all_are_text(config: &ProviderModel, environment: &dyn Environment) -> Result<(), Diagnostic> {
    let host = |given: Vec<&str>| Attr::from(given.first().map(|host| (*host).to_owned()));
    let number = |value: &Attr<Number>| Attr::from(value.known().map(ToString::to_string));
    let settings = [
        (&REGION, config.region.clone()),
        (&ECS_ENDPOINT, host(of_all(config, |it| &it.ecs))),
        (&STS_ENDPOINT, host(of_all(config, |it| &it.sts))),
        (&CONNECT_TIMEOUT, number(&config.client_connect_timeout)),
        (&READ_TIMEOUT, number(&config.client_read_timeout)),
        (&MAX_RETRY_TIMEOUT, number(&config.max_retry_timeout)),
        (&SOURCE_IP, config.source_ip.clone()),
        (&SECURE_TRANSPORT, config.secure_transport.clone()),
        (&SECURITY_TRANSPORT, config.security_transport.clone()),
    ];
    let of_arguments = settings.iter().find_map(|(argument, value)| argument.garbled(value, environment));
    let others =
        [STS_REGION, VPC, ENDPOINT_TYPE].into_iter().find(|variable| environment.is_garbled(variable));
    match of_arguments.or(others) {
        None => Ok(()),
        Some(variable) => {
            let (why, fix) = not_text(variable);
            Err(Diagnostic::error("Unreadable environment variable", format!("{why} {fix}")))
        }
    }
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

/// The argument's value, or what is wrong with it and where it comes from.
fn checked(
    argument: &Argument,
    configured: &Attr<String>,
    environment: &dyn Environment,
    check: fn(&str) -> Result<(), String>,
) -> Result<Option<String>, Diagnostic> {
    let Some((text, origin)) = argument.find(configured, environment) else { return Ok(None) };
    match check(&text) {
        Ok(()) => Ok(Some(text)),
        Err(why) => {
            let summary = format!("Invalid {}", argument.name);
            Err(Diagnostic::error(summary, format!("{why} It comes from {origin}.")).at(argument.name))
        }
    }
}

fn ip_address(text: &str) -> Result<(), String> {
    if text.is_empty() || text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    Err(format!("source_ip is one IP address, such as 192.0.2.1; {text:?} is not an IP address."))
}

fn true_or_false(text: &str) -> Result<(), String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "true" | "false" => Ok(()),
        _ => Err(format!("The value must be \"true\" or \"false\", not {text:?}.")),
    }
}

fn account_type(text: &str) -> Result<(), String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "domestic" | "international" => Ok(()),
        _ => Err(format!("account_type must be Domestic or International, not {text:?}.")),
    }
}
