use std::path::Path;

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::*;
use crate::alicloud::clock::Clock;
use crate::alicloud::credentials::ProvideCredentials as _;
use crate::alicloud::testing::{Script, world};

/// Writes a script; gives the command that runs it. Not as a program of its own: one that was just written may still be
/// open in a process that another test starts.
fn program(directory: &Path, script: &str) -> String {
    let path = directory.join("get key");
    std::fs::write(&path, script).unwrap();
    format!("sh \"{}\" one 'two words'", path.display())
}

fn external(command: &str, variables: &[(&str, &str)]) -> External {
    External::new(&world(variables, Script::new([])), command.into(), "the profile \"x\"".to_owned())
}

async fn run(script: &str) -> Result<Credentials, String> {
    let directory = tempfile::tempdir().unwrap();
    let outcome = external(&program(directory.path(), script), &[]).load().await;
    outcome.map_err(|error| match error {
        NotLoaded::Absent(why) => panic!("{why}"),
        NotLoaded::Failed(error) => error.to_string().replace(&directory.path().display().to_string(), "DIR"),
    })
}

#[tokio::test]
async fn both_shapes_are_read() {
    let cases = [
        (r#"{"mode": "ak", "access_key_id": "id", "access_key_secret": "secret"}"#, None, None),
        (
            r#"{"mode": "StsToken", "access_key_id": "id", "access_key_secret": "secret", "sts_token": "token",
               "expiration": "2030-01-31T08:30:00Z", "region_id": "cn-hangzhou", "more": [1]}"#,
            Some("token"),
            Some("2030-01-31T08:30:00Z"),
        ),
        (
            r#"{"Code": "Success", "AccessKeyId": "id", "AccessKeySecret": "secret", "SecurityToken": "token",
               "Expiration": "2030-01-31T08:30:00Z"}"#,
            Some("token"),
            Some("2030-01-31T08:30:00Z"),
        ),
    ];
    for (printed, token, end) in cases {
        let key = run(&format!("echo noise >&2; cat <<'END'\n{printed}\nEND")).await.unwrap();
        assert_eq!(
            (key.access_key_id(), key.access_key_secret(), key.security_token()),
            ("id", "secret", token)
        );
        assert_eq!(key.expires().map(expiration::write).as_deref(), end);
        assert_eq!(key.origin(), "the process_command of the profile \"x\"");
    }
    let shown = format!("{:?}", external("get-key --password s3cret", &[]));
    assert!(shown.contains("the profile") && !shown.contains("s3cret"), "{shown}");
    // Without a shell, words are words, and the environment is passed on.
    let script = r#"test "$#:$1:$2" = "2:one:two words" -a -n "$PATH" && echo '{"AccessKeyId":"i","AccessKeySecret":"s"}'"#;
    assert!(run(script).await.is_ok());
}

