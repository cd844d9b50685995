//! SSH keys as text: public keys in OpenSSH's one-line form, and RSA private keys in files.
//!
//! Nothing here does I/O, and no error and no `Debug` output holds anything of a private key.

mod container;
mod der;
mod doubt;
mod generate;
mod pem;
mod private_key;
mod public_key;
mod wire;

pub use doubt::Doubt;
pub use generate::{GenerateError, GeneratedKey, generate_rsa_2048};
pub use private_key::{MAX_FILE, PrivateKeyError, public_half};
pub use public_key::{PublicKey, PublicKeyError};

#[cfg(test)]
mod tests;
