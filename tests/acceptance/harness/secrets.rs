//! Looks for secrets in everything that a case has written.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
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

/// What a query or a form encodes.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A signature or a token without the end that each encoding writes in its own way, or leaves out.
pub(crate) fn bare(secret: &str) -> &str {
    secret.trim_end_matches(['+', '/', '='])
}

/// Texts that must be nowhere.
pub(crate) struct Secrets {
    /// As they are, and as a query or a form holds them.
    forms: BTreeSet<String>,
    search: AhoCorasick,
}

impl Secrets {
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets {
            assert!(!secret.is_empty(), "nothing cannot be looked for");
            forms.insert(utf8_percent_encode(secret, RESERVED).to_string());
            forms.insert(secret.to_owned());
        }
        let search = AhoCorasick::new(&forms).unwrap();
        Self { forms, search }
    }

    /// Where they are in the files below `directory`: as they are, inside a plan, or encoded in a state.
    pub(crate) fn in_directory(&self, directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                found.extend(self.in_directory(&path));
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.extend(self.in_bytes(&path.display().to_string(), &bytes));
            }
        }
        found
    }

    /// The same for a text or a file.
    pub(crate) fn in_bytes(&self, name: &str, bytes: &[u8]) -> Vec<String> {
        let held: BTreeSet<usize> =
            self.search.find_iter(bytes).map(|found| found.pattern().as_usize()).collect();
        let held = self.forms.iter().enumerate().filter(|(index, _)| held.contains(index));
        let mut found: Vec<String> = held.map(|(_, secret)| format!("{name} holds {secret:?}")).collect();
        if bytes.starts_with(b"PK\x03\x04") {
            let mut plan = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            for index in 0..plan.len() {
                let mut file = plan.by_index(index).unwrap();
                let mut content = Vec::new();
                file.read_to_end(&mut content).unwrap();
                found.extend(self.in_bytes(&format!("{name}, file {index}"), &content));
            }
        } else if let Ok(state) = serde_json::from_slice::<Value>(bytes) {
            let resources = state["resources"].as_array().into_iter().flatten();
            for instance in resources.filter_map(|resource| resource["instances"].as_array()).flatten() {
                if let Some(Ok(private)) = instance["private"].as_str().map(|text| STANDARD.decode(text)) {
                    found.extend(self.in_bytes(&format!("{name}, private data"), &private));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn finds(bytes: &[u8]) -> bool {
        !Secrets::new(["hush-hush"].into_iter()).in_bytes("test", bytes).is_empty()
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

    #[test]
    fn a_secret_is_found_bare_and_encoded() {
        let secrets = Secrets::new([bare("uX+q/Y==")].into_iter());
        for text in ["value uX+q/Y== alone", "x=uX%2Bq%2FY%3D%3D&", "uX+q/Y"] {
            assert!(!secrets.in_bytes("test", text.as_bytes()).is_empty(), "{text}");
        }
        assert!(secrets.in_bytes("test", b"uX q/Y uX%2Bq").is_empty());
    }
}