#[tokio::test]
async fn failures_are_told_and_what_was_printed_is_not() {
    let unfit = "The process_command of the profile \"x\" printed something else than credentials: ";
    let cases = [
        (
            "echo '{\"access_key_id\": \"id\", \"access_key_secret\": \"s3cret\"'",
            "the text ends in the middle",
        ),
        ("echo s3cret", "line 1, column 1: expected value"),
        ("", "line 1, column 0: the text ends in the middle"),
        ("echo '{\"access_key_id\": \"id\"}'", "it has no access_key_secret"),
        ("echo '{\"AccessKeySecret\": \"s3cret\"}'", "it has no access_key_id"),
        (
            "echo '{\"mode\": \"StsToken\", \"access_key_id\": \"id\", \"access_key_secret\": \"s3cret\"}'",
            "it has no sts_token",
        ),
        (
            "echo '{\"mode\": \"RamRoleArn\", \"access_key_id\": \"id\", \"access_key_secret\": \"s3cret\"}'",
            "its mode is neither AK nor StsToken",
        ),
        (
            "echo '{\"AccessKeyId\": \"id\", \"AccessKeySecret\": \"s3cret\", \"Expiration\": \"s3cret\"}'",
            "its expiration is not a time",
        ),
        (
            "echo '{\"AccessKeyId\": \"id\", \"AccessKeySecret\": \"s3cret \"}'",
            "its access_key_secret ends with a space",
        ),
    ];
    for (script, why) in cases {
        let error = run(script).await.unwrap_err();
        assert!(error.starts_with(unfit) && error.contains(why), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
    let error = run("echo s3cret; printf '\\033[31mNo \\342\\200\\256ticket.\\033[0m\\n' >&2; exit 3")
        .await
        .unwrap_err();
    let expected =
        "The process_command of the profile \"x\" failed (exit status: 3). It said:\n[31mNo ticket.[0m";
    assert!(error.starts_with(expected) && !error.contains("s3cret"), "{error}");
    let error = run("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1").await.unwrap_err();
    assert!(error.contains("It said:\n…xxx") && error.len() < 1300, "{}", error.len());
    let error = run("head -c 100000 /dev/zero").await.unwrap_err();
    assert!(error.contains("printed more than 64 KiB."), "{error}");
    let error = run("kill -9 $$").await.unwrap_err();
    assert!(
        error.contains("failed (signal: 9 (SIGKILL)). It said nothing on its standard error."),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_run_is_told() {
    for (command, variables, why) in [
        ("/no/such/program a", &[][..], "could not be started: /no/such/program: "),
        ("tool 'a", &[], "has a quote that is not closed."),
        ("true", &[(FORBIDDEN_BY, "1")], "may not be run: ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS is set."),
        ("true", &[(FORBIDDEN_BY, "TRUE")], "may not be run"),
        ("true", &[(FORBIDDEN_BY, "0")], "printed something else"),
    ] {
        let Err(NotLoaded::Failed(error)) = external(command, variables).load().await else {
            panic!("{command}")
        };
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// The clock goes on as soon as nothing but the program is waited for.
#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_end_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    // Waits for a writer, which never comes, without a process of its own.
    let fifo = directory.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let external = external(&program(directory.path(), &format!("read line < '{}'", fifo.display())), &[]);
    let Err(NotLoaded::Failed(error)) = external.load().await else { panic!("it ended") };
    assert!(error.to_string().contains("was stopped, since it ran for more than 60 s."), "{error}");
    until(|| !runs(directory.path()));
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    // Waits for a writer, with the program's standard output and error.
    let fifo = directory.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let printed = r#"{"AccessKeyId": "id", "AccessKeySecret": "secret"}"#;
    let script = format!("read line < '{}' &\necho '{printed}'", fifo.display());
    let outcome = external(&program(directory.path(), &script), &[]).load().await;
    assert_eq!(outcome.unwrap().access_key_id(), "id");
    // Nor does it stay.
    until(|| !runs(directory.path()));
}

/// Who waits gives up, as at the end of the process.
#[tokio::test]
async fn what_a_program_started_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let script = format!("sh -c 'read line < \"$1\"' child '{}' &\nwait", fifo.display());
    let external = external(&program(directory.path(), &script), &[]);
    let mut load = external.load();
    while cfg!(target_os = "linux") && !runs(&fifo) {
        tokio::select! {
            biased;
            outcome = &mut load => panic!("it ended: {outcome:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(load);
    until(|| !runs(directory.path()));
}

/// Waits until it is so; what it waits for is another process.
fn until(is_so: impl Fn() -> bool) {
    let give_up = std::time::Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(std::time::Instant::now() < give_up, "it still runs");
        std::thread::yield_now();
    }
}

/// Whether a process has this path on its command line. Only Linux tells; elsewhere none has.
fn runs(path: &Path) -> bool {
    let path = path.display().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut lines = processes.filter_map(|it| std::fs::read_to_string(it.path().join("cmdline")).ok());
    lines.any(|line| line.contains(&path))
}

/// A clock that is set by hand, since a program takes time of its own.
struct SetClock(Mutex<SystemTime>);

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

#[tokio::test]
async fn the_program_is_run_again_before_the_end_of_what_it_printed() {
    let directory = tempfile::tempdir().unwrap();
    let print = |id: &str, end: &str| {
        let printed = format!(
            r#"{{"AccessKeyId": "{id}", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "{end}"}}"#
        );
        std::fs::write(directory.path().join("printed"), printed).unwrap();
    };
    let script = format!("cd '{}'\necho run >> runs\ncat printed", directory.path().display());
    let began = expiration::parse("2030-01-31T08:00:00Z").unwrap();
    let clock = Arc::new(SetClock(Mutex::new(began)));
    let set = |seconds: u64| *clock.0.lock().unwrap() = began + Duration::from_secs(seconds);
    let world = World { clock: clock.clone(), ..world(&[], Script::new([])) };
    let source =
        External::new(&world, program(directory.path(), &script).into(), "the profile \"x\"".to_owned());
    let keys = world.keep("x", source);
    print("one", "2030-01-31T09:00:00Z");
    assert_eq!(keys.credentials().await.unwrap().access_key_id(), "one");
    print("two", "2030-01-31T10:00:00Z");
    set(3000);
    assert_eq!(keys.credentials().await.unwrap().access_key_id(), "one");
    // From here on it is replaced. A slow program is not waited for, until the end.
    set(3500);
    keys.credentials().await.unwrap();
    set(3600);
    assert_eq!(keys.credentials().await.unwrap().access_key_id(), "two");
    assert_eq!(std::fs::read_to_string(directory.path().join("runs")).unwrap().lines().count(), 2);
}
