//! What to tell of a key pair that was not made, or of which it is not known.

use std::path::Path;
use std::time::Duration;

use super::messages;
use crate::alicloud::ecs::KeyPair;
use crate::alicloud::{Error, ErrorKind};
use crate::framework::Diagnostic;
use crate::openssh::PublicKey;
use crate::provider::diagnostics::{Attempt, facts, failed_for};

/// Why there is no new key pair.
pub(super) enum Failure {
    /// The cloud plainly refused, or was never asked.
    Refused(Error),
    /// The name is taken: by this key pair, by none that is shown, or by one that could not be looked at. And for how
    /// long it was waited for, if it was.
    Exists(Error, Box<Result<Option<KeyPair>, Error>>, Option<Duration>),
    /// The reply was lost, and the name belongs to somebody else's key pair.
    Taken(Error, Box<KeyPair>),
    /// The reply was lost, and what became of it could not be seen.
    Unclear(Error, Option<Error>),
}

/// What was to be made.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) type_name: &'a str,
    pub(super) name: &'a str,
    /// Whether the name was made up, so that another run makes up another.
    pub(super) generated: bool,
    /// Whether another resource of the configuration wants the same name.
    pub(super) is_shared: bool,
    pub(super) key: &'a PublicKey,
    /// The file that was written for the private key, if it stays.
    pub(super) kept_file: Option<&'a Path>,
    /// The account, if it is known.
    pub(super) account_id: Option<&'a str>,
}

impl Failure {
    /// Whether this key is certainly of no use: the cloud has judged, and no key pair holds it. Where it has not, the file
    /// is worth keeping for the next run.
    pub(super) fn leaves_the_key_unused(&self, key: &PublicKey) -> bool {
        match self {
            Self::Refused(error) => !matches!(
                error.kind(),
                ErrorKind::Throttled
                    | ErrorKind::Unavailable
                    | ErrorKind::Unreachable
                    | ErrorKind::ReplyLost
                    | ErrorKind::NotDone
                    | ErrorKind::Deadline
                    | ErrorKind::Cancelled
                    | ErrorKind::UnexpectedAnswer
                    | ErrorKind::Untrusted
                    | ErrorKind::Proxy
                    | ErrorKind::MissingCredentials
                    | ErrorKind::CredentialsFailed
            ),
            Self::Exists(_, found, _) => matches!(&**found, Ok(Some(found)) if !holds(found, key)),
            Self::Taken(..) | Self::Unclear(..) => false,
        }
    }

    /// The message.
    pub(super) fn into_diagnostic(self, wanted: &Wanted<'_>) -> Diagnostic {
        match self {
            Self::Refused(error) => refused(wanted, &error),
            Self::Exists(error, found, time) => {
                name_taken(wanted, &error, found.as_ref().as_ref().map(Option::as_ref), time)
            }
            Self::Taken(error, found) => name_taken(wanted, &error, Ok(Some(&found)), None),
            Self::Unclear(error, look) => unclear(wanted, &error, look.as_ref()),
        }
    }
}

/// Whether the key pair holds this key: by the key itself where the cloud shows it, else by the
/// fingerprint.
pub(super) fn holds(found: &KeyPair, key: &PublicKey) -> bool {
    match found.public_key.as_deref().map(PublicKey::parse) {
        Some(Ok(theirs)) => theirs.same_key(key),
        _ => found.fingerprint == key.fingerprint_md5(),
    }
}

/// A private key that may be the only one to a key pair in the cloud is not taken away.
fn kept_file(wanted: &Wanted<'_>) -> String {
    wanted.kept_file.map_or_else(String::new, |path| {
        format!(
            "\n\nThe new private key is in {}. Keep it until an apply has succeeded: the next run takes the key that is \
             in the file, and does not overwrite it.",
            path.display()
        )
    })
}

fn refused(wanted: &Wanted<'_>, error: &Error) -> Diagnostic {
    let summary = format!("Could not create the key pair {:?}", wanted.name);
    let attempt = Attempt { key_pair: wanted.name, account_id: wanted.account_id, timeout: Some("create") };
    match attribute_at_fault(error) {
        Some("public_key") => failed_for(
            summary,
            error,
            "public_key is the line that OpenSSH keeps in a .pub file (\"ssh-rsa AAAA… comment\"), not a private key and \
             not PEM; ssh-keygen -l -f FILE.pub shows whether a file has one. If it has, the cloud does not take keys of \
             this kind or length: RSA keys of 2048 bits are always taken.",
        )
        .at("public_key"),
        Some(attribute) => attempt.failed(summary, error).at(attribute),
        None => attempt.failed_and(summary, error, &kept_file(wanted)),
    }
}

