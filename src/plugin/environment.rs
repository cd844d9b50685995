//! What the host says through environment variables.

use std::ffi::OsString;
use std::path::PathBuf;

use super::PROTOCOL_VERSION;
use super::error::StartError;

/// Set by every host of Terraform plugins. It keeps people from running a plugin by mistake and is no secret.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// Looks a variable up; tests give a table in place of the process's environment.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Where and how the host wants to be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostRequest {
    /// The host's certificate (PEM). It is there if, and only if, the host wants mutual TLS.
    pub(super) client_certificate: Option<String>,
    /// The host offered the version that is served.
    pub(super) version_offered: bool,
    /// The host expects the seventh field of the handshake line.
    pub(super) multiplex_asked: bool,
    /// Where to listen.
    pub(super) placement: Placement,
}

/// Where to listen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Placement {
    /// The directory of the unix socket; the system's temporary directory if unset.
    pub(super) socket_directory: Option<PathBuf>,
    /// The group, by number or name, that may also use the unix socket.
    pub(super) socket_group: Option<String>,
    /// The inclusive range of TCP ports; `0..=0` lets the system choose.
    pub(super) ports: (u16, u16),
}

impl HostRequest {
    /// Reads the variables of a host, after its cookie.
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, StartError> {
        if lookup(COOKIE.0).is_none_or(|value| value != COOKIE.1) {
            return Err(StartError::NotAHost);
        }
        let client_certificate = match lookup("PLUGIN_CLIENT_CERT").filter(|value| !value.is_empty()) {
            None => None,
            Some(value) => Some(
                value
                    .into_string()
                    .map_err(|_| StartError::ClientCertificate("it is not text".to_owned()))?,
            ),
        };
        let versions = lookup("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
        Ok(Self {
            client_certificate,
            version_offered: offers(&versions.to_string_lossy()),
            multiplex_asked: lookup("PLUGIN_MULTIPLEX_GRPC").is_some_and(|value| !value.is_empty()),
            placement: Placement::read(lookup)?,
        })
    }
}

impl Placement {
    /// Reads where to listen; hosts and people may set it.
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, StartError> {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        let port = |name: &'static str| match set(name) {
            None => Ok(0),
            Some(value) => {
                value.to_str().and_then(|text| text.trim().parse().ok()).ok_or_else(|| StartError::Variable {
                    name,
                    expected: "a port number from 0 to 65535",
                    value: value.to_string_lossy().into_owned(),
                })
            }
        };
        let ports = (port("PLUGIN_MIN_PORT")?, port("PLUGIN_MAX_PORT")?);
        if ports.0 > ports.1 {
            return Err(StartError::Variable {
                name: "PLUGIN_MAX_PORT",
                expected: "at least PLUGIN_MIN_PORT",
                value: ports.1.to_string(),
            });
        }
        Ok(Self {
            socket_directory: set("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: set("PLUGIN_UNIX_SOCKET_GROUP").map(|value| value.to_string_lossy().into_owned()),
            ports,
        })
    }
}

/// Whether a list such as `5,6` holds the served version. What is not a number is skipped.
fn offers(versions: &str) -> bool {
    versions.split(',').any(|version| version.trim().parse() == Ok(PROTOCOL_VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<HostRequest, StartError> {
        HostRequest::read(&|name| {
            variables.iter().chain([&COOKIE]).find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_cookie_comes_first() {
        for cookie in [None, Some(""), Some("d602"), Some(" ")] {
            let answer = HostRequest::read(&|name| match name {
                "TF_PLUGIN_MAGIC_COOKIE" => cookie.map(Into::into),
                _ => Some("nonsense".into()),
            });
            assert!(matches!(answer, Err(StartError::NotAHost)), "{cookie:?}");
        }
    }

    #[test]
    fn versions_may_come_in_any_order_with_anything_between() {
        for (versions, offered) in [
            ("6", true),
            ("5,6", true),
            ("6,5", true),
            ("x,6", true),
            (" 6 ,", true),
            ("", false),
            ("5", false),
            ("66", false),
        ] {
            let request = read(&[("PLUGIN_PROTOCOL_VERSIONS", versions)]).unwrap();
            assert_eq!(request.version_offered, offered, "{versions:?}");
        }
    }

    #[test]
    fn ports_are_a_range() {
        let ports =
            |min, max| read(&[("PLUGIN_MIN_PORT", min), ("PLUGIN_MAX_PORT", max)]).map(|r| r.placement.ports);
        assert_eq!(ports("", "").unwrap(), (0, 0));
        assert_eq!(ports("10000", "25000").unwrap(), (10000, 25000));
        for (min, max) in [("10", "9"), ("-1", "5"), ("1", "65536"), ("ten", "20"), ("5", "")] {
            assert!(matches!(ports(min, max), Err(StartError::Variable { .. })), "{min} {max}");
        }
    }

    #[test]
    fn empty_means_unset() {
        let names = [
            "PLUGIN_CLIENT_CERT",
            "PLUGIN_MULTIPLEX_GRPC",
            "PLUGIN_UNIX_SOCKET_DIR",
            "PLUGIN_UNIX_SOCKET_GROUP",
        ];
        let request = read(&names.map(|name| (name, ""))).unwrap();
        assert_eq!(request, read(&[]).unwrap());
        assert_eq!(request.client_certificate, None);
        assert!(!request.multiplex_asked);
        let request = read(&names.map(|name| (name, "x"))).unwrap();
        assert_eq!(request.client_certificate.as_deref(), Some("x"));
        assert!(request.multiplex_asked);
        assert_eq!(request.placement.socket_directory, Some("x".into()));
        assert_eq!(request.placement.socket_group.as_deref(), Some("x"));
    }
}
