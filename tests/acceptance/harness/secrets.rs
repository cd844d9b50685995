//! Looks for secrets in everything that a case has written.

use std::io::{Cursor, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Texts that are in every private key, signed request or string-to-sign, and nowhere else.
pub(crate) const ALWAYS: [&str; 9] = [
    "-----BEGIN PRIVATE KEY",
    "-----BEGIN RSA PRIVATE KEY",
    "-----BEGIN OPENSSH PRIVATE KEY",
    // The algorithm's name at the start of an RSA key in PKCS#8, in base64.
    "BgkqhkiG9w0BAQEFAASC",
    // The start of an RSA key in PKCS#1.
    "MIIEpAIBAAKCAQ",
    "MIIEowIBAAKCAQ",
    "MIIEogIBAAKCAQ",
    "Signature=",
    "POST&%2F&",
];

/// Fails if a file below `directory` holds one of the secrets: as it is, inside a plan, or encoded in a state.
pub(crate) fn check(directory: &Path, secrets: &[String]) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            check(&path, secrets);
        } else if let Ok(bytes) = std::fs::read(&path) {
            check_bytes(&path.display().to_string(), &bytes, secrets);
        }
    }
}

/// The same for a text or a file.
pub(crate) fn check_bytes(name: &str, bytes: &[u8], secrets: &[String]) {
    // A search in a text is quick even in a test's own build, and secrets are texts.
    let text = String::from_utf8_lossy(bytes);
    for secret in secrets {
        assert!(!text.contains(secret), "{name} holds {secret:?}");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let mut plan = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for index in 0..plan.len() {
            let mut file = plan.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            check_bytes(&format!("{name}, file {index}"), &content, secrets);
        }
    } else if let Ok(state) = serde_json::from_slice::<Value>(bytes) {
        let resources = state["resources"].as_array().into_iter().flatten();
        for instance in resources.filter_map(|resource| resource["instances"].as_array()).flatten() {
            if let Some(Ok(private)) = instance["private"].as_str().map(|text| STANDARD.decode(text)) {
                check_bytes(&format!("{name}, private data"), &private, secrets);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn finds(bytes: &[u8]) -> bool {
        let bytes = bytes.to_vec();
        std::panic::catch_unwind(move || check_bytes("test", &bytes, &["hush-hush".to_owned()])).is_err()
    }

    #[test]
    fn secrets_are_found_wherever_hosts_put_them() {
        assert!(finds(b"so hush-hush!"));
        assert!(!finds(b"hush"));
        let mut plan = zip::ZipWriter::new(Cursor::new(Vec::new()));
        plan.start_file("tfplan", zip::write::SimpleFileOptions::default()).unwrap();
        plan.write_all(&b"hush-hush ".repeat(50)).unwrap();
        let plan = plan.finish().unwrap().into_inner();
        assert!(!plan.windows(9).any(|part| part == b"hush-hush"), "packed");
        assert!(finds(&plan));
        let private = STANDARD.encode("a hush-hush matter");
        assert!(finds(
            format!(r#"{{"resources":[{{"instances":[{{"private":"{private}"}}]}}]}}"#).as_bytes()
        ));
    }
}
