//! Private keys. None is stored here: each is made as the test runs.

use super::super::der::Der;
use super::super::wire::{write_positive, write_string};
use super::super::{GeneratedKey, MAX_FILE, PrivateKeyError, generate_rsa_2048, pem, public_half};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeyPair;
use std::process::Command;
use std::sync::LazyLock;

static KEY: LazyLock<GeneratedKey> = LazyLock::new(|| generate_rsa_2048().unwrap());

fn pkcs1() -> Vec<u8> {
    let block = pem::find(KEY.private_pem(), |label| label == "RSA PRIVATE KEY").unwrap();
    block.content.unwrap().to_vec()
}

/// n, e, d, p, q, dP, dQ, qInv.
fn components(pkcs1: &[u8]) -> [Vec<u8>; 8] {
    let mut key = Der::new(pkcs1).sequence().unwrap();
    key.unsigned().unwrap();
    std::array::from_fn(|_| key.unsigned().unwrap().to_vec())
}

/// OpenSSH's own form, made of its parts.
struct Container {
    cipher: &'static str,
    keys: u32,
    key_type: &'static str,
    checks: [u32; 2],
    /// n, e, d, iqmp, p, q.
    parts: [Vec<u8>; 6],
    padding: &'static [u8],
}

impl Container {
    fn sound() -> Container {
        let key = components(&pkcs1());
        let parts = [0, 1, 2, 7, 3, 4].map(|number: usize| key[number].clone());
        Container { cipher: "none", keys: 1, key_type: "ssh-rsa", checks: [7, 7], parts, padding: &[1, 2, 3] }
    }

    fn file(&self) -> String {
        let mut public = Vec::new();
        write_string(&mut public, self.key_type.as_bytes());
        write_positive(&mut public, &self.parts[1]);
        write_positive(&mut public, &self.parts[0]);
        let mut private = self.checks.map(u32::to_be_bytes).concat();
        write_string(&mut private, self.key_type.as_bytes());
        self.parts.iter().for_each(|part| write_positive(&mut private, part));
        write_string(&mut private, b"me@host");
        private.extend(self.padding);

        let mut out = b"openssh-key-v1\0".to_vec();
        write_string(&mut out, self.cipher.as_bytes());
        write_string(&mut out, self.cipher.as_bytes());
        write_string(&mut out, b"");
        out.extend(self.keys.to_be_bytes());
        write_string(&mut out, &public);
        write_string(&mut out, &private);
        pem::write("OPENSSH PRIVATE KEY", &out).to_string()
    }
}

#[test]
fn a_generated_pair_is_sound_and_its_form_is_pkcs1() {
    let text = KEY.private_pem();
    assert!(text.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
    assert!(text.ends_with("\n-----END RSA PRIVATE KEY-----\n"));
    assert!(text.lines().all(|line| line.len() <= 64));
    assert_eq!(KEY.public_key().check(), Ok(()));
    assert_eq!(KEY.public_key().key_type(), "ssh-rsa");
    assert!(!generate_rsa_2048().unwrap().public_key().same_key(KEY.public_key()));
}

#[test]
fn the_public_half_is_found_in_every_form() {
    let pkcs8 = KeyPair::from_der(&pkcs1()).unwrap().as_der().unwrap().as_ref().to_vec();
    let text = KEY.private_pem();
    let forms = [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{}", text.trim_end()),
        format!("# two files in one\n\u{feff}{text}"),
        format!(
            "Bag Attributes\n  friendlyName: x\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{text}"
        ),
        pem::write("PRIVATE KEY", &pkcs8).to_string(),
        Container::sound().file(),
        Container { padding: &[], ..Container::sound() }.file(),
    ];
    for (number, form) in forms.iter().enumerate() {
        assert_eq!(public_half(form.as_bytes()).as_ref(), Ok(KEY.public_key()), "form {number}");
    }
}

#[test]
fn what_cannot_be_used_is_told_apart() {
    let small = {
        let [n, ..] = components(&pkcs1());
        let mut parts = Container::sound().parts;
        parts[0] = n[..128].to_vec();
        parts
    };
    let ec = &[0x30, 12, 2, 1, 0, 0x30, 4, 6, 2, 0x2a, 3, 4, 1, 0][..];
    let table: [(String, PrivateKeyError); 16] = [
        (String::new(), PrivateKeyError::NotPrivateKey),
        (KEY.public_key().to_line(), PrivateKeyError::NotPrivateKey),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----".into(), PrivateKeyError::NotPrivateKey),
        ("PuTTY-User-Key-File-3: ssh-rsa\n".into(), PrivateKeyError::Putty),
        (pem::write("ENCRYPTED PRIVATE KEY", b"x").to_string(), PrivateKeyError::Encrypted),
        (
            KEY.private_pem().replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1),
            PrivateKeyError::Encrypted,
        ),
        (Container { cipher: "aes256-ctr", ..Container::sound() }.file(), PrivateKeyError::Encrypted),
        (pem::write("EC PRIVATE KEY", b"x").to_string(), PrivateKeyError::NotRsa),
        (pem::write("DSA PRIVATE KEY", b"x").to_string(), PrivateKeyError::NotRsa),
        (pem::write("PRIVATE KEY", ec).to_string(), PrivateKeyError::NotRsa),
        (Container { key_type: "ssh-ed25519", ..Container::sound() }.file(), PrivateKeyError::NotRsa),
        (Container { parts: small, ..Container::sound() }.file(), PrivateKeyError::Size { bits: 1024 }),
        (Container { keys: 2, ..Container::sound() }.file(), PrivateKeyError::Damaged),
        (Container { checks: [1, 2], ..Container::sound() }.file(), PrivateKeyError::Damaged),
        (Container { padding: &[1, 3], ..Container::sound() }.file(), PrivateKeyError::Damaged),
        (" ".repeat(MAX_FILE + 1), PrivateKeyError::TooLarge),
    ];
    for (number, (file, error)) in table.iter().enumerate() {
        assert_eq!(public_half(file.as_bytes()), Err(*error), "case {number}");
    }
    assert_eq!(public_half(&[0xff, 0xfe]), Err(PrivateKeyError::NotPrivateKey));
}

