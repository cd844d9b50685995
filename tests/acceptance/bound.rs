//! Key pairs that instances carry: what the plan warns of, what the destroy says, when it waits.

use ecs_simulator::{Denial, Fault, Instance, ReservedName, SlowRelease};

use crate::harness::{Case, REGION, acceptance, words};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str =
    "resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n  public_key = local.a\n}\n";

fn bind(case: &Case, id: &str) {
    let name = format!("{id}-name");
    case.simulator.world(|world| {
        world.add_instance(Instance { name, ..Instance::new(REGION, id).bound_to("web") });
    });
}

/// An instance that is being released: the service counts it for so many refusals more.
fn releasing(case: &Case, id: &str, status: &str, hidden: bool, refusals: u32) {
    let slow_release = Some(SlowRelease { hidden, refusals: Some(refusals) });
    case.simulator.world(|world| {
        world.add_instance(Instance {
            status: status.to_owned(),
            slow_release,
            ..Instance::new(REGION, id).bound_to("web")
        });
    });
}

fn release(case: &Case) {
    case.simulator.world(|world| world.instances.clear());
}

#[test]
fn the_destroy_names_the_instances_and_the_ways_out() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        bind(case, "i-1");
        case.simulator.world(|world| {
            world.add_instance(Instance {
                status: "Stopped".to_owned(),
                ..Instance::new(REGION, "i-2").bound_to("web")
            });
        });
        case.simulator.forget_calls();
        let error = case.destroy().failed().error();
        error.says(
            "The key pair \"web\" is bound to 2 instances",
            "",
            &[
                "The key pair was not deleted, and is still in the state. It is bound to: ID NAME ZONE STATUS \
                 i-1 i-1-name cn-hangzhou-i Running i-2 - cn-hangzhou-i Stopped",
                "- If the instances are not needed: destroy or release them.",
                "If an alicloud_key_pair_attachment binds it, remove that and apply",
                "set wait_for_unbind = \"10m\" in the provider block",
                "If a launch template or a scaling group names the key pair, change that first",
                "Error code: InvalidParameter.KeypairAlreadyAttachedInstance HTTP status: 400 Request id:",
            ],
        );
        // One refused call, and one look for the message; the plan had its own.
        assert_eq!(case.simulator.count("DeleteKeyPairs"), 1);
        assert_eq!(case.simulator.count("DescribeInstances"), 2);
        assert_eq!((case.state().addresses(), case.names()), (vec![K], vec!["web".to_owned()]));
        release(case);
        case.destroy().succeeded();
    });
}

#[test]
fn more_instances_than_anybody_reads_are_counted() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        for number in 0..23 {
            bind(case, &format!("i-{number:02}"));
        }
        let error = case.destroy().failed().error();
        error.says("The key pair \"web\" is bound to 23 instances", "", &["i-19", "and 3 more"]);
        assert!(!error.detail.contains("i-20"), "{}", error.detail);
        release(case);
    });
}

#[test]
fn without_the_permission_to_list_instances_it_says_so() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        bind(case, "i-1");
        case.simulator.world(|world| world.denials.push(Denial::of("DescribeInstances")));
        // The list is refused or, as it was before, empty.
        for older in [false, true] {
            case.simulator.world(|world| world.denied_instances_are_empty = older);
            case.simulator.forget_calls();
            let error = case.destroy().failed().error();
            error.says(
                "The key pair \"web\" is bound to instances",
                "",
                &["Action: ecs:DescribeInstances Resource: acs:ecs:cn-hangzhou:", ":instance/*"],
            );
            assert_eq!(case.simulator.count("DeleteKeyPairs"), 1);
            let dry_runs = case.simulator.calls().into_iter();
            let dry_runs = dry_runs.filter(|call| call.parameters.contains_key("DryRun")).count();
            assert_eq!(dry_runs, usize::from(older), "a refusal says it already");
        }
        case.simulator.world(|world| {
            world.denials.clear();
            world.denied_instances_are_empty = false;
        });
        release(case);
    });
}

#[test]
fn instances_that_can_not_be_looked_up_do_not_hold_the_message_up() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        bind(case, "i-1");
        for fault in [Fault::on("DescribeInstances").hang(), Fault::on("DescribeInstances").unavailable()] {
            let fault = case.simulator.fail(fault);
            case.simulator.forget_calls();
            let error = case.destroy().failed().error();
            error.says(
                "The key pair \"web\" is bound to instances",
                "",
                &["Which ones could not be looked up", "aliyun ecs DescribeInstances --RegionId"],
            );
            assert_eq!(case.simulator.count("DeleteKeyPairs"), 1);
            fault.remove();
        }
        assert_eq!((case.state().addresses(), case.names()), (vec![K], vec!["web".to_owned()]));
        release(case);
    });
}

