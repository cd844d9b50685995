//! Regular expressions as the configuration's authors know them from the official provider, that is, in the syntax of
//! the Go language, translated to the dialect of the `regex` crate.
//!
//! They differ in this: `\d \w \s \b` are about ASCII only; `\Q…\E` quotes; `\123` is octal; any punctuation may be
//! escaped; a brace that starts no repetition stands for itself; `[` inside a class stands for itself, and so do `&&`,
//! `--` and `~~`; `\p{^Greek}` is `\P{Greek}`; two groups may have one name.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// Most memory of a compiled expression, in bytes: far beyond what any filter of names needs.
const LARGEST: usize = 1 << 20;

/// Classes that have names, as in `[[:alpha:]]`.
const NAMED: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Compiles an expression of Go's syntax. The error completes "it cannot be compiled: …".
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = Translation::of(pattern)?;
    RegexBuilder::new(&translated).size_limit(LARGEST).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        // The crate's text has a picture of the expression above the reason.
        other => {
            let text = other.to_string();
            text.lines().last().unwrap_or(&text).trim_start_matches("error: ").to_owned()
        }
    })
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

impl<'p> Translation<'p> {
    fn of(pattern: &'p str) -> Result<String, String> {
        let mut this = Self { rest: pattern.chars().peekable(), out: String::new() };
        while let Some(c) = this.rest.next() {
            match c {
                '\\' => this.escape()?,
                '[' => this.class()?,
                '{' => this.brace(),
                '(' => this.group()?,
                '.' | '*' | '+' | '?' | ')' | '|' | '^' | '$' => this.out.push(c),
                literal => this.literal(literal),
            }
        }
        Ok(this.out)
    }

    /// A character that stands for itself, in a form that has no other meaning anywhere.
    fn literal(&mut self, c: char) {
        if c.is_alphanumeric() {
            self.out.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(self.out, "\\x{{{:X}}}", u32::from(c));
        }
    }

