//! Regular expressions as the configuration's authors know them from the official provider, that is, in the syntax of
//! the Go language, translated to the dialect of the `regex` crate.
//!
//! They differ in this: `\d \w \s \b` are about ASCII only; `\Q…\E` quotes; `\123` is octal; any punctuation may be
//! escaped; a brace that starts no repetition stands for itself; `[` inside a class stands for itself, and so do `&&`,
//! `--` and `~~`; `\p{^Greek}` is `\P{Greek}`; two groups may have one name.

#[cfg(test)]
mod tests;

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
        for c in self.rest.by_ref() {
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
