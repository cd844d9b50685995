//! Ctrl-C, and worse.

use ecs_simulator::{Fault, Instance, ReservedName, SlowRelease};

use crate::harness::process::{self, Running};
use crate::harness::{Case, Feature, REGION, acceptance, acceptance_with};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

/// An apply whose import has arrived in the cloud and has no answer yet.
fn importing(case: &Case) -> Running {
    let running = case.start(&["apply", "-auto-approve", "-no-color"]);
    assert!(case.simulator.wait_for_call("ImportKeyPair", 1));
    running
}

#[test]
fn an_answer_that_comes_soon_after_an_interrupt_is_heard() {
    acceptance(|case| {
        case.write(CONFIG);
        let fault = case.simulator.fail(Fault::on("ImportKeyPair").hold());
        let mut running = importing(case);
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        fault.remove();
        case.ended(running);
        assert_eq!((case.names(), case.state().addresses()), (vec!["web".to_owned()], vec![K]));
        case.settled();
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);
    });
}

#[test]
fn an_interrupt_without_an_answer_ends_soon_and_leaves_nothing() {
    acceptance(|case| {
        case.write(CONFIG);
        let fault = case.simulator.fail(Fault::on("ImportKeyPair").hang());
        let mut running = importing(case);
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        assert!(run.text().contains("It is not known whether the key pair \"web\" was created"), "{run}");
        assert_eq!(case.simulator.count("ImportKeyPair"), 1, "it went on as if nothing had happened");
        assert!(case.names().is_empty() && case.state().is_empty());
        fault.remove();
        case.step(CONFIG, &[(K, "create")]);
    });
}

#[test]
fn an_interrupt_of_a_wait_ends_it_at_once() {
    acceptance(|case| {
        // The service asks to come again in a minute.
        let minute = std::time::Duration::from_mins(1);
        case.simulator.fail(Fault::on("ImportKeyPair").throttle(Some(minute)));
        case.write(CONFIG);
        let mut running = importing(case);
        // An answer that is on its way has only seconds after the interrupt.
        case.wait_for_log("the service throttles this operation; all its callers wait", || false);
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        assert!(
            run.text().contains("The run was interrupted. The next plan shows what is true in the cloud"),
            "{run}"
        );
        assert!(case.names().is_empty() && case.state().is_empty());
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);
    });
}

#[test]
fn an_interrupt_ends_the_wait_for_a_binding_and_for_a_name() {
    acceptance(|case| {
        case.simulator.world(|world| {
            world.reserved_names =
                vec![ReservedName { region: REGION.to_owned(), name: "web".to_owned(), refusals: None }];
        });
        case.write(CONFIG);
        let mut running = case.start(&["apply", "-auto-approve", "-no-color"]);
        assert!(case.simulator.wait_for_call("ImportKeyPair", 2));
        // An answer that is on its way has only seconds after the interrupt.
        case.wait_for_log_lines("The name is taken by a key pair that is not shown", 2, || false);
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        assert!(
            run.text().contains("Could not create the key pair \"web\"")
                || run.text().contains("refuses the name as taken, but shows no such key pair"),
            "{run}"
        );
        assert!(case.names().is_empty() && case.state().is_empty());
        case.simulator.world(|world| world.reserved_names.clear());

        case.step(CONFIG, &[(K, "create")]);
        case.simulator.world(|world| {
            world.add_instance(Instance {
                status: "Stopping".to_owned(),
                slow_release: Some(SlowRelease { hidden: false, refusals: None }),
                ..Instance::new(REGION, "i-1").bound_to("web")
            });
        });
        case.simulator.forget_calls();
        let mut running = case.start(&["apply", "-destroy", "-auto-approve", "-no-color"]);
        assert!(case.simulator.wait_for_call("DeleteKeyPairs", 2));
        case.wait_for_log_lines("The key pair is still bound: waiting to try again", 2, || false);
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        for part in
            ["The key pair \"web\" is bound to 1 instance", "i-1 is stopping. Then the run was interrupted."]
        {
            assert!(run.text().contains(part), "{run}");
        }
        assert_eq!((case.names(), case.state().addresses()), (vec!["web".to_owned()], vec![K]));
        case.simulator.world(|world| world.instances.clear());
    });
}

