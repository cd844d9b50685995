//! Credentials, case by case: every directory in `tests/credentials/cases` is one; `tests/credentials/README.md` says what is in it.

mod http;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use self::http::Recorded;
use super::*;
use crate::alicloud::Call;
use crate::alicloud::credentials::{CredentialsError, expiration};
use crate::alicloud::testing::{LogCapture, MovingClock, StoppedClock};
use crate::cty::{Number, Type, Value};
use crate::framework::ModelValue;
use crate::provider::diagnostics::Attempt;

/// What secrets in the cases hold, and what the part of access key ids holds that is never shown.
const MARKS: [&str; 2] = ["s3cret", "HIDDEN"];

#[test]
fn every_case_ends_as_it_says() {
    let only = std::env::var("CASE").ok();
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let mut wrong = String::new();
    for directory in cases {
        let name = directory.file_name().unwrap().to_str().unwrap();
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let case = object(&read(&directory.join("case.json")).expect("a case has a case.json"));
        // A clock that is paused jumps ahead of a program that is being run.
        let is_paused = case.get("clock").is_none_or(|clock| clock != "real");
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(is_paused).build().unwrap();
        for problem in runtime.block_on(run(&directory, &case, is_paused)) {
            let _ = writeln!(wrong, "== {name}: {problem}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The directories of all cases, in order.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/credentials/cases");
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut directories: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    directories.sort();
    directories
}

/// Runs one case; what is wrong comes back.
async fn run(directory: &Path, case: &Map<String, Json>, is_paused: bool) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    copy(&directory.join("home"), home.path());
    let home_name = home.path().to_str().unwrap();
    let environment = environment(directory, home_name);
    let exchanges = read(&directory.join("http.json")).unwrap_or_else(|| "[]".to_owned());
    let recorded = Recorded::new(&exchanges);
    let surroundings = Surroundings {
        environment: Arc::new(environment),
        transport: Some(Arc::new(recorded.clone())),
        // How long a program takes is not to be seen in a message.
        clock: if is_paused { Arc::new(MovingClock::default()) } else { Arc::new(StoppedClock) },
    };
    let config =
        value(&ProviderModel::ty(), case.get("provider").unwrap_or(&Json::Object(Map::new())), home_name);
    let config = ProviderModel::from_value(&config, &crate::cty::Path::root()).unwrap();
    let mut outcome = Outcome::default();
    let log = LogCapture::listen();
    play(case, &config, &surroundings, home.path(), &mut outcome).await;
    let log = log.text();
    let shown = format!("{log}{}", outcome.texts());
    let mut problems = outcome.problems;
    problems.extend(recorded.problems());
    for secret in MARKS.into_iter().map(str::to_owned).chain(recorded.signatures()) {
        if let Some(line) = shown.lines().find(|line| line.contains(&secret)) {
            problems.push(format!("shows a secret ({secret}): {line}"));
        }
    }
    let log = log.replace(home_name, "HOME");
    for wanted in list(case, "log").iter().filter(|wanted| !log.contains(wanted.as_str())) {
        problems.push(format!("{wanted:?} is not in the log:\n{log}"));
    }
    problems.extend(differences(&directory.join("after"), home.path()));
    golden(&directory.join("expected.txt"), &outcome.errors.replace(home_name, "HOME"), &mut problems);
    problems
}

/// The environment of a case.
fn environment(directory: &Path, home: &str) -> BTreeMap<String, String> {
    let text = read(&directory.join("env")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let variables = lines.map(|(name, value)| (name.to_owned(), value.replace("$HOME", home)));
    [("HOME".to_owned(), home.to_owned())].into_iter().chain(variables).collect()
}

/// What came of a case.
#[derive(Default)]
struct Outcome {
    errors: String,
    debug: String,
    problems: Vec<String>,
}

impl Outcome {
    fn texts(&self) -> String {
        format!("{}{}", self.errors, self.debug)
    }

    fn error(&mut self, diagnostic: &Diagnostic) {
        if !self.errors.is_empty() {
            self.errors.push_str("\n----\n\n");
        }
        let place = diagnostic.path.as_ref().map_or_else(String::new, |path| format!(" [at {path}]"));
        let _ = writeln!(self.errors, "{}{place}\n\n{}", diagnostic.summary, diagnostic.detail);
    }
}

async fn play(
    case: &Map<String, Json>,
    config: &ProviderModel,
    surroundings: &Surroundings,
    home: &Path,
    outcome: &mut Outcome,
) {
    let mut diagnostics = Diagnostics::new();
    validate(config, &mut diagnostics);
    let cloud = if diagnostics.has_errors() {
        None
    } else {
        configure(config, &Host::default(), surroundings, &mut diagnostics)
    };
    diagnostics.iter().for_each(|diagnostic| outcome.error(diagnostic));
    let Some(cloud) = cloud else { return };
    let client = match cloud.client() {
        Ok(client) => client,
        Err(diagnostic) => return outcome.error(&diagnostic),
    };
    outcome.debug = format!("{config:?}{client:?}");
    if let Some(region) = case.get("region").and_then(Json::as_str)
        && region != client.region()
    {
        outcome.problems.push(format!("the region is {}, not {region}", client.region()));
    }
    let one = [Json::Object(case.clone())];
    let steps = case.get("steps").and_then(Json::as_array).map_or(one.as_slice(), Vec::as_slice);
    let mut last = None;
    for step in steps {
        if let Some(wait) = step.get("wait").and_then(|wait| wait.to_string().parse().ok()) {
            tokio::time::sleep(Duration::from_secs_f64(wait)).await;
        }
        for (file, text) in step.get("write").and_then(Json::as_object).into_iter().flatten() {
            std::fs::write(home.join(file), text.as_str().unwrap()).unwrap();
        }
        if step.get("renew").is_some() {
            let renewed = client.credentials().renew(last.as_ref().expect("there were some before")).await;
            let renewed = renewed.map_or_else(|error| error.to_string(), |any| any.to_string());
            let expected = step["renew"].to_string();
            if renewed != expected {
                outcome.problems.push(format!("renewing gave {renewed}, not {expected}"));
            }
        }
        match client.credentials().credentials().await {
            Ok(found) => {
                let found = &*last.insert(found);
                let expected = step.get("expect").and_then(Json::as_object).cloned().unwrap_or_default();
                let actual: Map<String, Json> = [
                    ("access_key", Json::from(found.masked_id())),
                    ("origin", found.origin().replace(home.to_str().unwrap(), "HOME").into()),
                    ("token", found.is_temporary().into()),
                    ("expires", found.expires().map(expiration::write).into()),
                ]
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect();
                if expected.is_empty() || expected.iter().any(|(name, value)| actual.get(name) != Some(value))
                {
                    outcome.problems.push(format!("expected {expected:?}, found {actual:?}"));
                }
                let _ = write!(outcome.debug, "{found:?}");
            }
            Err(error) => {
                if step.get("expect").is_some() {
                    outcome.problems.push(format!("expected credentials, found: {error}"));
                }
                outcome.error(&told(client, &error).await);
            }
        }
    }
    if let Some(account) = case.get("account").and_then(Json::as_str) {
        let found = client.get_caller_identity(&call()).await.map(|identity| identity.account_id);
        if found.as_deref().ok() != Some(account) {
            outcome.problems.push(format!("expected the account {account}, found {found:?}"));
        }
    }
    // What it keeps by now is not shown either.
    let _ = write!(outcome.debug, "{client:?}");
}

fn call() -> Call {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
    Call::new(deadline, tokio_util::sync::CancellationToken::new())
}

/// The message of the first call, which is what people see of it.
async fn told(client: &Client, error: &CredentialsError) -> Diagnostic {
    let failed = client.get_caller_identity(&call()).await.unwrap_err();
    assert_eq!(failed.message(), error.to_string());
    let attempt = Attempt { key_pair: "web", account_id: None, timeout: None };
    attempt.failed("Could not read the key pair \"web\"", &failed)
}

/// Compares with a file; `UPDATE_GOLDEN=1` writes it.
fn golden(path: &Path, text: &str, problems: &mut Vec<String>) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        if text.is_empty() {
            let _ = std::fs::remove_file(path);
        } else {
            std::fs::write(path, text).unwrap();
        }
    }
    let expected = read(path).unwrap_or_default();
    if expected != text {
        problems.push(format!("expected this text:\n{expected}\nand found:\n{text}"));
    }
}

