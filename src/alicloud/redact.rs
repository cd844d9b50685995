//! Makes text from the network fit to be shown.

use std::collections::HashSet;
use std::ops::Range;

use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::printable::is_hidden;

/// Where the service begins to repeat what it was sent. `SignatureDoesNotMatch` echoes the string to sign, which
/// holds the access key id and the security token, in wordings that changed over the years.
const ECHOES: &[&str] = &[
    "server string to sign",
    "string to sign",
    "stringtosign",
    "string-to-sign",
    "canonicalrequest",
    "canonical request",
    "accesskeyid=",
];

/// The longest message that is passed on, in characters.
const LONGEST: usize = 1000;

/// The most of a message that is read, in bytes: enough for [`LONGEST`] characters however they are written.
const MOST_READ: usize = 64 * 1024;

/// What stands in place of a secret.
const MASK: &str = "****";

/// Secrets of fewer bytes are found in many a word. Real ones have dozens.
const SHORTEST: usize = 4;

/// A part of a secret that is this long, in bytes, is masked on its own: a message may cut a token off.
const PART: usize = 12;

/// Most layers of encoding that are taken off.
const LAYERS: usize = 4;

/// Takes out of texts what belongs to one request's credentials.
pub(crate) struct Scrubber<'a> {
    credentials: &'a Credentials,
}

impl<'a> Scrubber<'a> {
    pub(crate) fn new(credentials: &'a Credentials) -> Self {
        Self { credentials }
    }

    /// The text in one line, without echoes of the request, secrets and hidden characters, and not too long.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let text = text.get(..text.floor_char_boundary(MOST_READ)).unwrap_or_default();
        // ASCII case folding keeps every byte where it is, so that the positions fit the original text.
        let folded = text.to_ascii_lowercase();
        let end = ECHOES.iter().filter_map(|echo| folded.find(echo)).min().unwrap_or(text.len());
        let mut clean = text.get(..end).unwrap_or_default().to_owned();
        let secrets =
            self.credentials.security_token().into_iter().chain([self.credentials.access_key_secret()]);
        for secret in secrets {
            clean = without(&clean, secret);
        }
        clean = masked(&clean, self.credentials.access_key_id(), usize::MAX, &self.credentials.masked_id());
        let clean: String = clean.chars().filter(|c| c.is_control() || !is_hidden(*c)).collect();
        let words: Vec<&str> = clean
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        let line = words.join(" ");
        match line.char_indices().nth(LONGEST) {
            Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
            None => line,
        }
    }
}

/// The text without a secret, nor any long part of it, however it is spelt: as it is, with percent encoding (as the form
/// body has it, or once more, as the string to sign has it), with the escapes of HTML or JSON, and with hidden characters
/// in it.
pub(crate) fn without(text: &str, secret: &str) -> String {
    masked(text, secret, PART, MASK)
}

/// The text with `by` in place of each part of `what` that is `part` bytes long, or all of it if it is shorter.
fn masked(text: &str, what: &str, part: usize, by: &str) -> String {
    let mut found = places(shown, text, what, part);
    // What stands before a secret may make an escape of its first letters, so this comes on top.
    found.extend(places(plain, text, what, part));
    found.sort_by_key(|place| place.start);
    let mut clean = String::with_capacity(text.len());
    let mut rest = 0;
    for place in found {
        // One mask for those that overlap.
        if place.start >= rest {
            clean.push_str(text.get(rest..place.start).unwrap_or_default());
            clean.push_str(by);
        }
        rest = rest.max(place.end);
    }
    clean.push_str(text.get(rest..).unwrap_or_default());
    clean
}

/// Where such parts are, with text and secret read in this way. A secret that is very short is only found as a word of its
/// own, since it is a part of others by chance.
fn places(read: fn(&str) -> Vec<Letter>, text: &str, what: &str, part: usize) -> Vec<Range<usize>> {
    let bytes = |letters: &[Letter]| Zeroizing::new(letters.iter().map(|it| it.byte).collect::<Vec<u8>>());
    let what = bytes(&read(what));
    let length = part.min(what.len());
    if length == 0 {
        return Vec::new();
    }
    let parts: HashSet<&[u8]> = what.windows(length).collect();
    let goes_on = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_within_a_word = |place: &Range<usize>| {
        let before = text.get(..place.start).and_then(|before| before.chars().next_back());
        let after = text.get(place.end..).and_then(|after| after.chars().next());
        goes_on(before) || goes_on(after)
    };
    let letters = read(text);
    let all = bytes(&letters);
    let windows =
        all.windows(length).zip(letters.windows(length)).filter(|(window, _)| parts.contains(window));
    windows
        .filter_map(|(_, letters)| Some(letters.first()?.start..letters.last()?.end))
        .filter(|place| what.len() >= SHORTEST || !is_within_a_word(place))
        .collect()
}

