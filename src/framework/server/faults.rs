//! What is wrong with a provider's schemas and names, found when the service is made: after the handshake, so that
//! Terraform does not wait for it.

use crate::cty::Type;
use crate::framework::schema::{Schema, check, check_identity, check_provider, is_name};
use crate::framework::{Model, Provider, Types};

/// Every fault, one sentence each.
pub(super) fn find<P: Provider>(address: &str, schema: &Schema, types: &Types<P::Client>) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    let mut add = |place: &str, found: Vec<String>| {
        faults.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
    };
    add("provider block", check_provider(schema));
    add("provider block", against_model::<P::Model>(schema));
    let prefix = address.rsplit('/').next().unwrap_or_default();
    for name in &types.duplicates {
        add(name, vec!["the type is offered more than once".to_owned()]);
    }
    for (name, resource) in &types.resources {
        add(name, misnamed(name, prefix));
        add(name, check(resource.schema()));
        add(name, resource.identity_schema().map(check_identity).unwrap_or_default());
        add(name, differences(&resource.schema().ty(), &resource.model_type()));
    }
    for (name, data_source) in &types.data_sources {
        let place = format!("data source {name}");
        add(&place, misnamed(name, prefix));
        add(&place, check(data_source.schema()));
        add(&place, differences(&data_source.schema().ty(), &data_source.model_type()));
    }
    faults
}

fn against_model<M: Model>(schema: &Schema) -> Vec<String> {
    differences(&schema.ty(), &M::ty())
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

/// Where the type of a schema and that of its model differ.
fn differences(schema: &Type, model: &Type) -> Vec<String> {
    let mut found = Vec::new();
    compare(schema, model, "", &mut found);
    found
}

fn compare(schema: &Type, model: &Type, path: &str, found: &mut Vec<String>) {
    match (schema, model) {
        (Type::Object(ours), Type::Object(theirs)) => {
            let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            for (name, ty) in ours {
                match theirs.get(name) {
                    Some(other) => compare(ty, other, &under(name), found),
                    None => found.push(format!("{}: the schema has it, the model does not", under(name))),
                }
            }
            for name in theirs.keys().filter(|name| !ours.contains_key(*name)) {
                found.push(format!("{}: the model has it, the schema does not", under(name)));
            }
        }
        (Type::List(ours), Type::List(theirs))
        | (Type::Set(ours), Type::Set(theirs))
        | (Type::Map(ours), Type::Map(theirs)) => compare(ours, theirs, path, found),
        _ if schema == model => {}
        _ => found.push(format!("{path}: the schema says {schema}, the model {model}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_compared_at_every_depth() {
        let element = |ty: Type| Type::list(Type::object([("a", ty)]));
        let schema =
            Type::object([("x", Type::String), ("y", element(Type::Bool)), ("z", Type::set(Type::String))]);
        assert_eq!(differences(&schema, &schema), Vec::<String>::new());
        let model = Type::object([
            ("w", Type::String),
            ("y", element(Type::Number)),
            ("z", Type::list(Type::String)),
        ]);
        assert_eq!(
            differences(&schema, &model),
            [
                "x: the schema has it, the model does not",
                "y.a: the schema says true or false, the model a number",
                "z: the schema says a set, the model a list",
                "w: the model has it, the schema does not",
            ]
        );
    }

    #[test]
    fn names_have_the_provider_as_prefix() {
        for (name, count) in
            [("notes", 0), ("notes_note", 0), ("notesnote", 1), ("other_note", 1), ("notes_A-b", 1)]
        {
            assert_eq!(misnamed(name, "notes").len(), count, "{name}");
        }
    }
}
