//! Resource identities, on a host that knows them and across one that does not.

use serde_json::json;

use crate::harness::keys::A;
use crate::harness::{REGION, acceptance_on, host, host_with_identity};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

#[test]
fn is_kept_through_a_life() {
    let Some(host) = host_with_identity() else { return };
    acceptance_on(host, |case| {
        let identity = |name: &str| json!({"region": REGION, "key_pair_name": name});
        case.step(CONFIG, &[(K, "create")]);
        assert_eq!(*case.state().identity(K), identity("web"));
        case.step(&CONFIG.replace("local.a\n", "local.a\n  tags = { a = \"b\" }\n"), &[(K, "update")]);
        assert_eq!(*case.state().identity(K), identity("web"));
        case.step(&CONFIG.replace("web", "app"), &[(K, "delete/create")]);
        assert_eq!(*case.state().identity(K), identity("app"));
        // A name that is known only after apply.
        let prefixed = CONFIG.replace("key_pair_name = \"web\"", "key_name_prefix = \"web-\"");
        case.run(&["apply", "-destroy", "-auto-approve", "-json"]).succeeded();
        case.step(&prefixed, &[(K, "create")]);
        let state = case.state();
        assert_eq!(*state.identity(K), identity(state.text(K, "id")));
        let cbd =
            prefixed.replace("local.a\n", "local.b\n  lifecycle {\n    create_before_destroy = true\n  }\n");
        case.step(&cbd, &[(K, "create/delete")]);
        let state = case.state();
        assert_eq!(*state.identity(K), identity(state.text(K, "id")));
    });
}

#[test]
fn imports() {
    let Some(host) = host_with_identity() else { return };
    for (type_name, region) in
        [("alicloud_key_pair", ""), ("alicloud_ecs_key_pair", "    region        = \"cn-hangzhou\"\n")]
    {
        acceptance_on(host, |case| {
            case.simulator.world(|world| world.add_key_pair(REGION, "web", A).clone());
            let address = format!("{type_name}.k");
            case.write(&format!(
                "import {{\n  to = {address}\n  identity = {{\n{region}    key_pair_name = \"web\"\n  }}\n}}\n{}",
                CONFIG.replace("alicloud_key_pair", type_name)
            ));
            case.plan().expect(&[(&address, "import no-op")]);
            case.apply_plan();
            case.settled();
            assert_eq!(*case.state().identity(&address), json!({"region": REGION, "key_pair_name": "web"}));
        });
    }
}

#[test]
fn of_another_region_is_refused() {
    let Some(host) = host_with_identity() else { return };
    acceptance_on(host, |case| {
        case.write(&format!(
            "import {{\n  to = {K}\n  identity = {{\n    region = \"cn-beijing\"\n    key_pair_name = \"web\"\n  }}\n}}\n\
             {CONFIG}"
        ));
        let error = case.plan_fails().error();
        assert_eq!(error.summary, "The key pair \"web\" is in another region");
        assert_eq!(case.simulator.count("DescribeKeyPairs"), 0);
    });
}

#[test]
fn does_not_disturb_a_host_that_knows_none() {
    let (Some(usual), Some(newer)) = (host(), host_with_identity()) else { return };
    acceptance_on(usual, |case| {
        case.step(CONFIG, &[(K, "create")]);
        for host in [newer, usual, newer, usual] {
            case.use_host(host);
            case.plan().expect(&[]);
            case.apply();
            case.settled();
        }
    });
}
