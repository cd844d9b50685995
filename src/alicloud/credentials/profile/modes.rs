//! From a profile to the source that its mode stands for.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::{ProfileFile, ini};
use crate::alicloud::credentials::assume_role::SESSION_SECONDS;
use crate::alicloud::credentials::external::{self, External};
use crate::alicloud::credentials::logins::{self, Given, Login};
use crate::alicloud::credentials::secret_json::SecretObject;
use crate::alicloud::credentials::source::{NotLoaded, Source};
use crate::alicloud::credentials::world::{StsHost, World};
use crate::alicloud::credentials::{
    AssumeRole, Credentials, CredentialsUri, EcsMetadata, Oidc, OidcRole, OidcToken, ProvideCredentials,
    Role, Static, stray,
};
use crate::alicloud::json;
use crate::alicloud::sts::Session;

/// The modes, as messages name them. The command line tool takes them in upper and lower case alike.
const MODES: [&str; 11] = [
    "AK",
    "StsToken",
    "RamRoleArn",
    "EcsRamRole",
    "RamRoleArnWithRoleName",
    "ChainableRamRoleArn",
    "OIDC",
    "CredentialsURI",
    "External",
    "CloudSSO",
    "OAuth",
];

/// The mode that this text names, in its usual spelling.
pub(super) fn known(mode: &str) -> Option<&'static str> {
    MODES.into_iter().find(|known| known.eq_ignore_ascii_case(mode.trim()))
}

/// Most profiles that stand on each other.
const DEEPEST: usize = 10;

/// What a session is called when the profile doesn't say.
const SESSION_NAME: &str = "terraform";

/// One profile being read.
pub(super) struct Reading<'a> {
    world: &'a World,
    file: &'a ProfileFile,
    profile: &'a SecretObject,
    name: &'a str,
    given: &'a Given,
    /// The profiles that led here, the first one first.
    trail: Vec<String>,
}

impl<'a> Reading<'a> {
    /// The profile of this name.
    pub(super) fn new(
        world: &'a World,
        file: &'a ProfileFile,
        name: &'a str,
        given: &'a Given,
    ) -> Result<Self, NotLoaded> {
        let profile = file.profile(name).ok_or_else(|| super::lacking(name, std::slice::from_ref(file)))?;
        Ok(Self { world, file, profile, name, given, trail: Vec::new() })
    }

    /// Whether nothing was ever filled in, as in the file that the command line tool begins with.
    pub(super) fn is_blank(&self) -> bool {
        let is_ak = matches!(self.text("mode").as_deref(), None | Some("AK"));
        is_ak && self.text("access_key_id").is_none() && self.text("access_key_secret").is_none()
    }

    /// The source that the profile's mode stands for.
    pub(super) fn source(&self) -> Result<Box<dyn Source>, NotLoaded> {
        let mode = self.text("mode").unwrap_or_else(|| "AK".to_owned());
        Ok(match mode.as_str() {
            _ if self.file.is_ini() && !ini::has_type_for(&mode) => return Err(self.unknown(&mode)),
            "AK" => Box::new(Static::new(self.key(false)?)),
            "StsToken" => Box::new(Static::new(self.key(true)?)),
            "RamRoleArn" => {
                let key = self.key(false)?;
                self.assume(Arc::new(Static::new(key)))?
            }
            "EcsRamRole" => Box::new(EcsMetadata::new(self.world, self.text("ram_role_name"))),
            "RamRoleArnWithRoleName" => {
                let instance = EcsMetadata::new(self.world, Some(self.required("ram_role_name")?));
                self.assume(Arc::new(self.world.keep(self.origin(), instance)))?
            }
            "OIDC" => {
                let role = OidcRole {
                    session: self.session()?,
                    provider_arn: self.required("oidc_provider_arn")?,
                    token: OidcToken::File(
                        self.world.environment.expand_home(&self.required("oidc_token_file")?),
                    ),
                    host: self.sts_host(),
                };
                Box::new(Oidc::new(self.world, role)?)
            }
            "CredentialsURI" => {
                if let Some((why, fix)) = external::forbidden(&*self.world.environment) {
                    return Err(
                        self.failed(&format!("has a credentials_uri that may not be asked: {why}"), fix)
                    );
                }
                let uri = Zeroizing::new(self.required("credentials_uri")?);
                Box::new(CredentialsUri::new(self.world, &uri)?)
            }
            "ChainableRamRoleArn" => self.assume(self.source_profile()?)?,
            "External" => {
                let command = SecretString::from(self.required("process_command")?);
                Box::new(External::new(self.world, command, self.origin()))
            }
            "CloudSSO" => Box::new(self.login(logins::Mode::CloudSso)),
            "OAuth" => Box::new(self.login(logins::Mode::Oauth)),
            _ => return Err(self.unknown(&mode)),
        })
    }

    fn unknown(&self, mode: &str) -> NotLoaded {
        let [modes @ .., last] = MODES;
        let known = format!("Known are {} and {last}.", modes.join(", "));
        let (what, known) = if self.file.is_ini() {
            ("type", "Known are access_key, ram_role_arn, ecs_ram_role and oidc_role_arn.")
        } else {
            ("mode", known.as_str())
        };
        self.failed(&format!("has the {what} {mode:?}, which is not known"), known)
    }

