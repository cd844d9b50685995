//! A plan, as `show -json` shows it.

use serde_json::Value;

use super::{Diagnostic, Run};

/// A saved plan.
#[derive(Debug)]
pub(crate) struct Plan {
    run: Run,
    document: Value,
}

impl Plan {
    pub(crate) fn new(run: Run, shown: &Run) -> Self {
        Self { run, document: shown.document().clone() }
    }

    /// What would change: addresses and actions such as `create` or `delete/create`, in the plan's order.
    /// `import` stands before the action of what is imported.
    pub(crate) fn changes(&self) -> Vec<(String, String)> {
        let changes = self.document["resource_changes"].as_array().into_iter().flatten();
        changes.filter_map(summary).collect()
    }

    /// Fails unless exactly these changes are planned, in any order.
    #[track_caller]
    pub(crate) fn expect(&self, expected: &[(&str, &str)]) -> &Self {
        let mut found = self.changes();
        let mut expected: Vec<(String, String)> =
            expected.iter().map(|(address, action)| ((*address).into(), (*action).into())).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}", self.run);
        self
    }

    /// The `change` of a resource.
    #[track_caller]
    pub(crate) fn change(&self, address: &str) -> &Value {
        let mut changes = self.document["resource_changes"].as_array().into_iter().flatten();
        let found = changes.find(|change| change["address"] == address && change.get("deposed").is_none());
        &found.unwrap_or_else(|| panic!("no change of {address} in {}", self.run))["change"]
    }

    /// The attributes that are known only after apply, sorted.
    #[track_caller]
    pub(crate) fn unknown(&self, address: &str) -> Vec<String> {
        let unknown = self.change(address)["after_unknown"].as_object().into_iter().flatten();
        unknown.filter(|(_, value)| value.as_bool() == Some(true)).map(|(name, _)| name.clone()).collect()
    }

    /// The attributes that make it a replacement.
    #[track_caller]
    pub(crate) fn replace_paths(&self, address: &str) -> Vec<String> {
        let paths = self.change(address)["replace_paths"].as_array().into_iter().flatten();
        let mut names: Vec<String> =
            paths.filter_map(|path| Some(path.as_array()?.first()?.as_str()?.to_owned())).collect();
        names.sort();
        names
    }

    /// The attributes whose planned value differs from the prior one, or is not known yet; sorted.
    #[track_caller]
    pub(crate) fn changed(&self, address: &str) -> Vec<String> {
        let change = self.change(address);
        let known = change["after"].as_object().into_iter().flatten();
        let mut names: Vec<String> = known
            .filter(|(name, value)| change["before"][*name] != **value)
            .map(|(name, _)| name.clone())
            .collect();
        names.extend(self.unknown(address));
        names.sort();
        names.dedup();
        names
    }

    pub(crate) fn warnings(&self) -> Vec<Diagnostic> {
        self.run.warnings()
    }

    /// The only warning.
    #[track_caller]
    pub(crate) fn warning(&self) -> Diagnostic {
        let mut warnings = self.warnings();
        assert_eq!(warnings.len(), 1, "{}", self.run);
        warnings.remove(0)
    }
}

fn summary(change: &Value) -> Option<(String, String)> {
    let actions: Vec<&str> =
        change["change"]["actions"].as_array()?.iter().filter_map(Value::as_str).collect();
    let mut action = actions.join("/");
    if change["change"].get("importing").is_some_and(|importing| !importing.is_null()) {
        action = format!("import {action}");
    }
    if change.get("deposed").is_some() {
        action = format!("deposed {action}");
    }
    (action != "no-op").then(|| (change["address"].as_str().unwrap_or_default().to_owned(), action))
}
