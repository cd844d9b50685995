//! Which events are logged, and under which module's name.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;

use crate::plugin::environment::Lookup;

/// The crates below the provider that log for themselves, at length and with what they send.
const LIBRARIES: [&str; 17] = [
    "h2",
    "hyper",
    "hyper_util",
    "log",
    "mio",
    "quinn",
    "quinn_proto",
    "quinn_udp",
    "reqwest",
    "runtime",
    "rustls",
    "rustls_platform_verifier",
    "tokio",
    "tokio_rustls",
    "tokio_util",
    "tonic",
    "tower",
];

/// The part of the provider that an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    Provider,
    Sdk,
    SdkProto,
    SdkPlugin,
}

impl Module {
    /// The module of a target. What is not a library's counts as the provider's: its crate may have any name.
    pub(super) fn of(target: &str) -> Option<Self> {
        match target {
            "provider" => return Some(Self::Provider),
            "sdk" => return Some(Self::Sdk),
            "sdk.proto" => return Some(Self::SdkProto),
            _ => {}
        }
        let mut path = target.split("::");
        let krate = path.next().unwrap_or_default();
        if LIBRARIES.contains(&krate) {
            return None;
        }
        if krate != env!("CARGO_CRATE_NAME") {
            return Some(Self::Provider);
        }
        Some(match path.next() {
            Some("plugin") => Self::SdkPlugin,
            Some("framework" | "cty") => Self::Sdk,
            _ => Self::Provider,
        })
    }

    /// As in `@module`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Sdk => "sdk",
            Self::SdkProto => "sdk.proto",
            Self::SdkPlugin => "sdk.plugin",
        }
    }
}

/// The most detailed level of each module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Levels {
    provider: LevelFilter,
    sdk: LevelFilter,
    proto: LevelFilter,
}

impl Levels {
    /// Reads the variables that Terraform's own providers read.
    pub(super) fn read(name: &str, lookup: Lookup<'_>) -> Self {
        let level = |variable: &str| {
            lookup(variable).filter(|value| !value.is_empty()).map(|value| parse(&value.to_string_lossy()))
        };
        let host = level("TF_LOG_PROVIDER").or_else(|| level("TF_LOG")).unwrap_or(LevelFilter::OFF);
        let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase().replace('-', "_"));
        let sdk = level("TF_LOG_SDK").unwrap_or(host);
        Self { provider: level(&own).unwrap_or(host), sdk, proto: level("TF_LOG_SDK_PROTO").unwrap_or(sdk) }
    }

    pub(super) fn all_off(self) -> bool {
        [self.provider, self.sdk, self.proto].iter().all(|level| *level == LevelFilter::OFF)
    }

    /// Whether an event or a span of this kind is of interest. Spans always are: an error must have the fields of the
    /// spans around it, whatever their level.
    pub(super) fn allow(self, metadata: &Metadata<'_>) -> bool {
        let Some(module) = Module::of(metadata.target()) else { return false };
        metadata.is_span() || *metadata.level() <= self.of(module)
    }

    fn of(self, module: Module) -> LevelFilter {
        match module {
            Module::Provider => self.provider,
            Module::Sdk | Module::SdkPlugin => self.sdk,
            Module::SdkProto => self.proto,
        }
    }
}

/// Hosts take any other word, such as `1` or `JSON`, for the most detailed level.
fn parse(level: &str) -> LevelFilter {
    match level.trim().to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        for (target, module) in [
            ("provider", Some("provider")),
            ("sdk", Some("sdk")),
            ("sdk.proto", Some("sdk.proto")),
            ("alicloud_provider", Some("provider")),
            ("alicloud_provider::alicloud::retry", Some("provider")),
            ("alicloud_provider::framework::server", Some("sdk")),
            ("alicloud_provider::frameworks", Some("provider")),
            ("alicloud_provider::cty", Some("sdk")),
            ("alicloud_provider::plugin::connection", Some("sdk.plugin")),
            ("h2::codec", None),
            ("hyper_util::client", None),
            ("tonic", None),
            ("alicloud_provider_like", Some("provider")),
            ("files::client", Some("provider")),
            ("planning", Some("provider")),
        ] {
            assert_eq!(Module::of(target).map(Module::name), module, "{target}");
        }
    }

    #[test]
    fn variables() {
        let read = |variables: &[(&str, &str)]| {
            let levels = Levels::read("ali-cloud", &|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
            });
            [levels.provider, levels.sdk, levels.proto].map(|level| level.to_string())
        };
        for (variables, levels) in [
            (&[][..], ["off", "off", "off"]),
            (&[("TF_LOG", "")], ["off", "off", "off"]),
            (&[("TF_LOG", "Info")], ["info", "info", "info"]),
            (&[("TF_LOG", "JSON")], ["trace", "trace", "trace"]),
            (&[("TF_LOG", "off")], ["off", "off", "off"]),
            (&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "warn")], ["warn", "warn", "warn"]),
            (&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER_ALI_CLOUD", "error")], ["error", "trace", "trace"]),
            (&[("TF_LOG", "warn"), ("TF_LOG_SDK", "debug")], ["warn", "debug", "debug"]),
            (&[("TF_LOG_SDK_PROTO", "1")], ["off", "off", "trace"]),
            (&[("TF_LOG_SDK", "info"), ("TF_LOG_SDK_PROTO", "OFF")], ["off", "info", "off"]),
        ] {
            assert_eq!(read(variables), levels, "{variables:?}");
        }
    }
}
