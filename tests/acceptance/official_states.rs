//! Projects that the official provider has run: its recorded states, configurations and worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use alicloud_provider::cty::{Type, json};
use ecs_simulator::{Instance, KeyPair};
use serde_json::Value;
use xtask::install::{VERSION, places};
use xtask::workdir::SOURCE;

use crate::harness::{Case, Plan, REGION, acceptance};

/// The address in the recorded states.
const OFFICIAL: &str = "registry.terraform.io/aliyun/alicloud";

/// How key pairs came to be, as the recordings name it.
const KEY_PAIRS: [&str; 7] =
    ["public-key", "key-file", "nothing", "prefix", "key-name", "group-timeouts", "import"];

/// One recorded scenario.
pub(crate) struct Recording {
    name: String,
}

impl Recording {
    pub(crate) fn of(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    fn file(&self, end: &str) -> PathBuf {
        fixtures().join(format!("{}.{end}", self.name))
    }

    fn json(&self, end: &str) -> Value {
        serde_json::from_str(&self.text(end)).unwrap()
    }

    pub(crate) fn text(&self, end: &str) -> String {
        std::fs::read_to_string(self.file(end)).unwrap()
    }

    /// The configuration of the last step.
    pub(crate) fn config(&self) -> String {
        let step = if self.file("2.tf").exists() { "2.tf" } else { "1.tf" };
        self.text(step)
    }

    /// Makes the cloud what it was at the end of the recording.
    pub(crate) fn restore_world(&self, case: &Case) {
        let world = self.json("world.json");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let first = |value: &Value| text(&value["IpAddress"][0]);
        case.simulator.world(|cloud| {
            cloud.resource_groups.extend(["rg-a1", "rg-a2"].map(str::to_owned));
            for (region, pairs) in world["pairs"].as_object().unwrap() {
                let pairs = pairs.as_object().unwrap().iter().map(|(name, pair)| {
                    let tags = pair["Tags"].as_object().unwrap();
                    let pair = KeyPair {
                        fingerprint: text(&pair["KeyPairFingerPrint"]),
                        public_key: text(&pair["PublicKey"]),
                        creation_time: text(&pair["CreationTime"]),
                        resource_group_id: text(&pair["ResourceGroupId"]),
                        tags: tags.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
                        hidden_from_lists: false,
                    };
                    (name.clone(), pair)
                });
                cloud.key_pairs.entry(region.clone()).or_default().extend(pairs);
            }
            for (id, it) in world["instances"].as_object().unwrap() {
                let network = &it["VpcAttributes"];
                cloud.add_instance(Instance {
                    name: text(&it["InstanceName"]),
                    zone: text(&it["ZoneId"]),
                    image_id: text(&it["ImageId"]),
                    instance_type: text(&it["InstanceType"]),
                    vswitch_id: text(&network["VSwitchId"]),
                    private_ip: first(&network["PrivateIpAddress"]),
                    public_ip: first(&it["PublicIpAddress"]),
                    key_pair_name: text(&it["KeyPairName"]),
                    ..Instance::new(REGION, id)
                });
            }
        });
    }

    /// Puts the recorded state in place.
    pub(crate) fn restore_state(&self, case: &Case) {
        std::fs::write(case.path("terraform.tfstate"), self.text("tfstate")).unwrap();
    }

    /// Makes the state this provider's own, as the host's command does.
    pub(crate) fn replace_provider(&self, case: &mut Case) {
        self.restore_state(case);
        case.run(&["state", "replace-provider", "-auto-approve", OFFICIAL, "alikeys/alicloud"]).succeeded();
    }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/official")
}

/// Initialises the directory, with a provider under the official one's address too, since the state names it. It is this
/// provider: it is only started for its schema.
pub(crate) fn init_beside_the_official_one(case: &mut Case) {
    let mirror = case.home("mirror");
    let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud"));
    for (source, version) in [(SOURCE, VERSION), ("aliyun/alicloud", "1.289.0")] {
        for place in places(&mirror, source, version) {
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            // A copy for each case would be slow, and is made only where the directories are on two disks.
            if std::fs::hard_link(provider, &place).is_err() {
                std::fs::copy(provider, &place).unwrap();
            }
        }
    }
    let text = format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n");
    std::fs::write(case.path("cli.tfrc"), text).unwrap();
    case.run(&["init", "-input=false"]).succeeded();
}

/// Every way in which the official provider came to a key pair, under one of the type's names.
fn each(type_name: &str, mut switch: impl FnMut(&mut Case, &Recording)) {
    for way in KEY_PAIRS {
        acceptance(|case| {
            let recording = Recording::of(format!("{type_name}-{way}"));
            recording.restore_world(case);
            switch(case, &recording);
            let address = format!("alicloud_{type_name}.k");
            case.plan().expect(&[]);
            case.apply();
            case.settled();
            let state = case.state();
            assert_eq!(state.addresses(), [address.as_str()], "{}", recording.name);
            let mine = state.text(&address, "id").to_owned();
            case.destroy().succeeded();
            assert!(!case.names().contains(&mine), "{}", recording.name);
            // The recording of an import has key pairs that were never the project's.
            case.simulator.world(|world| world.key_pairs.clear());
        });
    }
}

#[test]
fn a_project_of_key_pairs_is_taken_over_by_replacing_the_provider_in_the_state() {
    each("key_pair", |case, recording| {
        case.write(&recording.config());
        recording.replace_provider(case);
    });
}

#[test]
fn a_project_of_key_pairs_is_taken_over_by_changing_the_source() {
    each("ecs_key_pair", |case, recording| {
        case.write(&recording.config());
        recording.restore_state(case);
        init_beside_the_official_one(case);
    });
}

#[test]
fn key_pairs_leave_a_mixed_project_while_the_rest_stays() {
    each("key_pair", |case, recording| {
        let endpoints = case.endpoints();
        let providers = format!(
            "terraform {{\n  required_providers {{\n    alicloud = {{\n      source = {OFFICIAL:?}\n    }}\n    \
             alikeys = {{\n      source = \"alikeys/alicloud\"\n    }}\n  }}\n}}\n\nprovider \"alicloud\" {{\n  region \
             = {REGION:?}\n{endpoints}}}\n\nprovider \"alikeys\" {{\n  region = {REGION:?}\n{endpoints}}}\n\n"
        );
        std::fs::write(case.path("provider.tf"), providers).unwrap();
        let moved = recording.config().replacen("\"k\" {\n", "\"k\" {\n  provider = alikeys\n", 1);
        case.write(&format!("{moved}\nresource \"terraform_data\" \"rest\" {{\n  input = \"stays\"\n}}\n"));
        recording.restore_state(case);
        init_beside_the_official_one(case);
        case.plan().expect(&[("terraform_data.rest", "create")]);
        case.apply();
        // Only what has a `provider` line has moved.
        let written = std::fs::read_to_string(case.path("terraform.tfstate")).unwrap();
        let written: Value = serde_json::from_str(&written).unwrap();
        for resource in written["resources"].as_array().unwrap() {
            let expected = match resource["type"].as_str() {
                Some("terraform_data") => "terraform.io/builtin/terraform",
                _ => "/alikeys/alicloud",
            };
            assert!(resource["provider"].as_str().unwrap().contains(expected), "{resource}");
        }
        case.run(&["apply", "-destroy", "-auto-approve", "-json", "-target=terraform_data.rest"]).succeeded();
        case.write(&moved);
    });
}

#[test]
fn the_official_provider_reads_what_this_one_wrote() {
    for type_name in ["alicloud_key_pair", "alicloud_ecs_key_pair"] {
        acceptance(|case| {
            case.step(
                &format!(
                    "resource {type_name:?} \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n  tags = {{ \
                     a = \"b\" }}\n  timeouts {{\n    delete = \"3m\"\n  }}\n}}\n"
                ),
                &[(&format!("{type_name}.k"), "create")],
            );
            let theirs = official_type(type_name);
            let mut ours = case.state().attributes(&format!("{type_name}.k")).clone();
            // Hosts take out what a schema of the same version does not know.
            assert!(ours.as_object_mut().unwrap().remove("wait_for_unbind").is_some_and(|it| it.is_null()));
            // The strict reader takes neither too little nor too much.
            json::decode(ours.to_string().as_bytes(), &theirs).unwrap();
        });
    }
}

/// The type of a state of the official provider's.
pub(crate) fn official_type(type_name: &str) -> Type {
    let schemas = std::fs::read_to_string(fixtures().join("schemas.json")).unwrap();
    let schemas: Value = serde_json::from_str(&schemas).unwrap();
    type_of(&schemas["resource_schemas"][type_name]["block"])
}

/// The type of a value of a block, in the form of `providers schema -json`.
fn type_of(block: &Value) -> Type {
    let attributes = block["attributes"].as_object().into_iter().flatten();
    let attributes = attributes.map(|(name, attribute)| {
        (name.clone(), Type::from_json(attribute["type"].to_string().as_bytes()).unwrap())
    });
    let blocks = block["block_types"].as_object().into_iter().flatten();
    let blocks = blocks.map(|(name, nested)| (name.clone(), type_of(&nested["block"])));
    Type::object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
}

/// In what a plan differs from the recorded one, by attribute: our value, and theirs. Each is told in the guide to the
/// differences.
fn accepted(attribute: &str, ours: &Value, theirs: &Value) -> bool {
    let trimmed = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
    match attribute {
        // Where the configuration is silent, the public key is read from the cloud; where it speaks, it is kept as it
        // stands, white space included.
        "public_key" => (!ours.is_null() && theirs.is_null()) || trimmed(ours) == trimmed(theirs),
        // No tags and an empty map of them are both kept as the configuration has them; an import finds none.
        "tags" => [ours, theirs].into_iter().all(|it| it.is_null() || *it == serde_json::json!({})),
        // An import stores no empty block.
        "timeouts" => ours.is_null() && theirs.as_object().is_some_and(|it| it.values().all(Value::is_null)),
        // Two names of one argument: the one that is not set is known as soon as the other is.
        "key_name" | "key_pair_name" => ours.is_string() && *theirs == serde_json::json!(true),
        // The days of the recording are over.
        "create_time" => ours.is_string() && theirs.is_string(),
        _ => false,
    }
}

/// The values of a side of a change, with `true` for what is known only after apply.
fn picture(change: &Value, side: &str) -> BTreeMap<String, Value> {
    let attributes = |part: &str| change[part].as_object().cloned().unwrap_or_default();
    let mut all: BTreeMap<String, Value> = attributes(side).into_iter().collect();
    if side == "after" {
        // Objects and lists in there belong to known values.
        all.extend(attributes("after_unknown").into_iter().filter(|(_, value)| value.is_boolean()));
    }
    all
}

fn compare(recording: &Recording, step: &str, plan: &Plan, compared: &mut BTreeSet<String>) {
    let recorded = recording.json(&format!("{step}.plan.json"));
    for their in recorded["resource_changes"].as_array().into_iter().flatten() {
        let address = their["address"].as_str().unwrap();
        let (ours, theirs) = (plan.change(address), &their["change"]);
        let place = |name: &str| format!("{name} of {address} in {}.{step}", recording.name);
        for part in ["actions", "importing"] {
            assert_eq!(ours[part], theirs[part], "{}", place(part));
        }
        for side in ["before", "after"] {
            assert_eq!(ours[side].is_null(), theirs[side].is_null(), "{}", place(side));
            let (ours, theirs) = (picture(ours, side), picture(theirs, side));
            for name in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                let (our, their) = (ours.get(name), theirs.get(name));
                let (our, their) = (our.unwrap_or(&Value::Null), their.unwrap_or(&Value::Null));
                let fits = our == their || accepted(name, our, their);
                assert!(fits, "{}: {our} instead of {their}", place(name));
                compared.insert(name.clone());
            }
        }
    }
}

#[test]
fn plans_are_those_of_the_official_provider_but_for_the_known_differences() {
    let mut compared = BTreeSet::new();
    let attachments = ["attachment", "attachment-old", "attachment-colon"];
    for type_name in ["key_pair", "ecs_key_pair"] {
        for way in KEY_PAIRS.into_iter().chain(attachments) {
            acceptance(|case| {
                let recording = Recording::of(format!("{type_name}-{way}"));
                recording.restore_world(case);
                if way != "import" {
                    // As it was before the first step.
                    case.simulator.world(|world| {
                        world.key_pairs.clear();
                        world.instances.values_mut().for_each(|instance| instance.key_pair_name.clear());
                    });
                }
                case.write(&recording.text("1.tf"));
                compare(&recording, "1", &case.plan(), &mut compared);
                if recording.file("2.tf").exists() {
                    case.apply_plan();
                    case.write(&recording.text("2.tf"));
                    compare(&recording, "2", &case.plan(), &mut compared);
                }
                case.write("");
                case.apply();
                case.simulator.world(|world| world.key_pairs.clear());
            });
        }
    }
    assert!(compared.len() >= 13, "{compared:?}");
}
