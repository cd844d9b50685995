//! Attachments: key pairs on instances.

use alicloud_provider::cty::json;
use ecs_simulator::{Fault, Instance};

use crate::harness::keys::A;
use crate::harness::{Case, Feature, REGION, acceptance, acceptance_with};
use crate::official_states::{Recording, init_beside_the_official_one, official_type};

const X: &str = "alicloud_key_pair_attachment.x";
const Y: &str = "alicloud_key_pair_attachment.y";

/// Makes instances `i-1`, … and key pairs that no configuration has; takes them away at the end.
fn with_instances(count: usize, test: impl FnOnce(&mut Case)) {
    acceptance(|case| {
        case.simulator.world(|world| {
            for n in 1..=count {
                world.add_instance(Instance::new(REGION, &format!("i-{n}")));
            }
            for name in ["x", "y", "a:b"] {
                world.add_key_pair(REGION, name, A);
            }
        });
        test(case);
        case.destroy().succeeded();
        case.simulator.world(|world| {
            assert!(world.bound_instances(REGION, "x").is_empty());
            world.key_pairs.clear();
        });
    });
}

fn attachment(name: &str, key_pair: &str, ids: &[&str], more: &str) -> String {
    format!(
        "resource \"alicloud_key_pair_attachment\" {name:?} {{\n  key_pair_name = {key_pair:?}\n  instance_ids = {ids:?}\n  \
         {more}\n}}\n"
    )
}

fn bound(case: &Case, name: &str) -> Vec<String> {
    case.simulator.world(|world| world.bound_instances(REGION, name))
}

#[test]
fn made_changed_in_place_imported_and_ended() {
    with_instances(4, |case| {
        case.step(&attachment("x", "a:b", &["i-2", "i-1"], ""), &[(X, "create")]);
        let state = case.state();
        assert_eq!(state.text(X, "id"), "a:b:[\"i-1\",\"i-2\"]");
        assert_eq!((state.text(X, "key_name"), state.text(X, "key_pair_name")), ("a:b", "a:b"));
        // The official provider can read it; its strict reader takes neither too little nor too much.
        let theirs = official_type("alicloud_key_pair_attachment");
        json::decode(state.attributes(X).to_string().as_bytes(), &theirs).unwrap();

        case.simulator.forget_calls();
        let plan = case.step(&attachment("x", "a:b", &["i-2", "i-3"], ""), &[(X, "update")]);
        assert_eq!(plan.unknown(X), ["id"]);
        assert_eq!(case.state().text(X, "id"), "a:b:[\"i-2\",\"i-3\"]");
        assert_eq!(bound(case, "a:b"), ["i-2", "i-3"]);
        let calls = case.simulator.calls();
        let ids = |action: &str| -> Vec<String> {
            let calls = calls.iter().filter(|call| call.action == action);
            calls.map(|call| call.parameters["InstanceIds"].clone()).collect()
        };
        assert_eq!(
            (ids("DetachKeyPair"), ids("AttachKeyPair")),
            (vec!["[\"i-1\"]".into()], vec!["[\"i-3\"]".into()])
        );

        // Imported by its id, it is the same.
        let before = case.state().attributes(X).clone();
        case.run(&["state", "rm", X]).succeeded();
        case.run(&["import", X, "a:b:[\"i-2\",\"i-3\"]"]).succeeded();
        assert_eq!(*case.state().attributes(X), before);
        case.settled();
        let wrong = case.run(&["import", Y, "a:b"]);
        assert!(wrong.code == Some(1), "{wrong}");

        // Another key pair replaces.
        case.step(&attachment("x", "x", &["i-2"], ""), &[(X, "delete/create")]);
        assert_eq!((bound(case, "a:b"), bound(case, "x")), (vec![], vec!["i-2".to_owned()]));
    });
}

/// `count` resources whose `output` is `id`, known after apply, and an attachment of `ids`.
fn yet_to_be_made(count: usize, id: &str, ids: &str) -> String {
    format!(
        "resource \"terraform_data\" \"i\" {{\n  count = {count}\n  input = {id:?}\n}}\nresource \
         \"alicloud_key_pair_attachment\" \"x\" {{\n  key_pair_name = \"x\"\n  instance_ids = {ids}\n}}\n"
    )
}

