//! Texts that several steps of a key pair's life share.

use crate::alicloud::ecs::KeyPair;
use crate::framework::Diagnostic;

/// The `import` block that takes a key pair over. The resource's own name is not known here.
pub(super) fn import_block(type_name: &str, name: &str) -> String {
    format!("  import {{\n    to = {type_name}.NAME\n    id = {}\n  }}", quoted(name))
}

/// A text as a string of the configuration language.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{escaped}\"")
}

/// What tells one key pair from another of the same name.
pub(super) fn describe(key_pair: &KeyPair) -> String {
    let shown = |text: &str| if text.is_empty() { "not shown".to_owned() } else { text.to_owned() };
    format!("fingerprint {}, made at {}", shown(&key_pair.fingerprint), shown(&key_pair.creation_time))
}

/// The key pair of a state lives in another region than the provider looks at.
pub(super) fn wrong_region(name: &str, theirs: &str, ours: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The key pair {name:?} is in another region"),
        format!(
            "The state says that the key pair {name:?} is in {theirs}, and the provider is configured for {ours}. \
             Nothing was changed, and the state was kept. Set the provider's region to {theirs} (a second provider \
             block with an alias, say), or remove the key pair from the state if it is to be forgotten: terraform \
             state rm."
        ),
    )
}

/// The key pair of a state was made in another account than the provider looks at.
pub(super) fn wrong_account(name: &str, theirs: &str, ours: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The key pair {name:?} is in another account"),
        format!(
            "The key pair {name:?} was made in the account {theirs}, and is not to be found with the credentials in \
             use, which belong to the account {ours}. Nothing was changed, and the state was kept. Use credentials \
             of the account {theirs}, or remove the key pair from the state if it is to be forgotten: terraform \
             state rm."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::golden::golden;

    #[test]
    fn a_wrong_place_has_its_text() {
        golden("wrong-region", &wrong_region("web", "cn-beijing", "cn-hangzhou"));
        golden("wrong-account", &wrong_account("web", "1234567890123456", "6543210987654321"));
    }

    #[test]
    fn names_are_written_as_the_configuration_language_has_them() {
        assert_eq!(quoted(r#"a"b\c${d}%{e}"#), r#""a\"b\\c$${d}%%{e}""#);
    }
}