#[test]
fn a_damaged_key_is_refused() {
    // Cut off at any line, and without its end.
    let text = KEY.private_pem();
    for (cut, _) in text.match_indices('\n').rev().skip(1) {
        assert_eq!(public_half(&text.as_bytes()[..cut]), Err(PrivateKeyError::Damaged), "cut at {cut}");
    }
    // One bit changed in the middle of each number.
    let sound = pkcs1();
    for (number, part) in components(&sound).iter().enumerate() {
        let place = sound.windows(part.len()).position(|window| window == part).unwrap() + part.len() / 2;
        let mut damaged = sound.clone();
        damaged[place] ^= 0x10;
        let file = pem::write("RSA PRIVATE KEY", &damaged);
        assert_eq!(public_half(file.as_bytes()), Err(PrivateKeyError::Damaged), "number {number}");
    }
    for number in 0..6 {
        let mut container = Container::sound();
        let middle = container.parts[number].len() / 2;
        container.parts[number][middle] ^= 0x10;
        assert_eq!(public_half(container.file().as_bytes()), Err(PrivateKeyError::Damaged), "part {number}");
    }
    // A number longer than the modulus is refused before anything is computed with it.
    let mut container = Container::sound();
    container.parts[2] = vec![1; 30_000];
    assert_eq!(public_half(container.file().as_bytes()), Err(PrivateKeyError::Damaged));
}

/// Keys that OpenSSH and OpenSSL wrote, where these are installed.
#[test]
fn keys_of_the_usual_tools_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let made = |program: &str, arguments: &[&str]| {
        let _ = std::fs::remove_file(&path);
        let ran = Command::new(program).args(arguments).arg(&path).output();
        let made = ran.is_ok_and(|output| output.status.success());
        if !made {
            println!("skipped: no {program} here that takes {arguments:?}");
        }
        made.then(|| std::fs::read(&path).unwrap())
    };
    let rsa = ["-q", "-t", "rsa", "-b", "2048", "-C", "me", "-N"];
    for options in [&["", "-f"][..], &["", "-m", "PEM", "-f"], &["", "-m", "PKCS8", "-f"]] {
        if let Some(file) = made("ssh-keygen", &[&rsa[..], options].concat()) {
            let line = std::fs::read_to_string(path.with_extension("pub")).unwrap();
            let key = public_half(&file).unwrap();
            assert!(key.same_key(&super::super::PublicKey::parse(&line).unwrap()), "{options:?}");
            std::fs::remove_file(path.with_extension("pub")).unwrap();
        }
    }
    let refused: [(&str, &[&str], PrivateKeyError); 5] = [
        (
            "ssh-keygen",
            &["-q", "-t", "rsa", "-b", "2048", "-N", "passphrase", "-f"],
            PrivateKeyError::Encrypted,
        ),
        (
            "ssh-keygen",
            &["-q", "-t", "rsa", "-m", "PEM", "-N", "passphrase", "-f"],
            PrivateKeyError::Encrypted,
        ),
        ("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f"], PrivateKeyError::NotRsa),
        ("openssl", &["genpkey", "-algorithm", "ed25519", "-out"], PrivateKeyError::NotRsa),
        (
            "openssl",
            &["genpkey", "-algorithm", "rsa", "-aes-128-cbc", "-pass", "pass:passphrase", "-out"],
            PrivateKeyError::Encrypted,
        ),
    ];
    for (program, arguments, error) in refused {
        if let Some(file) = made(program, arguments) {
            assert_eq!(public_half(&file), Err(error), "{arguments:?}");
            let _ = std::fs::remove_file(path.with_extension("pub"));
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, cases: 64, ..Default::default() })]

    #[test]
    fn no_damage_panics(place: proptest::sample::Index, byte: u8, form in 0..3_usize) {
        let file = match form {
            0 => KEY.private_pem().to_owned(),
            1 => pem::write("PRIVATE KEY", &pkcs1()).to_string(),
            _ => Container::sound().file(),
        };
        let mut bytes = file.into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = public_half(&bytes);
    }
}