#[test]
fn instances_that_are_yet_to_be_made_are_planned_one_by_one() {
    with_instances(4, |case| {
        let all = "terraform_data.i[*].output";
        let some = "concat([\"i-4\"], terraform_data.i[*].output)";
        for (count, ids, expected) in [
            (2, all, &["i-1", "i-2"][..]),
            (3, all, &["i-1", "i-2", "i-3"]),
            (2, some, &["i-1", "i-2", "i-4"]),
        ] {
            let made: Vec<String> = (0..count).map(|n| format!("terraform_data.i[{n}]")).collect();
            let made = made.iter().map(|address| (address.as_str(), "create"));
            let changes: Vec<(&str, &str)> = made.chain([(X, "create")]).collect();
            let plan = case.step(&yet_to_be_made(count, "i-${count.index + 1}", ids), &changes);
            let unknown = plan.change(X)["after_unknown"]["instance_ids"].as_array().unwrap().clone();
            assert_eq!(unknown.iter().filter(|it| **it == true).count(), count, "{unknown:?}");
            assert_eq!(*case.state().get(X, "instance_ids"), serde_json::json!(expected));
            assert_eq!(bound(case, "x"), expected);
            case.destroy().succeeded();
        }
        // More instances for an attachment that is there.
        case.step(&attachment("x", "x", &["i-4"], ""), &[(X, "create")]);
        let changes = [("terraform_data.i[0]", "create"), ("terraform_data.i[1]", "create"), (X, "update")];
        case.step(&yet_to_be_made(2, "i-${count.index + 1}", some), &changes);
        assert_eq!(bound(case, "x"), ["i-1", "i-2", "i-4"]);
    });
}

#[test]
fn unknown_instances_that_turn_out_to_be_one_are_one() {
    with_instances(2, |case| {
        let changes = [("terraform_data.i[0]", "create"), ("terraform_data.i[1]", "create"), (X, "create")];
        let ids = "concat([\"i-1\"], terraform_data.i[*].output)";
        case.step(&yet_to_be_made(2, "i-2", "terraform_data.i[*].output"), &changes);
        assert_eq!(*case.state().get(X, "instance_ids"), serde_json::json!(["i-2"]));
        assert_eq!(case.state().text(X, "id"), "x:[\"i-2\"]");
        case.destroy().succeeded();
        // Also where they turn out to be one that was known.
        case.step(&yet_to_be_made(2, "i-1", ids), &changes);
        assert_eq!(*case.state().get(X, "instance_ids"), serde_json::json!(["i-1"]));
    });
}

#[test]
fn what_somebody_else_has_bound_is_left_alone() {
    with_instances(3, |case| {
        case.step(&attachment("x", "x", &["i-1", "i-2", "i-3"], ""), &[(X, "create")]);
        case.simulator.world(|world| world.bind("i-1", "y"));
        // Drift is seen and set right, with a warning of what it takes.
        case.write(&attachment("x", "x", &["i-1", "i-2", "i-3"], ""));
        let plan = case.plan();
        plan.expect(&[(X, "update")]);
        plan.warning().says(
            "The key pair \"x\" takes the place of others",
            "instance_ids",
            &["i-1 (carries \"y\")"],
        );
        // The end of an attachment takes only what is still its own.
        case.run(&["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"]).succeeded();
        assert_eq!((bound(case, "x"), bound(case, "y")), (vec![], vec!["i-1".to_owned()]));
        // Without any of its instances, it is gone.
        case.step(&attachment("x", "x", &["i-2"], ""), &[(X, "create")]);
        case.simulator.world(|world| world.unbind("i-2"));
        case.step(&attachment("x", "x", &["i-2"], ""), &[(X, "create")]);
    });
}

#[test]
fn missing_and_windows_instances_are_warned_of_and_refused_before_anything_changes() {
    with_instances(2, |case| {
        case.simulator.world(|world| world.instances.get_mut("i-2").unwrap().os_type = "windows".to_owned());
        case.write(&attachment("x", "x", &["i-1", "i-2", "i-9"], ""));
        let plan = case.plan();
        let warnings: Vec<String> = plan.warnings().iter().map(|it| it.summary.clone()).collect();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        let run = case.apply_fails();
        let mut summaries: Vec<String> = run.errors().iter().map(|it| it.summary.clone()).collect();
        summaries.sort();
        assert_eq!(summaries, ["The instance i-2 runs Windows", "There is no instance i-9"]);
        assert!(case.state().is_empty() && bound(case, "x").is_empty());
        assert_eq!(case.simulator.count("AttachKeyPair"), 0);
        case.write("");
    });
}

