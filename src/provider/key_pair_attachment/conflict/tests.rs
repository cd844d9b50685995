//! Refusals that pass, and those that do not, on a paused clock.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::super::instance_locks::InstanceLocks;
use super::super::reboot;
use super::*;
use crate::alicloud::testing::{Act, Script, answer, code, within};
use crate::alicloud::{Call, Client};
use crate::framework::Diagnostics;
use crate::provider::golden_tests::golden;

/// What instances show.
fn shows(instances: &[(&str, &str, &str)]) -> Act {
    let instance = |(id, status, key_pair): &(&str, &str, &str)| json!({"InstanceId": id, "Status": status, "KeyPairName": key_pair});
    let list: Vec<_> = instances.iter().map(instance).collect();
    answer(200, &json!({"Instances": {"Instance": list}}).to_string())
}

/// A call that was taken, and these instances left as they were.
fn left_alone(failures: &[(&str, &str)]) -> Act {
    let failure = |(id, code): &(&str, &str)| json!({"InstanceId": id, "Success": "false", "Code": code, "Message": format!("The text of {code}.")});
    let list: Vec<_> = failures.iter().map(failure).collect();
    answer(200, &json!({"FailCount": list.len(), "Results": {"Result": list}}).to_string())
}

fn done() -> Act {
    left_alone(&[])
}

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn binding<'a>(
    client: &'a Client,
    locks: &'a InstanceLocks,
    call: Call,
    timeout: &'static str,
) -> Binding<'a> {
    Binding { client, locks, call, name: "web", account_id: None, timeout: Some(timeout) }
}

/// Attaches to i-1 and i-2: what is attached then, what is told, and the instances of each call.
async fn attach(script: &Script, call: Call) -> (BTreeSet<String>, Vec<Diagnostic>, Vec<String>) {
    let (client, locks) = (script.client(), InstanceLocks::default());
    let (mut attached, mut told) = (BTreeSet::new(), Diagnostics::new());
    let wanted = ["i-1".to_owned(), "i-2".to_owned()];
    let binding = binding(&client, &locks, call, "create");
    binding.attach(&wanted, &mut [], &mut attached, &mut told).await;
    (attached, told.into_iter().collect(), named(script, "AttachKeyPair"))
}

/// The same for a detach of what is attached.
async fn detach(script: &Script, call: Call) -> (BTreeSet<String>, Vec<Diagnostic>, Vec<String>) {
    let (client, locks) = (script.client(), InstanceLocks::default());
    let (mut attached, mut told) = (ids(&["i-1", "i-2"]), Diagnostics::new());
    let binding = binding(&client, &locks, call, "delete");
    let outcome = binding.detach(&ids(&["i-1", "i-2"]), &mut attached, &mut told).await;
    told.extend(outcome.err().into_iter().flatten());
    (attached, told.into_iter().collect(), named(script, "DetachKeyPair"))
}

fn named(script: &Script, action: &str) -> Vec<String> {
    let calls = script.seen().into_iter().filter(|seen| seen.form["Action"] == action);
    calls.map(|seen| seen.form["InstanceIds"].clone()).collect()
}

const BOTH: &str = r#"["i-1","i-2"]"#;

