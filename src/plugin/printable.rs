//! Text that is safe to show on a terminal.

use std::borrow::Cow;

/// The text with U+FFFD for every character that a terminal acts on or does not show. Line breaks stay.
///
/// Text of a service, a proxy, a program or a file may hold escape sequences, or characters that reorder or hide what
/// stands around them; Terraform prints diagnostics and log lines as they are.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |c| match c {
        '\t' | '\r' => ' ',
        c if is_hidden(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    // A line may end with both.
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

/// Whether a terminal acts on the character (controls, but line breaks), or it reorders or hides text.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' => false,
        // Soft hyphen, joiners, fillers, marks and embeddings of direction, line separators, annotations, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_or_hides_is_replaced() {
        for (text, shown) in [
            ("a plain line\nand 密钥对, é, 🔑", "a plain line\nand 密钥对, é, 🔑"),
            ("\u{1b}[2J\u{7}\u{9b}31m\0\u{7f}", "\u{fffd}[2J\u{fffd}\u{fffd}31m\u{fffd}\u{fffd}"),
            ("a\tb\r\nc\rd", "a b\nc d"),
            (
                "\u{202e}exe.\u{2066}\u{200b}\u{200f}\u{2060}\u{feff}",
                "\u{fffd}exe.\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
            ),
            ("a\u{2028}b\u{2029}c\u{85}d", "a\u{fffd}b\u{fffd}c\u{fffd}d"),
            ("\u{ad}\u{61c}\u{e0041}\u{3164}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(printable(text), shown, "{text:?}");
        }
        assert!(matches!(printable("as it is\n"), Cow::Borrowed(_)));
    }
}
