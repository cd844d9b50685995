//! Makes text from the network fit to be shown.

use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::signature::percent_encode;

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

/// What stands in place of a secret.
const MASK: &str = "****";

/// Secrets of fewer characters are found in many a word. Real ones have dozens.
const SHORTEST: usize = 4;

/// Takes out of texts what belongs to one request's credentials.
pub(crate) struct Scrubber<'a> {
    credentials: &'a Credentials,
}

impl<'a> Scrubber<'a> {
    pub(crate) fn new(credentials: &'a Credentials) -> Self {
        Self { credentials }
    }

    /// The text in one line, without echoes of the request, secrets and control characters, and not too long.
    pub(crate) fn scrub(&self, text: &str) -> String {
        // ASCII case folding keeps every byte where it is, so that the positions fit the original text.
        let folded = text.to_ascii_lowercase();
        let end = ECHOES.iter().filter_map(|echo| folded.find(echo)).min().unwrap_or(text.len());
        let mut clean = text.get(..end).unwrap_or_default().to_owned();
        let secrets =
            self.credentials.security_token().into_iter().chain([self.credentials.access_key_secret()]);
        for secret in secrets {
            clean = without(&clean, secret);
        }
        clean = replaced(&clean, self.credentials.access_key_id(), &self.credentials.masked_id());
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

/// The text without a secret in any of its three forms: as the string to sign has it, as the form body has it, and as it
/// is.
pub(crate) fn without(text: &str, secret: &str) -> String {
    let once = Zeroizing::new(percent_encode(secret));
    let twice = Zeroizing::new(percent_encode(&once));
    [twice.as_str(), &once, secret].iter().fold(text.to_owned(), |text, form| replaced(&text, form, MASK))
}

/// The text with `by` in place of each `what`; of one that is short, in place of each that is a word of its own, since it
/// is a part of other words by chance.
fn replaced(text: &str, what: &str, by: &str) -> String {
    let is_short = what.chars().count() < SHORTEST;
    let goes_on = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut clean = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in text.match_indices(what).filter(|(_, found)| !found.is_empty()) {
        let end = at + found.len();
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(end..).and_then(|after| after.chars().next());
        if is_short && (goes_on(before) || goes_on(after)) {
            continue;
        }
        clean.push_str(text.get(rest..at).unwrap_or_default());
        clean.push_str(by);
        rest = end;
    }
    clean.push_str(text.get(rest..).unwrap_or_default());
    clean
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
    fn control_characters_and_length_are_tamed() {
        assert_eq!(scrub("a\x1b[31m\r\n\t b"), "a [31m b");
        let long = scrub(&"钥".repeat(2000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (1001, true));
    }
}
