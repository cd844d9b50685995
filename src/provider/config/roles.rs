//! The blocks `assume_role` and `assume_role_with_oidc`.

use super::arguments::{Argument, InBlock, Origin};
use super::credentials::unreadable;
use super::model::{AssumeRoleModel, AssumeRoleWithOidcModel, ProviderModel};
use crate::alicloud::credentials::{
    Environment, Link, NotLoaded, Oidc, OidcRole, OidcToken, Role, SESSION_SECONDS, Session, StsHost, World,
    not_text, place_of,
};
use crate::cty::{Number, Path};
use crate::framework::{Attr, Diagnostic, Diagnostics, Secret};

/// What a session is called when nothing says, as in the official provider.
const SESSION_NAME: &str = "terraform";

/// How long a session lasts when nothing says, in seconds, as in the official provider.
const DEFAULT_SECONDS: u64 = 3600;

/// Characters of a token of an identity provider.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 4..=20_000;

pub(super) const ROLE_ARN: Argument =
    Argument { name: "role_arn", variables: &["ALICLOUD_ASSUME_ROLE_ARN", "ALIBABA_CLOUD_ROLE_ARN"] };
pub(super) const SESSION: Argument = Argument {
    name: "session_name",
    variables: &["ALICLOUD_ASSUME_ROLE_SESSION_NAME", "ALIBABA_CLOUD_ROLE_SESSION_NAME"],
};
pub(super) const EXPIRATION: Argument =
    Argument { name: "session_expiration", variables: &["ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION"] };
pub(super) const OIDC_PROVIDER: Argument =
    Argument { name: "oidc_provider_arn", variables: &["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"] };
pub(super) const OIDC_TOKEN: Argument =
    Argument { name: "oidc_token", variables: &["ALIBABA_CLOUD_OIDC_TOKEN"] };
pub(super) const OIDC_TOKEN_FILE: Argument =
    Argument { name: "oidc_token_file", variables: &["ALIBABA_CLOUD_OIDC_TOKEN_FILE"] };
pub(super) const OIDC_ROLE: Argument = Argument { name: "role_arn", variables: &["ALIBABA_CLOUD_ROLE_ARN"] };
pub(super) const OIDC_SESSION: Argument =
    Argument { name: "role_session_name", variables: &["ALIBABA_CLOUD_ROLE_SESSION_NAME"] };

/// The role of the `assume_role` block, if there is one, assumed at this STS host.
pub(super) fn assume_role(
    config: &ProviderModel,
    environment: &dyn Environment,
    sts: &StsHost,
) -> Result<Option<Role>, Diagnostic> {
    let Some(block) = config.assume_role.known().and_then(|blocks| blocks.first()) else { return Ok(None) };
    let path = Path::root().attribute("assume_role");
    let wrong = |detail: String| Diagnostic::error("Invalid role", detail).at_path(path.clone());
    let given: Attr<String> = block.session_expiration.known().map(ToString::to_string).into();
    let arguments: [(&Argument, &dyn InBlock); 3] =
        [(&ROLE_ARN, &block.role_arn), (&SESSION, &block.session_name), (&EXPIRATION, &given)];
    if let Some(variable) =
        arguments.iter().find_map(|(argument, value)| argument.garbled(*value, environment))
    {
        let (why, fix) = not_text(variable);
        return Err(wrong(format!("{why} {fix}")));
    }
    let Some((role_arn, origin)) = ROLE_ARN.find(&block.role_arn, environment) else {
        return Err(wrong(format!(
            "assume_role has no role_arn, and none of {} is set. Set one, or take the block away.",
            ROLE_ARN.variables.join(", ")
        )));
    };
    self::role_arn(&role_arn).map_err(|why| wrong(format!("{why} It comes from {origin}.")))?;
    let seconds = match EXPIRATION.find(&given, environment) {
        None => DEFAULT_SECONDS,
        Some((text, origin)) => {
            seconds(&text).map_err(|why| wrong(format!("{why} It comes from {origin}.")))?
        }
    };
    let name = SESSION.find(&block.session_name, environment);
    if let Some((name, origin)) = &name
        && let Err(why) = session_name(name)
    {
        return Err(wrong(format!("{why} It comes from {origin}.")));
    }
    Ok(Some(Role {
        session: Session {
            role_arn,
            name: name.map_or_else(|| SESSION_NAME.to_owned(), |(name, _)| name),
            seconds: Some(seconds),
            policy: text(&block.policy),
        },
        external_id: text(&block.external_id),
        host: sts.clone(),
    }))
}

