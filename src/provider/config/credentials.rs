//! From the provider block and the environment to the sources of credentials, in the order in which they are asked.
//!
//! What somebody named comes first, in the official provider's order: access key, profile, URI, instance role, OIDC.
//! Only if none of these is set, what nobody named is looked at: the current profile of the command line tool, and the
//! default section of the official SDKs' file. On top of what comes of it, `assume_role`. Nothing here does I/O, save for
//! the region of a profile.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::arguments::{
    ACCESS_KEY, Argument, CREDENTIALS_FILE, CREDENTIALS_URI, ECS_ROLE_NAME, PROFILE, SECRET_KEY,
    SECURITY_TOKEN,
};
use super::model::ProviderModel;
use super::roles;
use crate::alicloud::credentials::{
    AssumeRole, Chain, Credentials, CredentialsError, CredentialsUri, Current, EcsMetadata, Environment,
    Link, NotLoaded, Profile, ProvideCredentials, Static, World,
};
use crate::framework::{Diagnostic, Diagnostics};

/// Where the command line tool keeps its profiles.
const CLI_FILE: &str = "~/.aliyun/config.json";

/// Another place for that file.
const CLI_FILE_VARIABLE: &str = "ALIBABA_CLOUD_CONFIG_FILE";

/// Where the official SDKs keep theirs; the second name is that of some of them.
const SDK_FILES: [&str; 2] = ["~/.alibabacloud/credentials", "~/.alibabacloud/credentials.ini"];

/// Variables that switch off profiles of the command line tool which the provider block does not name.
const NO_PROFILES: &[&str] = &["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"];

/// What to do when there are no credentials at all.
const FIX: &str = "Set access_key and secret_key in the provider block, or the environment variables \
                   ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY; or name a profile of ~/.aliyun/config.json with profile.";

/// Where a value was found that the provider block holds.
const BLOCK: &str = "the provider block";

/// Judges the block alone.
pub(super) fn validate(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    if let Some(uri) = config.credentials_uri.non_empty()
        && let Err(why) = CredentialsUri::check(uri.as_secret().expose_secret())
    {
        diagnostics.push(Diagnostic::error("Invalid credentials URI", why).at(CREDENTIALS_URI.name));
    }
}

/// The credentials that the block and the environment name; `current` is shared with [`region`].
pub(super) fn credentials(
    config: &ProviderModel,
    world: &World,
    current: &Current,
) -> Result<Arc<dyn ProvideCredentials>, Diagnostic> {
    half_a_key(config, &*world.environment)?;
    let links = links(config, world, current);
    tell_what_is_passed_over(config, &links);
    let base = world.keep_chain(Chain::new(links, FIX));
    match roles::assume_role(config, &*world.environment)? {
        None => Ok(Arc::new(base)),
        Some(role) => Ok(Arc::new(world.keep("assume_role", AssumeRole::new(world, Arc::new(base), role)))),
    }
}

fn links(config: &ProviderModel, world: &World, current: &Current) -> Vec<Link> {
    let environment = &*world.environment;
    let mut links = vec![key(config, environment), profile(config, world, current)];
    links.push(match CREDENTIALS_URI.find_secret(&config.credentials_uri, environment) {
        None => Link::skipped(title(&CREDENTIALS_URI), "not set"),
        Some((uri, _)) => Link::chosen("credentials_uri", CredentialsUri::new(world, uri.expose_secret())),
    });
    let switched_off = EcsMetadata::switched_off(environment);
    links.push(match (ECS_ROLE_NAME.find(&config.ecs_role_name, environment), switched_off) {
        (None, _) => Link::skipped(title(&ECS_ROLE_NAME), "not set"),
        (Some((_, origin)), Some(variable)) if origin != BLOCK => {
            Link::skipped("ecs_role_name", format!("set by {origin}, and switched off by {variable}"))
        }
        (Some((role, _)), _) => Link::chosen("ecs_role_name", EcsMetadata::new(world, Some(role))),
    });
    links.push(roles::with_oidc(config, world));
    if links.iter().all(|link| link.source.is_err()) {
        links.extend(implicit(world, current));
    }
    links
}

/// The argument and its variables, for a list of what was looked at.
fn title(argument: &Argument) -> String {
    format!("{} ({})", argument.name, argument.variables.join(", "))
}

