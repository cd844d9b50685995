//! The state file, which both hosts write alike.

use std::path::Path;

use serde_json::Value;

/// A state, as it was read.
#[derive(Debug)]
pub(crate) struct State {
    instances: Vec<(String, Value)>,
}

impl State {
    /// Reads a file; none is an empty state.
    pub(crate) fn read(path: &Path) -> Self {
        let Ok(text) = std::fs::read_to_string(path) else { return Self { instances: Vec::new() } };
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut instances = Vec::new();
        for resource in document["resources"].as_array().into_iter().flatten() {
            let text = |name: &str| resource[name].as_str().unwrap_or_default();
            for instance in resource["instances"].as_array().into_iter().flatten() {
                let index = match &instance["index_key"] {
                    Value::Null => String::new(),
                    key => format!("[{key}]"),
                };
                let module = match text("module") {
                    "" => String::new(),
                    module => format!("{module}."),
                };
                let address = format!("{module}{}.{}{index}", text("type"), text("name"));
                instances.push((address, instance.clone()));
            }
        }
        Self { instances }
    }

    /// The addresses of all current objects, sorted; `terraform_data` is left out.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        let ours = self.instances.iter().filter(|(_, instance)| instance.get("deposed").is_none());
        let mut addresses: Vec<&str> = ours
            .map(|(address, _)| address.as_str())
            .filter(|it| !it.starts_with("terraform_data."))
            .collect();
        addresses.sort_unstable();
        addresses
    }

    /// How many deposed objects there are.
    pub(crate) fn deposed(&self) -> usize {
        self.instances.iter().filter(|(_, instance)| instance.get("deposed").is_some()).count()
    }

    /// Whether nothing at all is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    #[track_caller]
    fn instance(&self, address: &str) -> &Value {
        let mut all = self.instances.iter();
        let found = all.find(|(known, instance)| known == address && instance.get("deposed").is_none());
        &found.unwrap_or_else(|| panic!("{address} is not in the state: {:?}", self.addresses())).1
    }

    /// Whether the object is marked for replacement.
    #[track_caller]
    pub(crate) fn is_tainted(&self, address: &str) -> bool {
        self.instance(address)["status"] == "tainted"
    }

    /// All attributes of an object.
    #[track_caller]
    pub(crate) fn attributes(&self, address: &str) -> &Value {
        &self.instance(address)["attributes"]
    }

    /// What tells the object from others in the world, if the host keeps it.
    #[track_caller]
    pub(crate) fn identity(&self, address: &str) -> &Value {
        &self.instance(address)["identity"]
    }

    /// An attribute of an object.
    #[track_caller]
    pub(crate) fn get(&self, address: &str, attribute: &str) -> &Value {
        &self.instance(address)["attributes"][attribute]
    }

    /// An attribute that is a text.
    #[track_caller]
    pub(crate) fn text(&self, address: &str, attribute: &str) -> &str {
        let value = self.get(address, attribute);
        value.as_str().unwrap_or_else(|| panic!("{attribute} of {address} is {value}"))
    }
}