/// The role to assume with a token: by the block, or else by the variables of RRSA, all of which have to be set.
pub(super) fn with_oidc(config: &ProviderModel, world: &World) -> Link {
    let environment = &*world.environment;
    let block = block_of(config);
    let name = if block.is_some() { "assume_role_with_oidc" } else { "OIDC by environment variables" };
    let nothing = AssumeRoleWithOidcModel::default();
    let given = block.unwrap_or(&nothing);
    let mut arguments: Vec<(&Argument, &dyn InBlock)> = vec![
        (&OIDC_PROVIDER, &given.oidc_provider_arn),
        (&OIDC_ROLE, &given.role_arn),
        (&OIDC_SESSION, &given.role_session_name),
        (&OIDC_TOKEN_FILE, &given.oidc_token_file),
    ];
    if block.is_some() {
        arguments.push((&OIDC_TOKEN, &given.oidc_token));
    }
    if let Some(link) = unreadable(name, environment, &arguments) {
        return link;
    }
    let provider = OIDC_PROVIDER.find(&given.oidc_provider_arn, environment);
    let role = OIDC_ROLE.find(&given.role_arn, environment);
    let token = token(given, environment, block.is_some());
    let lacks: Vec<&str> = [
        (provider.is_none(), OIDC_PROVIDER.variables),
        (role.is_none(), OIDC_ROLE.variables),
        (token.is_none(), OIDC_TOKEN_FILE.variables),
    ]
    .into_iter()
    .filter(|(lacks, _)| *lacks)
    .flat_map(|(_, variables)| variables.iter().copied())
    .collect();
    let (Some((provider_arn, by)), Some((role_arn, role_by)), Some(token)) = (provider, role, token) else {
        return match block {
            None => Link::skipped(name, format!("not all set; without {}", lacks.join(", "))),
            Some(_) => Link::chosen(name, incomplete(&lacks)),
        };
    };
    let session = OIDC_SESSION.find(&given.role_session_name, environment);
    let (session, session_by) = session.unwrap_or_else(|| (SESSION_NAME.to_owned(), Origin::Default));
    for (result, by) in [
        (provider_of(&provider_arn), by),
        (self::role_arn(&role_arn), role_by),
        (session_name(&session), session_by),
    ] {
        if let Err(why) = result {
            let failed: Result<Oidc, _> =
                Err(NotLoaded::failed(format!("{why} It comes from {by}."), "Correct it there."));
            return Link::chosen(name, failed);
        }
    }
    let expiration = given.session_expiration.known().and_then(Number::as_u64);
    let role = OidcRole {
        session: Session {
            role_arn,
            name: session,
            seconds: Some(expiration.unwrap_or(DEFAULT_SECONDS)),
            policy: text(&given.policy),
        },
        provider_arn,
        token,
        host: StsHost::default(),
    };
    Link::chosen(name, Oidc::new(world, role))
}

fn block_of(config: &ProviderModel) -> Option<&AssumeRoleWithOidcModel> {
    config.assume_role_with_oidc.known().and_then(|blocks| blocks.first())
}

fn incomplete(lacks: &[&str]) -> Result<Oidc, NotLoaded> {
    Err(NotLoaded::failed(
        "The block assume_role_with_oidc is not complete.",
        format!("Set what is missing in it, or by {}.", lacks.join(", ")),
    ))
}

/// What the block says comes before the environment, and a token before a file of one. A token by a variable alone
/// asks for nothing: it needs the block.
fn token(
    given: &AssumeRoleWithOidcModel,
    environment: &dyn Environment,
    has_block: bool,
) -> Option<OidcToken> {
    let file = |(path, _): (String, Origin)| OidcToken::File(environment.expand_home(&path));
    if let Some(token) = given.oidc_token.non_empty() {
        return Some(OidcToken::Text(token.as_secret().clone(), Origin::Block.to_string()));
    }
    let by_file = OIDC_TOKEN_FILE.find(&given.oidc_token_file, environment);
    if text(&given.oidc_token_file).is_some() || !has_block {
        return by_file.map(file);
    }
    match OIDC_TOKEN.find_secret(&Attr::Null, environment) {
        Some((token, origin)) => Some(OidcToken::Text(token, origin.to_string())),
        None => by_file.map(file),
    }
}

fn text(value: &Attr<String>) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether a block holds a value that is known only after apply.
pub(super) fn assume_role_is_unknown(config: &ProviderModel) -> bool {
    let unknown = |it: &AssumeRoleModel| {
        [&it.role_arn, &it.session_name, &it.policy, &it.external_id].into_iter().any(Attr::is_unknown)
            || it.session_expiration.is_unknown()
    };
    config.assume_role.is_unknown() || config.assume_role.known().into_iter().flatten().any(unknown)
}

