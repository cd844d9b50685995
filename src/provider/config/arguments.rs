//! The arguments that fall back to environment variables.

use std::fmt;

use secrecy::SecretString;

use crate::alicloud::credentials::Environment;
use crate::framework::{Attr, Secret};

/// An argument that falls back to environment variables.
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) variables: &'static [&'static str],
}

pub(super) const REGION: Argument = Argument {
    name: "region",
    variables: &[
        "ALICLOUD_REGION",
        "ALIBABA_CLOUD_REGION",
        "ALIBABA_CLOUD_REGION_ID",
        "ALIBABACLOUD_REGION_ID",
        "ALICLOUD_REGION_ID",
        "REGION_ID",
    ],
};
pub(super) const ACCESS_KEY: Argument = Argument {
    name: "access_key",
    variables: &[
        "ALICLOUD_ACCESS_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_ACCESS_KEY_ID",
        "ALICLOUD_ACCESS_KEY_ID",
    ],
};
pub(super) const SECRET_KEY: Argument = Argument {
    name: "secret_key",
    variables: &[
        "ALICLOUD_SECRET_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABACLOUD_ACCESS_KEY_SECRET",
        "ALICLOUD_ACCESS_KEY_SECRET",
    ],
};
/// The names without a prefix, which count last and only as a pair.
pub(super) const BARE_ACCESS_KEY: Argument = Argument { name: "access_key", variables: &["ACCESS_KEY_ID"] };
pub(super) const BARE_SECRET_KEY: Argument =
    Argument { name: "secret_key", variables: &["ACCESS_KEY_SECRET"] };
pub(super) const SECURITY_TOKEN: Argument = Argument {
    name: "security_token",
    variables: &["ALICLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN"],
};
pub(super) const CONNECT_TIMEOUT: Argument =
    Argument { name: "client_connect_timeout", variables: &["CLIENT_CONNECT_TIMEOUT"] };
pub(super) const READ_TIMEOUT: Argument =
    Argument { name: "client_read_timeout", variables: &["CLIENT_READ_TIMEOUT"] };
pub(super) const MAX_RETRY_TIMEOUT: Argument =
    Argument { name: "max_retry_timeout", variables: &["MAX_RETRY_TIMEOUT"] };
pub(super) const SOURCE_IP: Argument =
    Argument { name: "source_ip", variables: &["ALICLOUD_SOURCE_IP", "ALIBABA_CLOUD_SOURCE_IP"] };
pub(super) const SECURE_TRANSPORT: Argument = Argument {
    name: "secure_transport",
    variables: &["ALICLOUD_SECURE_TRANSPORT", "ALIBABA_CLOUD_SECURE_TRANSPORT"],
};
pub(super) const SECURITY_TRANSPORT: Argument = Argument {
    name: "security_transport",
    variables: &["ALICLOUD_SECURITY_TRANSPORT", "ALIBABA_CLOUD_SECURITY_TRANSPORT"],
};
pub(super) const CONFIGURATION_SOURCE: Argument =
    Argument { name: "configuration_source", variables: &["TF_APPEND_USER_AGENT"] };
pub(super) const SKIP_REGION_VALIDATION: Argument =
    Argument { name: "skip_region_validation", variables: &["ALICLOUD_SKIP_REGION_VALIDATION"] };
pub(super) const PROFILE: Argument = Argument {
    name: "profile",
    variables: &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALIBABACLOUD_PROFILE"],
};
pub(super) const CREDENTIALS_FILE: Argument = Argument {
    name: "shared_credentials_file",
    variables: &["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE"],
};
pub(super) const CREDENTIALS_URI: Argument = Argument {
    name: "credentials_uri",
    variables: &["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"],
};
pub(super) const ECS_ROLE_NAME: Argument =
    Argument { name: "ecs_role_name", variables: &["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"] };
pub(super) const ACCOUNT_ID: Argument =
    Argument { name: "account_id", variables: &["ALICLOUD_ACCOUNT_ID", "ALIBABA_CLOUD_ACCOUNT_ID"] };
pub(super) const ECS_ENDPOINT: Argument =
    Argument { name: "ecs", variables: &["ALIBABA_CLOUD_ENDPOINT_ECS", "ECS_ENDPOINT"] };
pub(super) const STS_ENDPOINT: Argument = Argument {
    name: "sts",
    variables: &["ALIBABA_CLOUD_ENDPOINT_STS", "STS_ENDPOINT", "ALIBABA_CLOUD_STS_ENDPOINT"],
};

/// Where a value was found; its text completes "from …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The provider block.
    Block,
    /// An environment variable.
    Variable(&'static str),
    /// A profile, or the role of its credentials.
    Profile(String),
    /// Nothing sets it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block => f.write_str("the provider block"),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Profile(origin) => f.write_str(origin),
            Self::Default => f.write_str("the default: no region is configured"),
        }
    }
}

/// What the provider block has for an argument.
pub(super) trait InBlock {
    /// Whether it is known, and not empty.
    fn says_something(&self) -> bool;
}

impl InBlock for Attr<String> {
    fn says_something(&self) -> bool {
        self.as_str().is_some_and(|value| !value.is_empty())
    }
}

impl InBlock for Attr<Secret> {
    fn says_something(&self) -> bool {
        self.non_empty().is_some()
    }
}

impl Argument {
    /// The value, and where it was found.
    pub(super) fn find(
        &self,
        configured: &Attr<String>,
        environment: &dyn Environment,
    ) -> Option<(String, Origin)> {
        if let Some(value) = configured.as_str().filter(|value| !value.is_empty()) {
            return Some((value.to_owned(), Origin::Block));
        }
        self.in_environment(environment)
    }

    /// The same of a secret.
    pub(super) fn find_secret(
        &self,
        configured: &Attr<Secret>,
        environment: &dyn Environment,
    ) -> Option<(SecretString, Origin)> {
        if let Some(value) = configured.non_empty() {
            return Some((value.as_secret().clone(), Origin::Block));
        }
        self.in_environment(environment).map(|(value, origin)| (value.into(), origin))
    }

    fn in_environment(&self, environment: &dyn Environment) -> Option<(String, Origin)> {
        let (name, value) = environment.first(self.variables)?;
        Some((value, Origin::Variable(name)))
    }

    /// The variable that is used, and one after it that has another value.
    pub(super) fn contradiction(
        &self,
        configured: &dyn InBlock,
        environment: &dyn Environment,
    ) -> Option<(&'static str, &'static str)> {
        if configured.says_something() {
            return None;
        }
        let (used, value) = environment.first(self.variables)?;
        // What has no prefix may be another program's.
        let ours = self.variables.iter().filter(|name| name.starts_with("ALI"));
        let other = ours
            .copied()
            .find(|name| environment.var(name).is_some_and(|it| !it.is_empty() && it != value))?;
        Some((used, other))
    }

    /// The variable that sets it to something that is not text, and so can't be read.
    pub(super) fn garbled(
        &self,
        configured: &dyn InBlock,
        environment: &dyn Environment,
    ) -> Option<&'static str> {
        if configured.says_something() { None } else { environment.first_garbled(self.variables) }
    }
}