    /// A field that is not empty.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        json::non_empty_text(self.profile, field)
    }

    fn required(&self, field: &str) -> Result<String, NotLoaded> {
        self.text(field).ok_or_else(|| {
            let mode = self.text("mode").unwrap_or_else(|| "AK".to_owned());
            if self.file.is_ini() {
                let why = format!(
                    "has no {}, which its type {} needs",
                    ini::name_here(field),
                    ini::type_here(&mode)
                );
                return self.failed(&why, "Set it there.");
            }
            self.failed(
                &format!("has no {field}, which its mode {mode} needs"),
                format!("Set it there, with `aliyun configure --mode {mode} --profile {}`.", self.name),
            )
        })
    }

    /// The profile, in words that complete "from …".
    pub(super) fn origin(&self) -> String {
        format!("the profile {:?} in {}", self.name, self.file.path().display())
    }

    /// A failure; `why` completes "The profile … ".
    fn failed(&self, why: &str, fix: impl Into<String>) -> NotLoaded {
        NotLoaded::failed(
            format!("The profile {:?} in {} {why}.", self.name, self.file.path().display()),
            fix,
        )
    }

    fn key(&self, with_token: bool) -> Result<Credentials, NotLoaded> {
        let id = self.required("access_key_id")?;
        let secret = SecretString::from(self.required("access_key_secret")?);
        let token = if with_token { Some(self.required("sts_token")?) } else { self.text("sts_token") };
        let texts = [
            ("access_key_id", Some(id.as_str())),
            ("access_key_secret", Some(secret.expose_secret())),
            ("sts_token", token.as_deref()),
        ];
        for (field, text) in texts {
            if let Some(stray) = text.and_then(stray) {
                return Err(self.failed(
                    &format!("has an {field} that {stray}, which is no part of it"),
                    format!("Correct {field} there."),
                ));
            }
        }
        Ok(Credentials::new(id, secret, token.map(SecretString::from), self.origin()))
    }

    fn login(&self, mode: logins::Mode) -> Login {
        Login::new(self.world, mode, self.file.path().to_owned(), self.name.to_owned(), self.given)
    }

    /// The profile that this one stands on.
    fn source_profile(&self) -> Result<Arc<dyn ProvideCredentials>, NotLoaded> {
        let name = self.required("source_profile")?;
        let mut trail = self.trail.clone();
        trail.push(self.name.to_owned());
        if trail.contains(&name) {
            trail.push(name);
            return Err(self.failed(
                &format!("stands on itself: {}", trail.join(" -> ")),
                "Let one of these name a source_profile with credentials of its own.",
            ));
        }
        if trail.len() >= DEEPEST {
            return Err(self.failed(
                &format!("is the end of a chain of more than {DEEPEST} profiles"),
                "Assume fewer roles one after the other.",
            ));
        }
        // What was given before was kept by what this source takes the place of; it keeps nothing yet.
        let given = Given::default();
        let base = Reading { trail, ..Reading::new(self.world, self.file, &name, &given)? };
        let source = base.source()?;
        Ok(Arc::new(self.world.keep(base.origin(), source)))
    }

    fn assume(&self, base: Arc<dyn ProvideCredentials>) -> Result<Box<dyn Source>, NotLoaded> {
        let role =
            Role { session: self.session()?, external_id: self.text("external_id"), host: self.sts_host() };
        Ok(Box::new(AssumeRole::new(self.world, base, role)?))
    }

    fn session(&self) -> Result<Session, NotLoaded> {
        Ok(Session {
            role_arn: self.required("ram_role_arn")?,
            name: self.text("ram_session_name").unwrap_or_else(|| SESSION_NAME.to_owned()),
            seconds: self.seconds()?,
            policy: self.text("policy"),
        })
    }

    /// How long a session is to last; a 0 is as good as nothing, and the command line tool writes it.
    fn seconds(&self) -> Result<Option<u64>, NotLoaded> {
        let field = "expired_seconds";
        let Some(text) = self.text(field).filter(|text| text.trim() != "0") else { return Ok(None) };
        let seconds = json::count(self.profile, field).filter(|seconds| SESSION_SECONDS.contains(seconds));
        if seconds.is_some() {
            return Ok(seconds);
        }
        let name = if self.file.is_ini() { ini::name_here(field) } else { field };
        let (least, most) = (SESSION_SECONDS.start(), SESSION_SECONDS.end());
        Err(self.failed(
            &format!(
                "has {name} = {text:?}, and a session lasts a whole number of seconds from {least} to {most}"
            ),
            format!("Correct {name} there, or take it away."),
        ))
    }

    pub(super) fn sts_host(&self) -> StsHost {
        StsHost {
            endpoint: self.text("sts_endpoint"),
            region: self.text("sts_region"),
            vpc: json::flag(self.profile, "enable_vpc") == Some(true)
                || self.text("endpoint_type").is_some_and(|it| it.eq_ignore_ascii_case("vpc")),
        }
    }
}