fn unclear(wanted: &Wanted<'_>, error: &Error, look: Option<&Error>) -> Diagnostic {
    let why = look.map_or_else(String::new, |look| format!(" Looking for it failed: {look}."));
    let fingerprint = wanted.key.fingerprint_md5();
    let what_to_do = if wanted.generated {
        format!(
            "Its name was made up, and the next run makes up another one. So look first in the ECS console, under Network \
             & Security > Key Pairs. If a key pair of just this name is there (fingerprint {fingerprint}), delete it there; \
             or take it over with the block below, NAME being the resource's, before the next apply."
        )
    } else {
        format!(
            "Run the command again. If it then says that a key pair of this name exists already, and names the fingerprint \
             {fingerprint} for it, that is this one: take it over with the block below, NAME being the resource's."
        )
    };
    Diagnostic::error(
        format!("It is not known whether the key pair {:?} was created", wanted.name),
        format!(
            "{}{why}\n\n{what_to_do}\n\n{}{}\n\n{}",
            error.message(),
            messages::import_block(wanted.type_name, wanted.name),
            kept_file(wanted),
            facts(error)
        ),
    )
}

/// `found` is the key pair that has the name, or why it could not be looked at; `time`, for how long it was waited for
/// the name to become free.
fn name_taken(
    wanted: &Wanted<'_>,
    error: &Error,
    found: Result<Option<&KeyPair>, &Error>,
    time: Option<Duration>,
) -> Diagnostic {
    let name = wanted.name;
    let region = error.region();
    let kept = kept_file(wanted);
    let facts = facts(error);
    if wanted.is_shared {
        let detail = format!(
            "ECS accepts a name once in a region, and another resource of this configuration creates the key pair {name:?} \
             in {region}. For this one, nothing was changed.\n\nGive each resource a key_pair_name of its own, or remove one \
             of them and refer to the other.{kept}\n\n{facts}"
        );
        let summary = format!("Two key pairs of this configuration have the name {name:?}");
        return Diagnostic::error(summary, detail).at("key_pair_name");
    }
    let in_vain = time.map_or_else(String::new, |time| {
        format!(" The provider waited {} for the name to become free.", messages::seconds(time))
    });
    let import = messages::import_block(wanted.type_name, name);
    // That the old key pair has the name is not to be seen here: before an apply, Terraform plans the create again, without
    // anything of the old one.
    let rotate = "If this apply replaces the key pair (create_before_destroy), the old one still has the name: let the name \
                  change with the key (key_name_prefix, or a hash of the key in key_pair_name), or remove \
                  create_before_destroy. See the guide \"Rotating keys\".";
    let what_to_do = match found {
        Ok(Some(found)) if holds(found, wanted.key) => format!(
            "{region} has a key pair of this name. It holds the same public key ({}). Nothing was changed.\n\n{rotate}\n\n\
             Otherwise import it, if no other resource or configuration manages it: add this block, NAME being the \
             resource's, and run terraform plan:\n\n{import}",
            messages::describe(found)
        ),
        Ok(Some(found)) => format!(
            "{region} has a key pair of this name. It holds another key ({}; the key of this configuration has the \
             fingerprint {}). Nothing was changed.\n\n{rotate}\n\nOtherwise choose another key_pair_name. Or import the \
             key pair, if no other resource or configuration manages it: add this block, NAME being the resource's, and run \
             terraform plan before any apply, since the plan may replace it:\n\n{import}",
            messages::describe(found),
            wanted.key.fingerprint_md5()
        ),
        Ok(None) => format!(
            "{region} refuses the name as taken, but shows no such key pair. This is so for a while after a key pair was \
             deleted; or these credentials may not see it.{in_vain} Nothing was changed.\n\nRun the command again in some minutes. \
             If it stays so, look in the ECS console under Network & Security > Key Pairs, as somebody who may see all of \
             them, or choose another key_pair_name.\n\n{rotate}"
        ),
        Err(look) => format!(
            "{region} refuses the name as taken. What has it could not be looked at ({look}).{in_vain} Nothing was \
             changed.\n\n{rotate}\n\nOtherwise choose another key_pair_name. Or import the key pair, if no other resource \
             or configuration manages it: add this block, NAME being the resource's, and run terraform plan before any \
             apply, since the plan may replace it:\n\n{import}"
        ),
    };
    let summary = match found {
        Ok(Some(_)) => format!("A key pair {name:?} exists already"),
        // It may be gone.
        Ok(None) | Err(_) => format!("The key pair name {name:?} is taken"),
    };
    Diagnostic::error(summary, format!("{what_to_do}{kept}\n\n{facts}")).at("key_pair_name")
}