#[test]
fn a_binding_that_goes_away_is_waited_for() {
    acceptance(|case| {
        for (status, hidden) in [("Stopping", false), ("Running", true)] {
            case.step(CONFIG, &[(K, "create")]);
            releasing(case, "i-1", status, hidden, 2);
            case.simulator.forget_calls();
            case.destroy().succeeded();
            assert_eq!(case.simulator.count("DeleteKeyPairs"), 3, "{status}");
            let reason = if hidden { "counts a binding that no instance shows" } else { "i-1 is stopping" };
            let log = case.log();
            let waits: Vec<_> =
                log.lines().filter(|line| line.contains("The key pair is still bound: waiting")).collect();
            let [.., first, second] = *waits else { panic!("{waits:?}") };
            assert!([first, second].iter().all(|line| line.contains("[INFO]")), "{waits:?}");
            assert!(first.contains(reason), "{first}");
            release(case);
        }
    });
}

#[test]
fn patience_is_asked_for_on_the_key_pair_or_in_the_provider_block() {
    acceptance(|case| {
        let patient = CONFIG.replace("public_key", "wait_for_unbind = \"5m\"\n  public_key");
        case.step(&patient, &[(K, "create")]);
        releasing(case, "i-1", "Running", false, 2);
        case.destroy().succeeded();
        release(case);

        case.set_provider(&format!("region = \"{REGION}\"\nwait_for_unbind = \"5m\"\n{}", case.endpoints()));
        case.step(CONFIG, &[(K, "create")]);
        releasing(case, "i-1", "Running", false, 2);
        case.destroy().succeeded();
        release(case);

        // The key pair's own word counts more.
        case.step(&patient.replace("5m", "0s"), &[(K, "create")]);
        bind(case, "i-1");
        case.destroy().failed().error().says("The key pair \"web\" is bound to 1 instance", "", &[]);
        release(case);
    });
}

#[test]
fn plans_that_destroy_or_replace_warn_of_each_bound_key_pair() {
    acceptance(|case| {
        let three = "resource \"alicloud_key_pair\" \"k\" {\n  count = 3\n  key_pair_name = \"web-${count.index}\"\n  \
                     public_key = local.a\n}\n";
        let addresses: Vec<String> = (0..3).map(|index| format!("{K}[{index}]")).collect();
        let all = |action| addresses.iter().map(|address| (address.as_str(), action)).collect::<Vec<_>>();
        case.step(three, &all("create"));
        case.simulator.world(|world| {
            for index in 0..2 {
                world.add_instance(
                    Instance::new(REGION, &format!("i-{index}")).bound_to(&format!("web-{index}")),
                );
            }
        });
        let summary = |index| format!("The key pair \"web-{index}\" is bound to 1 instance");
        case.simulator.forget_calls();
        let plan = case.plan_with(&["-destroy"]);
        plan.expect(&all("delete"));
        let mut told: Vec<String> = plan.warnings().into_iter().map(|it| it.summary).collect();
        told.sort();
        assert_eq!(told, [summary(0), summary(1)]);
        assert!(
            words(&plan.warnings()[0].detail)
                .contains("If this plan detaches or releases these instances first, nothing")
        );
        assert_eq!(case.simulator.count("DescribeInstances"), 1, "one page for the whole plan");

        case.write(&three.replace("local.a", "local.b"));
        let plan = case.plan();
        plan.expect(&all("delete/create"));
        let mut told: Vec<String> = plan.warnings().into_iter().map(|it| it.summary).collect();
        told.sort();
        assert_eq!(told, [summary(0), summary(1)]);

        // Without the permission, one warning for the whole plan says so.
        case.simulator.world(|world| world.denials.push(Denial::of("DescribeInstances")));
        let warning = case.plan_with(&["-destroy"]).warning();
        warning.says(
            "Could not check which instances the key pairs are attached to",
            "resource",
            &["The credentials lack ecs:DescribeInstances, so the plan does not warn of key pairs that ECS will refuse to \
               delete because instances use them."],
        );
        case.simulator.world(|world| world.denials.clear());
        // And none is looked for when none is wanted.
        case.set_provider(&format!("region = \"{REGION}\"\nplan_time_checks = false\n{}", case.endpoints()));
        case.simulator.forget_calls();
        assert!(case.plan_with(&["-destroy"]).warnings().is_empty());
        assert_eq!(case.simulator.count("DescribeInstances"), 0);
        release(case);
    });
}