/// A byte of a text that was decoded, with the place in the text that it was decoded from.
#[derive(Clone, Copy)]
struct Letter {
    byte: u8,
    start: usize,
    end: usize,
}

/// The text without hidden characters and line breaks.
fn shown(text: &str) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices().filter(|(_, c)| !is_hidden(*c) && !c.is_control()) {
        let end = start + c.len_utf8();
        letters.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|byte| Letter { byte, start, end }));
    }
    letters
}

/// The same, with what stands for the escapes in it.
fn plain(text: &str) -> Vec<Letter> {
    let mut letters = shown(text);
    for _ in 0..LAYERS {
        let before = letters.len();
        letters = decoded(&letters);
        if letters.len() == before {
            break;
        }
    }
    letters
}

/// One layer of escapes less.
fn decoded(letters: &[Letter]) -> Vec<Letter> {
    let mut out = Vec::with_capacity(letters.len());
    let mut rest = letters;
    while let [first, tail @ ..] = rest {
        let escape = match first.byte {
            b'%' => hexadecimal(tail, 2).map(|byte| (byte, 3)),
            b'&' => entity(tail).map(|(byte, length)| (byte, 1 + length)),
            b'\\' => json_escape(tail).map(|(byte, length)| (byte, 1 + length)),
            _ => None,
        };
        let (byte, length) = escape.unwrap_or((first.byte, 1));
        let end = rest.get(length - 1).map_or(first.end, |last| last.end);
        out.push(Letter { byte, start: first.start, end });
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// The byte that so many hexadecimal digits stand for.
fn hexadecimal(letters: &[Letter], digits: usize) -> Option<u8> {
    let digits: Vec<u8> = letters.get(..digits)?.iter().map(|it| it.byte).collect();
    let is_hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
    let value =
        u32::from_str_radix(std::str::from_utf8(&digits).ok().filter(|_| is_hexadecimal)?, 16).ok()?;
    u8::try_from(value).ok()
}

/// The ASCII character that an escape of HTML stands for after its `&`, and how long the escape is.
fn entity(letters: &[Letter]) -> Option<(u8, usize)> {
    let name: Vec<u8> = letters.iter().take(9).map(|it| it.byte).take_while(|byte| *byte != b';').collect();
    let length = name.len() + 1;
    letters.get(length - 1).filter(|it| it.byte == b';')?;
    let name = std::str::from_utf8(&name).ok()?.to_ascii_lowercase();
    let number = name.strip_prefix('#');
    let byte = match (name.as_str(), number) {
        ("amp", _) => b'&',
        ("lt", _) => b'<',
        ("gt", _) => b'>',
        ("quot", _) => b'"',
        ("apos", _) => b'\'',
        ("plus", _) => b'+',
        ("sol", _) => b'/',
        ("equals", _) => b'=',
        ("percnt", _) => b'%',
        (_, Some(number)) => {
            let value = match number.strip_prefix('x') {
                Some(digits) => u8::from_str_radix(digits, 16),
                None => number.parse(),
            };
            value.ok().filter(u8::is_ascii)?
        }
        _ => return None,
    };
    Some((byte, length))
}

/// The ASCII character that an escape of JSON stands for after its `\`, and how long the escape is.
fn json_escape(letters: &[Letter]) -> Option<(u8, usize)> {
    match letters.first()?.byte {
        byte @ (b'/' | b'"' | b'\\') => Some((byte, 1)),
        b'u' => hexadecimal(letters.get(1..)?, 4).filter(u8::is_ascii).map(|byte| (byte, 5)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub(text: &str) -> String {
        let token = Some("tok+en/==".into());
        Scrubber::new(&Credentials::new("LTAIexampleWXYZ", "hidden%secret".into(), token, "a test"))
            .scrub(text)
    }

    #[test]
    fn the_echoed_string_to_sign_is_cut_in_every_wording() {
        let wordings = [
            "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId",
            "Specified signature is not matched with our calculation. Server String To Sign: POST",
            "Specified signature is not matched with our calculation. StringToSign is x",
            "Specified signature is not matched with our calculation. string to sign: x",
        ];
        for wording in wordings {
            assert_eq!(scrub(wording), "Specified signature is not matched with our calculation.");
        }
    }

    #[test]
    fn secrets_are_masked_in_every_encoding() {
        assert_eq!(scrub("tok+en/== tok%2Ben%2F%3D%3D tok%252Ben%252F%253D%253D"), "**** **** ****");
        assert_eq!(scrub("hidden%secret hidden%25secret LTAIexampleWXYZ"), "**** **** ****WXYZ");
    }

    #[test]
    fn a_short_secret_leaves_the_words_whole_that_it_is_in_by_chance() {
        let scrub = |token: &str, text: &str| {
            let key = Credentials::new("e", "r".into(), Some(token.into()), "a test");
            Scrubber::new(&key).scrub(text)
        };
        let message = "InvalidSecurityToken: the token \"t\" is malformed (t=t,e,r)";
        let expected = "InvalidSecurityToken: the token \"****\" is malformed (****=****,****,****)";
        assert_eq!(scrub("t", message), expected);
        assert_eq!(scrub("t/", "t/ t%2F t%252F tt/"), "**** **** **** tt/");
        assert_eq!(scrub("toke", "Token token"), "Token ****n");
    }

    #[test]
    fn a_secret_is_masked_however_it_is_spelt() {
        let token = "CAIS8wF1q6Ft+5B/2yfSjIr5DPbAj7Ft1q6xZUX4qW0=";
        let key = Credentials::new("LTAIexampleWXYZ", "hidden%secret".into(), Some(token.into()), "a test");
        let scrub = |text: &str| Scrubber::new(&key).scrub(text);
        let percent = |text: &str, plus: &str| {
            text.replace('+', plus).replace('/', &plus.replace(['b', 'B'], "F")).replace('=', "%3d")
        };
        let inside = |c: &str| token.replace("5B", &format!("5{c}B"));
        for spelling in [
            token.to_owned(),
            percent(token, "%2B"),
            percent(token, "%2b"),
            percent(token, "%252b"),
            token.replace('+', "&#43;").replace('/', "&#x2F;").replace('=', "&equals;"),
            token.replace('+', "&amp;#43;"),
            token.replace('+', "\\u002b").replace('/', "\\/"),
            inside("\0"),
            inside("\n"),
            inside("\u{200b}"),
            inside("\u{202e}\u{feff}"),
            token[..20].to_owned(),
            token[12..30].to_owned(),
            token[30..].to_owned(),
        ] {
            assert_eq!(scrub(&format!("token {spelling} is bad")), "token **** is bad", "{spelling:?}");
        }
        // As many characters as any word may share with it.
        assert_eq!(scrub(&token[..11]), token[..11]);
        assert_eq!(scrub(&format!("{token}{token}")), "********");
        assert_eq!(scrub("LTAI%65xampleWXYZ LTAIexample"), "****WXYZ LTAIexample");
        assert_eq!(scrub("100% &amp; more &#9999; \\x \\"), "100% &amp; more &#9999; \\x \\");
        let umlauts = Credentials::new("id", "gehe\u{ef}mnis-schl\u{fc}ssel".into(), None, "a test");
        assert_eq!(Scrubber::new(&umlauts).scrub("x gehe%C3%AFmnis-schl%c3%bcssel \u{ef}"), "x **** \u{ef}");
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_around_a_secret_it_is_masked(text: String, secret: String, at in 0_usize..40) {
            let at = text.floor_char_boundary(at);
            let text = format!("{}{secret}%2{}", &text[..at], &text[at..]);
            let shown = without(&text, &secret);
            let letters: String = secret.chars().filter(|c| !is_hidden(*c) && !c.is_control()).collect();
            proptest::prop_assert!(letters.len() < PART || !shown.contains(&secret));
        }
    }

    #[test]
    fn hidden_characters_and_length_are_tamed() {
        assert_eq!(scrub("a\x1b[31m\r\n\t b"), "a [31m b");
        assert_eq!(scrub("a\u{202e}b\u{200b}c\u{2066} \u{9b}d\u{2028}e"), "abc de");
        let long = scrub(&"钥".repeat(2000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (1001, true));
    }
}
