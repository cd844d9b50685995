//! OpenSSH's own form of private keys, `openssh-key-v1` (described in OpenSSH's `PROTOCOL.key`).

use super::PrivateKeyError;
use super::private_key::check_size;
use super::wire::Wire;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use zeroize::Zeroizing;

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Bytes that an unencrypted list of keys is padded to a multiple of.
const BLOCK: usize = 8;

/// The RSA key pair in the container, checked.
pub(super) fn key_pair(container: &[u8]) -> Result<KeyPair, PrivateKeyError> {
    let sealed = open(container).ok_or(PrivateKeyError::Damaged)?;
    if sealed.cipher != b"none" || sealed.derivation != b"none" {
        return Err(PrivateKeyError::Encrypted);
    }
    let mut public = Wire::new(sealed.public);
    if public.string().ok_or(PrivateKeyError::Damaged)? != b"ssh-rsa" {
        return Err(PrivateKeyError::NotRsa);
    }
    let (public_e, public_n) = (public.positive(), public.positive());
    let key = private(sealed.private).ok_or(PrivateKeyError::Damaged)?;
    check_size(key.n)?;
    // In a sound key these are less than the modulus; larger ones would take long to compute with.
    let too_long = [key.d, key.p, key.q].iter().any(|part| part.len() > key.n.len());
    if too_long || public_n != Some(key.n) || public_e != Some(key.e) {
        return Err(PrivateKeyError::Damaged);
    }

    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: key.n, e: key.e },
        d: key.d,
        p: key.p,
        q: key.q,
        // These two are not in the container.
        dP: &*remainder(key.d, key.p),
        dQ: &*remainder(key.d, key.q),
        qInv: key.q_inverse,
    };
    KeyPair::from_components(&components).map_err(|_| PrivateKeyError::Damaged)
}

struct Sealed<'a> {
    cipher: &'a [u8],
    derivation: &'a [u8],
    public: &'a [u8],
    private: &'a [u8],
}

fn open(container: &[u8]) -> Option<Sealed<'_>> {
    let mut wire = Wire::new(container.strip_prefix(MAGIC)?);
    let (cipher, derivation) = (wire.string()?, wire.string()?);
    wire.string()?; // options of the derivation
    if wire.u32()? != 1 {
        return None; // OpenSSH itself knows no file of several keys
    }
    let (public, private) = (wire.string()?, wire.string()?);
    // An encrypted container has its authentication tag behind.
    Some(Sealed { cipher, derivation, public, private })
}

/// The numbers of a key, in the order in which they are stored.
struct Rsa<'a> {
    n: &'a [u8],
    e: &'a [u8],
    d: &'a [u8],
    q_inverse: &'a [u8],
    p: &'a [u8],
    q: &'a [u8],
}

fn private(list: &[u8]) -> Option<Rsa<'_>> {
    let mut wire = Wire::new(list);
    // The same random number twice: a wrong passphrase would show here.
    let same = wire.u32()? == wire.u32()?;
    if !same || wire.string()? != b"ssh-rsa" {
        return None;
    }
    let key = Rsa {
        n: wire.positive()?,
        e: wire.positive()?,
        d: wire.positive()?,
        q_inverse: wire.positive()?,
        p: wire.positive()?,
        q: wire.positive()?,
    };
    wire.string()?; // the comment
    let padding = wire.rest();
    let counted = padding.iter().zip(1_u8..).all(|(byte, count)| *byte == count);
    (padding.len() < BLOCK && counted).then_some(key)
}

/// `number` modulo one less than the odd `prime`, by long division bit by bit: a key is read
/// once, so simple is fast enough.
fn remainder(number: &[u8], prime: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut divisor = Zeroizing::new(prime.to_vec());
    if let Some(last) = divisor.last_mut() {
        *last &= !1;
    }
    let mut rest = Zeroizing::new(vec![0_u8; divisor.len()]);
    for bit in number.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        let mut carry = bit;
        for byte in rest.iter_mut().rev() {
            (*byte, carry) = (*byte << 1 | carry, *byte >> 7);
        }
        if carry == 1 || *rest >= *divisor {
            let mut borrow = false;
            for (byte, less) in rest.iter_mut().zip(divisor.iter()).rev() {
                let (part, below) = byte.overflowing_sub(*less);
                let (all, below_too) = part.overflowing_sub(borrow.into());
                (*byte, borrow) = (all, below || below_too);
            }
        }
    }
    rest
}
