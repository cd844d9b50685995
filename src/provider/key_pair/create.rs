//! Making a key pair: a key from the configuration, a file or this machine, imported under a name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::key_file::{self, Found, KeyFileError, NewFile};
use super::memory::{KeyFacts, Memory, take_replaced};
use super::not_created::{Failure, Wanted, holds};
use super::schema::KeyPairModel;
use super::{call, name, tags};
use crate::alicloud::ecs::{ImportKeyPair, KeyPair};
use crate::alicloud::{Call, Client, Error, ErrorKind};
use crate::framework::duration::or_default;
use crate::framework::{Attr, ChangeResponse, Context, CreateRequest, Diagnostic, Diagnostics};
use crate::openssh::{PublicKey, generate_rsa_2048};
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::facts;
use crate::provider::files;
use crate::provider::place::Place;

/// As in the official provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

/// Between two looks at a key file that another create has made and may take away.
const UNDECIDED: Duration = Duration::from_millis(100);

/// How inexact the times of a key pair and of a request may be, in seconds, when it is told which of the two is older.
const CLOCK_TOLERANCE: i64 = 120;

pub(super) async fn create(
    type_name: &str,
    context: &Context<Cloud>,
    request: CreateRequest<KeyPairModel>,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let CreateRequest { config, planned } = request;
    context.client.begins_to_apply();
    take_replaced(&mut response.private);
    let client = context.client.client()?;
    let timeout = planned.timeouts.known().map_or(&Attr::Null, |timeouts| &timeouts.create);
    let call = call(context, or_default(timeout, DEFAULT_TIMEOUT));
    let name = match config.configured_name().as_str() {
        Some(name) => name.to_owned(),
        None => name::unique_name(config.key_name_prefix.non_empty())?,
    };
    context.client.check_account_id(&context.cancel).await?;
    let key = Key::obtain(&config, &call).await?;
    let is_empty = |argument: &Attr<String>| argument.as_str().is_none_or(str::is_empty);
    let is_new = key.written.is_some() || is_empty(&config.public_key) && is_empty(&config.key_file);
    let import = ImportKeyPair {
        name: name.clone(),
        public_key: key.public.to_line(),
        resource_group_id: planned.wanted_group().map(str::to_owned),
        tags: tags::plain(&planned.tags),
    };
    context.client.names.create(&name);
    client.note_group(&name, import.resource_group_id.as_deref());
    let (imported, account_id) = tokio::join!(
        import_settled(client, &call, &import, &key.public, is_new),
        context.client.account_id(&context.cancel)
    );
    // An account that is not the one of account_id after all is told by the next read.
    let account_id = account_id.ok().flatten();
    let fingerprint = match imported {
        Ok(fingerprint) => fingerprint,
        Err(failure) => {
            let Key { public, written } = key;
            let kept = match written {
                Some(file) if failure.leaves_the_key_unused(&public) => withdraw(file, &public).await,
                written => written.map(|file| file.path().to_owned()),
            };
            let wanted = Wanted {
                type_name,
                name: &name,
                generated: config.configured_name().as_str().is_none(),
                key: &public,
                is_shared: context.client.names.is_shared(&name),
                kept_file: kept.as_deref(),
                account_id: account_id.as_deref(),
            };
            return Err(failure.into_diagnostic(&wanted).into());
        }
    };

    let Key { public, written } = key;
    // Whoever else has found the file need not wait for what follows.
    drop(written);
    let computed = public.fingerprint_md5();
    let memory = Memory {
        place: Place { name: Some(name.clone()), region: Some(client.region().to_owned()), account_id },
        facts: KeyFacts {
            key_is_certain: true,
            fingerprint_is_computed: fingerprint.as_deref() == Some(computed.as_str()),
        },
    };
    memory.save(&mut response.private);
    let state = response.state.insert(KeyPairModel {
        id: Attr::Known(name.clone()),
        key_pair_name: Attr::Known(name.clone()),
        key_name: Attr::Known(name.clone()),
        public_key: if planned.public_key.is_unknown() {
            Attr::Known(public.to_line())
        } else {
            planned.public_key.clone()
        },
        finger_print: Attr::Known(fingerprint.unwrap_or(computed)),
        create_time: Attr::Null,
        resource_group_id: if planned.resource_group_id.is_unknown() {
            Attr::Null
        } else {
            planned.resource_group_id.clone()
        },
        ..planned.clone()
    });
    // What only the cloud knows. Without it the key pair is no less made; the next refresh fills it.
    match client.describe_key_pair(&call.to_explain(), &name).await {
        Ok(Some(found)) => {
            state.create_time = Some(found.creation_time).filter(|time| !time.is_empty()).into();
            if planned.resource_group_id.is_unknown() {
                state.resource_group_id = Attr::Known(found.resource_group_id);
            }
        }
        Ok(None) => tracing::debug!(key_pair_name = name, "The new key pair is not shown yet"),
        Err(error) => response.diagnostics.push(Diagnostic::warning(
            format!("The new key pair {name:?} could not be read"),
            format!(
                "It was made, and the state holds it; its creation time and resource group will be filled in by the \
                 next plan. {}\n\n{}",
                error.message(),
                facts(&error)
            ),
        )),
    }
    Ok(())
}

