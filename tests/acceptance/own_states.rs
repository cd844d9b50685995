//! States that this provider has written, one directory for each shape that there ever was. They are never changed:
//! somebody has such a state.
//!
//! When the shape changes, record a new one: `RECORD=NAME cargo test --test acceptance own_states`.

use std::fs;
use std::path::{Path, PathBuf};

use ecs_simulator::{Instance, World};

use crate::harness::{Case, REGION, acceptance};

/// What each recording holds.
const CONFIG: &str = r#"
resource "alicloud_key_pair" "named" {
  key_pair_name     = "named"
  public_key        = local.a
  resource_group_id = "rg-other"
  tags = {
    team = "platform"
  }
  wait_for_unbind = "1m"
  timeouts {
    create = "2m"
    delete = "10m"
  }
}

resource "alicloud_ecs_key_pair" "prefixed" {
  key_name_prefix = "web-"
}

resource "alicloud_key_pair_attachment" "one" {
  key_pair_name = alicloud_key_pair.named.key_pair_name
  instance_ids  = ["i-1", "i-2"]
}

resource "alicloud_ecs_key_pair_attachment" "other" {
  key_pair_name = alicloud_ecs_key_pair.prefixed.key_pair_name
  instance_ids  = ["i-3"]
  force         = true
  timeouts {
    create = "10m"
  }
}
"#;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/own")
}

fn record(case: &mut Case, directory: &Path) {
    case.simulator.world(|world| {
        for number in 1..=3 {
            world.add_instance(Instance::new(REGION, &format!("i-{number}")));
        }
    });
    case.write(CONFIG);
    case.apply();
    fs::create_dir_all(directory).unwrap();
    fs::copy(case.path("terraform.tfstate"), directory.join("terraform.tfstate")).unwrap();
    fs::write(directory.join("config.tf"), CONFIG).unwrap();
    let world = case.simulator.world(|world| serde_json::to_string_pretty(world).unwrap());
    fs::write(directory.join("world.json"), world).unwrap();
    case.destroy().succeeded();
}

#[test]
fn each_is_read_kept_and_destroyed() {
    if let Some(name) = std::env::var_os("RECORD") {
        acceptance(|case| record(case, &directory().join(name)));
    }
    let recordings: Vec<PathBuf> = fs::read_dir(directory()).unwrap().map(|it| it.unwrap().path()).collect();
    assert!(!recordings.is_empty(), "there are no states of our own");
    for recording in recordings {
        let text = |name: &str| fs::read_to_string(recording.join(name)).unwrap();
        // As it was, and after a look and an apply.
        for refreshed in [false, true] {
            acceptance(|case| {
                let world: World = serde_json::from_str(&text("world.json")).unwrap();
                case.simulator.world(|there| *there = world);
                case.write(&text("config.tf"));
                fs::write(case.path("terraform.tfstate"), text("terraform.tfstate")).unwrap();
                case.settled();
                if refreshed {
                    case.apply();
                    case.settled();
                }
                case.destroy().succeeded();
                assert!(case.names().is_empty() && case.state().is_empty(), "{}", recording.display());
                case.simulator.world(|world| world.instances.clear());
            });
        }
    }
}
