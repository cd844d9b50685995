//! The modules of `src/` stand on each other like floors: each uses only what stands below it. And
//! each outside world (protobuf, HTTP, the environment, files) is touched in its own rooms only.
// The lints know tests by their attribute, not the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with those of its own crate that it may use.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("plugin", &[]),
    ("cty", &[]),
    ("openssh", &[]),
    ("alicloud", &[]),
    ("framework", &["cty", "plugin"]),
    ("provider", &["alicloud", "cty", "framework", "openssh"]),
];

/// What is touched in few places only: a path as it stands in the code, and where it may.
const ROOMS: [(&str, &[&str]); 8] = [
    ("tonic::", &["framework/", "plugin/", "main.rs"]),
    ("prost::", &["framework/", "plugin/"]),
    ("reqwest::", &["alicloud/"]),
    ("hyper_util::", &["alicloud/", "plugin/"]),
    ("std::env", &["plugin/", "alicloud/credentials/environment.rs", "alicloud/trust.rs", "main.rs"]),
    (
        "std::fs",
        &[
            "alicloud/credentials/files.rs",
            "alicloud/credentials/write_back.rs",
            "alicloud/trust.rs",
            "plugin/",
            "provider/files.rs",
            "provider/key_pair/key_file.rs",
            "provider/key_pairs/output_file.rs",
        ],
    ),
    (
        "rustix::",
        &[
            "alicloud/credentials/external.rs",
            "alicloud/credentials/files.rs",
            "provider/files.rs",
            "provider/key_pair/key_file.rs",
            "provider/key_pairs/output_file.rs",
        ],
    ),
    ("std::process", &["alicloud/credentials/external.rs", "plugin/", "main.rs"]),
];

/// The code of each file below `src/`, without comments and tests, by its path there.
fn sources() -> BTreeMap<String, String> {
    fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    let named = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        (name, code(&fs::read_to_string(path).unwrap()))
    };
    let is_test = |name: &String| name.ends_with("tests.rs") || name.contains("/tests/");
    found.into_iter().map(named).filter(|(name, _)| !is_test(name)).collect()
}

fn code(text: &str) -> String {
    let without_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    without_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The module of a file, counted from the crate: `alicloud/credentials/mod.rs` is 2 below it.
fn depth(file: &str) -> usize {
    file.trim_end_matches("/mod.rs").split('/').count()
}

/// The modules of this crate that `code` names, in a module so far below the crate.
fn used(depth: usize, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].trim_end_matches("self::");
            // Else it is the middle of a path or the end of a name.
            if !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                follow(depth, &code[at..], &mut found);
            }
        }
    }
    found
}

/// Follows a path, or a tree of them, from a module so far below the crate. Each that comes past the crate names a
/// module.
fn follow(depth: usize, path: &str, found: &mut Vec<String>) {
    let path = path.trim_start();
    if let Some(rest) = path.strip_prefix("crate::") {
        follow(0, rest, found);
    } else if let Some(rest) = path.strip_prefix("super::") {
        follow(depth.saturating_sub(1), rest, found);
    } else if let Some(group) = path.strip_prefix('{') {
        for member in members(group) {
            follow(depth, member, found);
        }
    } else if depth == 0 {
        found.push(if path.starts_with('*') { "*".to_owned() } else { first_name(path) });
    }
}

/// The members of a group of paths, of which the opening brace is gone.
fn members(group: &str) -> Vec<&str> {
    let (mut members, mut start, mut open) = (Vec::new(), 0, 0_u32);
    for (at, c) in group.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open > 0 => open -= 1,
            '}' => {
                members.push(&group[start..at]);
                break;
            }
            ',' if open == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

fn first_name(path: &str) -> String {
    path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn each_floor_uses_only_what_is_below_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (file, code) in sources() {
        let Some((module, _)) = file.split_once('/') else { continue };
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| *name == module).unwrap_or_else(|| {
            panic!(
                "{file}: the module {module} has no floor; give it one in this test and in CONTRIBUTING.md"
            )
        });
        for used in used(depth(&file), &code) {
            let is_module = MAY_USE.iter().any(|(name, _)| *name == used);
            seen += usize::from(is_module);
            if used == "*" || is_module && used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{file} uses crate::{used}"));
            }
        }
    }
    assert!(seen > 50, "the test no longer finds the imports: {seen}");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn each_outside_world_has_its_rooms() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        for (path, rooms) in ROOMS {
            if code.contains(path) && !rooms.iter().any(|room| file.starts_with(room)) {
                wrong.push(format!("{file} uses {path}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn an_upward_import_is_found() {
    let cases: [(&str, &str, &[&str]); 9] = [
        (
            "alicloud/client.rs",
            "use crate::framework::Diagnostic;\nlet x = crate::cty::Path::root();",
            &["framework", "cty"],
        ),
        ("alicloud/mod.rs", "use crate::{plugin::{panics, serve}, provider};", &["plugin", "provider"]),
        ("alicloud/mod.rs", "use super::framework::Model; use self::super::cty;", &["framework", "cty"]),
        ("alicloud/client.rs", "use super::super::{framework, cty::{Path, Type}};", &["framework", "cty"]),
        ("alicloud/client.rs", "use super::{retry, super::framework};", &["framework"]),
        ("alicloud/ecs/mod.rs", "super::super::framework::run()", &["framework"]),
        ("alicloud/client.rs", "use super::super::*;", &["*"]),
        ("alicloud/client.rs", "use super::framework; super::call(); not_super::super::cty", &[]),
        ("alicloud/ecs/tags.rs", "use super::super::framework; use super::*;", &[]),
    ];
    for (file, code, expected) in cases {
        assert_eq!(used(depth(file), code), expected, "{file}: {code}");
    }
    assert!(!code("//! crate::provider\n/// [`crate::provider`]\nfn f() {}").contains("provider"));
}
