//! Making new key pairs.

use super::private_key::{pkcs1_in_pkcs8, public_of};
use super::{PublicKey, pem};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use zeroize::Zeroizing;

/// A key pair that was just made. There is no `Debug` of it, and the private half is wiped from
/// memory when it is dropped.
pub struct GeneratedKey {
    private: Zeroizing<String>,
    public: PublicKey,
}

/// No key pair could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "No RSA key pair could be made: the cryptographic library refused, perhaps for lack of random numbers."
)]
pub struct GenerateError;

impl GeneratedKey {
    /// The private half: an unencrypted `RSA PRIVATE KEY` in PEM form (PKCS#1, the form that the
    /// cloud and older tools use), with a line break at the end.
    pub fn private_pem(&self) -> &str {
        &self.private
    }

    /// The public half, without a comment.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

/// Makes an RSA key pair of 2048 bits, as the cloud itself makes them.
///
/// This computes for a good part of a second: don't call it where other tasks wait for the thread.
pub fn generate_rsa_2048() -> Result<GeneratedKey, GenerateError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| GenerateError)?;
    // The library exports PKCS#8 only, which has PKCS#1 inside. Its buffer is wiped on drop.
    let pkcs8 = pair.as_der().map_err(|_| GenerateError)?;
    let pkcs1 = pkcs1_in_pkcs8(pkcs8.as_ref()).map_err(|_| GenerateError)?;
    Ok(GeneratedKey {
        private: pem::write("RSA PRIVATE KEY", pkcs1),
        public: public_of(&pair).ok_or(GenerateError)?,
    })
}
