//! From the provider block and the environment to the sources of credentials, in the order in which they are asked.
//!
//! What somebody named comes first, in the official provider's order: access key, profile, URI, instance role, OIDC.
//! Only if none of these is set, what nobody named is looked at: the current profile of the command line tool, and the
//! default section of the official SDKs' file. On top of what comes of it, `assume_role`. Nothing here does I/O, save for
//! the settings of a profile.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::arguments::{
    ACCESS_KEY, Argument, BARE_ACCESS_KEY, BARE_SECRET_KEY, CREDENTIALS_FILE, CREDENTIALS_URI, ECS_ROLE_NAME,
    InBlock, Origin, PROFILE, SECRET_KEY, SECURITY_TOKEN,
};
use super::model::ProviderModel;
use super::{roles, unread};
use crate::alicloud::credentials::{
    AssumeRole, Chain, Credentials, CredentialsError, CredentialsUri, Current, EcsMetadata, Environment,
    Format, Link, NotLoaded, Profile, ProfileSettings, ProvideCredentials, Static, StsHost, World, not_text,
    stray,
};
use crate::framework::{Diagnostic, Diagnostics};

/// Where the command line tool keeps its profiles.
const CLI_FILE: &str = "~/.aliyun/config.json";

/// Another place for that file.
pub(super) const CLI_FILE_VARIABLE: &str = "ALIBABA_CLOUD_CONFIG_FILE";

/// Where the official SDKs keep theirs; the second name is that of some of them.
const SDK_FILES: [&str; 2] = ["~/.alibabacloud/credentials", "~/.alibabacloud/credentials.ini"];

/// Variables that switch off profiles of the command line tool which the provider block does not name.
pub(super) const NO_PROFILES: &[&str] =
    &["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE", "ALIBABACLOUD_IGNORE_PROFILE"];

/// What to do when there are no credentials at all.
const FIX: &str = "Set access_key and secret_key in the provider block, or the environment variables \
                   ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY; or name a profile of ~/.aliyun/config.json with profile.";

/// Judges the block. Half a key in it is none of its faults yet: where the configuration is only validated, the variable
/// with the other half may not be set.
pub(super) fn validate(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    if let Some(uri) = config.credentials_uri.non_empty()
        && let Err(why) = CredentialsUri::check(uri.as_secret().expose_secret())
    {
        diagnostics.push(Diagnostic::error("Invalid credentials URI", why).at(CREDENTIALS_URI.name));
    }
}

/// The credentials that the block and the environment name; `current` is shared with [`profile_settings`]. A role on
/// top is assumed at the STS host that the profile says.
pub(super) fn credentials(
    config: &ProviderModel,
    world: &World,
    current: &Current,
    sts: &StsHost,
) -> Result<Arc<dyn ProvideCredentials>, Diagnostic> {
    half_a_key(config, &*world.environment)?;
    let (links, _) = links(config, world, current);
    tell_what_is_passed_over(config, &links);
    let environment = &*world.environment;
    let fix = format!("{}{FIX}", unread::sentence(environment));
    let chain = Chain::new(links, fix).beside(unread::list(environment));
    // What is wrong with an argument of the block is told at that argument.
    let role = roles::assume_role(config, &*world.environment, sts)?;
    chain.check().map_err(|error| unusable(&error))?;
    let base = world.keep_chain(chain);
    match role {
        None => Ok(Arc::new(base)),
        Some(role) => Ok(Arc::new(world.keep("assume_role", AssumeRole::new(world, Arc::new(base), role)))),
    }
}

/// The error for credentials that are set up in a way that can't work, whatever is asked of the cloud.
pub(super) fn unusable(error: &CredentialsError) -> Diagnostic {
    Diagnostic::error("The credentials are not set up correctly", error.to_string())
}

/// The sources in order, and the profiles among them if one of those will be used.
fn links(config: &ProviderModel, world: &World, current: &Current) -> (Vec<Link>, Vec<Arc<Profile>>) {
    let environment = &*world.environment;
    let key = key(config, environment);
    let (profile, mut in_use) = profile(config, world, current);
    if key.source.is_ok() {
        in_use = Vec::new();
    }
    let mut links =
        vec![key, profile, uri(config, world), instance_role(config, world), roles::with_oidc(config, world)];
    if links.iter().all(|link| link.source.is_err()) {
        let (implicit, profiles) = implicit(world, current);
        links.extend(implicit);
        in_use = profiles;
    }
    (links, in_use)
}

/// A link that fails, since one of the arguments is set by a variable that can't be read. What it was to say may be
/// another account.
pub(super) fn unreadable(
    name: &str,
    environment: &dyn Environment,
    arguments: &[(&Argument, &dyn InBlock)],
) -> Option<Link> {
    let variable = arguments.iter().find_map(|(argument, value)| argument.garbled(*value, environment))?;
    Some(Link::chosen(name, garbled(variable)))
}

