//! Write-only arguments where Terraform would store them.

use super::schema::Fields;
use super::{Diagnostic, Diagnostics};
use crate::cty::{Path, Step, Value};

/// An error for each write-only argument that the configuration sets: Terraform before 1.11 would store it.
pub(super) fn refuse(fields: Fields<'_>, config: &Value, diagnostics: &mut Diagnostics) {
    refuse_below(fields, config, &Path::root(), diagnostics);
}

fn refuse_below(fields: Fields<'_>, config: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    for (name, attribute) in fields.attributes {
        if attribute.write_only && config.get(name).is_some_and(|value| !value.is_null()) {
            let here = path.attribute(*name);
            diagnostics.push(
                Diagnostic::error(
                    "This host cannot keep a write-only value out of its state",
                    format!("{here} is write-only, which needs Terraform 1.11 or OpenTofu 1.11, or later."),
                )
                .at_path(here),
            );
        }
    }
    for nested in fields.nested() {
        let Some(value) = config.get(nested.name) else { continue };
        // The rules for schemas allow none inside sets, whose elements have no address.
        for (step, object) in nested.nesting.addressed(value) {
            let here = path.attribute(nested.name);
            let here = step.map_or(here.clone(), |step: Step| here.then(step));
            refuse_below(nested.fields, object, &here, diagnostics);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{Attribute, Block, NestedBlock, Nesting};

    #[test]
    fn each_one_that_is_set_is_refused_at_its_place() {
        let secret = || Attribute::string().optional().write_only();
        let inner = || Block::new("").attribute("secret", secret());
        let login = |nesting| Attribute::nested(nesting, [("secret", secret())]).optional();
        let block = inner()
            .attribute("login", login(Nesting::Single))
            .attribute("logins", login(Nesting::Map))
            .block("rule", NestedBlock::new(Nesting::List, inner()))
            .block("group", NestedBlock::new(Nesting::Group, inner()));
        let object = |secret: Value| Value::object([("secret", secret)]);
        let config = |secret: Value| {
            Value::object([
                ("secret", secret.clone()),
                ("login", object(secret.clone())),
                (
                    "logins",
                    Value::map([("a b".to_owned(), object(secret.clone())), ("n".to_owned(), Value::Null)]),
                ),
                ("rule", Value::list([object(Value::Null), object(secret.clone())])),
                ("group", object(secret)),
            ])
        };
        let told = |config: &Value| {
            let mut found = Diagnostics::new();
            refuse(block.fields(), config, &mut found);
            found.iter().map(|it| it.path.clone().unwrap().to_string()).collect::<Vec<_>>()
        };
        let all = ["secret", "login.secret", "logins[\"a b\"].secret", "group.secret", "rule[1].secret"];
        assert_eq!(told(&config("s".into())), all);
        assert_eq!(told(&config(Value::Null)), Vec::<String>::new());
    }
}