/// The key to import, and where it came from.
struct Key {
    public: PublicKey,
    /// The file that was written for it by this create.
    written: Option<NewFile>,
}

impl Key {
    /// The key that the configuration asks for. Changes nothing but a new key file.
    async fn obtain(config: &KeyPairModel, call: &Call) -> Result<Self, Diagnostic> {
        if let Some(text) = config.public_key.non_empty() {
            let public = PublicKey::parse(text).map_err(|error| {
                Diagnostic::error("Invalid public key", error.to_string()).at("public_key")
            })?;
            return Ok(Self { public, written: None });
        }
        let path = config.key_file.non_empty().map(files::path);
        loop {
            let file = path.clone();
            let made = tokio::task::spawn_blocking(move || Self::from_file_or_new(file.as_deref())).await;
            let made = made.unwrap_or_else(|error| {
                Err(Diagnostic::error("No key could be made", format!("Making a key failed: {error}.")))
            })?;
            if let Some(key) = made {
                return Ok(key);
            }
            // It is not long, but for a create that is throttled.
            if call.run(tokio::time::sleep(UNDECIDED)).await.is_err() {
                let path = path.as_deref().unwrap_or(Path::new("")).display();
                return Err(Diagnostic::error(
                    "The key file is not free yet",
                    format!(
                        "Another create has made the file {path}, and its key pair is not made yet. Nothing was changed. \
                         Run the command again once that has ended."
                    ),
                )
                .at("key_file"));
            }
        }
    }

    /// `None` while another create may take the file away again.
    fn from_file_or_new(path: Option<&Path>) -> Result<Option<Self>, Diagnostic> {
        let file_error = |path: &Path, error: &KeyFileError| {
            let path = path.display();
            let to_do = match error {
                KeyFileError::Directory(_) => {
                    "Create the directory or make it writable, or change key_file, and apply again."
                }
                _ => {
                    "key_file is either a file with an unencrypted RSA private key, or a path where there is nothing \
                     yet."
                }
            };
            Diagnostic::error(
                "The key file cannot be used",
                format!("The file {path} {error}. Nothing was changed. {to_do}"),
            )
            .at("key_file")
        };
        if let Some(path) = path {
            match key_file::find(path).map_err(|error| file_error(path, &error))? {
                Found::Nothing => {}
                Found::Key(public) => return Ok(Some(Self { public, written: None })),
                Found::Undecided => return Ok(None),
            }
        }
        let made = generate_rsa_2048().map_err(|error| {
            Diagnostic::error("No key could be made", format!("{error}. Nothing was changed."))
        })?;
        let written = match path.map(|path| (path, key_file::write_new(path, made.private_pem().as_bytes())))
        {
            None => None,
            Some((_, Ok(file))) => Some(file),
            // Another create was quicker.
            Some((_, Err(KeyFileError::Exists))) => return Ok(None),
            Some((path, Err(error))) => return Err(file_error(path, &error)),
        };
        Ok(Some(Self { public: made.public_key().clone(), written }))
    }
}

/// Takes back the file that was written for a key that the cloud did not take. Gives its path if it stays.
async fn withdraw(file: NewFile, key: &PublicKey) -> Option<PathBuf> {
    let (path, key) = (file.path().to_owned(), key.clone());
    let gone = tokio::task::spawn_blocking(move || file.take_away(&key)).await.unwrap_or(false);
    (!gone).then_some(path)
}

