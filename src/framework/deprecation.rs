//! Warnings about deprecated arguments. Hosts only document what a schema says of them; telling
//! the author of a configuration is left to the provider.

use super::schema::{Block, Nesting};
use super::{Diagnostic, Diagnostics};
use crate::cty::{Path, Value};

/// Warns of each deprecated argument that the configuration sets, unknown values included.
pub(super) fn warn(block: &Block, config: &Value, diagnostics: &mut Diagnostics) {
    warn_below(block, config, &Path::root(), diagnostics);
}

fn warn_below(block: &Block, config: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    let set = |name: &str| config.get(name).is_some_and(|value| !value.is_null());
    for (name, attribute) in &block.attributes {
        if let (Some(instead), true) = (attribute.deprecation, set(name)) {
            let summary = format!("The argument {name} is deprecated");
            diagnostics.push(Diagnostic::warning(summary, instead).at_path(path.attribute(*name)));
        }
    }
    for (name, nested) in &block.blocks {
        let here = path.attribute(*name);
        match (nested.nesting, config.get(name)) {
            (Nesting::Single | Nesting::Group, Some(value)) => {
                warn_below(&nested.block, value, &here, diagnostics);
            }
            (Nesting::List, Some(Value::List(values))) => {
                for (index, value) in (0..).zip(values) {
                    warn_below(&nested.block, value, &here.index(index), diagnostics);
                }
            }
            (Nesting::Map, Some(Value::Map(values))) => {
                for (key, value) in values {
                    warn_below(&nested.block, value, &here.key(key.as_str()), diagnostics);
                }
            }
            // Elements of sets have no address.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{Attribute, NestedBlock};

    #[test]
    fn what_is_set_and_deprecated_is_told_at_its_place() {
        let old = || Attribute::string().optional().deprecated("Use new instead.");
        let block = Block::new("")
            .attribute("new", Attribute::string().optional())
            .attribute("old", old())
            .attribute("older", old())
            .block("rule", NestedBlock::new(Nesting::List, Block::new("").attribute("old", old())));
        let config = Value::object([
            ("new", "x".into()),
            ("old", Value::UNKNOWN),
            ("older", Value::Null),
            (
                "rule",
                Value::List(vec![
                    Value::object([("old", Value::Null)]),
                    Value::object([("old", "x".into())]),
                ]),
            ),
        ]);
        let mut found = Diagnostics::new();
        warn(&block, &config, &mut found);
        let told: Vec<(String, &str, &str)> = found
            .iter()
            .map(|it| (it.path.clone().unwrap().to_string(), it.summary.as_str(), it.detail.as_str()))
            .collect();
        let (summary, detail) = ("The argument old is deprecated", "Use new instead.");
        assert_eq!(told, [("old".into(), summary, detail), ("rule[1].old".into(), summary, detail)]);
    }
}
