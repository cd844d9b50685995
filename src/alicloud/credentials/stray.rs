//! What gets around an access key by accident, when it is copied.

use crate::alicloud::printable::is_hidden;

/// What the text begins or ends with that no key does: white space, a line break of the file that it was in, a quotation
/// mark. It completes "The key … " (`ends with a line break`).
pub(crate) fn stray(text: &str) -> Option<String> {
    let mut characters = text.chars();
    let (first, last) = (characters.next().and_then(name), characters.next_back().and_then(name));
    match (first, last) {
        (_, Some(what)) => Some(format!("ends with {what}")),
        (Some(what), None) => Some(format!("begins with {what}")),
        (None, None) => None,
    }
}

fn name(c: char) -> Option<&'static str> {
    match c {
        '\n' | '\r' => Some("a line break"),
        ' ' => Some("a space"),
        '\t' => Some("a tab"),
        '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => Some("a quotation mark"),
        c if c.is_whitespace() || is_hidden(c) => Some("a character that is not shown"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_key_is_named() {
        for (text, what) in [
            ("LTAI5tExampleKeyWXYZ", None),
            ("a+b/c==", None),
            ("in the middle", None),
            ("", None),
            ("id\n", Some("ends with a line break")),
            ("id\r\n", Some("ends with a line break")),
            (" id", Some("begins with a space")),
            ("\tid", Some("begins with a tab")),
            ("\"id\"", Some("ends with a quotation mark")),
            ("'id", Some("begins with a quotation mark")),
            ("\u{feff}id", Some("begins with a character that is not shown")),
            ("id\u{a0}", Some("ends with a character that is not shown")),
            (" ", Some("begins with a space")),
        ] {
            assert_eq!(stray(text).as_deref(), what, "{text:?}");
        }
    }
}