/// Imports the key. A lost reply is settled by looking: a key pair of this name, with this key, that
/// is not older than the request, is the one that the request made. A key that `is_new`, made by this create, is in no
/// other key pair, whatever the clocks say.
async fn import_settled(
    client: &Client,
    call: &Call,
    import: &ImportKeyPair,
    key: &PublicKey,
    is_new: bool,
) -> Result<Option<String>, Failure> {
    let started = Instant::now();
    // The server's clock, which its answers show, and not this machine's.
    let oldest = || {
        let taken = i64::try_from(started.elapsed().as_secs()).unwrap_or(i64::MAX);
        client.server_seconds().saturating_sub(taken).saturating_sub(CLOCK_TOLERANCE)
    };
    // How often no answer came. Until one is lost, an answer tells all.
    let mut lost = 0;
    // How often the name was taken and could not be said to be somebody's; since when, the last such refusal, and what
    // was seen of the name.
    let mut taken = 0;
    let mut taken_since = None;
    let mut before: Option<(Error, Result<Option<KeyPair>, Error>)> = None;
    // Why the last import failed: each import only knows of its own tries.
    let mut earlier = None;
    loop {
        let error = match client.import_key_pair(call, import).await {
            Ok(imported) => return Ok(imported.fingerprint),
            Err(error) => error,
        };
        let has_ended =
            matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Throttled | ErrorKind::Cancelled);
        // It changed nothing. That the name is taken is what was last true.
        if has_ended
            && lost == 0
            && let Some((refusal, shown)) = before
        {
            let ended = error.last().unwrap_or(&error).clone();
            let waited = taken_since.map(|since: Instant| since.elapsed());
            return Err(Failure::Exists(refusal.with_last(Some(ended)), Box::new(shown), waited));
        }
        let error = error.after(earlier);
        match error.kind() {
            ErrorKind::ReplyLost => lost += 1,
            // The copy whose reply was lost may have come first.
            ErrorKind::AlreadyExists if lost > 0 => {}
            ErrorKind::AlreadyExists => {
                let since = *taken_since.get_or_insert_with(Instant::now);
                let reserved = matches!(before, Some((_, Ok(None))));
                let shown = client.describe_key_pair(&call.to_explain(), &import.name).await;
                // The look decides. Where the service only asks to be asked later, it has not decided yet; nor where
                // there is no answer now, and before there was that there is none of this name.
                let is_open = shown.as_ref().is_err_and(|look| {
                    look.comes_of_throttling() || reserved && look.kind() == ErrorKind::Deadline
                });
                let goes_on = is_open || matches!(shown, Ok(None));
                // What was seen before says more than why it could not be seen again.
                let shown = if shown.is_err() && reserved { Ok(None) } else { shown };
                if goes_on {
                    // A name can stay taken for a while after its key pair was deleted.
                    taken += 1;
                    let reason = if is_open {
                        "The name is taken, and what has it could not be looked at yet"
                    } else {
                        "The name is taken by a key pair that is not shown, as after a delete"
                    };
                    tracing::info!(
                        key_pair_name = import.name,
                        tries = taken,
                        "{reason}: waiting to try again"
                    );
                    call.pause(taken).await;
                    if !call.is_over() {
                        earlier = Some(error.clone().with_last(None));
                        before = Some((error, shown));
                        continue;
                    }
                }
                let waited = (taken > 0).then(|| since.elapsed());
                return Err(Failure::Exists(error, Box::new(shown), waited));
            }
            _ if lost > 0 => return Err(Failure::Unclear(error, None)),
            _ => return Err(Failure::Refused(error)),
        }
        tracing::info!(
            key_pair_name = import.name,
            "The reply to the import was lost: looking what became of it"
        );
        match look(client, call, &import.name).await {
            Ok(Some(found))
                if holds(&found, key) && (is_new || !is_older(&found.creation_time, oldest())) =>
            {
                return Ok(Some(found.fingerprint).filter(|fingerprint| !fingerprint.is_empty()));
            }
            Ok(Some(found)) => return Err(Failure::Taken(error, Box::new(found))),
            Ok(None) => {}
            Err(look) => return Err(Failure::Unclear(error, Some(look))),
        }
        call.pause(lost).await;
        if call.is_over() {
            return Err(Failure::Unclear(error, None));
        }
        earlier = Some(error.with_last(None));
    }
}

/// The key pair of this name, for deciding what became of an import: so with a little time even when the call's is over.
async fn look(client: &Client, call: &Call, name: &str) -> Result<Option<KeyPair>, Error> {
    call.settle(|call| async move { client.describe_key_pair(&call, name).await }).await
}

