//! Public keys in OpenSSH's one-line form: `type base64 [comment]`.

use super::wire::{write_positive, write_string};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
use md5::{Digest as _, Md5};
use std::fmt;
use std::fmt::Write as _;

/// Keys are taken as tolerantly as can be: the cloud has the last word on them.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A public key: its type, the key itself, and perhaps a comment.
///
/// That a text has this form does not mean that the key is sound: see [`PublicKey::check`].
/// Equality is of the whole line; [`same_key`](PublicKey::same_key) passes over the comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key_type: String,
    base64: String,
    blob: Vec<u8>,
    comment: Option<String>,
}

/// A text that is not one public key. The text itself is never quoted: it may be a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Nothing but white space.
    #[error("The public key is empty. It must be one line of the form `type base64 [comment]`.")]
    Empty,
    /// A private key.
    #[error(
        "This is a private key, which must not leave your machine. Give the public half: the content of the \
         matching `.pub` file, or what `ssh-keygen -y -f FILE` prints."
    )]
    PrivateKey,
    /// A public key or certificate in another textual form.
    #[error(
        "This is not OpenSSH's one-line form. For a public key in PEM form, `ssh-keygen -i -m PKCS8 -f FILE` \
         prints the line; for one in SSH2 form, `ssh-keygen -i -f FILE`."
    )]
    OtherForm,
    /// More than one line.
    #[error("A public key is one line, but this text has several. Give one key, without line breaks in it.")]
    SeveralLines,
    /// A control character inside the line.
    #[error("The public key holds a control character, which no key does.")]
    ControlCharacter,
    /// Options or a host name before the key, as in `authorized_keys` or `known_hosts` files.
    #[error(
        "Something stands before the key's type, such as options or a host name. \
         The line must begin with the type: `type base64 [comment]`."
    )]
    LeadingText,
    /// One word only.
    #[error(
        "The public key is only one word, but must be `type base64 [comment]`. \
         For the content of a file, use `file(\"PATH\")`."
    )]
    OneWord,
    /// The first word can't be a type.
    #[error("The public key does not begin with a key type such as `ssh-rsa`.")]
    Type,
    /// The second word is not base64.
    #[error(
        "The word after the public key's type is not base64 text. It may be cut off or have line breaks."
    )]
    Base64,
}

impl PublicKey {
    /// Reads one public key. White space around it is passed over, and a byte order mark before it.
    ///
    /// The type may be any word that could be one, and the base64 text may be badly padded or hold
    /// nonsense: that is for [`check`](PublicKey::check) to doubt.
    pub fn parse(text: &str) -> Result<PublicKey, PublicKeyError> {
        // Some editors begin a file with a byte order mark.
        let line = text.trim().trim_start_matches('\u{feff}').trim_start();
        if line.is_empty() {
            return Err(PublicKeyError::Empty);
        }
        if line.contains("PRIVATE KEY-") || line.starts_with("PuTTY-User-Key-File") {
            return Err(PublicKeyError::PrivateKey);
        }
        if line.starts_with("---") {
            return Err(PublicKeyError::OtherForm);
        }
        if line.contains(['\n', '\r']) {
            return Err(PublicKeyError::SeveralLines);
        }
        if line.contains(|c: char| c.is_control() && c != '\t') {
            return Err(PublicKeyError::ControlCharacter);
        }

        let (key_type, rest) = line.split_once([' ', '\t']).ok_or(PublicKeyError::OneWord)?;
        let rest = rest.trim_start_matches([' ', '\t']);
        let (base64, comment) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let blob = is_type(key_type).then(|| decode(base64)).flatten();
        let Some(blob) = blob else {
            // Options may hold spaces in quotes, so the type may stand anywhere.
            let key_follows = rest.split([' ', '\t']).any(is_known_type);
            return Err(match () {
                () if !is_known_type(key_type) && key_follows => PublicKeyError::LeadingText,
                () if !is_type(key_type) => PublicKeyError::Type,
                () => PublicKeyError::Base64,
            });
        };
        let comment = comment.trim_start_matches([' ', '\t']);
        Ok(PublicKey {
            key_type: key_type.to_owned(),
            base64: base64.to_owned(),
            blob,
            comment: (!comment.is_empty()).then(|| comment.to_owned()),
        })
    }