fn garbled(variable: &str) -> Result<Static, NotLoaded> {
    let (why, fix) = not_text(variable);
    Err(NotLoaded::failed(why, fix))
}

fn uri(config: &ProviderModel, world: &World) -> Link {
    let environment = &*world.environment;
    let name = CREDENTIALS_URI.name;
    if let Some(link) = unreadable(name, environment, &[(&CREDENTIALS_URI, &config.credentials_uri)]) {
        return link;
    }
    match CREDENTIALS_URI.find_secret(&config.credentials_uri, environment) {
        None => Link::skipped(title(&CREDENTIALS_URI), "not set"),
        Some((uri, _)) => Link::chosen(name, CredentialsUri::new(world, uri.expose_secret())),
    }
}

fn instance_role(config: &ProviderModel, world: &World) -> Link {
    let environment = &*world.environment;
    let name = ECS_ROLE_NAME.name;
    if let Some(link) = unreadable(name, environment, &[(&ECS_ROLE_NAME, &config.ecs_role_name)]) {
        return link;
    }
    match ECS_ROLE_NAME.find(&config.ecs_role_name, environment) {
        None => Link::skipped(title(&ECS_ROLE_NAME), "not set"),
        Some((role, _)) => Link::chosen(name, EcsMetadata::new(world, Some(role))),
    }
}

/// The argument and its variables, for a list of what was looked at.
fn title(argument: &Argument) -> String {
    format!("{} ({})", argument.name, argument.variables.join(", "))
}

fn key(config: &ProviderModel, environment: &dyn Environment) -> Link {
    let mut id = ACCESS_KEY.find_secret(&config.access_key, environment);
    let mut secret = SECRET_KEY.find_secret(&config.secret_key, environment);
    if id.is_none() && secret.is_none() {
        // Names that other programs use, too: half a pair says nothing.
        let bare = [&BARE_ACCESS_KEY, &BARE_SECRET_KEY]
            .map(|it| it.find_secret(&crate::framework::Attr::Null, environment));
        if let [Some(bare_id), Some(bare_secret)] = bare {
            (id, secret) = (Some(bare_id), Some(bare_secret));
        }
    }
    let name = "access_key and secret_key";
    let halves: [(&Argument, &dyn InBlock); 2] =
        [(&ACCESS_KEY, &config.access_key), (&SECRET_KEY, &config.secret_key)];
    if let Some(link) = unreadable(name, environment, &halves) {
        return link;
    }
    if id.is_some()
        && let Some(link) = unreadable(name, environment, &[(&SECURITY_TOKEN, &config.security_token)])
    {
        return link;
    }
    match (id, secret) {
        (None, None) => Link::skipped(format!("{}, {}", title(&ACCESS_KEY), title(&SECRET_KEY)), "not set"),
        (Some((id, origin)), Some((secret, secret_origin))) => {
            let id = id.expose_secret();
            let token = token(config, environment, id, &origin);
            let token = token.as_ref().map(SecretString::expose_secret);
            let of_token =
                |name: &&&'static str| token.is_some() && environment.var(name).as_deref() == token;
            let token_origin = match SECURITY_TOKEN.variables.iter().find(of_token) {
                Some(variable) if !config.security_token.says_something() => Origin::Variable(variable),
                _ => Origin::Block,
            };
            let texts = [
                (ACCESS_KEY.name, &origin, Some(id)),
                (SECRET_KEY.name, &secret_origin, Some(secret.expose_secret())),
                (SECURITY_TOKEN.name, &token_origin, token),
            ];
            if let Some(link) =
                texts.into_iter().find_map(|(what, origin, text)| surrounded(name, what, origin, text?))
            {
                return link;
            }
            let token = token.map(SecretString::from);
            Link::chosen(name, Static::new(Credentials::new(id, secret, token, origin.to_string())))
        }
        (Some((_, origin)), None) => half(name, &ACCESS_KEY, &origin, &SECRET_KEY, environment),
        (None, Some((_, origin))) => half(name, &SECRET_KEY, &origin, &ACCESS_KEY, environment),
    }
}

/// A link that fails, since something stands around the text that is no part of a key: it was copied along.
fn surrounded(name: &str, what: &str, origin: &Origin, text: &str) -> Option<Link> {
    let why: Result<Static, _> = Err(NotLoaded::failed(
        format!("{what}, from {origin}, {}, which is no part of it.", stray(text)?),
        "Correct it where it comes from: a file often ends with a line break, and a value in a file of variables may be \
         in quotation marks.",
    ));
    Some(Link::chosen(name, why))
}

