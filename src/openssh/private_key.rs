//! Private keys in files, and their public halves.

use super::der::Der;
use super::{PublicKey, container, pem};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;

/// The largest file that is looked at, in bytes. The largest key takes a tenth of it.
pub const MAX_FILE: usize = 64 * 1024;

/// RSA's object identifier, 1.2.840.113549.1.1.1.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Why a file's content cannot be used as a private key. Nothing of the content is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// More bytes than any key takes.
    #[error("The file is larger than 64 KiB, which no private key is.")]
    TooLarge,
    /// No private key in PEM form.
    #[error(
        "The file holds no private key in PEM form (a block that begins with `-----BEGIN … PRIVATE KEY-----`)."
    )]
    NotPrivateKey,
    /// A key in the form of `PuTTY`.
    #[error(
        "The file holds a private key in PuTTY's form. Convert it to OpenSSH's form with `puttygen -O private-openssh`."
    )]
    Putty,
    /// A key behind a passphrase.
    #[error("The private key is encrypted with a passphrase. Only unencrypted keys can be used.")]
    Encrypted,
    /// A key of another kind.
    #[error("The private key is not an RSA key. Only RSA keys can be used.")]
    NotRsa,
    /// A key that is too short or too long to be checked.
    #[error("The RSA key has {bits} bits. Keys of 2048 to 8192 bits can be used.")]
    Size {
        /// The bits of the key's modulus.
        bits: usize,
    },
    /// Cut off, mistyped, or with parts that don't fit together.
    #[error("The private key is damaged: it is cut off, mistyped, or its parts do not fit together.")]
    Damaged,
}

/// The public half of the private key in a file: an unencrypted RSA key in PEM form, as PKCS#1
/// (`RSA PRIVATE KEY`), PKCS#8 (`PRIVATE KEY`) or OpenSSH's own (`OPENSSH PRIVATE KEY`). Text
/// around it is passed over; of several keys the first counts. The comment in OpenSSH's form is
/// left out.
///
/// The key is checked: its parts must fit together.
pub fn public_half(file: &[u8]) -> Result<PublicKey, PrivateKeyError> {
    if file.len() > MAX_FILE {
        return Err(PrivateKeyError::TooLarge);
    }
    let text = std::str::from_utf8(file).map_err(|_| PrivateKeyError::NotPrivateKey)?;
    let text = text.trim_start_matches('\u{feff}');
    if text.starts_with("PuTTY-User-Key-File") {
        return Err(PrivateKeyError::Putty);
    }
    let block =
        pem::find(text, |label| label.ends_with("PRIVATE KEY")).ok_or(PrivateKeyError::NotPrivateKey)?;
    if block.encrypted || block.label == "ENCRYPTED PRIVATE KEY" {
        return Err(PrivateKeyError::Encrypted);
    }
    let content = || block.content.as_deref().ok_or(PrivateKeyError::Damaged);
    match block.label {
        "RSA PRIVATE KEY" => from_pkcs1(content()?),
        "PRIVATE KEY" => from_pkcs1(pkcs1_in_pkcs8(content()?)?),
        "OPENSSH PRIVATE KEY" => {
            let pair = container::key_pair(content()?)?;
            public_of(&pair).ok_or(PrivateKeyError::Damaged)
        }
        _ => Err(PrivateKeyError::NotRsa),
    }
}

/// The PKCS#1 key inside PKCS#8 (RFC 5958 §2).
pub(super) fn pkcs1_in_pkcs8(pkcs8: &[u8]) -> Result<&[u8], PrivateKeyError> {
    let parts = || {
        let mut info = Der::new(pkcs8).sequence()?;
        info.unsigned()?;
        let algorithm = info.sequence()?.object_identifier()?;
        Some((algorithm, info.octets()?))
    };
    match parts() {
        Some((RSA_ENCRYPTION, key)) => Ok(key),
        Some(_) => Err(PrivateKeyError::NotRsa),
        None => Err(PrivateKeyError::Damaged),
    }
}

fn from_pkcs1(pkcs1: &[u8]) -> Result<PublicKey, PrivateKeyError> {
    let modulus = || {
        let mut key = Der::new(pkcs1).sequence()?;
        key.unsigned()?; // the version
        key.unsigned()
    };
    check_size(modulus().ok_or(PrivateKeyError::Damaged)?)?;
    let pair = KeyPair::from_der(pkcs1).map_err(|_| PrivateKeyError::Damaged)?;
    public_of(&pair).ok_or(PrivateKeyError::Damaged)
}

/// Whether the library can check keys of this modulus (its size without leading zero bytes).
pub(super) fn check_size(modulus: &[u8]) -> Result<(), PrivateKeyError> {
    let zeros = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    match modulus.len() * 8 - zeros {
        2048..=8192 => Ok(()),
        bits => Err(PrivateKeyError::Size { bits }),
    }
}

/// The public half of a pair.
pub(super) fn public_of(pair: &KeyPair) -> Option<PublicKey> {
    let mut key = Der::new(pair.public_key().as_ref()).sequence()?;
    let (modulus, exponent) = (key.unsigned()?, key.unsigned()?);
    Some(PublicKey::rsa(exponent, modulus))
}
