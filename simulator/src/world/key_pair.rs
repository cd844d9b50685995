//! A key pair, and the fingerprint that the service shows of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;

/// Takes base64 with or without padding: the documentation's sample keys are of both kinds.
pub(crate) const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A key pair as the service knows it: never a private key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyPair {
    /// As [`FingerprintStyle`] made it when the pair was made.
    pub fingerprint: String,
    /// The one line of OpenSSH, as it was sent.
    pub public_key: String,
    /// In UTC, to the minute: `2023-09-04T08:33Z`.
    pub creation_time: String,
    /// Empty: none is shown.
    pub resource_group_id: String,
    /// System tags (`acs:…`) may be among them.
    pub tags: BTreeMap<String, String>,
    /// Shown only when its exact name is asked for, as pages of a list may miss a pair.
    pub hidden_from_lists: bool,
}

/// How fingerprints are made; the documentation does not settle it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FingerprintStyle {
    /// MD5 of the key's data, 32 hexadecimal digits: what clients in the field compare with.
    #[default]
    Md5,
    /// SHA-1 of the key's data, with colons: the shape of the documentation's sample.
    Sha1Colons,
}

/// The fingerprint of a public key in its one-line form.
pub(crate) fn fingerprint(style: FingerprintStyle, public_key: &str) -> String {
    let body = public_key.split_whitespace().nth(1).unwrap_or_default();
    let data = LENIENT_BASE64.decode(body).unwrap_or_else(|_| body.as_bytes().to_vec());
    match style {
        FingerprintStyle::Md5 => hex(&Md5::digest(data), ""),
        FingerprintStyle::Sha1Colons => hex(&Sha1::digest(data), ":"),
    }
}

/// Lower-case hexadecimal digits with something between the bytes.
pub(crate) fn hex(bytes: &[u8], between: &str) -> String {
    let mut text = String::new();
    for (n, byte) in bytes.iter().enumerate() {
        let between = if n == 0 { "" } else { between };
        // Writing to a String cannot fail.
        let _ = write!(text, "{between}{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_of_the_decoded_second_field() {
        // The MD5 and SHA-1 of "abc", which is YWJj.
        let key = "ssh-rsa YWJj comment";
        assert_eq!(fingerprint(FingerprintStyle::Md5, key), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            fingerprint(FingerprintStyle::Sha1Colons, key),
            "a9:99:3e:36:47:06:81:6a:ba:3e:25:71:78:50:c2:6c:9c:d0:d8:9d"
        );
        assert_eq!(fingerprint(FingerprintStyle::Md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