#[test]
fn each_instance_that_the_service_leaves_alone_has_its_own_error() {
    with_instances(3, |case| {
        let fault = case.simulator.fail(Fault::on("AttachKeyPair").hold().once());
        case.write(&attachment("x", "x", &["i-1", "i-2", "i-3"], ""));
        let running = case.start(&["apply", "-auto-approve", "-json"]);
        assert!(case.simulator.wait_for_call("AttachKeyPair", 1));
        // After the look and before the call.
        let gone = ["i-2", "i-3"].map(|id| case.simulator.world(|world| world.instances.remove(id)).unwrap());
        fault.release();
        let run = case.ended(running).failed();
        let mut told: Vec<(String, bool)> = run
            .errors()
            .iter()
            .map(|it| {
                (
                    it.summary.clone(),
                    it.detail.contains("InstanceId does not exist.")
                        && it.detail.contains("InvalidInstanceId.NotFound"),
                )
            })
            .collect();
        told.sort();
        let expected = |id: &str| (format!("Could not bind the key pair to the instance {id}"), true);
        assert_eq!(told, [expected("i-2"), expected("i-3")]);
        assert_eq!(*case.state().get(X, "instance_ids"), serde_json::json!(["i-1"]), "what is true");
        case.simulator.world(|world| gone.map(|instance| world.add_instance(instance)));
        case.apply();
        case.settled();
    });
}

#[test]
fn a_conflict_that_passes_is_waited_for() {
    with_instances(2, |case| {
        let refuse = |case: &Case, action: &str, status, code: &str| {
            case.simulator.fail(Fault::on(action).times(2).refuse(status, code, "Busy."))
        };
        refuse(case, "AttachKeyPair", 400, "OperationConflict");
        case.step(&attachment("x", "x", &["i-1", "i-2"], ""), &[(X, "create")]);
        assert_eq!(case.simulator.count("AttachKeyPair"), 3);
        assert_eq!(bound(case, "x"), ["i-1", "i-2"]);
        let log = case.log();
        let waits =
            log.lines().filter(|line| line.contains("refuse the change for now: waiting to try again"));
        assert!(waits.clone().all(|line| line.contains("[INFO]") && line.contains("i-1, i-2")));
        assert_eq!(waits.count(), 2);

        // An instance on its way down refuses by its status.
        case.simulator.world(|world| world.instances.get_mut("i-2").unwrap().status = "Stopping".to_owned());
        refuse(case, "DetachKeyPair", 403, "IncorrectInstanceStatus");
        case.step("", &[(X, "delete")]);
        assert_eq!((case.simulator.count("DetachKeyPair"), bound(case, "x")), (3, vec![]));
    });
}

#[test]
fn force_reboots_what_it_has_warned_of_and_waits() {
    with_instances(4, |case| {
        case.simulator.world(|world| {
            world.instances.get_mut("i-2").unwrap().status = "Stopped".to_owned();
            world.bind("i-3", "x");
        });
        case.write(&attachment("x", "x", &["i-1", "i-2", "i-3"], "force = true"));
        let plan = case.plan();
        plan.warning().says(
            "Instances will be rebooted for the key pair \"x\"",
            "instance_ids",
            &["force", "itself: i-1."],
        );
        case.apply_plan();
        case.settled();
        let reboots = |case: &Case, id: &str| case.simulator.world(|world| world.instances[id].reboots);
        assert_eq!(["i-1", "i-2", "i-3"].map(|id| reboots(case, id)), [1, 0, 0]);
        assert_eq!(case.simulator.world(|world| world.instances["i-1"].status.clone()), "Running");
        assert!(case.log().contains("Waiting until the rebooted instances run"));
        // Only what is added is rebooted.
        case.step(&attachment("x", "x", &["i-1", "i-2", "i-3", "i-4"], "force = true"), &[(X, "update")]);
        assert_eq!((reboots(case, "i-1"), reboots(case, "i-4")), (1, 1));
        // To record the wish reboots nothing.
        case.step(&attachment("x", "x", &["i-1", "i-2", "i-3", "i-4"], ""), &[(X, "update")]);
        case.step(&attachment("x", "x", &["i-1", "i-2", "i-3", "i-4"], "force = true"), &[(X, "update")]);
        assert_eq!(case.simulator.count("RebootInstance"), 2);
    });
}

