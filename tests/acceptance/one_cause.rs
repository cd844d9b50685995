//! What many resources fail of is explained once.

use crate::harness::keys::A;
use crate::harness::{Case, REGION, acceptance, words};

const K: &str = "alicloud_key_pair.k";

fn five(case: &Case) {
    case.write(
        "resource \"alicloud_key_pair\" \"k\" {\n  count = 5\n  key_pair_name = \"web-${count.index}\"\n  public_key = local.a\n}\n",
    );
}

/// The details of the five errors: the long one, and one of the short ones, which are all alike but for the request.
#[track_caller]
fn one_of_five(case: &mut Case, long: &str, short: &[&str]) {
    let errors = case.plan_fails().errors();
    assert_eq!(errors.len(), 5, "{errors:#?}");
    let (whole, rest): (Vec<_>, Vec<_>) = errors.iter().partition(|it| words(&it.detail).contains(long));
    assert_eq!(whole.len(), 1, "{errors:#?}");
    for error in rest {
        assert!(error.summary.starts_with("Could not read the key pair \"web-"), "{error:?}");
        assert_eq!(error.detail.trim().lines().count(), 2, "{error:?}");
        for part in short {
            assert!(error.detail.contains(part), "{part:?} is not in {error:?}");
        }
    }
}

#[test]
fn credentials_that_many_key_pairs_lack_are_told_in_full_once() {
    acceptance(|case| {
        five(case);
        case.apply();
        let (id, secret) =
            (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
        case.use_no_credentials();
        one_of_five(
            case,
            "Looked at, in this order:",
            &["No credentials were found.\nSet access_key and secret_key in the provider block"],
        );
        case.use_credentials("LTAInobody", "no-secret");
        one_of_five(
            case,
            "Operation: DescribeKeyPairs",
            &[
                "InvalidAccessKeyId.NotFound, HTTP 404, request id ",
                "\nThe cloud does not know the access key",
            ],
        );
        case.use_credentials(&id, "wrong-secret");
        one_of_five(
            case,
            "Operation: DescribeKeyPairs",
            &["SignatureDoesNotMatch", "\nThe secret key does not fit"],
        );
        case.use_credentials(&id, &secret);
        case.set_region("cn-beijing");
        let errors = case.plan_fails().errors();
        let long: Vec<_> = errors.iter().filter(|it| it.detail.contains("provider \"alicloud\" {")).collect();
        assert_eq!((errors.len(), long.len()), (5, 1), "{errors:#?}");
        case.set_region(REGION);
        case.settled();
    });
}

#[test]
fn credentials_that_cannot_work_fail_once_and_none_at_all_still_plan_creates() {
    acceptance(|case| {
        five(case);
        case.use_no_credentials();
        case.plan().expect(&[0, 1, 2, 3, 4].map(|n| (&*format!("{K}[{n}]").leak(), "create")));
        case.set_env("ALICLOUD_ACCESS_KEY", "LTAIhalf");
        let summary = "The credentials are not set up correctly";
        case.plan_fails().error().says(summary, "provider", &["There is half an access key"]);
        case.remove_env("ALICLOUD_ACCESS_KEY");
        case.set_env("ALICLOUD_PROFILE", "prdo");
        case.write_home(
            ".aliyun/config.json",
            r#"{"current": "default", "profiles": [{"name": "default", "mode": "Odd"}]}"#,
        );
        case.plan_fails().error().says(summary, "provider", &["has no profile \"prdo\""]);
        case.set_env("ALICLOUD_PROFILE", "default");
        case.plan_fails().error().says(summary, "provider", &["Odd"]);
        case.remove_env("ALICLOUD_PROFILE");
        assert!(case.simulator.calls().is_empty(), "{:?}", case.simulator.calls());
        std::fs::remove_file(case.home(".aliyun/config.json")).unwrap();
    });
}

#[test]
fn two_key_pairs_of_one_name_are_told_in_the_plan_and_not_to_be_imported() {
    acceptance(|case| {
        let summary = "Two key pairs of this configuration have the name \"web\"";
        let two = "resource \"alicloud_key_pair\" \"k\" {\n  count = 2\n  key_pair_name = \"web\"\n  public_key = local.a\n}\n";
        case.write(two);
        case.plan().warning().says(
            summary,
            "key_pair_name",
            &["Give each resource a key_pair_name of its own"],
        );
        let run = case.apply_fails();
        let error = run.error();
        error.says(
            summary,
            "key_pair_name",
            &["another resource of this configuration creates the key pair"],
        );
        assert!(!run.text().contains("import {"), "{run}");
        assert_eq!((case.state().addresses().len(), case.names().len()), (1, 1));
        // Half made, it can be destroyed, and the plan tells the same.
        let plan = case.plan();
        assert!(plan.warnings().iter().any(|it| it.summary == summary), "{:?}", plan.warnings());
        case.destroy().succeeded();

        // A replacement, under another name or the same, is one key pair.
        let one = |name: &str, key: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = {name:?}\n  public_key = local.{key}\n}}\n"
            )
        };
        case.step(&one("web", "a"), &[(K, "create")]);
        for (name, key) in [("web", "b"), ("site", "b"), ("web", "a")] {
            case.write(&one(name, key));
            let plan = case.plan();
            plan.expect(&[(K, "delete/create")]);
            assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
            case.apply_plan();
        }
        // Of a name that somebody else has, a replacement is warned, too.
        case.simulator.world(|world| _ = world.add_key_pair(REGION, "site", A));
        case.write(&one("site", "a"));
        case.plan().warning().says(
            "A key pair \"site\" exists already",
            "resource",
            &["choose another key_pair_name"],
        );
        case.simulator.world(|world| world.remove_key_pair(REGION, "site"));
        case.run(&["taint", K]).succeeded();
        case.write(&one("web", "a"));
        case.plan().expect(&[(K, "delete/create")]);
    });
}

#[test]
fn a_name_that_was_accepted_is_not_warned_of_again() {
    acceptance(|case| {
        let config = |name: &str, tags: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  {name}\n  public_key = local.a\n  tags = {{{tags}}}\n}}\n"
            )
        };
        for (name, other, place) in [
            ("key_pair_name = \"web.1\"", "key_pair_name = \"web.2\"", "key_pair_name"),
            ("key_name_prefix = \"web.1-\"", "key_name_prefix = \"web.2-\"", "key_name_prefix"),
        ] {
            case.write(&config(name, ""));
            let warnings = case.plan().warnings();
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert_eq!(warnings[0].place(), place, "{warnings:?}");
            case.apply_plan();
            case.write(&config(name, "a = 1"));
            assert!(case.plan().warnings().is_empty());
            case.apply_plan();
            case.write(&config(other, "a = 1"));
            assert_eq!(case.plan().warning().place(), place);
            case.destroy().succeeded();
        }
    });
}
