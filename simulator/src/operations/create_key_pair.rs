//! `CreateKeyPair`: the cloud makes the key and shows its private half once.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Context, import_key_pair};
use crate::error::ApiError;
use crate::request_id;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let region = context.region()?;
    let name = context.parameters.required("KeyPairName")?.to_owned();
    let (public_key, private_key) = generate().ok_or_else(internal_error)?;
    let pair = import_key_pair::prepare(context, &region, &name, &public_key)?;
    let id: String = request_id::new().to_lowercase().chars().filter(|c| *c != '-').take(16).collect();
    let answer = json!({
        "KeyPairId": format!("ssh-{id}"),
        "KeyPairName": name,
        "KeyPairFingerPrint": pair.fingerprint,
        "PrivateKeyBody": private_key,
    });
    import_key_pair::store(context, region, name, pair);
    Ok(answer)
}

fn internal_error() -> ApiError {
    ApiError::new(500, "InternalError", "The request processing has failed due to some unknown error.")
}

/// A fresh RSA key of 2048 bits: its public half in one line, its private half as PKCS#1 in PEM.
fn generate() -> Option<(String, String)> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
    // DER: SEQUENCE { modulus, exponent }; both are signed numbers, as SSH has them too.
    let (_, numbers, _) = element(key.public_key().as_ref())?;
    let (_, modulus, rest) = element(numbers)?;
    let (_, exponent, _) = element(rest)?;
    let mut blob = Vec::new();
    for part in [&b"ssh-rsa"[..], exponent, modulus] {
        blob.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        blob.extend_from_slice(part);
    }
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().ok()?;
    Some((format!("ssh-rsa {}", STANDARD.encode(blob)), pem(pkcs1(pkcs8.as_ref())?)))
}

/// The PKCS#1 key inside a PKCS#8 one: SEQUENCE { version, algorithm, OCTET STRING { key } }.
fn pkcs1(pkcs8: &[u8]) -> Option<&[u8]> {
    let (_, outer, _) = element(pkcs8)?;
    let (_, _, rest) = element(outer)?;
    let (_, _, rest) = element(rest)?;
    let (tag, key, _) = element(rest)?;
    (tag == 0x04).then_some(key)
}

/// The first DER element: its tag, its contents, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (digits.iter().try_fold(0_usize, |n, d| n.checked_mul(256)?.checked_add(usize::from(*d)))?, rest)
    };
    let (contents, after) = rest.split_at_checked(length)?;
    Some((tag, contents, after))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
    format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_a_key_of_the_documented_form() {
        let (public, private) = generate().unwrap();
        assert!(public.starts_with("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"), "{public}");
        // How every sample in the documentation begins.
        assert!(private.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMIIE"), "not PKCS#1");
        assert!(private.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn refuses_broken_der() {
        for broken in
            [&b""[..], b"\x30", b"\x30\x82", b"\x30\x05\x02", b"\x30\x89\xff\xff\xff\xff\xff\xff\xff\xff\xff"]
        {
            assert_eq!(pkcs1(broken), None, "{broken:?}");
        }
    }
}
