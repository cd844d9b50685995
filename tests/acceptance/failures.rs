//! A cloud and a network that fail.

use std::time::Duration;

use ecs_simulator::{AccessKey, Fault};

use crate::harness::keys::{A, A_FINGERPRINT, B, B_FINGERPRINT};
use crate::harness::{Feature, Nobody, REGION, acceptance, acceptance_with};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

#[test]
fn a_lost_reply_to_an_import_is_settled_by_looking() {
    acceptance(|case| {
        case.write(CONFIG);
        // The number of imports that reach the cloud: never blindly repeated.
        for (fault, imports) in [
            (Fault::on("ImportKeyPair").once().disconnect().before_change(), 2),
            (Fault::on("ImportKeyPair").once().disconnect().after_change(), 1),
            (Fault::on("ImportKeyPair").once().truncate(), 1),
            (Fault::on("ImportKeyPair").once().malform(), 1),
            (Fault::on("ImportKeyPair").once().empty(), 1),
            (Fault::on("ImportKeyPair").once().proxy_page(502).after_change(), 1),
        ] {
            let shown = format!("{fault:?}");
            case.simulator.fail(fault);
            case.simulator.forget_calls();
            case.apply();
            assert_eq!(case.simulator.count("ImportKeyPair"), imports, "{shown}");
            assert_eq!(case.state().text(K, "finger_print"), A_FINGERPRINT);
            assert!(!case.state().text(K, "create_time").is_empty());
            case.destroy().succeeded();
            case.simulator.clear_faults();
        }
    });
}

#[test]
fn somebody_elses_key_pair_is_not_adopted_after_a_lost_reply() {
    acceptance_with(Feature::ImportBlocks, |case| {
        case.write(CONFIG);
        let fault = case.simulator.fail(Fault::on("ImportKeyPair").hang());
        let running = case.start(&["apply", "-auto-approve", "-json"]);
        assert!(case.simulator.wait_for_call("ImportKeyPair", 1));
        case.simulator.world(|world| {
            let pair = world.add_key_pair(REGION, "web", B);
            "2026-01-31T08:33Z".clone_into(&mut pair.creation_time);
        });
        fault.remove();
        let error = case.ended(running).error();
        error.says(
            "A key pair \"web\" exists already",
            "key_pair_name",
            &[B_FINGERPRINT, A_FINGERPRINT, "2026-01-31T08:33Z", "import {"],
        );
        assert!(case.state().is_empty());
        // The block leads to a plan that tells what taking it over means.
        case.write(&format!("{CONFIG}{}", error.import_block("k")));
        case.plan().expect(&[(K, "import delete/create")]);
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
    });
}

#[test]
fn a_name_that_is_taken_warns_in_the_plan_and_is_refused() {
    acceptance_with(Feature::ImportBlocks, |case| {
        case.simulator.world(|world| _ = world.add_key_pair(REGION, "web", A));
        case.write(CONFIG);
        let plan = case.plan();
        plan.expect(&[(K, "create")]);
        plan.warning().says("A key pair \"web\" exists already", "resource", &[A_FINGERPRINT, "import {"]);
        let error = case.run(&["apply", "-json", "tfplan"]).error();
        error.says("A key pair \"web\" exists already", "key_pair_name", &["same public key", REGION]);
        case.step(&format!("{CONFIG}{}", error.import_block("k")), &[(K, "import no-op")]);
    });
}

#[test]
fn a_lost_reply_to_a_delete_is_settled_by_looking() {
    acceptance(|case| {
        case.write(CONFIG);
        for (fault, deletes) in [
            (Fault::on("DeleteKeyPairs").once().disconnect().before_change(), 2),
            (Fault::on("DeleteKeyPairs").once().disconnect().after_change(), 1),
            (Fault::on("DeleteKeyPairs").once().proxy_page(503).after_change(), 1),
        ] {
            case.apply();
            case.simulator.forget_calls();
            case.simulator.fail(fault);
            case.destroy().succeeded();
            assert_eq!(case.simulator.count("DeleteKeyPairs"), deletes);
            assert!(case.state().is_empty() && case.names().is_empty());
        }
    });
}

#[test]
fn throttling_and_failures_of_the_service_pass() {
    acceptance(|case| {
        case.simulator.fail(Fault::on("ImportKeyPair").times(2).throttle(Some(Duration::from_millis(50))));
        case.simulator.fail(Fault::on("DescribeKeyPairs").times(2).unavailable());
        case.simulator.fail(Fault::on("DescribeKeyPairs").once().disconnect());
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.fail(Fault::on("DescribeKeyPairs").once().proxy_page(503));
        case.simulator.fail(Fault::on("DescribeKeyPairs").once().truncate());
        case.settled();
        case.simulator.fail(Fault::on("DeleteKeyPairs").times(2).throttle(Some(Duration::from_millis(50))));
        case.destroy().succeeded();
        let imports: Vec<_> =
            case.simulator.calls().into_iter().filter(|call| call.action == "ImportKeyPair").collect();
        assert_eq!(imports.len(), 3);
    });
}

