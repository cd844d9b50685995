//! What is wrong with a provider's schemas and names, found when the service is made: after the handshake, so that
//! Terraform does not wait for it.

use crate::framework::schema::{Schema, check, check_identity, check_model, check_provider, is_name};
use crate::framework::{Provider, Types};

/// Every fault, one sentence each.
pub(super) fn find<P: Provider>(address: &str, schema: &Schema, types: &Types<P::Client>) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    let mut add = |place: &str, found: Vec<String>| {
        faults.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
    };
    add("provider block", check_provider(schema));
    add("provider block", check_model::<P::Model>(schema));
    let prefix = address.rsplit('/').next().unwrap_or_default();
    for name in &types.duplicates {
        add(name, vec!["the type is offered more than once".to_owned()]);
    }
    for (name, resource) in &types.resources {
        add(name, misnamed(name, prefix));
        add(name, check(resource.schema()));
        add(name, resource.identity_schema().map(check_identity).unwrap_or_default());
        add(name, resource.model_faults());
    }
    for (name, data_source) in &types.data_sources {
        let place = format!("data source {name}");
        add(&place, misnamed(name, prefix));
        add(&place, check(data_source.schema()));
        add(&place, data_source.model_faults());
    }
    faults
}

fn misnamed(name: &str, prefix: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !is_name(name) {
        faults.push("a name has lower-case letters, digits and underscores only".to_owned());
    }
    // Terraform finds the provider of a type by this prefix.
    if name != prefix && !name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_')) {
        faults.push(format!("the name of a type starts with {prefix}_"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_provider_as_prefix() {
        for (name, count) in
            [("notes", 0), ("notes_note", 0), ("notesnote", 1), ("other_note", 1), ("notes_A-b", 1)]
        {
            assert_eq!(misnamed(name, "notes").len(), count, "{name}");
        }
    }
}