/// Whether a creation time (`2026-01-31T08:33Z`) is before `oldest`, in seconds since 1970. What
/// cannot be read is not older.
fn is_older(creation_time: &str, oldest: i64) -> bool {
    let Ok(oldest) = OffsetDateTime::from_unix_timestamp(oldest) else { return false };
    let oldest = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        oldest.year(),
        u8::from(oldest.month()),
        oldest.day(),
        oldest.hour(),
        oldest.minute()
    );
    // Both are in UTC with fixed widths, so they compare as text.
    creation_time.get(..oldest.len()).is_some_and(|minute| minute < oldest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, answer, code, with_header, within};

    /// Imports, with these answers, cancelled after so many seconds; how long it took, and how it ended.
    async fn import(acts: Vec<Act>, cancelled: u64) -> (Duration, Failure) {
        import_by(&Script::new(acts), cancelled).await
    }

    async fn import_by(script: &Script, cancelled: u64) -> (Duration, Failure) {
        let client = script.client();
        let (call, started) = (within(300), Instant::now());
        let key = PublicKey::parse(include_str!("../../../examples/resources/alicloud_key_pair/deploy.pub"));
        let key = key.unwrap();
        let import = ImportKeyPair {
            name: "web".to_owned(),
            public_key: key.to_line(),
            resource_group_id: None,
            tags: std::collections::BTreeMap::new(),
        };
        let interrupt = async {
            tokio::time::sleep(Duration::from_secs(cancelled)).await;
            call.cancel.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            outcome = import_settled(&client, &call, &import, &key, false) => {
                (started.elapsed(), outcome.expect_err("the import should fail"))
            }
            () = interrupt => unreachable!(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_look_outlasts_an_interrupt_for_long() {
        let lost = || code(500, "InternalError");
        let taken = || code(400, "KeyPair.AlreadyExist");
        let none = || answer(200, r#"{"TotalCount":0,"KeyPairs":{"KeyPair":[]}}"#);
        // What became of the import has to be known: ten seconds more.
        let (took, failure) = import(vec![lost(), Act::Hang], 20).await;
        assert!(
            matches!(failure, Failure::Unclear(_, Some(_))) && took == Duration::from_secs(30),
            "{took:?}"
        );
        // Who has the name is only told, and looked for for ten seconds at most.
        let (took, failure) = import(vec![taken(), Act::Hang], 2).await;
        assert!(matches!(&failure, Failure::Exists(_, found, _) if found.is_err()));
        assert_eq!(took, Duration::from_secs(2));
        let (took, _) = import(vec![taken(), Act::Hang], 200).await;
        assert_eq!(took, Duration::from_secs(10));
        // Where too many look, it is found out later.
        let throttled = || with_header(code(400, "Throttling.User"), "x-acs-retry-after", "20000");
        let shown = || answer(200, r#"{"TotalCount":1,"KeyPairs":{"KeyPair":[{"KeyPairName":"web"}]}}"#);
        for (looks, expected, ends) in [
            (vec![throttled(), shown()], Some(true), 20..60),
            (vec![none(), throttled(), none(), shown()], Some(true), 20..120),
            (vec![none(), Act::Hang], Some(false), 290..302),
            (vec![throttled()], None, 290..302),
        ] {
            fastrand::seed(7);
            let script = Script::by_action([("ImportKeyPair", vec![taken()]), ("DescribeKeyPairs", looks)]);
            let (took, failure) = import_by(&script, 9999).await;
            let Failure::Exists(_, found, Some(waited)) = failure else { panic!("another failure") };
            assert_eq!(found.as_ref().as_ref().map(Option::is_some).ok(), expected);
            assert!(ends.contains(&took.as_secs()) && waited <= took, "{took:?} {waited:?}");
        }
        // The wait for a reserved name ends at once.
        let reserved = (0..100).flat_map(|_| [taken(), none()]).collect();
        let (took, failure) = import(reserved, 60).await;
        assert!(matches!(&failure, Failure::Exists(_, found, _) if matches!(**found, Ok(None))));
        assert_eq!(took, Duration::from_mins(1));
    }

    /// The service made the key pair, and its answer was lost; the clocks are ten minutes apart.
    #[tokio::test(start_paused = true)]
    async fn a_lost_answer_is_settled_by_the_clock_of_the_service() {
        let key = PublicKey::parse(include_str!("../../../examples/resources/alicloud_key_pair/deploy.pub"));
        let key = key.unwrap();
        let import = ImportKeyPair {
            name: "web".to_owned(),
            public_key: key.to_line(),
            resource_group_id: None,
            tags: std::collections::BTreeMap::new(),
        };
        // This machine says 12:46.
        for (server, created, is_new, is_ours) in [
            ("12:36:24", "12:36", false, true),
            ("12:36:24", "12:33", false, false),
            ("12:56:24", "12:56", false, true),
            ("12:56:24", "12:46", false, false),
            ("12:46:24", "12:46", false, true),
            // A key that was made a moment ago is nobody else's.
            ("12:36:24", "12:33", true, true),
        ] {
            let pair = serde_json::json!({"KeyPairName": "web", "PublicKey": key.to_line(),
                "KeyPairFingerPrint": key.fingerprint_md5(), "CreationTime": format!("2016-02-23T{created}Z")});
            let shown = serde_json::json!({"TotalCount": 1, "KeyPairs": {"KeyPair": [pair]}}).to_string();
            let date = format!("Tue, 23 Feb 2016 {server} GMT");
            let script = Script::by_action([
                ("ImportKeyPair", vec![code(500, "InternalError")]),
                ("DescribeKeyPairs", vec![with_header(answer(200, &shown), "date", &date)]),
            ]);
            let made = import_settled(&script.client(), &within(300), &import, &key, is_new).await;
            assert_eq!(made.is_ok(), is_ours, "{server} {created} {is_new}");
            assert!(is_ours || matches!(made, Err(Failure::Taken(..))));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_last_true_is_told_when_the_time_is_over() {
        let none = || vec![answer(200, r#"{"TotalCount":0,"KeyPairs":{"KeyPair":[]}}"#)];
        let taken = || code(400, "KeyPair.AlreadyExist");
        let unavailable = || code(503, "ServiceUnavailable");
        // In an import under way: why those before it failed.
        for (before, last) in [
            (vec![unavailable(); 10], "ServiceUnavailable"),
            (vec![taken()], "KeyPair.AlreadyExist"),
            (vec![taken(), unavailable()], "ServiceUnavailable"),
        ] {
            fastrand::seed(7);
            let imports = before.into_iter().chain([Act::Hang]).collect();
            let script = Script::by_action([("ImportKeyPair", imports), ("DescribeKeyPairs", none())]);
            let (took, failure) = import_by(&script, 9999).await;
            let Failure::Unclear(error, None) = failure else { panic!("another failure") };
            assert_eq!(error.last().and_then(Error::code), Some(last), "{error:?}");
            assert!(took >= Duration::from_mins(5) && error.kind() == ErrorKind::ReplyLost, "{took:?}");
        }
        // In an import that does not come to be sent any more: what the one before was refused for.
        let throttled = with_header(code(400, "Throttling.User"), "x-acs-retry-after", "900000");
        let imports = vec![taken(), throttled];
        let script = Script::by_action([("ImportKeyPair", imports), ("DescribeKeyPairs", none())]);
        let (_, failure) = import_by(&script, 9999).await;
        let Failure::Exists(error, found, Some(_)) = failure else { panic!("another failure") };
        assert!(matches!(*found, Ok(None)));
        assert_eq!(error.last().and_then(Error::code), Some("Throttling.User"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_file_that_another_create_may_take_away_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let made = generate_rsa_2048().unwrap();
        let file = key_file::write_new(&path, made.private_pem().as_bytes()).unwrap();
        let config =
            KeyPairModel { key_file: path.display().to_string().as_str().into(), ..KeyPairModel::default() };
        let error = Key::obtain(&config, &within(5)).await.err().unwrap();
        assert_eq!(error.summary, "The key file is not free yet");
        assert_eq!(error.path.unwrap().to_string(), "key_file");
        assert!(error.detail.contains(&path.display().to_string()) && path.exists());
        drop(file);
        let key = Key::obtain(&config, &within(5)).await.unwrap();
        assert!(key.public.same_key(made.public_key()) && key.written.is_none());
    }

    #[test]
    fn a_key_pair_older_than_the_request_was_not_made_by_it() {
        let oldest = 1_769_848_380; // 2026-01-31T08:33:00Z
        for (creation_time, expected) in [
            ("2026-01-31T08:32Z", true),
            ("2025-12-31T23:59Z", true),
            ("2026-01-31T08:33Z", false),
            ("2026-01-31T08:33:07Z", false),
            ("2026-02-01T00:00Z", false),
            ("", false),
            ("soon", false),
        ] {
            assert_eq!(is_older(creation_time, oldest), expected, "{creation_time}");
        }
    }
}
