//! Public keys as `ssh-keygen` writes them, and texts that are none.

use super::super::wire::{write_positive, write_string};
use super::super::{Doubt, PublicKey, PublicKeyError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const RSA: &str = "AAAAB3NzaC1yc2EAAAADAQABAAABAQC3eygNjs8muRjFkYXV/Mo3QgYgK52XjbL7hFQVsGC6bk1rab/HDTcmhnyd4P0rSnezX04uvQ297DDVRaLRrxldXdADRVHe2n5CKctfdu1A0v+AGP1vJI+aY0PDKIP8EZ7fRDcObGioPTUGQzDv3y+37M19fm3/5LTbCx+nggojGrjHps+T0zWhXOfxdebNV8RKZ9LvZvDzw98GMQqW12CMvlYWbkKYvKm/xYNk1REmbPCxRYQBEabq7wIGIrev5nbvLpaJUoWG0X14DjocgYFf+gjx1nRbiWqsBcfQcDrcFB3bQoaC9Rv3z80Qohlh3hw9sK27NII9EmNCyEgK4kYb";
const P256: &str = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNSo8MSem+DTAF071gI34/J3vm/S/K6v3YQhyK8Gf5Vzbes3wzpyyUrSIcIIHmIUDmkiw9Ji6MEhMMSW6ytF1iE=";
const P384: &str = "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBFZ5AiWOf4hCf4v23sTWmJj7CDYXRGKVdcRNcjMP653AdYN7WJFiLBK9FHxRTdbU9xEk/z4/mEbLioq0yn23K3H124OJDNmNH82XQvu53dNeQlUVXq557sv+h4KThn0lNg==";
const P521: &str = "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADqZTq3f42W3dhHZseIPZR+vTOwJZCK+RlBHQsg0SVPcuvnPDXL30zC29s4AydKh5mQ02Ciozhivx3YiqO6nQMz7QDhodaEvyNZ6CiVn1BIuE73FU6rG4OxaGmvRlPPqE6obiJQGjtHPFAFyFPb54Vg55t3Yk34EuOIV4SVYVdd39dIkg==";
const ED25519: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJquG1Pjs+D88N6hm86G/pD4IrQl5Gd17HcH7zsmtvxV";

/// The sample key of the cloud's documentation, which is none.
const SAMPLE: &str = "ssh-rsa AAAAB3Nza12345678qwertyuudsfsg";

fn parse(text: &str) -> PublicKey {
    PublicKey::parse(text).unwrap()
}

/// Writes these one-byte numbers.
fn numbers(out: &mut Vec<u8>, numbers: &[u8]) {
    for number in numbers {
        write_positive(out, &[*number]);
    }
}

/// A key of this type with these parts behind the type's name.
fn key(line_type: &str, inner_type: &str, parts: impl FnOnce(&mut Vec<u8>)) -> PublicKey {
    let mut blob = Vec::new();
    write_string(&mut blob, inner_type.as_bytes());
    parts(&mut blob);
    parse(&format!("{line_type} {}", STANDARD.encode(blob)))
}

#[test]
fn a_line_is_read_and_written() {
    let line = format!("ssh-rsa {RSA} me@host, my laptop");
    let loose = format!("\n \tssh-rsa \t{RSA}  me@host, my laptop \r\n");
    let marked = format!("\u{feff}ssh-rsa {RSA} me@host, my laptop\r\n");
    for text in [&line, &loose, &marked] {
        let key = parse(text);
        assert_eq!(key.key_type(), "ssh-rsa");
        assert_eq!(key.comment(), Some("me@host, my laptop"));
        assert_eq!(key.blob(), STANDARD.decode(RSA).unwrap());
        assert_eq!(key.to_line(), line);
    }
    let bare = parse(&format!("ssh-rsa {RSA}"));
    assert_eq!(bare.comment(), None);
    assert_eq!(bare.to_line(), format!("ssh-rsa {RSA}"));
}

#[test]
fn fingerprints_are_those_of_ssh_keygen() {
    let table = [
        ("ssh-rsa", RSA, "455c5b0afb13601bc1b1a1088fc12e52", "QieDxsrLN7sa/fEHLG7S/n1iVeQq7OxgZSgG861OjV4"),
        (
            "ssh-ed25519",
            ED25519,
            "69b3a67b93041910f8fefc69db75e572",
            "acIG0J9+UhsdoSwkFCUe6SAXNpSly9EsRUpOLl1sJ/o",
        ),
    ];
    for (kind, base64, md5, sha256) in table {
        let key = parse(&format!("{kind} {base64} comment"));
        assert_eq!(key.fingerprint_md5(), md5);
        assert_eq!(key.fingerprint_sha256(), format!("SHA256:{sha256}"));
    }
}

#[test]
fn one_key_in_other_words_is_the_same() {
    let key = parse(&format!("ssh-rsa {RSA}"));
    for text in [format!("ssh-rsa {RSA} comment"), format!(" ssh-rsa\t{RSA}\n"), format!("rsa {RSA}")] {
        assert!(key.same_key(&parse(&text)), "{text}");
    }
    assert!(parse(&format!("ecdsa {P256}")).same_key(&parse(&format!("ecdsa-sha2-nistp256 {P256}"))));
    // With and without padding.
    assert!(
        parse(&format!("ecdsa {P256}")).same_key(&parse(&format!("ecdsa {}", P256.trim_end_matches('='))))
    );

    for text in [format!("ssh-dss {RSA}"), format!("ssh-rsa {P256}"), SAMPLE.to_owned()] {
        assert!(!key.same_key(&parse(&text)), "{text}");
    }
    // A character that stands for no whole byte is a difference nonetheless.
    assert!(!parse("ssh-rsa AAAA").same_key(&parse("ssh-rsa AAAAB")));
    assert!(!parse("ssh-rsa AAAAC").same_key(&parse("ssh-rsa AAAAB")));
}

#[test]
fn documented_types_are_not_doubted() {
    let dss = |line_type: &str| key(line_type, "ssh-dss", |out| numbers(out, &[0x80, 3, 5, 0xff]));
    let sound = [
        parse(&format!("ssh-rsa {RSA}")),
        parse(&format!("rsa {RSA}")),
        parse(&format!("ecdsa-sha2-nistp256 {P256}")),
        parse(&format!("ecdsa-sha2-nistp384 {P384}")),
        parse(&format!("ecdsa-sha2-nistp521 {P521}")),
        parse(&format!("ecdsa {P521}")),
        dss("ssh-dss"),
        dss("dsa"),
    ];
    for key in sound {
        assert_eq!(key.check(), Ok(()), "{key}");
    }
}

#[test]
fn doubtful_keys_are_read_and_doubted() {
    let undocumented = |kind: &str| Doubt::Undocumented(kind.to_owned());
    let malformed = |kind: &str| Doubt::Malformed(kind.to_owned());
    let other = |line: &str, key: &str| Doubt::OtherType { line: line.to_owned(), key: key.to_owned() };
    let cert = "ssh-rsa-cert-v01@openssh.com";
    let table = [
        (parse(SAMPLE), malformed("ssh-rsa")),
        (parse("ssh-rsa AAAAB"), malformed("ssh-rsa")),
        (parse("ssh-rsa Zm9v"), malformed("ssh-rsa")),
        (parse(&format!("ssh-ed25519 {ED25519}")), undocumented("ssh-ed25519")),
        (key(cert, cert, |_| ()), undocumented(cert)),
        (parse(&format!("ssh-rsa {ED25519}")), other("ssh-rsa", "ssh-ed25519")),
        (parse(&format!("dsa {RSA}")), other("dsa", "ssh-rsa")),
        (parse(&format!("ecdsa-sha2-nistp384 {P256}")), other("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256")),
        // Cut off between and inside groups of four characters.
        (parse(&format!("ssh-rsa {}", &RSA[..200])), malformed("ssh-rsa")),
        (parse(&format!("ssh-rsa {}", &RSA[..201])), Doubt::Base64),
        (parse(&format!("ecdsa {}", P256.trim_end_matches('='))), Doubt::Base64),
        (key("ssh-rsa", "ssh-rsa", |out| write_positive(out, &[3])), malformed("ssh-rsa")),
        (
            // Exponent and modulus must be odd.
            key("ssh-rsa", "ssh-rsa", |out| numbers(out, &[2, 9])),
            malformed("ssh-rsa"),
        ),
        (
            // A negative exponent.
            key("ssh-rsa", "ssh-rsa", |out| [[0x81], [9]].iter().for_each(|part| write_string(out, part))),
            malformed("ssh-rsa"),
        ),
        (
            // Something behind the key.
            key("ssh-rsa", "ssh-rsa", |out| numbers(out, &[3, 9, 1])),
            malformed("ssh-rsa"),
        ),
        (
            // A point on another curve.
            key("ecdsa", "ecdsa-sha2-nistp256", |out| {
                write_string(out, b"nistp384");
                write_string(out, &[4; 97]);
            }),
            malformed("ecdsa"),
        ),
    ];
    for (key, doubt) in table {
        assert_eq!(key.check(), Err(doubt), "{key}");
        assert!(key.same_key(&key));
    }
}

#[test]
fn what_is_no_public_key_is_refused_and_never_quoted() {
    let key = format!("ssh-rsa {RSA}");
    let secret = "c2VjcmV0";
    let table = [
        (String::new(), PublicKeyError::Empty),
        (" \r\n".to_owned(), PublicKeyError::Empty),
        (
            format!("-----BEGIN RSA PRIVATE KEY-----\n{secret}\n-----END RSA PRIVATE KEY-----"),
            PublicKeyError::PrivateKey,
        ),
        (
            format!("x -----BEGIN OPENSSH PRIVATE KEY----- {secret} -----END OPENSSH PRIVATE KEY-----"),
            PublicKeyError::PrivateKey,
        ),
        (format!("PuTTY-User-Key-File-3: ssh-rsa\n{secret}"), PublicKeyError::PrivateKey),
        (
            format!("-----BEGIN PUBLIC KEY-----\n{secret}\n-----END PUBLIC KEY-----\n"),
            PublicKeyError::OtherForm,
        ),
        (format!("---- BEGIN SSH2 PUBLIC KEY ----\n{secret}"), PublicKeyError::OtherForm),
        (format!("{key}\n{key}"), PublicKeyError::SeveralLines),
        (format!("ssh-rsa {}\n{}", &RSA[..64], &RSA[64..]), PublicKeyError::SeveralLines),
        (format!("{key} a\0b"), PublicKeyError::ControlCharacter),
        (format!("no-pty,command=\"echo a b\" {key}"), PublicKeyError::LeadingText),
        (format!("restrict {key} me"), PublicKeyError::LeadingText),
        (format!("host.example {key}"), PublicKeyError::LeadingText),
        ("~/.ssh/id_rsa.pub".to_owned(), PublicKeyError::OneWord),
        (RSA.to_owned(), PublicKeyError::OneWord),
        (format!("2048 65537 {secret}"), PublicKeyError::Type),
        (format!("\u{e9} {secret}"), PublicKeyError::Type),
        ("ssh-rsa AAAA-_AA".to_owned(), PublicKeyError::Base64),
        ("ssh-rsa ====".to_owned(), PublicKeyError::Base64),
        ("ssh-rsa AA=A".to_owned(), PublicKeyError::Base64),
        ("ssh-rsa caf\u{e9}".to_owned(), PublicKeyError::Base64),
    ];
    for (text, error) in table {
        assert_eq!(PublicKey::parse(&text), Err(error), "{text:?}");
        assert!(!error.to_string().contains(secret));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_panics(text in "(ssh-rsa|ecdsa|-----BEGIN )?[ A-Za-z0-9+/=\\n-]{0,40}\\PC{0,8}") {
        if let Ok(key) = PublicKey::parse(&text) {
            let _ = key.check();
            proptest::prop_assert!(key.same_key(&key));
            proptest::prop_assert_eq!(PublicKey::parse(&key.to_line()), Ok(key));
        }
    }
}
