//! What a plan says of the key: which one it will be, and what becomes of the key file.

use super::key_file::{self, Foreseen, KeyFileError};
use super::messages;
use super::schema::KeyPairModel;
use crate::cty::Path;
use crate::framework::{Diagnostic, Diagnostics, PlanResponse};
use crate::openssh::PublicKey;
use crate::provider::files;

/// Warns of what a create will make of the key.
pub(super) async fn warn_of_the_key(config: &KeyPairModel, diagnostics: &mut Diagnostics) {
    if !config.public_key.is_absent() {
        // Validation has warned of a key that it knew.
        if config.public_key.is_unknown() && !config.key_file.is_absent() {
            diagnostics.push(messages::key_file_not_used());
        }
        return;
    }
    if config.key_file.is_absent() {
        let which = match config.configured_name().as_str() {
            Some(name) => format!("of the key pair {name:?}"),
            None => "of a key pair".to_owned(),
        };
        diagnostics.push(Diagnostic::warning(
            format!("Nobody will hold the private key {which}"),
            "With neither public_key nor key_file, a key is made whose private half is dropped at once: nobody will \
             be able to log in with it. Set public_key to a key that you hold, or key_file to have the private key \
             written to a file.",
        ));
        return;
    }
    let Some(path) = config.key_file.as_str() else { return };
    match look(path).await {
        Some(Ok(Foreseen::Key(key, changeable))) => {
            diagnostics.push(
                Diagnostic::warning(
                    format!("The key in {path} will be used"),
                    format!(
                        "The file exists and holds an RSA private key (fingerprint {}). Its public half will be \
                         imported; the file stays as it is.",
                        key.fingerprint_md5()
                    ),
                )
                .at("key_file"),
            );
            diagnostics.extend(changeable.map(|how| changeable_by_others(path, &how)));
        }
        Some(Err(error)) => diagnostics.push(
            Diagnostic::warning(
                format!("The key file {path} cannot be used"),
                format!("The file {path} {error}. Unless that changes, creating the key pair will fail."),
            )
            .at("key_file"),
        ),
        Some(Ok(Foreseen::New)) | None => {}
    }
}

/// Plans a change of `key_file` where a key pair exists. Another file replaces the key pair, unless it holds the same
/// key. A file that is added or taken away is only recorded, with a warning where it does not hold the private key.
pub(super) async fn key_file_change(
    config: &KeyPairModel,
    prior: &KeyPairModel,
    response: &mut PlanResponse<KeyPairModel>,
) {
    // With a public key, the file is not used.
    if config.key_file.is_absent() || !config.public_key.is_absent() {
        return;
    }
    let before = prior.key_file.non_empty();
    let mut found = None;
    if let Some(after) = config.key_file.as_str() {
        if before.is_some_and(|before| key_file::same_file(before, after)) {
            return;
        }
        found = look(after).await;
        if matches!(&found, Some(Ok(Foreseen::Key(key, _))) if is_key_of(prior, key)) {
            return;
        }
    }
    if before.is_some() {
        response.requires_replace.push(Path::root().attribute("key_file"));
    } else if let (Some(path), Some(found), true) =
        (config.key_file.as_str(), &found, response.requires_replace.is_empty())
    {
        response.diagnostics.push(keeps_its_key(prior.name(), path, found));
    }
}

/// Looks at a key file; `None` if that could not be done.
async fn look(path: &str) -> Option<Result<Foreseen, KeyFileError>> {
    let file = files::path(path);
    tokio::task::spawn_blocking(move || key_file::foresee(&file)).await.ok()
}

/// Whether it is the key of this state, which may hold its fingerprint only.
fn is_key_of(state: &KeyPairModel, key: &PublicKey) -> bool {
    let theirs = state.public_key.as_str().and_then(|text| PublicKey::parse(text).ok());
    theirs.is_some_and(|theirs| theirs.same_key(key))
        || state.finger_print.as_str() == Some(key.fingerprint_md5().as_str())
}

fn changeable_by_others(path: &str, how: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("Other users can change the key file {path}"),
        format!(
            "{how} Whoever put the key there can log in to the instances of this key pair.\n\nMake sure that the key is \
             yours. Then make the file your own, with: chmod 600 FILE"
        ),
    )
    .at("key_file")
}

