//! From the provider block and the environment to the sources of credentials, in the order in which they are asked.
//!
//! What somebody named comes first, in the official provider's order: access key, profile, URI, instance role, OIDC. Only
//! if none of these is set, what nobody named is looked at: the current profile of the command line tool, and the
//! default section of the file of the SDKs. Nothing here does I/O, save for the region of a profile.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use super::arguments::{ACCESS_KEY, CREDENTIALS_FILE, PROFILE, SECRET_KEY, SECURITY_TOKEN};
use super::model::ProviderModel;
use crate::alicloud::credentials::{
    Chain, Credentials, Environment, Link, Profile, ProfileFile, ProvideCredentials, Static, World,
};
use crate::framework::Diagnostic;

/// Where the command line tool keeps its profiles.
const CLI_FILE: &str = "~/.aliyun/config.json";

/// Another place for that file.
const CLI_FILE_VARIABLE: &str = "ALIBABA_CLOUD_CONFIG_FILE";

/// What to do when there are no credentials at all.
const FIX: &str = "Set access_key and secret_key in the provider block, or the environment variables \
                   ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY.";

/// The credentials that the block and the environment name.
pub(super) fn credentials(
    config: &ProviderModel,
    world: &World,
) -> Result<Arc<dyn ProvideCredentials>, Diagnostic> {
    let environment = &*world.environment;
    let mut links = Vec::new();
    let names = |argument: &super::Argument| argument.variables.join(", ");
    let id = ACCESS_KEY.find(&config.access_key, environment);
    let secret = SECRET_KEY.find(&config.secret_key, environment);
    let token = SECURITY_TOKEN.find(&config.security_token, environment);
    if let (Some((id, origin)), Some((secret, _))) = (id, secret) {
        let token = token.map(|(token, _)| SecretString::from(token));
        let key = Credentials::new(id, SecretString::from(secret), token, origin);
        links.push(Link::chosen("access_key and secret_key", Static::new(key)));
    } else {
        links.push(Link::skipped(
            format!("access_key and secret_key ({}; {})", names(&ACCESS_KEY), names(&SECRET_KEY)),
            "not set",
        ));
    }
    match chosen_profile(config, environment) {
        Some((path, name)) => links.push(Link::chosen("profile", Profile::chosen(world, path, name))),
        None => links.push(Link::skipped(format!("profile ({})", names(&PROFILE)), "not set")),
    }
    let path = cli_file(environment);
    links.push(Link::implicit(
        format!("the current profile in {}", path.display()),
        Profile::current(world, path),
    ));
    Ok(Arc::new(world.keep_chain(Chain::new(links, FIX))))
}

/// The region of the profile whose credentials will be used.
pub(super) fn region(config: &ProviderModel, environment: &dyn Environment) -> Option<String> {
    if ACCESS_KEY.find(&config.access_key, environment).is_some() {
        return None;
    }
    let (path, name) = chosen_profile(config, environment).unwrap_or_else(|| (cli_file(environment), None));
    // What is wrong with the file is told when the credentials are needed.
    let file = ProfileFile::read(&path).ok()?;
    file.region(name.as_deref().or(file.current())?)
}

/// The file and the profile in it that somebody named.
fn chosen_profile(
    config: &ProviderModel,
    environment: &dyn Environment,
) -> Option<(PathBuf, Option<String>)> {
    let name = PROFILE.find(&config.profile, environment).map(|it| it.0);
    let file = CREDENTIALS_FILE.find(&config.shared_credentials_file, environment).map(|it| it.0);
    if name.is_none() && file.is_none() {
        return None;
    }
    Some((file.map_or_else(|| cli_file(environment), |file| environment.expand_home(&file)), name))
}

fn cli_file(environment: &dyn Environment) -> PathBuf {
    let path = environment.var(CLI_FILE_VARIABLE);
    environment.expand_home(path.as_deref().unwrap_or(CLI_FILE))
}
