//! Key pair names: what they may be, and making unique ones.

use crate::framework::Diagnostic;

/// Fewest and most characters of a name, as the API documents it.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=128;

/// Most characters of a prefix, as in the official provider: the rest is for what makes it unique.
const LONGEST_PREFIX: usize = 100;

/// What a generated name starts with when no prefix is given.
const DEFAULT_PREFIX: &str = "terraform-";

/// Judges a name in the configuration, at `attribute`. The documentation has changed over the
/// years: what every edition refuses is an error, what editions disagree about is a warning.
pub(super) fn judge_name(name: &str, attribute: &str) -> Vec<Diagnostic> {
    if name.is_empty() {
        let detail = format!(
            "{attribute} is empty. Give a name, or leave the argument out to have a unique one made."
        );
        return vec![Diagnostic::error("Invalid key pair name", detail).at(attribute)];
    }
    let mut found = judge_start_and_characters(name, attribute);
    let length = name.chars().count();
    if !LENGTH.contains(&length) {
        let detail = format!("A key pair name has 2 to 128 characters; {name:?} has {length}.");
        found.push(Diagnostic::error("Invalid key pair name", detail).at(attribute));
    }
    found
}

/// Judges a prefix in the configuration.
pub(super) fn judge_prefix(prefix: &str) -> Vec<Diagnostic> {
    if prefix.is_empty() {
        let detail = "key_name_prefix is empty. Give a prefix, or leave the argument out.";
        return vec![Diagnostic::error("Invalid key pair name", detail).at("key_name_prefix")];
    }
    let mut found = judge_start_and_characters(prefix, "key_name_prefix");
    let length = prefix.chars().count();
    if length > LONGEST_PREFIX {
        let detail = format!("A key pair name prefix has at most 100 characters; this one has {length}.");
        found.push(Diagnostic::error("Invalid key pair name", detail).at("key_name_prefix"));
    }
    found
}

fn judge_start_and_characters(name: &str, attribute: &str) -> Vec<Diagnostic> {
    let error = |detail| Diagnostic::error("Invalid key pair name", detail).at(attribute);
    let mut found = Vec::new();
    if let Some(first) = name.chars().next().filter(|first| !first.is_alphabetic()) {
        found.push(error(format!("A key pair name starts with a letter; {name:?} starts with {first:?}.")));
    }
    if let Some(scheme) = ["http://", "https://"].into_iter().find(|scheme| name.starts_with(scheme)) {
        found.push(error(format!("A key pair name cannot start with {scheme}; {name:?} does.")));
        return found;
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.');
    if let Some(other) = name.chars().find(|c| !allowed(*c)) {
        found.push(error(format!(
            "A key pair name holds letters, digits, colons, underscores and hyphens; {name:?} holds {other:?}."
        )));
    }
    let usual = |c: char| c.is_ascii_alphanumeric() || is_chinese(c) || matches!(c, ':' | '_' | '-');
    if let Some(unusual) = name.chars().filter(|c| allowed(*c)).find(|c| !usual(*c)) {
        found.push(
            Diagnostic::warning(
                format!("The cloud may refuse the key pair name {name:?}"),
                format!(
                    "Editions of the API's documentation disagree about {unusual:?} in a key pair name. The \
                     cloud decides when the key pair is made. Letters of the Latin alphabet, Chinese characters, \
                     digits, colons, underscores and hyphens are always accepted."
                ),
            )
            .at(attribute),
        );
    }
    found
}

/// The CJK Unified Ideographs, with extension A and the compatibility block.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// A name that no other key pair has: the prefix, and 26 characters of time and randomness, so that
/// names sort by age.
pub(super) fn unique_name(prefix: Option<&str>) -> Result<String, Diagnostic> {
    let mut random = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| {
        Diagnostic::error(
            "No unique name could be made",
            "The operating system gave no random numbers. Set key_pair_name, or try again.",
        )
    })?;
    let millis = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_millis());
    // 14 hexadecimal digits of it.
    let random = u128::from_be_bytes(random) >> (128 - 14 * 4);
    Ok(format!("{}{millis:012x}{random:014x}", prefix.unwrap_or(DEFAULT_PREFIX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Severity;

    fn verdict(found: &[Diagnostic]) -> &'static str {
        match found.iter().map(|it| it.severity).collect::<Vec<_>>().as_slice() {
            [] => "fine",
            severities if severities.contains(&Severity::Error) => "error",
            _ => "warning",
        }
    }

    #[test]
    fn names_are_judged_by_what_the_documentation_says() {
        for (name, expected) in [
            ("ab", "fine"),
            ("a-key_pair:file", "fine"),
            ("密钥对1", "fine"),
            ("a", "error"),
            ("", "error"),
            (&"a".repeat(128), "fine"),
            (&"a".repeat(129), "error"),
            ("1ab", "error"),
            ("_ab", "error"),
            ("a b", "error"),
            ("a*", "error"),
            ("a/b", "error"),
            ("http://a", "error"),
            ("https://a", "error"),
            ("httpsa", "fine"),
            ("a.b", "warning"),
            ("ключ", "warning"),
        ] {
            assert_eq!(verdict(&judge_name(name, "key_pair_name")), expected, "{name:?}");
        }
    }

    #[test]
    fn prefixes_are_judged_alike() {
        for (prefix, expected) in
            [("a", "fine"), ("", "error"), (&"a".repeat(101), "error"), ("-a", "error"), ("a.", "warning")]
        {
            assert_eq!(verdict(&judge_prefix(prefix)), expected, "{prefix:?}");
        }
    }

    #[test]
    fn unique_names_are_valid_and_differ() {
        let longest = "p".repeat(LONGEST_PREFIX);
        let names: std::collections::BTreeSet<String> =
            (0..1000).map(|_| unique_name(Some(&longest)).unwrap()).collect();
        assert_eq!(names.len(), 1000);
        for name in names.iter().take(3).chain([&unique_name(None).unwrap()]) {
            assert_eq!(verdict(&judge_name(name, "key_pair_name")), "fine", "{name}");
        }
        assert!(unique_name(None).unwrap().starts_with("terraform-"));
    }
}