fn key(config: &ProviderModel, environment: &dyn Environment) -> Link {
    let id = ACCESS_KEY.find_secret(&config.access_key, environment);
    let secret = SECRET_KEY.find_secret(&config.secret_key, environment);
    let name = "access_key and secret_key";
    match (id, secret) {
        (None, None) => Link::skipped(format!("{}, {}", title(&ACCESS_KEY), title(&SECRET_KEY)), "not set"),
        (Some((id, origin)), Some((secret, _))) => {
            let id = id.expose_secret();
            let token = token(config, environment, id, &origin);
            Link::chosen(name, Static::new(Credentials::new(id, secret, token, origin)))
        }
        (Some((_, origin)), None) => half(name, &ACCESS_KEY, &origin, &SECRET_KEY),
        (None, Some((_, origin))) => half(name, &SECRET_KEY, &origin, &ACCESS_KEY),
    }
}

fn half(name: &str, have: &Argument, origin: &str, lack: &Argument) -> Link {
    let why: Result<Static, _> = Err(NotLoaded::failed(
        format!(
            "There is half an access key: {} is set by {origin}, but {} is not set.",
            have.name, lack.name
        ),
        format!("Set one of {}, or unset the other half.", lack.variables.join(", ")),
    ));
    Link::chosen(name, why)
}

/// Half a key in the provider block, with nothing in the environment to go with it, is a mistake in the block.
fn half_a_key(config: &ProviderModel, environment: &dyn Environment) -> Result<(), Diagnostic> {
    let id = ACCESS_KEY.find_secret(&config.access_key, environment);
    let secret = SECRET_KEY.find_secret(&config.secret_key, environment);
    let (have, lack) = match (id, secret) {
        (Some((_, origin)), None) if origin == BLOCK => (&ACCESS_KEY, &SECRET_KEY),
        (None, Some((_, origin))) if origin == BLOCK => (&SECRET_KEY, &ACCESS_KEY),
        _ => return Ok(()),
    };
    Err(Diagnostic::error(
        "Half an access key",
        format!(
            "{} is set, and {} is not: neither here nor by {}. Set both, or neither.",
            have.name,
            lack.name,
            lack.variables.join(", ")
        ),
    )
    .at(have.name))
}

/// The token that goes with an access key: that of the block, or the one that the environment has by the same family
/// of names. One of another family belongs to another key, unless this one can't do without.
fn token(
    config: &ProviderModel,
    environment: &dyn Environment,
    id: &str,
    origin: &str,
) -> Option<SecretString> {
    let family = ACCESS_KEY.variables.iter().position(|name| origin.ends_with(name));
    let of_family = family
        .and_then(|family| SECURITY_TOKEN.variables.get(family))
        .and_then(|variable| environment.var(variable))
        .map(SecretString::from);
    match SECURITY_TOKEN.find_secret(&config.security_token, environment) {
        Some((token, origin)) if origin == BLOCK => Some(token),
        Some((any, _)) => of_family.or_else(|| id.starts_with("STS.").then_some(any)),
        None => None,
    }
}

fn profile(config: &ProviderModel, world: &World, current: &Current) -> Link {
    match chosen_profile(config, &*world.environment) {
        Chosen::None => {
            Link::skipped(format!("{}, {}", title(&PROFILE), title(&CREDENTIALS_FILE)), "not set")
        }
        Chosen::SwitchedOff { origin, by } => {
            Link::skipped("profile", format!("set by {origin}, and switched off by {by}"))
        }
        Chosen::Profile(path, name) => {
            let title = name
                .as_ref()
                .map_or_else(|| "the current profile".to_owned(), |name| format!("the profile {name:?}"));
            let title = format!("{title} in {}", path.display());
            Link::chosen(title, Profile::chosen(world, path, name, current))
        }
    }
}

/// What nobody named, but may be there.
fn implicit(world: &World, current: &Current) -> Vec<Link> {
    let environment = &*world.environment;
    let name = format!("the current profile in {}", cli_file(environment).display());
    let cli = match environment.first_true(NO_PROFILES) {
        Some(variable) => Link::skipped(name, format!("switched off by {variable}")),
        None => Link::implicit(name, current_profile(world, current)),
    };
    let sdks = SDK_FILES.map(|file| {
        let path = environment.expand_home(file);
        Link::implicit(
            format!("the default section in {}", path.display()),
            Profile::current(world, path, &Current::default()),
        )
    });
    [cli].into_iter().chain(sdks).collect()
}