#[test]
fn two_key_pairs_for_one_instance_are_an_error_of_the_plan() {
    with_instances(3, |case| {
        let both = attachment("x", "x", &["i-1", "i-2"], "") + &attachment("y", "y", &["i-2", "i-3"], "");
        case.write(&both);
        let error = case.plan_fails().error();
        assert!(error.summary.starts_with("Two key pairs for one instance: "), "{error:?}");
        assert!(error.summary.contains("\"x\"") && error.summary.contains("\"y\""), "{error:?}");
        assert!(error.detail.contains("i-2"), "{error:?}");
        assert_eq!((error.place(), case.simulator.count("AttachKeyPair")), ("instance_ids", 0));

        // Moving an instance from one to the other is none, and neither is the same pair twice.
        let moved = attachment("x", "x", &["i-1"], "") + &attachment("y", "y", &["i-2", "i-3"], "");
        case.step(&moved, &[(X, "create"), (Y, "create")]);
        let back =
            attachment("x", "x", &["i-1", "i-2"], "") + &attachment("y", "y", &["i-3"], "depends_on = []");
        case.write(&back);
        case.plan().expect(&[(X, "update"), (Y, "update")]);
        let same = attachment("x", "x", &["i-1"], "") + &attachment("y", "x", &["i-1"], "");
        case.write(&same);
        case.plan();

        // What the plan cannot know is an error at apply, before the call.
        let hidden = |name: &str, key_pair: &str, ids: &str| {
            format!(
                "resource \"alicloud_key_pair_attachment\" {name:?} {{\n  key_pair_name = {key_pair:?}\n  instance_ids = \
                 {ids}\n}}\n"
            )
        };
        case.destroy().succeeded();
        case.simulator.forget_calls();
        case.write(&format!(
            "resource \"terraform_data\" \"id\" {{\n  input = \"i-2\"\n}}\n{}{}",
            hidden("x", "x", "[\"i-1\", terraform_data.id.output]"),
            hidden("y", "y", "[terraform_data.id.output, \"i-3\"]"),
        ));
        case.plan();
        let run = case.apply_fails();
        assert!(run.error().summary.starts_with("Two key pairs for one instance: "), "{run}");
        assert_eq!(case.simulator.count("AttachKeyPair"), 1);
        // A host plans the whole before it plans a destroy, so that the error comes there too; it says how to get by.
        let run = case.destroy().failed();
        assert!(run.error().detail.contains("-refresh=false"), "{run}");
        case.run(&["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"]).succeeded();
        assert!(case.state().is_empty() && bound(case, "x").is_empty());
        case.write("");
    });
}