    /// What follows a backslash outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        match self.rest.peek().copied() {
            Some('Q') => {
                self.rest.next();
                self.quoted();
            }
            Some(c @ ('A' | 'z')) => {
                self.rest.next();
                self.out.push('\\');
                self.out.push(c);
            }
            Some(c @ ('b' | 'B')) => {
                self.rest.next();
                let _ = write!(self.out, "(?-u:\\{c})");
            }
            _ => match self.atom()? {
                Atom::Char(c) => self.literal(c),
                Atom::Class(class) => self.out.push_str(&class),
            },
        }
        Ok(())
    }

    /// What follows `\Q`, up to `\E` or the end.
    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.peek() == Some(&'E') {
                self.rest.next();
                return;
            }
            self.literal(c);
        }
    }

    /// What follows a backslash where a character or a class of characters is meant.
    fn atom(&mut self) -> Result<Atom, String> {
        let Some(c) = self.rest.next() else { return Err("it ends in a backslash".to_owned()) };
        let class = |class: &str| Ok(Atom::Class(class.to_owned()));
        let char = |c: char| Ok(Atom::Char(c));
        match c {
            'd' => class("[0-9]"),
            'D' => class("[^0-9]"),
            'w' => class("[0-9A-Za-z_]"),
            'W' => class("[^0-9A-Za-z_]"),
            's' => class("[\\t\\n\\f\\r\\x20]"),
            'S' => class("[^\\t\\n\\f\\r\\x20]"),
            'p' | 'P' => self.unicode_class(c == 'P'),
            'a' => char('\u{7}'),
            'f' => char('\u{c}'),
            't' => char('\t'),
            'n' => char('\n'),
            'r' => char('\r'),
            'v' => char('\u{b}'),
            'x' => self.hexadecimal(),
            '0'..='7' => self.octal(c),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => char(c),
            other => Err(format!("\\{other} means nothing")),
        }
    }

    fn octal(&mut self, first: char) -> Result<Atom, String> {
        let is_octal = |c: &char| ('0'..='7').contains(c);
        if first != '0' && !self.rest.peek().is_some_and(is_octal) {
            return Err(format!("\\{first} would refer to a group, which is not supported"));
        }
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.rest.next_if(is_octal).and_then(|c| c.to_digit(8)) else { break };
            code = code * 8 + digit;
        }
        char::from_u32(code).map(Atom::Char).ok_or_else(|| "an octal escape is no character".to_owned())
    }

    fn hexadecimal(&mut self) -> Result<Atom, String> {
        let wrong = || "after \\x come two hexadecimal digits, or a character's number in braces".to_owned();
        let digits: String = if self.rest.next_if_eq(&'{').is_some() {
            self.until('}').ok_or_else(wrong)?
        } else {
            self.rest.by_ref().take(2).collect()
        };
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| is_number).ok_or_else(wrong)?;
        char::from_u32(code).map(Atom::Char).ok_or_else(wrong)
    }

    /// What follows `\p` or `\P`.
    fn unicode_class(&mut self, negated: bool) -> Result<Atom, String> {
        let wrong = || "after \\p comes the name of a class of characters".to_owned();
        let name = match self.rest.next().ok_or_else(wrong)? {
            '{' => self.until('}').ok_or_else(wrong)?,
            letter => letter.to_string(),
        };
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name.as_str(), negated),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(wrong());
        }
        Ok(Atom::Class(format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' })))
    }

    /// The text up to `end`, which is passed over; `None` if it does not come.
    fn until(&mut self, end: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                c if c == end => return Some(text),
                c => text.push(c),
            }
        }
    }

    /// What follows `[`.
    fn class(&mut self) -> Result<(), String> {
        let open = || "a [ is never closed".to_owned();
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or_else(open)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '[' && self.rest.peek() == Some(&':') && self.named_class()? {
                continue;
            }
            let low = match self.class_atom(c)? {
                Atom::Char(low) => low,
                Atom::Class(class) => {
                    self.out.push_str(&class);
                    continue;
                }
            };
            self.literal(low);
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
                self.rest.next();
                let c = self.rest.next().ok_or_else(open)?;
                let Atom::Char(high) = self.class_atom(c)? else {
                    return Err("a range in brackets ends in a class".to_owned());
                };
                self.out.push('-');
                self.literal(high);
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn class_atom(&mut self, c: char) -> Result<Atom, String> {
        if c == '\\' { self.atom() } else { Ok(Atom::Char(c)) }
    }

    /// What follows `[` where a `:` comes next: a class such as `[:alpha:]`, if it is one.
    fn named_class(&mut self) -> Result<bool, String> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let text: String = ahead.take_while(|c| *c != ']').collect();
        let Some(name) = text.strip_suffix(':') else { return Ok(false) };
        if !NAMED.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("[:{name}:] is no class of characters"));
        }
        let _ = write!(self.out, "[:{name}:]");
        // The colon at the start, the text, and the bracket at the end.
        for _ in 0..text.chars().count() + 2 {
            self.rest.next();
        }
        Ok(true)
    }

    /// What follows `{`: a repetition, or a brace.
    fn brace(&mut self) {
        let ahead: String = self.rest.clone().take_while(|c| *c != '}').take(16).collect();
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        let is_repetition = match ahead.split_once(',') {
            None => is_number(&ahead),
            Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
        };
        if is_repetition && self.rest.clone().nth(ahead.chars().count()) == Some('}') {
            let _ = write!(self.out, "{{{ahead}}}");
            for _ in 0..=ahead.chars().count() {
                self.rest.next();
            }
        } else {
            self.literal('{');
        }
    }

    /// What follows `(`.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        let mut ahead = self.rest.clone();
        let named = match ahead.next() {
            Some('P') => ahead.next() == Some('<'),
            Some('<') => true,
            _ => false,
        };
        if named {
            let name = ahead.clone().take_while(|c| *c != '>').collect::<String>();
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(format!("(?<{name} is not the start of a group with a name"));
            }
            // Nobody asks for what a group has matched.
            self.out.push(':');
            return self.until('>').map(drop).ok_or_else(|| "the name of a group is never closed".to_owned());
        }
        while let Some(c) = self.rest.next() {
            match c {
                ':' | ')' => {
                    self.out.push(c);
                    return Ok(());
                }
                'i' | 'm' | 's' | 'U' | '-' => self.out.push(c),
                other => return Err(format!("(?{other} is not supported")),
            }
        }
        Err("a ( is never closed".to_owned())
    }
}

enum Atom {
    Char(char),
    /// In the form of the crate, for inside and outside of brackets.
    Class(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 20] = [
        "web",
        "web-1",
        "Web_2",
        "db:main",
        "prod.eu",
        "a{2}b",
        "aab",
        "密钥对",
        "ключ٣",
        "x y",
        "a^b",
        "[k]",
        "a-b&&c",
        "é",
        "K",
        "a\\d",
        "w--z",
        "A<B>",
        "tab\there",
        "",
    ];