#[tokio::test(start_paused = true)]
async fn a_conflict_of_the_whole_call_that_passes_is_no_failure() {
    for refusal in [code(400, "OperationConflict"), code(403, "IncorrectInstanceStatus")] {
        let script = Script::by_action([
            ("AttachKeyPair", vec![refusal.clone(), done()]),
            ("DescribeInstances", vec![shows(&[("i-1", "Running", ""), ("i-2", "Running", "")])]),
        ]);
        let (attached, told, calls) = attach(&script, within(60)).await;
        assert_eq!((attached, told.len()), (ids(&["i-1", "i-2"]), 0), "{told:?}");
        assert_eq!(calls, [BOTH, BOTH]);

        let script = Script::by_action([
            ("DetachKeyPair", vec![refusal, done()]),
            ("DescribeInstances", vec![shows(&[("i-1", "Running", "web"), ("i-2", "Stopping", "web")])]),
        ]);
        let (attached, told, calls) = detach(&script, within(60)).await;
        assert_eq!((attached, told.len()), (ids(&[]), 0), "{told:?}");
        assert_eq!(calls, [BOTH, BOTH]);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_instances_that_refuse_are_tried_again() {
    let busy = |id| left_alone(&[(id, "IncorrectInstanceStatus")]);
    let script = Script::by_action([
        ("AttachKeyPair", vec![busy("i-2"), busy("i-2"), done()]),
        ("DescribeInstances", vec![shows(&[("i-2", "Pending", "")]), shows(&[("i-2", "Starting", "")])]),
    ]);
    let (attached, told, calls) = attach(&script, within(60)).await;
    assert_eq!((attached, told.len()), (ids(&["i-1", "i-2"]), 0), "{told:?}");
    assert_eq!(calls, [BOTH, r#"["i-2"]"#, r#"["i-2"]"#]);

    // One that refuses for good is told beside one whose conflict passes.
    let mixed = left_alone(&[("i-1", "InvalidInstanceId.NotFound"), ("i-2", "OperationConflict")]);
    let shown = || shows(&[("i-1", "Running", "web"), ("i-2", "Running", "web")]);
    let script =
        Script::by_action([("DetachKeyPair", vec![mixed, done()]), ("DescribeInstances", vec![shown()])]);
    let (attached, told, calls) = detach(&script, within(60)).await;
    assert_eq!((attached, told.len()), (ids(&["i-1"]), 1), "{told:?}");
    assert!(told[0].summary.contains("i-1") && told[0].detail.contains("NotFound"), "{told:?}");
    assert_eq!(calls, [BOTH, r#"["i-2"]"#]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_outlasts_the_time_is_told_with_each_status() {
    let started = Instant::now();
    let script = Script::by_action([
        ("AttachKeyPair", vec![left_alone(&[("i-2", "IncorrectInstanceStatus")])]),
        ("DescribeInstances", vec![shows(&[("i-2", "Starting", "")])]),
    ]);
    let (attached, told, calls) = attach(&script, within(300)).await;
    assert_eq!((attached, told.len()), (ids(&["i-1"]), 1), "{told:?}");
    golden("attach-conflict-until-the-deadline", &told[0]);
    assert_eq!(started.elapsed().as_secs(), 300);
    assert!((10..40).contains(&calls.len()), "{}", calls.len());

    // Another operation need not show in the status.
    let script = Script::by_action([
        ("DetachKeyPair", vec![code(400, "OperationConflict")]),
        ("DescribeInstances", vec![shows(&[("i-1", "Running", "web"), ("i-2", "Stopped", "web")])]),
    ]);
    let (attached, told, _) = detach(&script, within(300)).await;
    assert_eq!((attached, told.len()), (ids(&["i-1", "i-2"]), 1), "{told:?}");
    golden("detach-conflict-until-the-deadline", &told[0]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_does_not_pass_is_told_soon() {
    let started = Instant::now();
    let stopped = || shows(&[("i-1", "Stopped", ""), ("i-2", "Stopped", "")]);
    let script = Script::by_action([
        ("AttachKeyPair", vec![code(403, "IncorrectInstanceStatus")]),
        ("DescribeInstances", vec![stopped()]),
    ]);
    let (attached, told, calls) = attach(&script, within(300)).await;
    assert_eq!((attached, told.len(), calls.len()), (ids(&[]), 1, 5), "{told:?}");
    golden("attach-conflict-that-lasts", &told[0]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_the_wait_at_once() {
    let script = Script::by_action([
        ("AttachKeyPair", vec![code(400, "OperationConflict")]),
        ("DescribeInstances", vec![shows(&[("i-1", "Running", "")])]),
    ]);
    let (call, started) = (within(300), Instant::now());
    let cancel = call.cancel.clone();
    let interrupt = async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        cancel.cancel();
    };
    let ((attached, told, _), ()) = tokio::join!(attach(&script, call), interrupt);
    assert_eq!((attached, told.len(), started.elapsed().as_secs()), (ids(&[]), 1, 30));
    assert!(told[0].detail.starts_with("ECS refused this until the run was interrupted"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_try_may_have_done_is_looked_for() {
    // The reply to the first try is lost, and what it began stands in the way of the next ones.
    let script = Script::by_action([
        ("AttachKeyPair", vec![code(500, "InternalError"), code(400, "OperationConflict")]),
        ("DescribeInstances", vec![shows(&[("i-1", "Running", "web"), ("i-2", "Running", "")])]),
    ]);
    let (attached, told, calls) = attach(&script, within(60)).await;
    assert_eq!((attached, told.len()), (ids(&["i-1"]), 1), "{told:?}");
    assert!(told[0].detail.contains("not attached to: i-2 (Running)"), "{told:?}");
    assert_eq!(calls.last().map(String::as_str), Some(r#"["i-2"]"#));
}

#[tokio::test(start_paused = true)]
async fn a_reboot_waits_as_well() {
    let script = Script::by_action([
        ("RebootInstance", vec![code(403, "IncorrectInstanceStatus"), answer(200, "{}")]),
        (
            "DescribeInstances",
            vec![
                shows(&[("i-1", "Starting", "web")]),
                shows(&[("i-1", "Stopping", "web")]),
                shows(&[("i-1", "Running", "web")]),
            ],
        ),
    ]);
    let (client, locks) = (script.client(), InstanceLocks::default());
    let mut told = Diagnostics::new();
    let binding = binding(&client, &locks, within(300), "create");
    reboot::all(&binding, &["i-1".to_owned()], &mut told).await;
    assert!(told.is_empty(), "{told:?}");
    let reboots = script.seen().into_iter().filter(|seen| seen.form["Action"] == "RebootInstance");
    assert_eq!(reboots.count(), 2);
}
