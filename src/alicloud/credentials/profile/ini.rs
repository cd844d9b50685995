//! The file of the official SDKs, `~/.alibabacloud/credentials`: sections with `name = value` lines, by the rules of the
//! library that the official SDK for Go reads it with.

use zeroize::Zeroizing;

use crate::alicloud::credentials::secret_json::SecretObject;
use crate::alicloud::json;

/// The section that is used when none is named.
pub(super) const DEFAULT: &str = "default";

/// What names this file has for what the command line tool's has.
const NAMES: [(&str, &str); 6] = [
    ("type", "mode"),
    ("role_arn", "ram_role_arn"),
    ("role_session_name", "ram_session_name"),
    ("role_name", "ram_role_name"),
    ("oidc_token_file_path", "oidc_token_file"),
    ("duration_seconds", "expired_seconds"),
];

/// And for the modes.
const TYPES: [(&str, &str); 4] = [
    ("access_key", "AK"),
    ("ram_role_arn", "RamRoleArn"),
    ("ecs_ram_role", "EcsRamRole"),
    ("oidc_role_arn", "OIDC"),
];

/// Whether the text is of this kind, rather than JSON: it begins with a comment, or with a line that can be the name of
/// a section and not the beginning of a list.
pub(super) fn is_ini(text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let Some(name) = first.strip_prefix('[') else { return first.starts_with(['#', ';']) };
    let name = name.split(']').next().unwrap_or_default().trim();
    !name.is_empty() && !name.contains(['[', '{', '}', '"', ','])
}

/// What this file calls a field of the command line tool's.
pub(super) fn name_here(field: &str) -> &str {
    NAMES.iter().find(|(_, cli)| *cli == field).map_or(field, |(here, _)| here)
}

/// What this file calls a mode.
pub(super) fn type_here(mode: &str) -> &str {
    TYPES.iter().find(|(_, cli)| *cli == mode).map_or(mode, |(here, _)| here)
}

/// Whether this file has a type for a mode.
pub(super) fn has_type_for(mode: &str) -> bool {
    TYPES.iter().any(|(_, cli)| *cli == mode)
}

/// Reads the sections as profiles of the command line tool. The error tells line and column, and what was expected.
pub(super) fn parse(text: &str) -> Result<Vec<SecretObject>, String> {
    let mut sections: Vec<SecretObject> = Vec::new();
    // The one that lines belong to.
    let mut place = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, raw)) = lines.next() {
        let line = raw.trim();
        let failed = |column: usize, expected: &str| {
            Err(format!("line {}, column {column}: expected {expected}", number + 1))
        };
        let column = raw.chars().take_while(|c| c.is_whitespace()).count() + 1;
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let Some((name, _)) = rest.split_once(']') else {
                return failed(column + line.chars().count(), "`]`");
            };
            // One that comes twice is one.
            let is_it = |section: &SecretObject| json::text(section, "name").as_deref() == Some(name.trim());
            place = sections.iter().position(is_it).or_else(|| {
                let mut section = SecretObject::default();
                section.set("name".to_owned(), name.trim());
                sections.push(section);
                Some(sections.len() - 1)
            });
            continue;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else {
            return failed(column, "`[section]`, `name = value` or a comment");
        };
        let Some(section) = place.and_then(|place| sections.get_mut(place)) else {
            return failed(column, "`[section]` first");
        };
        let name = name.trim().to_ascii_lowercase();
        let mut text = Zeroizing::new(value.trim().to_owned());
        // A line that ends in a backslash goes on in the next, unless it is quoted.
        while raw_quote(&text).is_none() && text.ends_with('\\') {
            text.pop();
            let Some((_, next)) = lines.next() else { break };
            text.push_str(next.trim());
        }
        let Some(value) = self::value(&text) else {
            let column = column + line.chars().count();
            return failed(column, "the quote that closes the value");
        };
        let field = NAMES.iter().find(|(here, _)| *here == name).map_or(name.as_str(), |(_, cli)| cli);
        let value = match field {
            "mode" => {
                TYPES.iter().find(|(here, _)| here.eq_ignore_ascii_case(value)).map_or(value, |(_, cli)| cli)
            }
            // A section's name is not to be changed by what it holds.
            "name" => continue,
            _ => value,
        };
        section.set(field.to_owned(), value);
    }
    Ok(sections)
}

