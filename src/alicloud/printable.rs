//! Which characters may be shown. What a service, a proxy, a program or a file says reaches a terminal.

/// Whether a terminal acts on the character, or it reorders or hides the text around it. White space is not hidden, but
/// for that which only a terminal acts on.
pub(crate) fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
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
    fn what_a_terminal_acts_on_or_hides_is_told_from_text() {
        for c in "\0\x07\x1b\r\x7f\u{9b}\u{202e}\u{2066}\u{2069}\u{200b}\u{200f}\u{2060}\u{feff}\u{2028}\u{ad}\u{61c}".chars() {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in "a é钥🔑\n\t\u{a0}\u{fffd}".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }
}
