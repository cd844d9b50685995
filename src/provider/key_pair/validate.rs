//! What can be said of a configuration without looking at the world.

use super::name::{judge_name, judge_prefix};
use super::schema::KeyPairModel;
use super::{messages, tags};
use crate::cty::Path;
use crate::framework::{Attr, Diagnostic, Diagnostics, Severity, duration};
use crate::openssh::PublicKey;

pub(super) fn validate(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    if let Some(name) = config.key_pair_name.as_str() {
        diagnostics.extend(judge_name(name, "key_pair_name").into_iter().filter(is_error));
    }
    // What is wrong with one and the same name is one error.
    if let Some(name) = config.key_name.as_str().filter(|name| config.key_pair_name.as_str() != Some(name)) {
        diagnostics.extend(judge_name(name, "key_name").into_iter().filter(is_error));
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
    // A generated configuration sets both names, to the same text. An empty one is an error of its own.
    if let (Some(name), Some(old)) = (config.key_pair_name.non_empty(), config.key_name.non_empty())
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
    if let (Some(name), Some(prefix)) = (name.non_empty(), config.key_name_prefix.non_empty()) {
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
    if config.public_key.non_empty().is_some() && !config.key_file.is_absent() {
        diagnostics.push(messages::key_file_not_used());
    }
}

fn public_key(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    let Some(text) = config.public_key.non_empty() else { return };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Attr;

    #[test]
    fn an_empty_name_is_one_error() {
        let text = |text: Option<&str>| Attr::from(text.map(str::to_owned));
        for (name, old, prefix, expected) in [
            (Some(""), None, None, Some("key_pair_name")),
            (None, Some(""), None, Some("key_name")),
            (Some(""), Some(""), None, Some("key_pair_name")),
            (Some(""), Some("web"), None, Some("key_pair_name")),
            (Some("web"), Some(""), None, Some("key_name")),
            (Some(""), None, Some("we"), Some("key_pair_name")),
            (Some("web"), None, Some(""), Some("key_name_prefix")),
            (None, None, Some(""), Some("key_name_prefix")),
            (Some("web"), Some("site"), None, Some("key_name")),
            (Some("we b"), Some("we b"), None, Some("key_pair_name")),
            (Some("web"), Some("web"), None, None),
        ] {
            let config = KeyPairModel {
                key_pair_name: text(name),
                key_name: text(old),
                key_name_prefix: text(prefix),
                ..KeyPairModel::default()
            };
            let mut found = Diagnostics::new();
            validate(&config, &mut found);
            let places: Vec<_> = found.iter().map(|it| it.path.clone().unwrap().to_string()).collect();
            assert_eq!(places, expected.into_iter().collect::<Vec<_>>(), "{name:?} {old:?} {prefix:?}");
        }
    }

    #[test]
    fn a_key_file_beside_a_public_key_is_not_used() {
        let key = "ssh-rsa AAAAB3NzaC1yc2E=";
        for (public_key, key_file, expected) in [
            (Attr::from(key), Attr::from("k.pem"), true),
            (key.into(), Attr::Unknown, true),
            (key.into(), "".into(), false),
            ("".into(), "k.pem".into(), false),
            ("".into(), "".into(), false),
            // The plan tells, once the variables of a module are known.
            (Attr::Unknown, "k.pem".into(), false),
        ] {
            let config = KeyPairModel { public_key, key_file, ..KeyPairModel::default() };
            let mut found = Diagnostics::new();
            validate(&config, &mut found);
            let told = found.iter().filter(|it| **it == messages::key_file_not_used()).count();
            assert_eq!(told, usize::from(expected), "{config:?}");
            assert!(found.iter().all(|it| it.summary != "Invalid public key"), "{found:?}");
        }
    }
}