/// The quote that the value begins with, if all up to its next is taken as it is.
fn raw_quote(value: &str) -> Option<&'static str> {
    ["\"\"\"", "`"].into_iter().find(|quote| value.starts_with(quote))
}

/// What is meant by the text after the `=`: without a comment and without the quotes around it. `None` if a quote is not
/// closed.
fn value(text: &str) -> Option<&str> {
    if let Some(quote) = raw_quote(text) {
        let inner = text.strip_prefix(quote)?;
        return inner.rfind(quote).and_then(|end| inner.get(..end));
    }
    // Also within quotes.
    let text = text.split(['#', ';']).next().unwrap_or_default().trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    });
    Some(inner.unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_no_section() {
        for text in ["[default]\ntype = access_key", " \n[a-b.c]", "# a comment", ";", "[open"] {
            assert!(is_ini(text), "{text}");
        }
        for text in
            ["", "{}", "[]", "[ ]", "[{\"name\": \"a\"}]", "[\n{}]", "[\"a\"]", "[1, 2]", "[[1]]", "a = b"]
        {
            assert!(!is_ini(text), "{text}");
        }
    }

    #[test]
    fn sections_are_profiles_of_the_command_line_tool() {
        let text = "; a comment\n[default]\ntype = access_key # the usual one\naccess_key_id=id:1\n\n [other] \n\
                    TYPE: ram_role_arn\nrole_arn = acs:ram::1:role/r\nname = no\n";
        let sections = parse(text).unwrap();
        let text = |section: usize, field: &str| json::text(&sections[section], field).unwrap_or_default();
        assert_eq!(
            (text(0, "name"), text(0, "mode"), text(0, "access_key_id")),
            ("default".into(), "AK".into(), "id:1".into())
        );
        assert_eq!(
            (text(1, "name"), text(1, "mode"), text(1, "ram_role_arn")),
            ("other".into(), "RamRoleArn".into(), "acs:ram::1:role/r".into())
        );
        for (text, told) in [
            ("a = b", "line 1, column 1: expected `[section]` first"),
            ("[a]\n  s3cret", "line 2, column 3: expected `[section]`, `name = value` or a comment"),
            ("[a", "line 1, column 3: expected `]`"),
            ("[a]\nb = `s3cret", "line 2, column 12: expected the quote that closes the value"),
        ] {
            assert_eq!(parse(text).err().unwrap(), told);
        }
    }

    #[test]
    fn values_are_those_that_the_official_sdk_reads() {
        for (line, value) in [
            ("plain", "plain"),
            ("  in the middle \t", "in the middle"),
            ("\"LTAI5tQuoted1234\" ; the build machine's", "LTAI5tQuoted1234"),
            ("'single' # a comment", "single"),
            ("a;b", "a"),
            ("a#b", "a"),
            ("\"a ; b\"", "\"a"),
            ("\" inside \"", " inside "),
            ("\"\"", ""),
            ("\"", "\""),
            ("\"a\"b\"", "\"a\"b\""),
            ("'a\"", "'a\""),
            ("`a # b ; \"c\"` # d", "a # b ; \"c\""),
            ("\"\"\"a;\"b\"\"\"", "a;\"b"),
            ("acs:ram::1:role/r", "acs:ram::1:role/r"),
            ("a=b==", "a=b=="),
            ("one\\\n   two\\\nthree", "onetwothree"),
            ("one\\", "one"),
            ("", ""),
        ] {
            let sections = parse(&format!("[default]\nfield = {line}\n")).unwrap();
            assert_eq!(json::text(&sections[0], "field").as_deref(), Some(value), "{line}");
        }
    }

    #[test]
    fn a_section_that_comes_twice_is_one() {
        let text = "[a]\ntype = ACCESS_KEY\naccess_key_id = one\n[b]\nx = 1\n[ a ]\naccess_key_id = two\nrole_name = r\n";
        let sections = parse(text).unwrap();
        let text = |field: &str| json::text(&sections[0], field).unwrap();
        assert_eq!(sections.len(), 2);
        assert_eq!(
            (text("mode"), text("access_key_id"), text("ram_role_name")),
            ("AK".into(), "two".into(), "r".into())
        );
    }
}