fn keeps_its_key(name: &str, path: &str, found: &Result<Foreseen, KeyFileError>) -> Diagnostic {
    let why = match found {
        Ok(Foreseen::New) => {
            format!("The file {path} does not exist, and no private key will be written to it.")
        }
        Ok(Foreseen::Key(key, _)) => format!(
            "The file {path} holds another key (fingerprint {}), which will not be imported.",
            key.fingerprint_md5()
        ),
        Err(error) => format!("The file {path} {error}."),
    };
    Diagnostic::warning(
        format!("The key pair {name:?} keeps its key"),
        format!(
            "{why} The key pair exists, and adding key_file to it only records the path in the state.\n\n  \
             - To keep the key: put its private key into the file, or remove key_file.\n  \
             - To use the key in the file, or a new key: replace the key pair, with terraform apply -replace=ADDRESS."
        ),
    )
    .at("key_file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Attr, Private};
    use crate::openssh::generate_rsa_2048;

    const A: &str = include_str!("../../../examples/resources/alicloud_key_pair/deploy.pub");

    fn key_pair(key_file: Attr<String>, public_key: Attr<String>) -> KeyPairModel {
        KeyPairModel { id: "web".into(), key_file, public_key, ..KeyPairModel::default() }
    }

    async fn changed(config: &KeyPairModel, prior: &KeyPairModel) -> (bool, Vec<String>) {
        let mut response = PlanResponse {
            planned: config.clone(),
            requires_replace: Vec::new(),
            private: Private::default(),
            diagnostics: Diagnostics::new(),
        };
        key_file_change(config, prior, &mut response).await;
        let replaces = response.requires_replace == [Path::root().attribute("key_file")];
        assert_eq!(replaces, !response.requires_replace.is_empty());
        assert!(response.diagnostics.iter().all(|it| it.path == Some(Path::root().attribute("key_file"))));
        (
            replaces,
            response.diagnostics.into_iter().map(|it| format!("{}\n{}", it.summary, it.detail)).collect(),
        )
    }

    #[tokio::test]
    async fn another_file_replaces_and_an_added_one_is_recorded() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| Attr::Known(directory.path().join(name).to_str().unwrap().to_owned());
        let key = generate_rsa_2048().unwrap();
        std::fs::write(directory.path().join("mine"), key.private_pem().as_bytes()).unwrap();
        std::fs::write(directory.path().join("odd"), "no key").unwrap();
        let (ours, theirs) = (Attr::Known(key.public_key().to_line()), Attr::from(A));
        let silent = (false, None);
        let keeps = |part: &'static str| (false, Some(part));
        for (case, before, held, after, configured, (replaces, told)) in [
            ("the same key", path("gone"), &ours, path("mine"), Attr::Null, silent),
            ("another key", path("gone"), &theirs, path("mine"), Attr::Null, (true, None)),
            ("no file", path("gone"), &ours, path("none"), Attr::Null, (true, None)),
            ("not known yet", path("gone"), &ours, Attr::Unknown, Attr::Null, (true, None)),
            ("the same file", path("gone"), &ours, path("./gone"), Attr::Null, silent),
            ("not used", path("gone"), &ours, path("none"), ours.clone(), silent),
            ("taken away", path("gone"), &ours, Attr::Null, Attr::Null, silent),
            ("emptied", path("gone"), &ours, "".into(), "".into(), silent),
            ("added, with the key", Attr::Null, &ours, path("mine"), Attr::Null, silent),
            (
                "added, with another key",
                "".into(),
                &theirs,
                path("mine"),
                "".into(),
                keeps("holds another key ("),
            ),
            (
                "added, with none",
                Attr::Null,
                &ours,
                path("none"),
                Attr::Null,
                keeps("does not exist, and no private key"),
            ),
            (
                "added, with no key",
                Attr::Null,
                &ours,
                path("odd"),
                Attr::Null,
                keeps("holds no key that can be used"),
            ),
            ("added, not known yet", Attr::Null, &ours, Attr::Unknown, Attr::Null, silent),
        ] {
            let (prior, config) = (key_pair(before, held.clone()), key_pair(after, configured));
            let (replaced, said) = changed(&config, &prior).await;
            assert_eq!(replaced, replaces, "{case}");
            assert_eq!(said.len(), usize::from(told.is_some()), "{case}: {said:?}");
            if let (Some(part), Some(said)) = (told, said.first()) {
                assert!(
                    said.starts_with("The key pair \"web\" keeps its key\n") && said.contains(part),
                    "{said}"
                );
            }
        }
        // A state right after a create with an empty public_key has the fingerprint only.
        let made = KeyPairModel {
            finger_print: Attr::Known(key.public_key().fingerprint_md5()),
            ..key_pair(path("gone"), "".into())
        };
        assert_eq!(changed(&key_pair(path("mine"), "".into()), &made).await, (false, vec![]));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_key_file_that_others_can_change_is_warned_of() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k.pem");
        std::fs::write(&path, generate_rsa_2048().unwrap().private_pem().as_bytes()).unwrap();
        for (mode, warnings) in [(0o600, 1), (0o602, 2)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let mut found = Diagnostics::new();
            let key_file = Attr::Known(path.to_str().unwrap().to_owned());
            warn_of_the_key(&key_pair(key_file, Attr::Null), &mut found).await;
            assert_eq!(found.iter().count(), warnings);
            let second = found.iter().nth(1);
            assert!(second.is_none_or(|it| {
                it.path == Some(Path::root().attribute("key_file"))
                    && it.summary == format!("Other users can change the key file {}", path.display())
                    && it
                        .detail
                        .starts_with("The mode of the file, 0602, lets other users write to it. Whoever")
            }));
        }
    }

    #[tokio::test]
    async fn what_a_create_makes_of_the_key_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| Attr::Known(directory.path().join(name).to_str().unwrap().to_owned());
        let at = directory.path().display();
        let unwritten = format!("The key file {at}/no/k.pem cannot be used");
        let dropped = "Nobody will hold the private key of a key pair";
        for (key_file, public_key, expected) in [
            (path("k.pem"), Attr::Null, None),
            (path("k.pem"), "".into(), None),
            (path("no/k.pem"), "".into(), Some(unwritten.as_str())),
            (path("no/k.pem"), A.into(), None),
            (path("k.pem"), Attr::Unknown, Some("key_file is not used")),
            ("".into(), Attr::Unknown, None),
            ("".into(), "".into(), Some(dropped)),
            (Attr::Null, "".into(), Some(dropped)),
            ("".into(), Attr::Null, Some(dropped)),
            (Attr::Unknown, "".into(), None),
        ] {
            let mut found = Diagnostics::new();
            warn_of_the_key(&key_pair(key_file, public_key), &mut found).await;
            let said: Vec<_> = found.iter().map(|it| it.summary.as_str()).collect();
            assert_eq!(said, expected.into_iter().collect::<Vec<_>>());
            if expected == Some(&unwritten) {
                assert_eq!(
                    found.iter().next().unwrap().detail,
                    format!(
                        "The file {at}/no/k.pem cannot be written: the directory {at}/no does not exist. Unless that \
                         changes, creating the key pair will fail."
                    )
                );
            }
        }
    }
}
