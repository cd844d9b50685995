//! Takes a `process_command` apart, by the rules of the official command line: white space separates, quotes keep
//! together. No shell is asked, so nothing else has a meaning.

/// Why a command can't be taken apart; completes "The process_command …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    Empty,
    OpenQuote,
    TrailingBackslash,
}

impl Malformed {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::OpenQuote => "has a quote that is not closed",
            Self::TrailingBackslash => "ends in a backslash",
        }
    }
}

/// The program and its arguments. On Windows, a backslash separates the parts of a path, and escapes nothing but a
/// double quote within double quotes. Elsewhere it escapes what follows; within double quotes only `"`, `\`, `$` and a
/// backtick; and a line that ends in one goes on in the next.
pub(super) fn split(command: &str, windows: bool) -> Result<Vec<String>, Malformed> {
    let mut words = Vec::new();
    let mut rest = command.trim().chars().peekable();
    // `Some` from the first character or quote on, so that `""` is a word.
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    while let Some(c) = rest.next() {
        let literal = match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => {
                quote = None;
                continue;
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
                continue;
            }
            (None, c) if c.is_whitespace() => {
                words.extend(word.take());
                continue;
            }
            (None | Some('"'), '\\') => {
                let next = rest.peek().copied();
                let escapes = match (next, windows, quote.is_some()) {
                    (None, false, false) => return Err(Malformed::TrailingBackslash),
                    (Some(next), true, true) => next == '"',
                    (Some(next), false, true) => matches!(next, '"' | '\\' | '$' | '`' | '\n'),
                    (Some(_), false, false) => true,
                    (Some(_), true, false) | (None, ..) => false,
                };
                match next.filter(|_| escapes) {
                    None => c,
                    Some(next) => {
                        rest.next();
                        if next == '\n' && !windows {
                            continue;
                        }
                        next
                    }
                }
            }
            _ => c,
        };
        word.get_or_insert_default().push(literal);
    }
    if quote.is_some() {
        return Err(Malformed::OpenQuote);
    }
    words.extend(word);
    if words.first().is_none_or(String::is_empty) { Err(Malformed::Empty) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_apart_as_the_official_command_line_does() {
        let unix: [(&str, &[&str]); 9] = [
            ("tool", &["tool"]),
            ("  tool  a\tb\n", &["tool", "a", "b"]),
            (r#"tool "" '' a"#, &["tool", "", "", "a"]),
            (r#""/opt/my tool/get" --as 'Ann B'"#, &["/opt/my tool/get", "--as", "Ann B"]),
            (r#"tool a"b c"d'e f'"#, &["tool", "ab cde f"]),
            (r#"tool a\ b "\"\\\$\`\n" '\"'"#, &["tool", "a b", "\"\\$`\\n", "\\\""]),
            ("tool a\\\nb \"c\\\nd\"", &["tool", "ab", "cd"]),
            ("tool $HOME * | cat ; rm", &["tool", "$HOME", "*", "|", "cat", ";", "rm"]),
            ("outil é", &["outil", "é"]),
        ];
        for (command, words) in unix {
            assert_eq!(split(command, false).unwrap(), words, "{command}");
        }
        let windows: [(&str, &[&str]); 2] = [
            (r"C:\tools\get.exe a\b", &[r"C:\tools\get.exe", r"a\b"]),
            (
                r#""C:\Program Files\get.exe" "say \"hi\" \n" x\"#,
                &[r"C:\Program Files\get.exe", r#"say "hi" \n"#, r"x\"],
            ),
        ];
        for (command, words) in windows {
            assert_eq!(split(command, true).unwrap(), words, "{command}");
        }
        for (command, error) in [
            ("", Malformed::Empty),
            (" \n", Malformed::Empty),
            ("'' a", Malformed::Empty),
            ("tool 'a", Malformed::OpenQuote),
            ("tool \"a'", Malformed::OpenQuote),
            ("tool a\\", Malformed::TrailingBackslash),
        ] {
            assert_eq!(split(command, false), Err(error), "{command}");
        }
    }
}
