//! What can be said of a configuration without looking at the world.

use super::name::{judge_name, judge_prefix};
use super::schema::KeyPairModel;
use super::tags;
use crate::cty::Path;
use crate::framework::{Attr, Diagnostic, Diagnostics, Severity, duration};
use crate::openssh::PublicKey;

pub(super) fn validate(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    for (attribute, name) in [("key_pair_name", &config.key_pair_name), ("key_name", &config.key_name)] {
        if let Some(name) = name.as_str() {
            diagnostics.extend(judge_name(name, attribute).into_iter().filter(is_error));
        }
    }
    if let Some(prefix) = config.key_name_prefix.as_str() {
        diagnostics.extend(judge_prefix(prefix).into_iter().filter(is_error));
    }
    resource_group(&config.resource_group_id, diagnostics);
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

/// Whether it is certain. A doubt about a name is told by the plan that first uses the name.
fn is_error(found: &Diagnostic) -> bool {
    found.severity == Severity::Error
}

/// Warns of a name in the place of an id. A private cloud may have ids of another form.
pub(in crate::provider) fn resource_group(id: &Attr<String>, diagnostics: &mut Diagnostics) {
    if let Some(id) = id.as_str().filter(|id| !id.is_empty() && !id.starts_with("rg-")) {
        let detail = format!(
            "The id of a resource group starts with \"rg-\", as in rg-acfmxazb4ph6aiy; {id:?} may be a group's name. The \
             Resource Management console shows the id of each group."
        );
        diagnostics.push(
            Diagnostic::warning(format!("{id:?} may not be the id of a resource group"), detail)
                .at("resource_group_id"),
        );
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