#[test]
fn answers_that_are_none_become_errors_with_what_is_known() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        for (fault, details) in [
            (
                Fault::on("DescribeKeyPairs").proxy_page(403),
                &["HTTP status: 403", "Something between here and the service"][..],
            ),
            (Fault::on("DescribeKeyPairs").mistype(), &["Request id: ", "HTTP status: 200"]),
        ] {
            let fault = case.simulator.fail(fault);
            case.plan_fails().error().says("Could not read the key pair \"web\"", "resource", details);
            fault.remove();
        }
        case.settled();
    });
}

#[test]
fn html_instead_of_an_answer_until_the_time_is_up() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        // The first 503 must have come by then, also on a busy machine.
        let config =
            CONFIG.replace("}\n", "  tags = { a = 1 }\n  timeouts {\n    update = \"20s\"\n  }\n}\n");
        let fault = case.simulator.fail(Fault::on("TagResources").proxy_page(503));
        case.write(&config);
        case.apply_fails().error().says(
            "Could not change the tags of the key pair \"web\"",
            "tags",
            &["HTTP 503", "raise update in the resource's timeouts block"],
        );
        fault.remove();
        case.step(&config, &[(K, "update")]);
    });
}

#[test]
fn a_wrong_secret_is_told_without_the_signed_text() {
    acceptance(|case| {
        case.simulator.add_access_key(
            AccessKey::new("LTAItemporary", "right-secret", case.simulator.account()).with_token("the-token"),
        );
        case.set_env("ALICLOUD_SECURITY_TOKEN", "the-token");
        case.forbid("the-token");
        case.use_credentials("LTAItemporary", "wrong-secret");
        case.write(CONFIG);
        let error = case.apply_fails().error();
        error.says(
            "Could not create the key pair \"web\"",
            "resource",
            &["SignatureDoesNotMatch", "The secret key does not fit the access key", "****"],
        );
        for secret in ["LTAItemporary", "the-token", "POST&", "AccessKeyId", "string to sign is:"] {
            assert!(!error.detail.contains(secret), "{secret:?} in {error:#?}");
            assert!(!case.log().contains(secret) || secret == "AccessKeyId", "{secret:?} in the log");
        }
        // With the right one, a temporary key works.
        case.use_credentials("LTAItemporary", "right-secret");
        case.step(CONFIG, &[(K, "create")]);
    });
}

#[test]
fn an_endpoint_that_nobody_serves_is_named_and_so_is_the_proxy() {
    acceptance(|case| {
        let held = Nobody::new();
        let nobody = held.address.to_string();
        let provider = |host: &str| {
            format!(
                "region = {REGION:?}\nprotocol = \"HTTP\"\nendpoints {{\n  ecs = {host:?}\n  sts = {host:?}\n}}\n"
            )
        };
        case.write(&CONFIG.replace("}\n", "  timeouts {\n    create = \"5s\"\n  }\n}\n"));
        let summary = "Could not create the key pair \"web\"";
        case.set_provider(&provider(&nobody));
        let error = case.apply_fails().error();
        error.says(
            summary,
            "resource",
            &[&format!("Host: {nobody}"), "Check first that region and endpoints"],
        );

        case.set_provider(&provider("ecs.example.com"));
        case.remove_env("NO_PROXY");
        case.set_env("HTTP_PROXY", format!("http://user:proxy-password@{nobody}"));
        case.forbid("proxy-password");
        let error = case.apply_fails().error();
        error.says(summary, "resource", &["Host: ecs.example.com", &format!("Proxy: http://{nobody}")]);
        assert!(case.state().is_empty());
    });
}

#[test]
fn a_key_pair_that_cannot_be_read_back_is_made_nevertheless() {
    acceptance(|case| {
        case.write(CONFIG);
        // The plan looks twice: whether the name is taken, and how much of the quota. Then the new key pair is read.
        case.simulator.fail(Fault::on("DescribeKeyPairs").skip(2).refuse(403, "Forbidden.RAM", "No."));
        let warnings = case.apply().warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        warnings[0].says("The new key pair \"web\" could not be read", "resource", &["Forbidden.RAM"]);
        assert!(case.state().get(K, "create_time").is_null() && !case.state().is_tainted(K));
        case.simulator.clear_faults();
        case.settled();
        case.apply();
        assert!(!case.state().text(K, "create_time").is_empty());
    });
}
