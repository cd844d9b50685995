//! Texts that several steps of a key pair's life share.

use std::time::Duration;

use crate::alicloud::ecs::KeyPair;
use crate::framework::{Diagnostic, one_line};

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
    let shown = |text: &str| if text.is_empty() { "not shown".to_owned() } else { one_line(text) };
    format!("fingerprint {}, made at {}", shown(&key_pair.fingerprint), shown(&key_pair.creation_time))
}

/// `key_file` stands beside a `public_key`.
pub(super) fn key_file_not_used() -> Diagnostic {
    Diagnostic::warning(
        "key_file is not used",
        "With public_key set, that key is imported, and key_file is neither read nor written.",
    )
    .at("key_file")
}

/// A key pair will be created in a region that nothing sets; `unread` is the sentence about variables that are not read.
pub(super) fn default_region(region: &str, unread: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("Key pairs will be created in {region}: no region is configured"),
        format!(
            "Neither the provider block, nor an environment variable, nor a profile sets a region, so the default is used. \
             {unread}Set region in the provider block, or ALICLOUD_REGION. If {region} is right, set it too, so that the region \
             does not change with the environment."
        ),
    )
}

/// A time that was waited.
pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => "less than a second".to_owned(),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_key_pair_stays_in_its_line() {
        let found = KeyPair {
            name: "web".to_owned(),
            fingerprint: "ab\n\u{1b}[2J".to_owned(),
            creation_time: "2026\r\nApply complete!".to_owned(),
            resource_group_id: String::new(),
            public_key: None,
            tags: std::collections::BTreeMap::new(),
        };
        assert_eq!(describe(&found), "fingerprint ab \u{fffd}[2J, made at 2026 Apply complete!");
    }

    #[test]
    fn the_warning_of_the_default_region_names_variables_that_are_not_read() {
        let unread = "Set in the environment, but not read by the provider: ALICLOUD_REGION_NAME. ";
        let detail = "Neither the provider block, nor an environment variable, nor a profile sets a region, so the \
                      default is used. Set in the environment, but not read by the provider: ALICLOUD_REGION_NAME. \
                      Set region in the provider block, or ALICLOUD_REGION. If cn-beijing is right, set it too, so \
                      that the region does not change with the environment.";
        assert_eq!(default_region("cn-beijing", unread).detail, detail);
    }

    #[test]
    fn names_are_written_as_the_configuration_language_has_them() {
        assert_eq!(quoted(r#"a"b\c${d}%{e}"#), r#""a\"b\\c$${d}%%{e}""#);
    }
}