#[test]
fn many_instances_and_many_attachments_take_few_calls() {
    with_instances(500, |case| {
        let ids: Vec<String> = (1..=500).map(|n| format!("i-{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        case.write(&attachment("x", "x", &ids, ""));
        case.apply();
        assert_eq!(case.simulator.count("AttachKeyPair"), 10);
        assert_eq!(bound(case, "x").len(), 500);
        case.destroy().succeeded();
        assert_eq!(case.simulator.count("DetachKeyPair"), 10);

        case.simulator.world(|world| {
            world.instances.retain(|id, _| id.len() <= 4);
            for n in 1..=100 {
                world.add_instance(Instance::new(REGION, &format!("i-{n}")));
            }
            world.instances.retain(|id, _| id.trim_start_matches("i-").parse::<u32>().unwrap() <= 100);
        });
        case.write(
            "resource \"alicloud_key_pair_attachment\" \"x\" {\n  count = 100\n  key_pair_name = \"x\"\n  instance_ids = \
             [\"i-${count.index + 1}\"]\n}\n",
        );
        case.apply();
        case.simulator.forget_calls();
        case.plan().expect(&[]);
        assert!(
            case.simulator.count("DescribeInstances") <= 2,
            "{}",
            case.simulator.count("DescribeInstances")
        );
    });
}

#[test]
fn a_reply_that_is_lost_is_settled_by_looking() {
    with_instances(2, |case| {
        case.step(&attachment("x", "x", &["i-1", "i-2"], ""), &[(X, "create")]);
        case.simulator.fail(Fault::on("DetachKeyPair").disconnect().after_change().times(1));
        case.step("", &[(X, "delete")]);
        case.step(&attachment("x", "x", &["i-1", "i-2"], ""), &[(X, "create")]);
        case.simulator.fail(Fault::on("DetachKeyPair").disconnect().times(1));
        case.step("", &[(X, "delete")]);
        assert!(bound(case, "x").is_empty());
    });
}

#[test]
fn what_an_attach_did_before_its_time_was_up_is_in_the_state() {
    with_instances(2, |case| {
        // The attach must have arrived by then, also on a busy machine.
        let short = attachment("x", "x", &["i-1", "i-2"], "timeouts {\n    create = \"20s\"\n  }");
        case.write(&short);
        let fault = case.simulator.fail(Fault::on("AttachKeyPair").hold().after_change());
        let running = case.start(&["apply", "-auto-approve", "-json"]);
        assert!(fault.wait_for_hit());
        let error = case.ended(running).error();
        error.says(
            "Could not bind the key pair \"x\" to instances",
            "instance_ids",
            &["i-1, i-2", "raise create"],
        );
        fault.release();
        case.simulator.clear_faults();
        assert_eq!(bound(case, "x"), ["i-1", "i-2"]);
        assert_eq!(case.state().text(X, "id"), "x:[\"i-1\",\"i-2\"]");
        case.destroy().succeeded();
        assert!(bound(case, "x").is_empty());
    });
}

#[test]
fn an_instance_moves_from_one_attachment_to_another_in_one_apply() {
    with_instances(4, |case| {
        let split = |x: &[&str], y: &[&str]| attachment("x", "x", x, "") + &attachment("y", "y", y, "");
        case.step(&split(&["i-1", "i-2"], &["i-3"]), &[(X, "create"), (Y, "create")]);
        // Where a detach takes off whatever is there, one that comes after the other attachment's attach undoes it.
        case.simulator.world(|world| world.detach_takes_any = true);
        case.write(&split(&["i-1"], &["i-2", "i-3", "i-4"]));
        case.plan().expect(&[(X, "update"), (Y, "update")]);
        case.simulator.forget_calls();
        // The other attachment, known by i-4, comes when this one has looked at i-2 and is about to take it off.
        let detach = case.simulator.fail(Fault::on("DetachKeyPair").hold());
        let look = case.simulator.fail(Fault::on("DescribeInstances").mentioning("i-4").hold());
        let running = case.start(&["apply", "-json", "tfplan"]);
        assert!(detach.wait_for_hit());
        look.remove();
        case.wait_for_log("Another attachment changes this instance: waiting", || {
            case.simulator.count("AttachKeyPair") > 0
        });
        detach.remove();
        case.ended(running).succeeded();
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!((bound(case, "x"), bound(case, "y")), (ids(&["i-1"]), ids(&["i-2", "i-3", "i-4"])));
        case.simulator.world(|world| world.detach_takes_any = false);
        case.settled();
    });
}

#[test]
fn a_reboot_that_begins_late_is_waited_for() {
    with_instances(1, |case| {
        case.simulator.world(|world| world.instances.get_mut("i-1").unwrap().reboot_delay_looks = 1);
        case.write(&attachment("x", "x", &["i-1"], "force = true"));
        case.apply();
        let status = case.simulator.world(|world| world.instances["i-1"].status.clone());
        assert_eq!(status, "Running");
        assert_eq!(case.simulator.world(|world| world.instances["i-1"].going_down_looks), 0);
        // The look before, one that still shows it running, one that shows it down, and one that shows it up.
        assert_eq!(case.log().matches("Waiting until the rebooted instances run").count(), 3);
    });
}

#[test]
fn recorded_attachments_are_taken_over() {
    for (type_name, way) in [
        ("key_pair", "attachment"),
        ("ecs_key_pair", "attachment"),
        ("key_pair", "attachment-old"),
        ("ecs_key_pair", "attachment-old"),
        ("key_pair", "attachment-colon"),
        ("ecs_key_pair", "attachment-colon"),
    ] {
        acceptance(|case| {
            let recording = Recording::of(format!("{type_name}-{way}"));
            recording.restore_world(case);
            case.write(&recording.config());
            recording.replace_provider(case);
            let address = format!("alicloud_{type_name}_attachment.a");
            // The one with a colon could neither be read nor destroyed; it is tainted, so it is made anew.
            let changes: &[(&str, &str)] =
                if way == "attachment-colon" { &[(&address, "delete/create")] } else { &[] };
            case.plan().expect(changes);
            case.apply();
            case.settled();
            case.destroy().succeeded();
            assert!(case.state().is_empty() && case.names().is_empty());
            case.simulator.world(|world| {
                assert!(world.instances.values().all(|instance| instance.key_pair_name.is_empty()));
            });
        });
        // And destroyed as it is.
        acceptance(|case| {
            let recording = Recording::of(format!("{type_name}-{way}"));
            recording.restore_world(case);
            case.write(&recording.config());
            recording.replace_provider(case);
            case.destroy().succeeded();
            assert!(case.state().is_empty() && case.names().is_empty());
        });
    }
}

#[test]
fn attachments_move_between_the_names_of_the_type_and_from_the_official_provider() {
    acceptance_with(Feature::MovesAcrossTypes, |case| {
        let recording = Recording::of("key_pair-attachment");
        recording.restore_world(case);
        recording.restore_state(case);
        let moved = recording.config().replace(
            "resource \"alicloud_key_pair_attachment\" \"a\"",
            "moved {\n  from = alicloud_key_pair_attachment.a\n  to = alicloud_ecs_key_pair_attachment.b\n}\nresource \
             \"alicloud_ecs_key_pair_attachment\" \"b\"",
        );
        case.write(&moved);
        init_beside_the_official_one(case);
        case.plan().expect(&[]);
        case.apply_plan();
        case.settled();
        let back = recording.config().replace("\"a\"", "\"c\"").replace(
            "resource \"alicloud_key_pair_attachment\"",
            "moved {\n  from = alicloud_ecs_key_pair_attachment.b\n  to = alicloud_key_pair_attachment.c\n}\nresource \
             \"alicloud_key_pair_attachment\"",
        );
        case.write(&back);
        case.plan().expect(&[]);
        case.apply_plan();
        case.settled();
        case.destroy().succeeded();
    });
}

#[test]
fn the_end_of_a_key_pair_is_not_warned_of_where_its_attachment_ends_too() {
    with_instances(2, |case| {
        let pair =
            "resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n  public_key = local.a\n}\n";
        let on = |ids: &str| {
            format!(
                "resource \"alicloud_key_pair_attachment\" \"x\" {{\n  key_pair_name =                  alicloud_key_pair.k.key_pair_name\n  instance_ids = {ids}\n}}\n"
            )
        };
        let both = format!("{pair}{}", on("[\"i-1\"]"));
        case.step(&both, &[("alicloud_key_pair.k", "create"), (X, "create")]);
        let plan = case.plan_with(&["-destroy"]);
        plan.expect(&[("alicloud_key_pair.k", "delete"), (X, "delete")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        // Another instance is not the attachment's.
        case.simulator.world(|world| world.bind("i-2", "web"));
        let warning = case.plan_with(&["-destroy"]).warning();
        assert!(warning.detail.contains("i-2") && !warning.detail.contains("i-1"), "{warning:?}");
        case.simulator.world(|world| world.unbind("i-2"));
    });
}

/// One instance was released, or may not be seen: which of the two, nothing tells.
#[test]
fn instances_that_are_not_shown_are_named_when_the_state_shrinks() {
    with_instances(2, |case| {
        case.step(&attachment("x", "x", &["i-1", "i-2"], ""), &[(X, "create")]);
        let gone = case.simulator.world(|world| world.instances.remove("i-2")).unwrap();
        let run = case.run(&["apply", "-refresh-only", "-auto-approve", "-json"]);
        assert_eq!((run.code, run.warnings().len()), (Some(0), 1), "{run}");
        let summary = "Some instances of the key pair \"x\" are not shown";
        run.warnings()[0].says(summary, "instance_ids", &["any longer: i-2.", "ecs:DescribeInstances"]);
        assert_eq!(case.state().text(X, "id"), "x:[\"i-1\"]");
        case.simulator.world(|world| world.instances.insert("i-2".to_owned(), gone));
        case.apply();
        case.settled();
        // A detach says so, too.
        case.simulator.world(|world| world.instances.remove("i-2"));
        let run = case.run(&["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"]);
        assert_eq!((run.code, run.warnings().len()), (Some(0), 1), "{run}");
        run.warnings()[0].says(summary, "", &["i-2"]);
        assert!(case.state().addresses().is_empty());
    });
}