/// The same for `assume_role_with_oidc`.
pub(super) fn with_oidc_is_unknown(config: &ProviderModel) -> bool {
    let unknown = |it: &AssumeRoleWithOidcModel| {
        let texts =
            [&it.oidc_provider_arn, &it.oidc_token_file, &it.role_arn, &it.role_session_name, &it.policy];
        texts.into_iter().any(Attr::is_unknown)
            || it.oidc_token.is_unknown()
            || it.session_expiration.is_unknown()
    };
    let blocks = &config.assume_role_with_oidc;
    blocks.is_unknown() || blocks.known().into_iter().flatten().any(unknown)
}

/// Judges the blocks alone.
pub(super) fn validate(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    let checks = |path: &Path,
                  role: &Attr<String>,
                  name: (&str, &Attr<String>),
                  expiration: &Attr<Number>,
                  policy: &Attr<String>| {
        [
            ("role_arn", text(role).map_or(Ok(()), |arn| role_arn(&arn))),
            (name.0, text(name.1).map_or(Ok(()), |name| session_name(&name))),
            (
                "session_expiration",
                expiration.known().map_or(Ok(()), |number| seconds(&number.to_string()).map(drop)),
            ),
            ("policy", text(policy).map_or(Ok(()), |text| self::policy(&text))),
        ]
        .map(|(attribute, result)| (path.attribute(attribute), result))
    };
    let mut found = Vec::new();
    for block in config.assume_role.known().into_iter().flatten() {
        // Elements of sets cannot be addressed, so the path ends at the block.
        let path = Path::root().attribute("assume_role");
        let all = checks(
            &path,
            &block.role_arn,
            ("session_name", &block.session_name),
            &block.session_expiration,
            &block.policy,
        );
        found.extend(all.map(|(_, result)| (path.clone(), result)));
    }
    for (index, block) in (0..).zip(config.assume_role_with_oidc.known().into_iter().flatten()) {
        let path = Path::root().attribute("assume_role_with_oidc").index(index);
        found.extend(checks(
            &path,
            &block.role_arn,
            ("role_session_name", &block.role_session_name),
            &block.session_expiration,
            &block.policy,
        ));
        let token = block.oidc_token.non_empty();
        let both = token.is_some() && text(&block.oidc_token_file).is_some();
        let provider = text(&block.oidc_provider_arn);
        found.extend([
            (
                path.attribute("oidc_token"),
                match token.map(Secret::length) {
                    _ if both => {
                        Err("oidc_token and oidc_token_file are both set, and only one can hold.".to_owned())
                    }
                    Some(length) if !TOKEN_LENGTH.contains(&length) => {
                        Err(format!("A token has 4 to 20000 characters; this one has {length}."))
                    }
                    _ => Ok(()),
                },
            ),
            (path.attribute("oidc_provider_arn"), provider.map_or(Ok(()), |arn| provider_of(&arn))),
        ]);
    }
    for (path, result) in found {
        if let Err(detail) = result {
            diagnostics.push(Diagnostic::error("Invalid role", detail).at_path(path));
        }
    }
}

fn role_arn(text: &str) -> Result<(), String> {
    arn_of(text, ":role/", "acs:ram::ACCOUNT:role/NAME")
}

fn provider_of(text: &str) -> Result<(), String> {
    arn_of(text, ":oidc-provider/", "acs:ram::ACCOUNT:oidc-provider/NAME")
}

fn arn_of(text: &str, kind: &str, form: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    let is_one = lower.starts_with("acs:ram:") && lower.contains(kind) && !text.contains(char::is_whitespace);
    if is_one { Ok(()) } else { Err(format!("{text:?} is not of the form {form}.")) }
}

fn session_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if (2..=64).contains(&length) && name.chars().all(|c| c.is_ascii_alphanumeric() || ".@-_".contains(c)) {
        return Ok(());
    }
    Err(format!(
        "A session name has 2 to 64 letters, digits and characters of `.@-_`; {name:?} is not a valid session name."
    ))
}

fn seconds(text: &str) -> Result<u64, String> {
    let seconds = text.parse().ok().filter(|seconds| SESSION_SECONDS.contains(seconds));
    seconds.ok_or_else(|| {
        format!(
            "A session lasts a whole number of seconds from {} to {}, not {text}.",
            SESSION_SECONDS.start(),
            SESSION_SECONDS.end()
        )
    })
}

fn policy(text: &str) -> Result<(), String> {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("The policy is not a JSON object: {}.", place_of(&error))),
    }
}