/// A value of a type from JSON: what is not there is null, and `"(unknown)"` is unknown.
fn value(ty: &Type, json: &Json, home: &str) -> Value {
    let items = || json.as_array().into_iter().flatten();
    match (ty, json) {
        (_, Json::String(text)) if text == "(unknown)" => Value::UNKNOWN,
        (Type::Object(attributes), _) if json.is_object() => {
            let absent = Json::Null;
            Value::object(
                attributes
                    .iter()
                    .map(|(name, ty)| (name.clone(), value(ty, json.get(name).unwrap_or(&absent), home))),
            )
        }
        (_, Json::Null) => Value::Null,
        (Type::String, Json::String(text)) => Value::string(text.replace("$HOME", home)),
        (Type::Number, Json::Number(number)) => Value::Number(number.to_string().parse::<Number>().unwrap()),
        (Type::Bool, Json::Bool(flag)) => Value::Bool(*flag),
        (Type::List(ty), _) => Value::list(items().map(|item| value(ty, item, home))),
        (Type::Set(ty), _) => Value::set(items().map(|item| value(ty, item, home))),
        _ => panic!("{json} is no {ty:?}"),
    }
}

fn object(text: &str) -> Map<String, Json> {
    serde_json::from_str(text).unwrap()
}

fn list(object: &Map<String, Json>, name: &str) -> Vec<String> {
    let items = object.get(name).and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The files that are not in the end as `after` says.
fn differences(after: &Path, home: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(after).into_iter().flatten() {
        let (expected, actual) = {
            let entry = entry.unwrap();
            (entry.path(), home.join(entry.file_name()))
        };
        if expected.is_dir() {
            found.extend(differences(&expected, &actual));
        } else if read(&expected) != read(&actual) {
            let actual = read(&actual).unwrap_or_else(|| "nothing".to_owned());
            found.push(format!("{} is not in the end what is found:\n{actual}", expected.display()));
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else { return };
    for entry in entries {
        let (source, target): (PathBuf, PathBuf) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if source.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            std::fs::copy(source, target).unwrap();
        }
    }
}