fn half(
    name: &str,
    have: &Argument,
    origin: &Origin,
    lack: &Argument,
    environment: &dyn Environment,
) -> Link {
    let unread = unread::sentence(environment);
    let why: Result<Static, _> = Err(NotLoaded::failed(
        format!(
            "There is half an access key: {} is set by {origin}, but {} is not set.",
            have.name, lack.name
        ),
        format!("{unread}Set one of {}, or unset the other half.", lack.variables.join(", ")),
    ));
    Link::chosen(name, why)
}

/// Half a key in the provider block, with nothing in the environment to go with it, is a mistake in the block.
pub(super) fn half_a_key(config: &ProviderModel, environment: &dyn Environment) -> Result<(), Diagnostic> {
    let id = ACCESS_KEY.find_secret(&config.access_key, environment);
    let secret = SECRET_KEY.find_secret(&config.secret_key, environment);
    let (have, lack) = match (id, secret) {
        (Some((_, Origin::Block)), None) => (&ACCESS_KEY, &SECRET_KEY),
        (None, Some((_, Origin::Block))) => (&SECRET_KEY, &ACCESS_KEY),
        _ => return Ok(()),
    };
    if environment.first_garbled(lack.variables).is_some() {
        // The other half is set, and the error says that it can't be read.
        return Ok(());
    }
    Err(Diagnostic::error(
        "Half an access key",
        format!(
            "{} is set, and {} is not: neither here nor by {}. {}Set both, or neither.",
            have.name,
            lack.name,
            lack.variables.join(", "),
            unread::sentence(environment)
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
    origin: &Origin,
) -> Option<SecretString> {
    let family = ACCESS_KEY.variables.iter().position(|name| *origin == Origin::Variable(name));
    let of_family = family
        .and_then(|family| SECURITY_TOKEN.variables.get(family))
        .and_then(|variable| environment.var(variable))
        .map(SecretString::from);
    match SECURITY_TOKEN.find_secret(&config.security_token, environment) {
        Some((token, Origin::Block)) => Some(token),
        Some((any, _)) => of_family.or_else(|| id.starts_with("STS.").then_some(any)),
        None => None,
    }
}

fn profile(config: &ProviderModel, world: &World, current: &Current) -> (Link, Vec<Arc<Profile>>) {
    let environment = &*world.environment;
    let arguments: [(&Argument, &dyn InBlock); 2] =
        [(&PROFILE, &config.profile), (&CREDENTIALS_FILE, &config.shared_credentials_file)];
    if let Some(link) = unreadable("profile", environment, &arguments) {
        return (link, Vec::new());
    }
    match (chosen_profile(config, world, current), garbled_place(environment)) {
        (None, _) => {
            let name = format!("{}, {}", title(&PROFILE), title(&CREDENTIALS_FILE));
            (Link::skipped(name, "not set"), Vec::new())
        }
        (Some((title, _)), Some(variable)) => (Link::chosen(title, garbled(variable)), Vec::new()),
        (Some((title, profile)), None) => {
            let profile = Arc::new(profile);
            (Link::chosen(title, Arc::clone(&profile)), vec![profile])
        }
    }
}

/// What says where the command line tool's profiles are, or whether to look there, and can't be read.
fn garbled_place(environment: &dyn Environment) -> Option<&'static str> {
    [CLI_FILE_VARIABLE].iter().chain(NO_PROFILES).find(|variable| environment.is_garbled(variable)).copied()
}

/// What nobody named, but may be there, and the profiles of it.
fn implicit(world: &World, current: &Current) -> (Vec<Link>, Vec<Arc<Profile>>) {
    let environment = &*world.environment;
    let name = format!("the current profile in {}", cli_file(environment).display());
    let mut profiles = Vec::new();
    let mut links = Vec::new();
    match (garbled_place(environment), environment.first_true(NO_PROFILES)) {
        (Some(variable), _) => return (vec![Link::chosen(name, garbled(variable))], profiles),
        (None, Some(variable)) => links.push(Link::skipped(name, format!("switched off by {variable}"))),
        (None, None) => {
            let profile = Arc::new(current_profile(world, current));
            links.push(Link::implicit(name, Arc::clone(&profile)));
            profiles.push(profile);
        }
    }
    for file in sdk_files(environment) {
        let name = format!("the default section in {}", file.0.display());
        let profile = Arc::new(Profile::current(world, file, &Current::default()));
        links.push(Link::implicit(name, Arc::clone(&profile)));
        profiles.push(profile);
    }
    (links, profiles)
}

/// A profile that somebody named, by its name or by a file, and what it is called in messages.
///
/// A name is looked for in all files that the official tools know; if a file is named, in that one only. The variables
/// that switch profiles off are about the command line tool's file, and about what the block does not name.
fn chosen_profile(config: &ProviderModel, world: &World, current: &Current) -> Option<(String, Profile)> {
    let environment = &*world.environment;
    let name = PROFILE.find(&config.profile, environment);
    let file = CREDENTIALS_FILE.find(&config.shared_credentials_file, environment);
    if let Some((file, _)) = file {
        let path = environment.expand_home(&file);
        let called = name
            .as_ref()
            .map_or_else(|| "the current profile".to_owned(), |(name, _)| format!("the profile {name:?}"));
        let called = format!("{called} in {}", path.display());
        let files = vec![(path, Format::Either)];
        return Some((called, Profile::chosen(world, files, name.map(|(name, _)| name), current)));
    }
    let (name, origin) = name?;
    let cli = cli_file(environment);
    let called = format!("the profile {name:?}");
    let switched_off = environment.first_true(NO_PROFILES).filter(|_| origin != Origin::Block);
    if let Some(variable) = switched_off {
        let why = format!(
            "The profile {name:?} is named by {origin}, but {variable} switches off the profiles of {}.",
            cli.display()
        );
        let fix = format!("Unset {variable}, or what names the profile; or name it in the provider block.");
        let profile = Profile::chosen(world, sdk_files(environment), Some(name), current);
        return Some((called, profile.passing_over(why, fix)));
    }
    let called = format!("{called} in {}", cli.display());
    let mut files = vec![(cli, Format::Json)];
    if environment.var(CLI_FILE_VARIABLE).is_none() {
        files.extend(sdk_files(environment));
    }
    Some((called, Profile::chosen(world, files, Some(name), current)))
}

/// The current profile of the command line tool. A file that a variable names has to be there.
fn current_profile(world: &World, current: &Current) -> Profile {
    let environment = &*world.environment;
    let file = (cli_file(environment), Format::Json);
    match environment.var(CLI_FILE_VARIABLE) {
        Some(_) => Profile::chosen(world, vec![file], None, current),
        None => Profile::current(world, file, current),
    }
}

fn cli_file(environment: &dyn Environment) -> PathBuf {
    let path = environment.var(CLI_FILE_VARIABLE);
    environment.expand_home(path.as_deref().unwrap_or(CLI_FILE))
}

fn sdk_files(environment: &dyn Environment) -> Vec<(PathBuf, Format)> {
    SDK_FILES.iter().map(|file| (environment.expand_home(file), Format::Ini)).collect()
}

/// What the profile says whose credentials will be used: its region, its STS host. If that profile can't be read, nobody
/// knows what region is meant.
pub(super) fn profile_settings(
    config: &ProviderModel,
    world: &World,
    current: &Current,
) -> Result<ProfileSettings, CredentialsError> {
    let (links, profiles) = links(config, world, current);
    let skipped = links.iter().map_while(|link| Some((&link.name, link.source.as_ref().err()?)));
    let mut looked_at: Vec<String> = skipped.map(|(name, why)| format!("{name}: {why}")).collect();
    // The profiles follow each other.
    for profile in profiles {
        let name = links.get(looked_at.len()).map_or("profile", |link| link.name.as_str());
        match profile.settings() {
            Ok(settings) => return Ok(settings),
            Err(NotLoaded::Absent(why)) => looked_at.push(format!("{name}: {why}")),
            Err(NotLoaded::Failed(error)) => return Err(error.at(name, &looked_at)),
        }
    }
    Ok(ProfileSettings::default())
}

/// The region of a profile that somebody named and whose credentials are not used, since an access key comes before it,
/// and where it comes from. No such profile is no error: the key does not need it.
pub(super) fn region_beside_a_key(
    config: &ProviderModel,
    world: &World,
) -> Result<Option<(String, Origin)>, CredentialsError> {
    let environment = &*world.environment;
    let is_named = PROFILE.find(&config.profile, environment).is_some();
    if !is_named || key(config, environment).source.is_err() {
        return Ok(None);
    }
    let Some((_, profile)) = chosen_profile(config, world, &Current::default()) else { return Ok(None) };
    let unreadable = CREDENTIALS_FILE
        .garbled(&config.shared_credentials_file, environment)
        .or_else(|| garbled_place(environment));
    let settings = match unreadable {
        Some(variable) => {
            let (why, fix) = not_text(variable);
            Err(NotLoaded::failed(why, fix))
        }
        None => profile.if_there().settings(),
    };
    match settings {
        Ok(ProfileSettings { region, origin, .. }) => {
            Ok(region.map(|region| (region, Origin::Profile(origin))))
        }
        Err(NotLoaded::Absent(_)) => Ok(None),
        Err(NotLoaded::Failed(error)) => Err(error),
    }
}

/// What the block names and something else comes before is no mistake, but worth a line in the log.
fn tell_what_is_passed_over(config: &ProviderModel, links: &[Link]) {
    let in_block = [
        config.access_key.says_something(),
        config.profile.says_something() || config.shared_credentials_file.says_something(),
        config.credentials_uri.says_something(),
        config.ecs_role_name.says_something(),
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