    /// An RSA key from its exponent and modulus (sizes without leading zero bytes).
    pub(super) fn rsa(exponent: &[u8], modulus: &[u8]) -> PublicKey {
        let mut blob = Vec::new();
        write_string(&mut blob, b"ssh-rsa");
        write_positive(&mut blob, exponent);
        write_positive(&mut blob, modulus);
        PublicKey {
            key_type: "ssh-rsa".to_owned(),
            base64: general_purpose::STANDARD.encode(&blob),
            blob,
            comment: None,
        }
    }

    /// The first word: `ssh-rsa`, or one of the short names that the cloud documents (`rsa`).
    pub fn key_type(&self) -> &str {
        &self.key_type
    }

    /// The key in SSH's wire form. Of base64 text with one character too many, that character is
    /// left out.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The text after the key.
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// Whether both are one key: the same type, by its full or short name, and the same blob.
    /// Comments, white space and padding are no difference.
    pub fn same_key(&self, other: &PublicKey) -> bool {
        self.full_type() == other.full_type()
            && self.blob == other.blob
            // What a lone last character stood for is not in the blob.
            && self.lone_character() == other.lone_character()
    }

    /// The MD5 fingerprint as the cloud shows it for imported keys: 32 hexadecimal digits in lower
    /// case, without colons.
    pub fn fingerprint_md5(&self) -> String {
        Md5::digest(&self.blob).iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The SHA-256 fingerprint as `ssh-keygen -l` shows it: `SHA256:` and base64 without padding.
    pub fn fingerprint_sha256(&self) -> String {
        let hash = digest::digest(&digest::SHA256, &self.blob);
        format!("SHA256:{}", general_purpose::STANDARD_NO_PAD.encode(hash))
    }

    /// The key as one line, without a line break at the end.
    pub fn to_line(&self) -> String {
        self.to_string()
    }

    /// The type by its full name. The cloud's documentation also allows short ones.
    pub(super) fn full_type(&self) -> &str {
        match self.key_type.as_str() {
            "rsa" => "ssh-rsa",
            "dsa" => "ssh-dss",
            // Which curve it is says only the blob.
            "ecdsa" => match self.inner_type() {
                Some(inner) if inner.starts_with("ecdsa-sha2-") => inner,
                _ => "ecdsa",
            },
            full => full,
        }
    }

    /// The type that the blob itself names.
    pub(super) fn inner_type(&self) -> Option<&str> {
        std::str::from_utf8(super::wire::Wire::new(&self.blob).string()?).ok()
    }

    /// Whether the base64 text decodes without leniency.
    pub(super) fn is_strict_base64(&self) -> bool {
        general_purpose::STANDARD.decode(&self.base64).is_ok()
    }

    fn lone_character(&self) -> Option<char> {
        let unpadded = self.base64.trim_end_matches('=');
        if unpadded.len() % 4 == 1 { unpadded.chars().next_back() } else { None }
    }
}

impl fmt::Display for PublicKey {
    /// The key as one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key_type, self.base64)?;
        match &self.comment {
            Some(comment) => write!(f, " {comment}"),
            None => Ok(()),
        }
    }
}

/// The bytes of base64 text, however it ends; `None` if other characters are in it.
fn decode(base64: &str) -> Option<Vec<u8>> {
    let unpadded = base64.trim_end_matches('=');
    let whole = if unpadded.len() % 4 == 1 { unpadded.len().saturating_sub(1) } else { unpadded.len() };
    let plausible = unpadded.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
    if unpadded.is_empty() || !plausible {
        return None;
    }
    LENIENT.decode(unpadded.get(..whole)?).ok()
}

/// Whether the word could be a key type: `ecdsa-sha2-nistp256-cert-v01@openssh.com`.
fn is_type(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '@' | '_'))
}

/// Whether the word is surely a key type.
fn is_known_type(word: &str) -> bool {
    is_type(word)
        && (["ssh-rsa", "ssh-dss", "ssh-ed25519", "ssh-ed448"].contains(&word)
            || ["ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "ssh-rsa-cert-", "ssh-dss-cert-", "ssh-ed25519-cert-"]
                .iter()
                .any(|prefix| word.starts_with(prefix)))
}
