//! Looking in the wrong place, or with the wrong eyes, is never taken for "gone".

use ecs_simulator::{AccessKey, Fault, OneGroup};

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
            ("Could not check the account of the key pair \"web\"", &details),
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

/// Terraform gives the delete of a tainted object nothing of what was remembered: the read has to see it.
#[test]
fn a_tainted_key_pair_is_not_replaced_in_another_account() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.add_access_key(AccessKey::new("LTAIother", "other-secret", "9876543210987654"));
        case.simulator.world_of("9876543210987654", |world| {
            world.add_key_pair(REGION, "web", crate::harness::keys::B);
        });
        case.run(&["taint", K]).succeeded();
        case.use_credentials("LTAIother", "other-secret");
        let summary = "The key pair \"web\" is in another account";
        case.apply_fails().error().says(summary, "resource", &["9876543210987654", "the state was kept"]);
        let theirs = case.simulator.world_of("9876543210987654", |world| world.key_pair_names(REGION));
        assert_eq!((theirs, case.names()), (vec!["web".to_owned()], vec!["web".to_owned()]));
        assert_eq!(case.simulator.count("DeleteKeyPairs"), 0);
        let (id, secret) =
            (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
        case.use_credentials(&id, &secret);
        case.run(&["untaint", K]).succeeded();
        case.settled();
        case.simulator.world_of("9876543210987654", |world| _ = world.remove_key_pair(REGION, "web"));
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
        case.simulator.fail(Fault::on("GetCallerIdentity").refuse(403, "Forbidden.RAM", "No."));
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
        case.step(CONFIG, &[(K, "create")]);
        case.destroy().succeeded();
    });
}

/// STS is out of reach, and the credentials are another account's, which has no such key pair.
#[test]
fn an_account_that_cannot_be_told_proves_nothing() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.add_access_key(AccessKey::new("LTAIother", "other-secret", "9876543210987654"));
        case.use_credentials("LTAIother", "other-secret");
        case.simulator.fail(Fault::on("GetCallerIdentity").refuse(403, "Forbidden.RAM", "No."));
        let ours = case.simulator.account().to_owned();
        let summary = "Could not check the account of the key pair \"web\"";
        let details = [ours.as_str(), "the state was kept", "Set account_id in the provider block"];
        nothing_works_and_nothing_is_lost(case, (summary, &details), (summary, &details));

        // The user says whose the credentials are.
        let endpoints = case.endpoints();
        let say = |case: &Case, account: &str| {
            case.set_provider(&format!("region = {REGION:?}\naccount_id = {account:?}\n{endpoints}"));
        };
        say(case, "9876543210987654");
        let summary = "The key pair \"web\" is in another account";
        let details = [ours.as_str(), "9876543210987654", "the state was kept"];
        nothing_works_and_nothing_is_lost(case, (summary, &details), (summary, &details));

        let (id, secret) =
            (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
        case.use_credentials(&id, &secret);
        say(case, &ours);
        case.settled();
        case.destroy().succeeded();
        assert!(case.names().is_empty());
    });
}

#[test]
fn an_account_id_that_is_not_that_of_the_credentials() {
    acceptance(|case| {
        let provider = format!("region = {REGION:?}\naccount_id = \"1\"\n{}", case.endpoints());
        case.set_provider(&provider);
        case.write(CONFIG);
        let summary = "The credentials are not of the account 1";
        let ours = case.simulator.account().to_owned();
        case.apply_fails().error().says(summary, "resource", &[&ours, "the provider block"]);
        assert!(case.names().is_empty());
        case.set_region(REGION);
        case.step(CONFIG, &[(K, "create")]);
        case.set_provider(&provider);
        nothing_works_and_nothing_is_lost(case, (summary, &[&ours]), (summary, &[&ours]));
        case.set_region(REGION);
        case.settled();
    });
}

/// Lists that do not name the user's resource group show nothing, or are refused.
#[test]
fn a_user_of_one_resource_group() {
    for one in [OneGroup::hiding("rg-other"), OneGroup::refusing("rg-other")] {
        acceptance(|case| {
            case.simulator.world(|world| world.one_group = Some(one.clone()));
            let config = CONFIG.replace("  public_key ", "  resource_group_id = \"rg-other\"\n  public_key ");
            case.step(&config, &[(K, "create")]);
            assert_eq!(case.state().text(K, "resource_group_id"), "rg-other");
            case.settled();
            // A reply that is lost is settled there, too.
            let on = Fault::on("DeleteKeyPairs").disconnect().before_change().once();
            case.simulator.fail(on);
            case.destroy().succeeded();
            assert!(case.names().is_empty());
            case.simulator.fail(Fault::on("ImportKeyPair").disconnect().after_change().once());
            case.step(&config, &[(K, "create")]);
            // One that is gone is gone.
            case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
            case.step(&config, &[(K, "create")]);
            case.destroy().succeeded();
            assert!(case.names().is_empty());
        });
    }
}

fn restore(case: &mut Case) {
    let (id, secret) =
        (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
    case.use_credentials(&id, &secret);
    case.settled();
}
