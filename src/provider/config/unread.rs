//! Variables that look like ours and that nothing reads: perhaps a name that was misspelt, or that of another tool.

use super::arguments::{
    ACCESS_KEY, ACCOUNT_ID, Argument, CREDENTIALS_FILE, CREDENTIALS_URI, ECS_ENDPOINT, ECS_ROLE_NAME,
    PROFILE, REGION, SECRET_KEY, SECURE_TRANSPORT, SECURITY_TOKEN, SECURITY_TRANSPORT,
    SKIP_REGION_VALIDATION, SOURCE_IP, STS_ENDPOINT,
};
use super::credentials::{CLI_FILE_VARIABLE, NO_PROFILES};
use super::roles::{EXPIRATION, OIDC_PROVIDER, OIDC_TOKEN, OIDC_TOKEN_FILE, ROLE_ARN, SESSION};
use super::{ENDPOINT_TYPE, STS_REGION, VPC};
use crate::alicloud::credentials::{Environment, VARIABLES_OF_SOURCES};

const PREFIXES: [&str; 3] = ["ALICLOUD_", "ALIBABA_CLOUD_", "ALIBABACLOUD_"];

/// Most names that are listed.
const MOST: usize = 5;

/// All arguments with variables of these prefixes.
#[rustfmt::skip]
const ARGUMENTS: [&Argument; 21] = [
    &REGION, &ACCESS_KEY, &SECRET_KEY, &SECURITY_TOKEN, &PROFILE, &CREDENTIALS_FILE, &CREDENTIALS_URI, &ECS_ROLE_NAME,
    &ACCOUNT_ID, &SOURCE_IP, &SECURE_TRANSPORT, &SECURITY_TRANSPORT, &SKIP_REGION_VALIDATION, &ECS_ENDPOINT,
    &STS_ENDPOINT, &ROLE_ARN, &SESSION, &EXPIRATION, &OIDC_PROVIDER, &OIDC_TOKEN, &OIDC_TOKEN_FILE,
];

fn is_read(name: &str) -> bool {
    ARGUMENTS.iter().any(|argument| argument.variables.contains(&name))
        || [CLI_FILE_VARIABLE, STS_REGION, ENDPOINT_TYPE, VPC].contains(&name)
        || NO_PROFILES.contains(&name)
        || VARIABLES_OF_SOURCES.contains(&name)
}

/// The names of the variables that are set, have one of the prefixes, and are not read; `None` if there are none.
pub(super) fn list(environment: &dyn Environment) -> Option<String> {
    let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let looks_like_ours =
        |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && is_plain(name);
    let mut names = environment.names();
    names.retain(|name| looks_like_ours(name) && !is_read(name));
    names.sort_unstable();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let and_more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!names.is_empty()).then(|| format!("{}{and_more}", names.join(", ")))
}

/// The same as a sentence with a space after it; empty if there are none.
pub(super) fn sentence(environment: &dyn Environment) -> String {
    let text = |names| format!("Set in the environment, but not read by the provider: {names}. ");
    list(environment).map_or_else(String::new, text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    fn of(names: &[&str]) -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), "s3cret".to_owned())).collect()
    }

    #[test]
    fn what_looks_like_ours_and_is_not_read_is_named() {
        for (names, expected) in [
            (
                &["ALICLOUD_REGION", "ALIBABA_CLOUD_IMDSV1_DISABLED", "ACCESS_KEY", "ALICLOUDS_REGION"][..],
                None,
            ),
            (
                &["ALICLOUD_REGION_NAME", "ALIBABA_CLOUD_SECRET"],
                Some("ALIBABA_CLOUD_SECRET, ALICLOUD_REGION_NAME"),
            ),
            (&["ALIBABACLOUD_ACCESS_KEY", "ALIBABACLOUD_PROFILE"], Some("ALIBABACLOUD_ACCESS_KEY")),
            (&["ALICLOUD_A\nB", "ALICLOUD_\u{1b}[2J"], None),
            (
                &["ALICLOUD_A", "ALICLOUD_B", "ALICLOUD_C", "ALICLOUD_D", "ALICLOUD_E", "ALICLOUD_F"],
                Some("ALICLOUD_A, ALICLOUD_B, ALICLOUD_C, ALICLOUD_D, ALICLOUD_E and 1 more"),
            ),
        ] {
            assert_eq!(list(&of(names)).as_deref(), expected);
        }
        assert_eq!(
            sentence(&of(&["ALIBABA_CLOUD_SECRET"])),
            "Set in the environment, but not read by the provider: ALIBABA_CLOUD_SECRET. "
        );
        assert_eq!(sentence(&of(&[])), "");
        let empty = BTreeMap::from([("ALIBABA_CLOUD_SECRET".to_owned(), String::new())]);
        assert_eq!(list(&empty), None);
    }

    /// A new variable of the code has to be added to the tables here.
    #[test]
    fn every_variable_in_the_code_counts_as_read() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("tests") {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                    let is_prefix = |text: &&str| PREFIXES.contains(text);
                    let has_prefix = |text: &&str| PREFIXES.iter().any(|prefix| text.starts_with(prefix));
                    let is_name = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                    for name in code.split('"').filter(has_prefix).filter(is_name).filter(|it| !is_prefix(it))
                    {
                        assert!(is_read(name), "{name} in {}", path.display());
                        found += 1;
                    }
                }
            }
        }
        assert!(found >= 50, "{found}");
    }
}