/// The attribute that a refusal is about.
fn attribute_at_fault(error: &Error) -> Option<&'static str> {
    match error.code()? {
        "InvalidPublicKeyBody.Malformed" => Some("public_key"),
        "InvalidKeyPairName.Malformed" => Some("key_pair_name"),
        "InvalidResourceGroup.NotFound" => Some("resource_group_id"),
        "Duplicate.TagKey" | "InvalidTagKey.Malformed" | "InvalidTagValue.Malformed" | "QuotaExceed.Tags" => {
            Some("tags")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::ErrorKind;
    use crate::provider::golden_tests::golden;

    const KEY: &str = include_str!("../../../examples/resources/alicloud_key_pair/deploy.pub");

    fn found(fingerprint: &str) -> KeyPair {
        KeyPair {
            name: "web".to_owned(),
            fingerprint: fingerprint.to_owned(),
            creation_time: "2026-01-31T08:33Z".to_owned(),
            resource_group_id: String::new(),
            public_key: None,
            tags: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_key_file_is_taken_away_only_after_a_verdict() {
        let key = PublicKey::parse(KEY).unwrap();
        let failed = |kind| Error::new(kind, "No.");
        for (kind, unused) in [
            (ErrorKind::QuotaExceeded, true),
            (ErrorKind::Forbidden, true),
            (ErrorKind::MissingCredentials, false),
            (ErrorKind::Throttled, false),
            (ErrorKind::Cancelled, false),
            (ErrorKind::Deadline, false),
            (ErrorKind::Unreachable, false),
        ] {
            assert_eq!(Failure::Refused(failed(kind)).leaves_the_key_unused(&key), unused, "{kind:?}");
        }
        let exists = |looked| Failure::Exists(failed(ErrorKind::AlreadyExists), Box::new(looked), None);
        for (looked, unused) in [
            (Ok(Some(found("other"))), true),
            (Ok(Some(found(&key.fingerprint_md5()))), false),
            (Ok(None), false),
            (Err(failed(ErrorKind::Forbidden)), false),
        ] {
            assert_eq!(exists(looked).leaves_the_key_unused(&key), unused);
        }
        let taken = Failure::Taken(failed(ErrorKind::ReplyLost), Box::new(found("other")));
        assert!(!taken.leaves_the_key_unused(&key));
    }

    #[test]
    fn each_failure_has_its_text() {
        let key = PublicKey::parse(KEY).unwrap();
        let same = found(&key.fingerprint_md5());
        let other = found("89f0ba62aca8aae1615efd8169866d6b");
        let import = |kind, message: &str| {
            Error::new(kind, message)
                .with_operation("ImportKeyPair", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
                .with_tries(1)
        };
        let taken = import(ErrorKind::AlreadyExists, "The key pair already exist.").with_answer(
            400,
            Some("KeyPair.AlreadyExist".to_owned()),
            Some("26BEB2FB".to_owned()),
        );
        let malformed =
            import(ErrorKind::InvalidInput, "The specified parameter \"PublicKeyBody\" is not valid.")
                .with_answer(
                    400,
                    Some("InvalidPublicKeyBody.Malformed".to_owned()),
                    Some("26BEB2FB".to_owned()),
                );
        let lost = import(ErrorKind::ReplyLost, "The connection was lost before the answer came.");
        let look = Error::new(ErrorKind::Unreachable, "No connection: connection refused").with_operation(
            "DescribeKeyPairs",
            "ecs.cn-beijing.aliyuncs.com",
            "cn-beijing",
        );
        let wanted = Wanted {
            type_name: "alicloud_key_pair",
            name: "web",
            generated: false,
            is_shared: false,
            key: &key,
            kept_file: Some(Path::new("/home/ada/web.pem")),
            account_id: None,
        };
        let without_file = Wanted { kept_file: None, ..wanted };
        let interrupted = import(ErrorKind::Cancelled, "The call was cancelled; it was not tried.");
        for (file, diagnostic) in [
            ("name-taken-same-key", name_taken(&without_file, &taken, Ok(Some(&same)), None)),
            ("name-taken-other-key", name_taken(&wanted, &taken, Ok(Some(&other)), None)),
            ("name-taken-unseen", name_taken(&without_file, &taken, Ok(None), Some(Duration::from_mins(5)))),
            (
                "name-taken-by-a-sibling",
                name_taken(&Wanted { is_shared: true, ..without_file }, &taken, Ok(Some(&other)), None),
            ),
            ("name-taken-look-failed", name_taken(&without_file, &taken, Err(&look), None)),
            ("not-created-with-a-file", refused(&wanted, &interrupted)),
            ("not-known-whether-created", unclear(&wanted, &lost, Some(&look))),
            (
                "not-known-whether-created-by-prefix",
                unclear(
                    &Wanted { name: "web-0197", generated: true, kept_file: None, ..wanted },
                    &lost,
                    Some(&look),
                ),
            ),
            ("public-key-refused", refused(&wanted, &malformed)),
        ] {
            golden(file, &diagnostic);
        }
    }
}
