//! Taking over key pairs that exist.

use crate::harness::keys::A;
use crate::harness::{Case, Feature, REGION, acceptance, acceptance_with};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

const BLOCK: &str = "import {\n  to = alicloud_key_pair.k\n  id = \"web\"\n}\n";

/// A key pair that somebody else made.
fn somebody_made_one(case: &Case) {
    case.simulator.world(|world| {
        let pair = world.add_key_pair(REGION, "web", A);
        "2024-02-29T12:00Z".clone_into(&mut pair.creation_time);
        "rg-other".clone_into(&mut pair.resource_group_id);
        pair.tags.insert("acs:rm:rgId".to_owned(), "rg-other".to_owned());
    });
}

/// All calls were questions.
fn changed_nothing(case: &Case) {
    let asks = ["DescribeKeyPairs", "GetCallerIdentity"];
    assert!(case.simulator.calls().iter().all(|call| asks.contains(&call.action.as_str())));
}

#[test]
fn by_command_gives_what_creating_gives() {
    acceptance(|case| {
        let config = CONFIG.replace("}\n", "  tags = { env = \"dev\" }\n}\n");
        case.step(&config, &[(K, "create")]);
        let made = case.state();
        case.run(&["state", "rm", K]).succeeded();
        let run = case.run(&["import", "-no-color", K, "web"]).succeeded();
        assert!(run.text().contains("Import successful!"), "{run}");
        let imported = case.state();
        for attribute in [
            "id",
            "key_pair_name",
            "key_name",
            "key_name_prefix",
            "public_key",
            "key_file",
            "resource_group_id",
            "tags",
            "finger_print",
            "create_time",
            "timeouts",
        ] {
            assert_eq!(imported.get(K, attribute), made.get(K, attribute), "{attribute}");
        }
        case.settled();
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);
    });
}

#[test]
fn by_command_needs_no_key_in_the_configuration() {
    acceptance(|case| {
        somebody_made_one(case);
        case.write("resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n}\n");
        case.run(&["import", "-no-color", K, "web"]).succeeded();
        assert_eq!(case.state().text(K, "public_key"), A);
        assert_eq!(case.state().text(K, "create_time"), "2024-02-29T12:00Z");
        case.settled();
        // With the key in another spelling, and with the old argument for the name.
        case.step(
            "resource \"alicloud_key_pair\" \"k\" {\n  key_name = \"web\"\n  public_key = local.a_respelt\n}\n",
            &[],
        );
    });
}

#[test]
fn what_is_not_there_or_no_name_is_refused() {
    acceptance(|case| {
        case.write(CONFIG);
        let run = case.run(&["import", "-no-color", K, "web"]).failed();
        assert!(run.text().contains("Cannot import non-existent remote object"), "{run}");
        case.simulator.forget_calls();
        let run = case.run(&["import", "-no-color", K, "we*"]).failed();
        assert!(run.text().contains("Not the name of a key pair"), "{run}");
        assert!(case.simulator.calls().is_empty());
        assert!(case.state().is_empty());
    });
}

#[test]
fn by_block_changes_nothing() {
    acceptance_with(Feature::ImportBlocks, |case| {
        case.write(&format!("{CONFIG}{BLOCK}"));
        let error = case.plan_fails().error();
        assert_eq!(error.summary, "Cannot import non-existent remote object");
        somebody_made_one(case);
        case.step(&format!("{CONFIG}{BLOCK}"), &[(K, "import no-op")]);
        case.step(CONFIG, &[]);
        changed_nothing(case);
    });
}

#[test]
fn generated_configuration_is_valid_and_plans_no_change() {
    acceptance_with(Feature::ImportBlocks, |case| {
        somebody_made_one(case);
        case.simulator.world(|world| {
            world.key_pair_mut(REGION, "web").unwrap().tags.insert("env".to_owned(), "dev".to_owned());
        });
        case.write(BLOCK);
        case.plan_with(&["-generate-config-out=generated.tf"]).expect(&[(K, "import no-op")]);
        let checked = case.run(&["validate", "-json"]).succeeded();
        assert!(checked.errors().is_empty(), "{checked}");
        case.plan().expect(&[(K, "import no-op")]);
        case.apply_plan();
        case.settled();
        let generated = std::fs::read_to_string(case.path("generated.tf")).unwrap();
        assert!(!generated.contains("acs:"), "{generated}");
    });
}

#[test]
fn a_prefix_and_a_key_file_are_only_recorded() {
    acceptance_with(Feature::ImportBlocks, |case| {
        somebody_made_one(case);
        let file = case.key_path("absent");
        let with_both = format!(
            "resource \"alicloud_key_pair\" \"k\" {{\n  key_name_prefix = \"we\"\n  key_file = {file:?}\n}}\n"
        );
        let plan = case.step(&format!("{with_both}{BLOCK}"), &[(K, "import update")]);
        assert_eq!(plan.changed(K), ["key_file", "key_name_prefix"]);
        let warning = plan.warning();
        let missing = format!("{} does not exist, and no private key will be written", file.display());
        warning.says("The key pair \"web\" keeps its key", "key_file", &[&missing]);
        assert!(!file.exists());
        let plan = case.step(
            &with_both.replace("\"we\"", "\"site-\"").replace("key_name_prefix", "# key_name_prefix"),
            &[(K, "update")],
        );
        assert_eq!(plan.changed(K), ["key_name_prefix"]);
        // A prefix that the name does not have is recorded too, with a word about it.
        let plan = case.step(&with_both.replace("\"we\"", "\"site-\""), &[(K, "update")]);
        plan.warning().says("The key pair \"web\" keeps its name", "key_name_prefix", &["\"site-\""]);
        changed_nothing(case);
    });
}
