//! The file of the official SDKs, `~/.alibabacloud/credentials`: sections with `name = value` lines.

use crate::alicloud::credentials::secret_json::SecretObject;

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
    for (number, raw) in text.lines().enumerate() {
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
            let mut section = SecretObject::default();
            section.set("name".to_owned(), name.trim());
            sections.push(section);
            continue;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else {
            return failed(column, "`[section]`, `name = value` or a comment");
        };
        let Some(section) = sections.last_mut() else { return failed(column, "`[section]` first") };
        let name = name.trim().to_ascii_lowercase();
        let value = value.split('#').next().unwrap_or_default().trim();
        let field = NAMES.iter().find(|(here, _)| *here == name).map_or(name.as_str(), |(_, cli)| cli);
        let value = match field {
            "mode" => TYPES.iter().find(|(here, _)| *here == value).map_or(value, |(_, cli)| cli),
            // A section's name is not to be changed by what it holds.
            "name" => continue,
            _ => value,
        };
        section.set(field.to_owned(), value);
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::json;

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
        ] {
            assert_eq!(parse(text).err().unwrap(), told);
        }
    }
}