#[test]
fn an_interrupt_ends_a_delete_whose_looks_fail() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.fail(Fault::on("DeleteKeyPairs").disconnect().before_change());
        // The plan is made before, since it looks too: whoever gives up before the delete's own look has begun does not
        // know whose the refusal is, as a batch is refused as a whole.
        let deleting = |case: &Case, look: &str| {
            case.simulator.forget_calls();
            let running = case.start(&["apply", "-no-color", "tfplan"]);
            assert!(case.simulator.wait_for_call("DeleteKeyPairs", 1));
            assert!(case.simulator.wait_for_call(look, 1));
            running
        };
        let planned = |case: &mut Case| case.plan_with(&["-destroy", "-refresh=false"]);
        planned(case);
        case.simulator.fail(Fault::on("DescribeKeyPairs").unavailable());
        let mut running = deleting(case, "DescribeKeyPairs");
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        for part in ["Could not delete the key pair \"web\"", "it looks first at what is there"] {
            assert!(run.text().contains(part), "{run}");
        }
        assert_eq!(case.simulator.count("DeleteKeyPairs"), 1, "it went on as if nothing had happened");
        assert_eq!((case.names(), case.state().addresses()), (vec!["web".to_owned()], vec![K]));
        case.simulator.clear_faults();

        // The same when it is bound, and its instances can't be looked up.
        case.simulator.world(|world| {
            world.add_instance(Instance::new(REGION, "i-1").bound_to("web"));
        });
        planned(case);
        case.simulator.fail(Fault::on("DescribeInstances").hang());
        let mut running = deleting(case, "DescribeInstances");
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        assert!(run.text().contains("The key pair \"web\" is bound to instances"), "{run}");
        assert_eq!((case.names(), case.state().addresses()), (vec!["web".to_owned()], vec![K]));
        case.simulator.clear_faults();
        case.simulator.world(|world| world.instances.clear());
    });
}

/// Kills the provider when its import has been made and its answer has not been heard.
#[cfg(target_os = "linux")]
fn kill_the_provider(case: &mut Case) {
    let fault = case.simulator.fail(Fault::on("ImportKeyPair").once().hold().after_change());
    let running = importing(case);
    let all = process::started_with(&case.temporary());
    let providers: Vec<_> =
        all.iter().filter(|(_, name)| name.contains("terraform-provider-alicloud")).collect();
    assert!(!providers.is_empty(), "{all:?}");
    for (pid, _) in providers {
        process::signal("KILL", i64::from(*pid));
    }
    fault.release();
    let run = case.ended(running).failed();
    assert!(!run.text().contains("panic"), "{run}");
    case.bury();
    // Nobody waits for the import any more, and it may still be under way.
    assert!(case.simulator.wait_until_idle());
    assert!(case.state().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn after_the_death_of_the_provider_the_next_apply_tells_how_to_go_on() {
    acceptance_with(Feature::ImportBlocks, |case| {
        case.write(CONFIG);
        kill_the_provider(case);
        assert_eq!(case.names(), ["web"]);
        let error = case.apply_fails().error();
        error.says("A key pair \"web\" exists already", "key_pair_name", &["It holds the same public key"]);
        let block = error.import_block("k");
        case.step(&format!("{CONFIG}{block}"), &[(K, "import no-op")]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 2);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn after_the_death_of_the_provider_a_made_up_name_is_made_up_again() {
    acceptance(|case| {
        let config = CONFIG.replace("key_pair_name = \"web\"", "key_name_prefix = \"web-\"");
        case.write(&config);
        kill_the_provider(case);
        let orphan = case.names().remove(0);
        case.step(&config, &[(K, "create")]);
        assert_eq!(case.names().len(), 2);
        case.simulator.world(|world| world.remove_key_pair(REGION, &orphan));
    });
}
