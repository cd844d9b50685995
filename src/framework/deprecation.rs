//! Warnings about deprecated arguments. Hosts only document what a schema says of them; telling
//! the author of a configuration is left to the provider.

use std::collections::BTreeMap;

use super::schema::{Attribute, AttributeKind, Block, Nesting};
use super::{Diagnostic, Diagnostics};
use crate::cty::{Path, Value};

/// Warns of each deprecated argument that the configuration sets. An unknown value may turn out null.
pub(super) fn warn(block: &Block, config: &Value, diagnostics: &mut Diagnostics) {
    warn_below(block, config, &Path::root(), diagnostics);
}

fn warn_below(block: &Block, config: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    warn_of_attributes(&block.attributes, config, path, diagnostics);
    for (name, nested) in &block.blocks {
        for (path, value) in elements(nested.nesting, config.get(name), &path.attribute(*name)) {
            warn_below(&nested.block, value, &path, diagnostics);
        }
    }
}

fn warn_of_attributes(
    attributes: &BTreeMap<&'static str, Attribute>,
    config: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    for (name, attribute) in attributes {
        let value = config.get(name).filter(|value| !value.is_null() && !value.is_unknown());
        let here = path.attribute(*name);
        if let (Some(instead), true) = (attribute.deprecation, value.is_some()) {
            let summary = format!("The argument {name} is deprecated");
            diagnostics.push(Diagnostic::warning(summary, instead).at_path(here.clone()));
        }
        if let AttributeKind::Nested(nested) = &attribute.kind {
            for (path, value) in elements(nested.nesting, value, &here) {
                warn_of_attributes(&nested.attributes, value, &path, diagnostics);
            }
        }
    }
}

/// The nested objects that have an address: those of sets have none.
fn elements<'a>(nesting: Nesting, value: Option<&'a Value>, path: &Path) -> Vec<(Path, &'a Value)> {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, Some(value)) => vec![(path.clone(), value)],
        (Nesting::List, Some(Value::List(values))) => {
            (0..).zip(values).map(|(index, value)| (path.index(index), value)).collect()
        }
        (Nesting::Map, Some(Value::Map(values))) => {
            values.iter().map(|(key, value)| (path.key(key.as_str()), value)).collect()
        }
        _ => Vec::new(),
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
            .attribute("unknown", old())
            .attribute("nested", Attribute::nested(Nesting::Map, [("old", old())]).optional())
            .block("rule", NestedBlock::new(Nesting::List, Block::new("").attribute("old", old())));
        let config = Value::object([
            ("new", "x".into()),
            ("old", "x".into()),
            ("unknown", Value::UNKNOWN),
            ("nested", Value::map([("k".to_owned(), Value::object([("old", "x".into())]))])),
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
        assert_eq!(
            told,
            ["nested[\"k\"].old", "old", "rule[1].old"].map(|path| (path.to_owned(), summary, detail))
        );
    }
}