    /// Expressions, and which of the names each finds, by Go's own implementation.
    #[rustfmt::skip]
    const FOUND: &[(&str, &[usize])] = &[
        (r#"^web"#, &[0, 1]),
        (r#"web$"#, &[0]),
        (r#"^web-[0-9]$"#, &[1]),
        (r#"(?i)^WEB"#, &[0, 1, 2]),
        (r#"db|prod"#, &[3, 4]),
        (r#"\d"#, &[1, 2, 5]),
        (r#"^\D+$"#, &[0, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
        (r#"^\w+$"#, &[0, 2, 6, 14]),
        (r#"\W"#, &[1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18]),
        (r#"\s"#, &[9, 18]),
        (r#"^\S+$"#, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17]),
        (r#"\b1\b"#, &[1]),
        (r#"b\B"#, &[2]),
        (r#"[\d:]"#, &[1, 2, 3, 5]),
        (r#"[^\w]"#, &[1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18]),
        (r#"[\W\d]"#, &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18]),
        (r#"\Qa{2}b\E"#, &[5]),
        (r#"\Q.\E"#, &[4]),
        (r#"\Qa^"#, &[10]),
        (r#"^\101"#, &[17]),
        (r#"\x41"#, &[17]),
        (r#"\x{5bc6}"#, &[7]),
        (r#"a{2}b"#, &[6]),
        (r#"^a{,5}"#, &[]),
        (r#"a{"#, &[5]),
        (r#"a{2"#, &[5]),
        (r#"}b"#, &[5]),
        (r#"^a{2}{"#, &[]),
        (r#"[[:alpha:]]{3}"#, &[0, 1, 2, 3, 4, 6, 18]),
        (r#"^[[:^alpha:]]"#, &[7, 8, 11, 13]),
        (r#"[[:word:]]-"#, &[1, 12, 16]),
        (r#"[a[]k"#, &[11]),
        (r#"[]k]{2}"#, &[11]),
        (r#"[^]a-z]"#, &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
        (r#"[a&&b]-"#, &[1, 12]),
        (r#"a[-]b"#, &[12]),
        (r#"[+--]b"#, &[12]),
        (r#"\p{Han}"#, &[7]),
        (r#"\p{^Han}"#, &[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
        (r#"\P{Cyrillic}"#, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
        (r#"\pL\d"#, &[]),
        (r#"(?i)k"#, &[11, 14]),
        (r#".y"#, &[9]),
        (r#"^.$"#, &[13, 14]),
        (r#"^$"#, &[19]),
        (r#"\Aweb\z"#, &[0]),
        (r#"(?P<n>a)a"#, &[6]),
        (r#"(?<n>a)a"#, &[6]),
        (r#"(?:a|b)\^"#, &[10]),
        (r#"\_"#, &[2]),
        (r#"\<B\>"#, &[17]),
        (r#"\-\-"#, &[16]),
        (r#"w.*?1"#, &[1]),
        (r#"(?U)w.*"#, &[0, 1, 16]),
        (r#"(?s).+\t"#, &[18]),
        (r#"a\\d"#, &[15]),
        (r#"[\x{430}-\x{44f}]"#, &[8]),
        (r#"\a|\f|\v|\n|\r|\t"#, &[18]),
        (r#"(?m)^web$"#, &[0]),
        (r#"[a-b-c]&"#, &[12]),
        (r#"[\-\]]"#, &[1, 11, 12, 16]),
        (r#"é"#, &[13]),
        (r#"[[:digit:][:space:]]"#, &[1, 2, 5, 9, 18]),
        (r#"\08"#, &[]),
        (r#"(?P<n>a)(?P<n>b)"#, &[6, 18]),
    ];

    #[test]
    fn expressions_find_what_they_find_in_go() {
        for (pattern, expected) in FOUND {
            let regex = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            let found: Vec<usize> =
                NAMES.iter().enumerate().filter_map(|(n, name)| regex.is_match(name).then_some(n)).collect();
            assert_eq!(found, *expected, "{pattern}");
        }
        assert!(FOUND.len() >= 40);
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in [
            "(",
            "[",
            "[a",
            ")",
            r"\",
            "*a",
            "{2}b",
            r"\1",
            r"\7",
            r"\y",
            r"\Z",
            r"\C",
            r"[\Q^\E]",
            "(?=a)",
            "(?<!a)b",
            "[z-a]",
            "a{3,2}",
            "(?x)a",
            r"\p{Nope}",
            "[[:nope:]]",
            r"\x{110000}",
            r"\xZ",
            r"\p",
            "(?",
            "(?P<n",
            r"\x{",
        ] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
        assert_eq!(compile("(((((a{900}){900}){900}){900}){900})").unwrap_err(), "it is too large");
    }

    proptest::proptest! {
        #[test]
        fn no_expression_makes_it_panic(pattern: String, tricky in r"[\\\[\]{}()?^:,<>PQEpxabd0-9.*+|&~-]{0,24}") {
            let _ = compile(&pattern);
            let _ = compile(&tricky);
        }
    }
}