#[test]
fn a_plan_reads_no_page_twice_and_does_without_looks_that_fail() {
    acceptance(|case| {
        let pair = |number: usize| {
            let after = number
                .checked_sub(1)
                .map_or(String::new(), |before| format!("  depends_on = [alicloud_key_pair.k{before}]\n"));
            let name = format!("  key_pair_name = \"web-{number}\"\n  public_key = local.a\n");
            format!("resource \"alicloud_key_pair\" \"k{number}\" {{\n{name}{after}}}\n")
        };
        case.write(&(0..9).map(pair).collect::<String>());
        // Nothing to be seen: no warning, no failure.
        let fault = case.simulator.fail(Fault::on("DescribeKeyPairs").hang());
        assert!(case.plan().warnings().is_empty());
        fault.remove();
        case.apply();
        case.simulator.world(|world| {
            for number in 0..300 {
                let instance = Instance::new(REGION, &format!("i-{number:03}"));
                world.add_instance(if number % 60 == 7 { instance.bound_to("web-4") } else { instance });
            }
        });
        // The host plans them one after the other.
        case.simulator.forget_calls();
        let warning = case.plan_with(&["-destroy", "-refresh=false"]).warning();
        warning.says("The key pair \"web-4\" is bound to 5 instances", "resource", &[]);
        assert_eq!(case.simulator.count("DescribeInstances"), 3, "a call for each 100 instances");

        for fault in [Fault::on("DescribeInstances").hang(), Fault::on("DescribeInstances").unavailable()] {
            let fault = case.simulator.fail(fault);
            assert!(case.plan_with(&["-destroy", "-refresh=false"]).warnings().is_empty());
            fault.remove();
        }
        let fault = case.simulator.fail(Fault::on("DescribeInstances").refuse(403, "Forbidden.RAM", "No."));
        case.simulator.forget_calls();
        let warning = case.plan_with(&["-destroy", "-refresh=false"]).warning();
        assert_eq!(warning.summary, "Could not check which instances the key pairs are attached to");
        assert_eq!(case.simulator.count("DescribeInstances"), 1, "what is refused is not asked for again");
        fault.remove();
        release(case);
    });
}

#[test]
fn a_name_that_is_still_reserved_is_waited_for_and_explained() {
    acceptance(|case| {
        let reserve = |case: &Case, refusals| {
            case.simulator.world(|world| {
                let reserved = ReservedName { region: REGION.to_owned(), name: "web".to_owned(), refusals };
                world.reserved_names = vec![reserved];
            });
        };
        reserve(case, Some(2));
        case.step(CONFIG, &[(K, "create")]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 3);
        let log = case.log();
        let waits = log.lines().filter(|line| line.contains("waiting to try again"));
        let reason = "The name is taken by a key pair that is not shown";
        assert!(waits.clone().all(|line| line.contains("[INFO]") && line.contains(reason)));
        assert_eq!(waits.count(), 2);
        case.destroy().succeeded();

        // It stays so, and the wait for it ends in a look.
        reserve(case, None);
        case.simulator.forget_calls();
        let mut running = case.start(&["apply", "-auto-approve", "-no-color"]);
        assert!(case.simulator.wait_for_call("ImportKeyPair", 2));
        let held = case.simulator.fail(Fault::on("DescribeKeyPairs").hang());
        case.simulator.forget_calls();
        assert!(case.simulator.wait_for_call("DescribeKeyPairs", 1));
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        let run = case.ended(running).failed();
        for part in [
            "The key pair name \"web\" is taken",
            "refuses the name as taken, but shows no such key pair. This is so for a while after a key pair was deleted",
        ] {
            assert!(run.text().contains(part), "{run}");
        }
        held.remove();
        assert!(case.state().is_empty());
    });
}

#[test]
fn a_full_quota_is_warned_of() {
    acceptance(|case| {
        case.simulator.world(|world| {
            for number in 0..500 {
                world.add_key_pair(REGION, &format!("other-{number}"), "ssh-rsa AAAAB3NzaC1yc2E=");
            }
        });
        case.write(CONFIG);
        let warning = case.plan().warning();
        warning.says("The quota of key pairs may be full", "resource", &["The region holds 500 key pairs"]);
        // No look, no warning: neither of the quota nor of the name.
        case.set_provider(&format!("region = \"{REGION}\"\nplan_time_checks = false\n{}", case.endpoints()));
        case.write(&CONFIG.replace("\"web\"", "\"other-1\""));
        case.simulator.forget_calls();
        assert!(case.plan().warnings().is_empty());
        assert_eq!(case.simulator.count("DescribeKeyPairs"), 0);
        case.write(CONFIG);
        let error = case.apply_fails().error();
        error.says("Could not create the key pair \"web\"", "resource", &["QuotaExceed.KeyPair"]);
        case.simulator.world(|world| world.key_pairs.clear());
    });
}
