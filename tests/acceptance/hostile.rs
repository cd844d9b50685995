//! Answers that hold what a terminal acts on.

use ecs_simulator::Instance;

use crate::harness::keys::A;
use crate::harness::{Case, REGION, acceptance, words};

const CONFIG: &str =
    "resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n  public_key = local.a\n}\n";

/// Escape sequences, a bell, a reordering and an invisible character, and a line that poses as Terraform's own.
const HOSTILE: &str = "\u{1b}[2J\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\nApply complete!";

/// The same as it is shown in a line.
const SHOWN: &str = "\u{fffd}[2J\u{fffd}\u{fffd}31m\u{fffd}\u{fffd}\u{fffd} Apply complete!";

/// Fails if it is anywhere in a text that a person reads.
#[track_caller]
fn shows_nothing_of_it(text: &str) {
    let raw = |c: char| HOSTILE.contains(c) && !c.is_ascii_graphic() && !matches!(c, ' ' | '\n');
    assert!(!text.contains(raw), "{text:?}");
    assert!(
        text.lines().all(|line| !line.trim_start_matches(['│', ' ']).starts_with("Apply complete!")),
        "{text}"
    );
}

fn read(case: &mut Case, arguments: &[&str]) -> String {
    let run = case.run(arguments);
    let text = format!("{}{}", run.stdout, run.stderr);
    shows_nothing_of_it(&text);
    text
}

#[test]
fn what_a_terminal_acts_on_is_shown_in_no_plan_error_or_log() {
    acceptance(|case| {
        // A key pair of another that has the name.
        case.simulator.world(|world| {
            world.add_key_pair(REGION, "web", A).creation_time = format!("2026{HOSTILE}");
        });
        case.write(CONFIG);
        let text = read(case, &["plan", "-no-color"]);
        assert!(words(&text).contains(&format!("made at 2026{SHOWN}")), "{text}");
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
        // An instance that carries ours.
        case.apply();
        case.simulator.world(|world| {
            world.add_instance(Instance {
                name: format!("web{HOSTILE}"),
                status: format!("Running{HOSTILE}"),
                ..Instance::new(REGION, "i-1").bound_to("web")
            });
        });
        let row = format!("i-1 web{SHOWN} cn-hangzhou-i Running{SHOWN}");
        let text = read(case, &["plan", "-destroy", "-no-color"]);
        assert!(words(&text).contains(&row), "{text}");
        let text = read(case, &["apply", "-destroy", "-auto-approve", "-no-color"]);
        assert!(words(&text).contains(&row), "{text}");
        let log = case.log();
        assert!(log.contains("diagnostic_detail") && log.contains("Running\u{fffd}"), "{log}");
        shows_nothing_of_it(&log.replace("Apply complete!", ""));
        case.simulator.world(|world| world.instances.clear());
    });
}
