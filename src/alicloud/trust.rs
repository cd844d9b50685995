//! Where the certificates come from that servers are checked against, when a variable says so.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// A file of certificates in place of the system's.
const FILE: &str = "SSL_CERT_FILE";

/// Directories of such files.
const DIRECTORIES: &str = "SSL_CERT_DIR";

/// The reason why a server is not trusted, with what is wrong with the variables, if that may be behind it.
pub(super) async fn explained(why: String) -> String {
    // Files may be on a file system that hangs.
    let found = tokio::task::spawn_blocking(|| unusable(|name| std::env::var_os(name))).await;
    match found.ok().flatten() {
        Some(unusable) => format!("{why}; {unusable}"),
        None => why,
    }
}

/// What is wrong with the variables.
fn unusable(variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let told =
        |name: &str, path: &Path, why: &str| Some(format!("{name} names {}, which {why}", path.display()));
    let cannot = |error: &io::Error| format!("cannot be read: {error}");
    if let Some(file) = variable(FILE) {
        let file = Path::new(&file);
        match std::fs::metadata(file)
            .and_then(|it| if it.is_file() { std::fs::read(file) } else { Ok(Vec::new()) })
        {
            Err(error) => return told(FILE, file, &cannot(&error)),
            Ok(text) if !holds_certificate(&text) => return told(FILE, file, "holds no certificate (PEM)"),
            Ok(_) => {}
        }
    }
    let directories = variable(DIRECTORIES)?;
    std::env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty()).find_map(|path| {
        let error = std::fs::read_dir(&path).err()?;
        told(DIRECTORIES, &path, &cannot(&error))
    })
}

fn holds_certificate(text: &[u8]) -> bool {
    let begin = b"-----BEGIN CERTIFICATE-----";
    text.windows(begin.len()).any(|window| window == begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_names_nothing_to_trust_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        std::fs::write(path("good.pem"), "# ours\n-----BEGIN CERTIFICATE-----\n").unwrap();
        std::fs::write(path("key.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let here = directory.path().display().to_string();
        let missing = "cannot be read: No such file or directory (os error 2)";
        for (file, directories, told) in [
            (None, None, None),
            (Some(path("good.pem")), None, None),
            (
                Some(path("none.pem")),
                None,
                Some(format!("SSL_CERT_FILE names {}, which {missing}", path("none.pem"))),
            ),
            (
                Some(path("key.pem")),
                None,
                Some(format!("SSL_CERT_FILE names {}, which holds no certificate (PEM)", path("key.pem"))),
            ),
            (
                Some(here.clone()),
                None,
                Some(format!("SSL_CERT_FILE names {here}, which holds no certificate (PEM)")),
            ),
            (None, Some(format!("{here}:")), None),
            (
                Some(path("good.pem")),
                Some(format!("{here}:{}", path("none"))),
                Some(format!("SSL_CERT_DIR names {}, which {missing}", path("none"))),
            ),
        ] {
            let found = unusable(|name| match name {
                FILE => file.clone().map(OsString::from),
                _ => directories.clone().map(OsString::from),
            });
            assert_eq!(found, told);
        }
    }
}
