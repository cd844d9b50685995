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
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            // As the string to sign has it, as the form body has it, and as it is.
            let once = Zeroizing::new(percent_encode(secret));
            let twice = Zeroizing::new(percent_encode(&once));
            clean =
                clean.replace(twice.as_str(), "****").replace(once.as_str(), "****").replace(secret, "****");
        }
        if !self.credentials.access_key_id().is_empty() {
            clean = clean.replace(self.credentials.access_key_id(), &self.credentials.masked_id());
        }
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
    fn control_characters_and_length_are_tamed() {
        assert_eq!(scrub("a\x1b[31m\r\n\t b"), "a [31m b");
        let long = scrub(&"钥".repeat(2000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (1001, true));
    }
}
