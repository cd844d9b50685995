//! `ImportKeyPair`.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{Value, json};

use super::Context;
use crate::clock;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::world::{KeyPair, LENIENT_BASE64, World, fingerprint, tag};

/// The documented types; ed25519 is in no version of the documentation.
const TYPES: [&str; 8] = [
    "rsa",
    "dsa",
    "ecdsa",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
];

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let region = context.region()?;
    let name = context.parameters.required("KeyPairName")?.to_owned();
    let public_key = context.parameters.required("PublicKeyBody")?.to_owned();
    check_public_key(&public_key, context.world.decode_public_keys)?;
    let pair = prepare(context, &region, &name, &public_key)?;
    let answer = json!({"KeyPairName": name, "KeyPairFingerPrint": pair.fingerprint});
    store(context, region, name, pair);
    Ok(answer)
}

/// The checks that an import and a create share, and the pair that results.
pub(super) fn prepare(
    context: &mut Context<'_>,
    region: &str,
    name: &str,
    public_key: &str,
) -> Result<KeyPair, ApiError> {
    if !is_valid_name(name) {
        return Err(ApiError::new(
            400,
            "InvalidKeyPairName.Malformed",
            "Specified Key Pair name is not valid.",
        ));
    }
    let tags = tag::check(&context.parameters.tags())?;
    let resource_group_id = resource_group(context.world, context.parameters)?;
    if context.world.key_pair(region, name).is_some() || context.world.is_reserved(region, name) {
        return Err(ApiError::new(400, "KeyPair.AlreadyExist", "The key pair already exist."));
    }
    if context.world.key_pairs.get(region).map_or(0, BTreeMap::len) >= context.world.key_pair_quota {
        return Err(ApiError::new(403, "QuotaExceed.KeyPair", "The key pair quota exceeds."));
    }
    if tags.len() > context.world.tag_quota {
        return Err(ApiError::new(403, "QuotaExceed.Tags", "The quota of tags on the key pair is exceeded."));
    }
    Ok(KeyPair {
        fingerprint: fingerprint(context.world.fingerprint_style, public_key),
        public_key: public_key.trim().to_owned(),
        creation_time: clock::minutes(context.now),
        resource_group_id,
        tags,
        hidden_from_lists: false,
    })
}

/// Puts a prepared pair into the world.
pub(super) fn store(context: &mut Context<'_>, region: String, name: String, pair: KeyPair) {
    context.world.key_pairs.entry(region).or_default().insert(name, pair);
    context.changed = true;
}

fn resource_group(world: &World, parameters: &Parameters) -> Result<String, ApiError> {
    match parameters.get("ResourceGroupId") {
        None => Ok(world.default_resource_group.clone()),
        Some(id) if world.resource_groups.contains(id) => Ok(id.to_owned()),
        Some(_) => Err(resource_group_not_found()),
    }
}

pub(super) fn resource_group_not_found() -> ApiError {
    ApiError::new(
        404,
        "InvalidResourceGroup.NotFound",
        "The ResourceGroup provided does not exist in our records.",
    )
}

/// 2–128 characters; a letter of any script first; then letters, digits, `:`, `_`, `-` and `.`.
fn is_valid_name(name: &str) -> bool {
    let length = name.chars().count();
    let linked = name.starts_with("http://") || name.starts_with("https://");
    let allowed = |c: char| c.is_alphabetic() || c.is_ascii_digit() || ":_-.".contains(c);
    (2..=128).contains(&length)
        && !linked
        && name.chars().next().is_some_and(char::is_alphabetic)
        && name.chars().all(allowed)
}

/// `type base64 [comment]` on one line; with `decode`, the data must also begin with its type.
fn check_public_key(text: &str, decode: bool) -> Result<(), ApiError> {
    let malformed =
        || ApiError::new(400, "InvalidPublicKeyBody.Malformed", "The PublicKeyBody format is not supported.");
    let text = text.trim();
    let mut fields = text.split_whitespace();
    let (Some(kind), Some(body)) = (fields.next(), fields.next()) else { return Err(malformed()) };
    if text.contains('\n') || !TYPES.contains(&kind) {
        return Err(malformed());
    }
    let data = LENIENT_BASE64.decode(body).map_err(|_| malformed())?;
    let named = |kind: &str| {
        let mut start = u32::try_from(kind.len()).unwrap_or_default().to_be_bytes().to_vec();
        start.extend_from_slice(kind.as_bytes());
        data.len() > start.len() && data.starts_with(&start)
    };
    if decode && !named(kind) {
        return Err(malformed());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_names() {
        let longest = "k".repeat(128);
        for good in ["ab", "A1", "a:b_c-d.e", "密钥", "k1", &longest] {
            assert!(is_valid_name(good), "{good}");
        }
        let too_long = "k".repeat(129);
        for bad in ["", "a", "1a", "-a", "a b", "a*", "a/b", "http://a", "https://a", "a\u{1f511}", &too_long]
        {
            assert!(!is_valid_name(bad), "{bad}");
        }
    }

    #[test]
    fn judges_public_keys() {
        let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB";
        let sample = "ssh-rsa AAAAB3Nza12345678qwertyuudsfsg";
        let cases = [
            (rsa, true, true),
            ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB you@host with words\n", true, true),
            (sample, true, false),
            ("ecdsa-sha2-nistp256 AAAAB3NzaC1yc2EAAAADAQAB", true, false),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA", false, false),
            ("ssh-rsa", false, false),
            ("ssh-rsa not!base64", false, false),
            ("AAAAB3NzaC1yc2EAAAADAQAB", false, false),
            ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\nssh-rsa AAAAB3NzaC1yc2EAAAADAQAB", false, false),
            ("-----BEGIN PUBLIC KEY-----", false, false),
            ("", false, false),
        ];
        for (key, lenient, strict) in cases {
            assert_eq!(check_public_key(key, false).is_ok(), lenient, "{key}");
            assert_eq!(check_public_key(key, true).is_ok(), strict, "{key}, decoded");
        }
    }
}
