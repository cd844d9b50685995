//! What can be said of a configuration without looking at the world.

use super::name::{judge_name, judge_prefix};
use super::schema::KeyPairModel;
use super::tags;
use crate::cty::Path;
use crate::framework::{Diagnostic, Diagnostics, duration};
use crate::openssh::PublicKey;

pub(super) fn validate(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    for (attribute, name) in [("key_pair_name", &config.key_pair_name), ("key_name", &config.key_name)] {
        if let Some(name) = name.as_str() {
            diagnostics.extend(judge_name(name, attribute));
        }
    }
    if let Some(prefix) = config.key_name_prefix.as_str() {
        diagnostics.extend(judge_prefix(prefix));
    }
    conflicts(config, diagnostics);
    public_key(config, diagnostics);
    tags::validate(&config.tags, diagnostics);
    duration::validate(&config.wait_for_unbind, &Path::root().attribute("wait_for_unbind"), diagnostics);
    if let Some(timeouts) = config.timeouts.known() {
        let root = Path::root().attribute("timeouts");
        for (operation, value) in
            [("create", &timeouts.create), ("update", &timeouts.update), ("delete", &timeouts.delete)]
        {
            duration::validate(value, &root.clone().attribute(operation), diagnostics);
        }
    }
}

fn conflicts(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    // A generated configuration sets both names, to the same text.
    if let (Some(name), Some(old)) = (config.key_pair_name.as_str(), config.key_name.as_str())
        && name != old
    {
        diagnostics.push(
            Diagnostic::error(
                "Two names for one key pair",
                format!(
                    "key_pair_name is {name:?} and key_name, its old name, is {old:?}. Set key_pair_name only."
                ),
            )
            .at("key_name"),
        );
    }
    let name = config.configured_name();
    if let (Some(name), Some(prefix)) = (name.as_str(), config.key_name_prefix.as_str()) {
        diagnostics.push(
            Diagnostic::error(
                "A name and a prefix for one key pair",
                format!(
                    "The configuration sets the name {name:?} and the prefix {prefix:?} for a name yet to be \
                     made. Set one of the two."
                ),
            )
            .at("key_name_prefix"),
        );
    }
    if !config.public_key.is_null() && !config.key_file.is_null() {
        diagnostics.push(
            Diagnostic::warning(
                "key_file is not used",
                "With public_key set, that key is imported, and key_file is neither read nor written.",
            )
            .at("key_file"),
        );
    }
}

fn public_key(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    let Some(text) = config.public_key.as_str() else { return };
    match PublicKey::parse(text) {
        Err(error) => {
            let detail = format!(
                "public_key is one line in the form \"type base64 [comment]\", for example the content of a \
                 .pub file. {error}"
            );
            diagnostics.push(Diagnostic::error("Invalid public key", detail).at("public_key"));
        }
        Ok(key) => {
            if let Err(doubt) = key.check() {
                let detail = format!("{doubt} The cloud decides when the key pair is made.");
                diagnostics.push(
                    Diagnostic::warning("The cloud may refuse this public key", detail).at("public_key"),
                );
            }
        }
    }
}
