//! Projects that the official provider has run: its recorded states, configurations and worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use alicloud_provider::cty::{Type, json};
use ecs_simulator::{Instance, KeyPair};
use serde_json::Value;

use crate::harness::{Case, REGION, acceptance};

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

/// Puts a provider under the official one's address, so that hosts find the one that their states name. It is this
/// provider: nothing is asked of it but to be there.
pub(crate) fn stand_in_for_the_official_one(case: &Case) {
    let file = case.path("cli.tfrc");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.contains("alikeys/alicloud")).unwrap();
    let both = format!("{line}\n{}", line.replace("alikeys/alicloud", OFFICIAL));
    std::fs::write(file, text.replace(line, &both)).unwrap();
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
        stand_in_for_the_official_one(case);
        case.write(&recording.config());
        recording.restore_state(case);
    });
}

#[test]
fn key_pairs_leave_a_mixed_project_while_the_rest_stays() {
    each("key_pair", |case, recording| {
        stand_in_for_the_official_one(case);
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
    let schemas = std::fs::read_to_string(fixtures().join("schemas.json")).unwrap();
    let schemas: Value = serde_json::from_str(&schemas).unwrap();
    for type_name in ["alicloud_key_pair", "alicloud_ecs_key_pair"] {
        acceptance(|case| {
            case.step(
                &format!(
                    "resource {type_name:?} \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n  tags = {{ \
                     a = \"b\" }}\n  timeouts {{\n    delete = \"3m\"\n  }}\n}}\n"
                ),
                &[(&format!("{type_name}.k"), "create")],
            );
            let theirs = type_of(&schemas["resource_schemas"][type_name]["block"]);
            let ours = case.state().attributes(&format!("{type_name}.k")).to_string();
            // The strict reader takes neither too little nor too much.
            json::decode(ours.as_bytes(), &theirs).unwrap();
        });
    }
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

/// In what the plan of a new key pair differs from the recorded one, by attribute: our part of the plan, and theirs.
/// Each is told in the guide to the differences.
fn accepted(attribute: &str, ours: &Value, theirs: &Value) -> bool {
    // Where the configuration is silent, the public key is read from the cloud; where it speaks, it is kept as it
    // stands, white space included.
    let trimmed = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
    attribute == "public_key"
        && ((*ours == Value::Bool(true) && theirs.is_null()) || trimmed(ours) == trimmed(theirs))
}

#[test]
fn plans_are_those_of_the_official_provider_but_for_the_known_differences() {
    let mut compared = BTreeSet::new();
    for type_name in ["key_pair", "ecs_key_pair"] {
        for way in ["public-key", "key-file", "nothing", "prefix", "key-name", "group-timeouts"] {
            acceptance(|case| {
                let recording = Recording::of(format!("{type_name}-{way}"));
                case.write(&recording.text("1.tf"));
                let plan = case.plan();
                let address = format!("alicloud_{type_name}.k");
                let (ours, theirs) = (plan.change(&address), recording.json("1.plan.json"));
                let theirs = &theirs["resource_changes"][0]["change"];
                for part in ["actions", "before"] {
                    assert_eq!(ours[part], theirs[part], "{part} of {}", recording.name);
                }
                // Known and unknown values of each attribute, in one picture.
                let picture = |change: &Value| {
                    let mut all: BTreeMap<String, Value> = BTreeMap::new();
                    for part in ["after", "after_unknown"] {
                        let attributes = change[part].as_object().unwrap().clone();
                        // Objects in `after_unknown` belong to known values.
                        all.extend(
                            attributes.into_iter().filter(|(_, value)| part == "after" || value.is_boolean()),
                        );
                    }
                    all
                };
                let (ours, theirs) = (picture(ours), picture(theirs));
                let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
                for name in names {
                    let null = Value::Null;
                    let (our, their) = (ours.get(name).unwrap_or(&null), theirs.get(name).unwrap_or(&null));
                    assert!(
                        our == their || accepted(name, our, their),
                        "{name} in {}: {our} instead of {their}",
                        recording.name
                    );
                    compared.insert(name.clone());
                }
            });
        }
    }
    assert!(compared.len() >= 11, "{compared:?}");
}
