//! Looking in the wrong place, or with the wrong eyes, is never taken for "gone".

use ecs_simulator::AccessKey;

use crate::harness::{Case, REGION, acceptance};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

/// Neither planning nor destroying works, with or without a look at the cloud, and nothing is lost.
#[track_caller]
fn nothing_works_and_nothing_is_lost(case: &mut Case, read: (&str, &[&str]), delete: (&str, &[&str])) {
    let calls = case.simulator.count("ImportKeyPair");
    case.plan_fails().error().says(read.0, "resource", read.1);
    case.destroy().failed().error().says(read.0, "resource", read.1);
    let run = case.run(&["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"]);
    run.error().says(delete.0, "", delete.1);
    assert_eq!(case.state().addresses(), [K]);
    assert_eq!(case.names(), ["web"]);
    assert_eq!(case.simulator.count("ImportKeyPair"), calls);
}

#[test]
fn an_unknown_access_key() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.use_credentials("LTAInobodys", "nobodys-secret");
        let details = [
            "InvalidAccessKeyId.NotFound",
            "This says nothing about the key pair itself",
            "ALICLOUD_ACCESS_KEY",
        ];
        nothing_works_and_nothing_is_lost(
            case,
            ("Could not read the key pair \"web\"", &details),
            ("Could not delete the key pair \"web\"", &details),
        );
        restore(case);
    });
}

#[test]
fn another_region() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        // A key pair of the same name is not the same key pair.
        case.simulator.world(|world| _ = world.add_key_pair("cn-beijing", "web", crate::harness::keys::B));
        case.set_region("cn-beijing");
        let summary = "The key pair \"web\" is in another region";
        let details = ["cn-hangzhou", "cn-beijing", "the state was kept"];
        nothing_works_and_nothing_is_lost(case, (summary, &details), (summary, &details));
        case.simulator.world(|world| {
            assert!(
                world.remove_key_pair("cn-beijing", "web").is_some(),
                "it was deleted in the wrong region"
            );
        });
        case.set_region(REGION);
        case.settled();
    });
}

#[test]
fn another_account() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.add_access_key(AccessKey::new("LTAIother", "other-secret", "9876543210987654"));
        case.use_credentials("LTAIother", "other-secret");
        let ours = case.simulator.account().to_owned();
        let summary = "The key pair \"web\" is in another account";
        let details = [ours.as_str(), "9876543210987654", "the state was kept"];
        nothing_works_and_nothing_is_lost(case, (summary, &details), (summary, &details));
        restore(case);
    });
}

#[test]
fn the_account_of_a_key_pair_that_was_imported_is_known_too() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.run(&["state", "rm", K]).succeeded();
        case.run(&["import", "-no-color", K, "web"]).succeeded();
        case.simulator.add_access_key(AccessKey::new("LTAIother", "other-secret", "9876543210987654"));
        case.use_credentials("LTAIother", "other-secret");
        let summary = "The key pair \"web\" is in another account";
        nothing_works_and_nothing_is_lost(
            case,
            (summary, &["9876543210987654"]),
            (summary, &["9876543210987654"]),
        );
        restore(case);
    });
}

#[test]
fn an_account_that_cannot_be_told_does_not_hinder() {
    acceptance(|case| {
        case.simulator.fail(ecs_simulator::Fault::on("GetCallerIdentity").refuse(
            403,
            "Forbidden.RAM",
            "No.",
        ));
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
        case.step(CONFIG, &[(K, "create")]);
        case.destroy().succeeded();
    });
}

fn restore(case: &mut Case) {
    let (id, secret) =
        (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
    case.use_credentials(&id, &secret);
    case.settled();
}