/// A profile that somebody named.
enum Chosen {
    None,
    SwitchedOff {
        origin: String,
        by: &'static str,
    },
    /// The file, and the profile in it if one is named.
    Profile(PathBuf, Option<String>),
}

fn chosen_profile(config: &ProviderModel, environment: &dyn Environment) -> Chosen {
    let name = PROFILE.find(&config.profile, environment);
    let file = CREDENTIALS_FILE.find(&config.shared_credentials_file, environment);
    let origins = [&name, &file].into_iter().flatten().map(|(_, origin)| origin);
    let Some(origin) = origins.max_by_key(|origin| *origin == BLOCK) else { return Chosen::None };
    if origin != BLOCK
        && let Some(by) = environment.first_true(NO_PROFILES)
    {
        return Chosen::SwitchedOff { origin: origin.clone(), by };
    }
    let path = file.map_or_else(|| cli_file(environment), |(file, _)| environment.expand_home(&file));
    Chosen::Profile(path, name.map(|(name, _)| name))
}

/// The current profile of the command line tool. A file that a variable names has to be there.
fn current_profile(world: &World, current: &Current) -> Profile {
    let environment = &*world.environment;
    let path = cli_file(environment);
    match environment.var(CLI_FILE_VARIABLE) {
        Some(_) => Profile::chosen(world, path, None, current),
        None => Profile::current(world, path, current),
    }
}

fn cli_file(environment: &dyn Environment) -> PathBuf {
    let path = environment.var(CLI_FILE_VARIABLE);
    environment.expand_home(path.as_deref().unwrap_or(CLI_FILE))
}

/// The region of the profile whose credentials will be used, and where it was found, which completes "from …". If
/// that profile can't be read, nobody knows what region is meant.
pub(super) fn region(
    config: &ProviderModel,
    world: &World,
    current: &Current,
) -> Result<Option<(String, String)>, CredentialsError> {
    let environment = &*world.environment;
    let is_set = |argument: &Argument, value| argument.find_secret(value, environment).is_some();
    if is_set(&ACCESS_KEY, &config.access_key) || is_set(&SECRET_KEY, &config.secret_key) {
        return Ok(None);
    }
    let profile = match chosen_profile(config, environment) {
        Chosen::Profile(path, name) => Profile::chosen(world, path, name, current),
        Chosen::None
            if !is_set(&CREDENTIALS_URI, &config.credentials_uri)
                && ECS_ROLE_NAME.find(&config.ecs_role_name, environment).is_none()
                && !roles::has_oidc(config, environment)
                && environment.first_true(NO_PROFILES).is_none() =>
        {
            current_profile(world, current)
        }
        Chosen::None | Chosen::SwitchedOff { .. } => return Ok(None),
    };
    match profile.region() {
        Ok(region) => Ok(region),
        Err(NotLoaded::Absent(_)) => Ok(None),
        Err(NotLoaded::Failed(error)) => {
            let links = links(config, world, current);
            let skipped = links.iter().map_while(|link| Some((&link.name, link.source.as_ref().err()?)));
            let looked_at: Vec<String> = skipped.map(|(name, why)| format!("{name}: {why}")).collect();
            let failed = links.get(looked_at.len()).map_or("profile", |link| link.name.as_str());
            Err(error.at(failed, &looked_at))
        }
    }
}

/// What the block names and something else comes before is no mistake, but worth a line in the log.
fn tell_what_is_passed_over(config: &ProviderModel, links: &[Link]) {
    let in_block = [
        config.access_key.known().is_some(),
        config.profile.as_str().is_some(),
        config.credentials_uri.known().is_some(),
        config.ecs_role_name.as_str().is_some(),
        config.assume_role_with_oidc.known().is_some_and(|blocks| !blocks.is_empty()),
    ];
    let mut sources = links.iter().zip(in_block).skip_while(|(link, _)| link.source.is_err());
    let Some((winner, _)) = sources.next() else { return };
    for (link, _) in sources.filter(|(link, in_block)| *in_block && link.source.is_ok()) {
        tracing::warn!(
            unused = link.name,
            used = winner.name,
            "the provider block names a source of credentials that is not used, since another one comes before it"
        );
    }
}
