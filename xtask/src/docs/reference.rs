//! The lists of arguments and attributes, from a schema in the form of `providers schema -json`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A type's schema, or the provider's.
#[derive(Debug)]
pub(super) struct Description<'a> {
    block: &'a Map<String, Value>,
}

impl<'a> Description<'a> {
    /// The schema of `name`. Fails if there is no such schema, or something in it that these pages
    /// cannot tell yet, or that has no description.
    pub(super) fn of(name: &str, schema: &'a Value) -> Result<Self, String> {
        let block = schema["block"].as_object().ok_or_else(|| format!("{name} has no schema."))?;
        check(name, block)?;
        Ok(Self { block })
    }

    /// What the type is.
    pub(super) fn text(&self) -> &'a str {
        text(self.block.get("description"))
    }

    /// What a configuration may set: first what it must, then what it can, then the blocks.
    pub(super) fn arguments(&self) -> String {
        let mut list = String::new();
        for (heading, required) in [("Required", true), ("Optional", false)] {
            let mut entries: String = attributes(self.block)
                .filter(|(_, attribute)| is(attribute, if required { "required" } else { "optional" }))
                .map(|(name, attribute)| entry(name, attribute, &[]))
                .collect();
            for (name, block) in blocks(self.block).filter(|(_, block)| is_needed(block) == required) {
                entries.push_str(&reference(name, name, block));
            }
            if !entries.is_empty() {
                let _ = write!(list, "### {heading}\n\n{entries}\n");
            }
        }
        for (name, block) in blocks(self.block) {
            section(name, block, &mut list);
        }
        list
    }

    /// What only the provider sets.
    pub(super) fn attributes(&self) -> String {
        attributes(self.block)
            .filter(|(_, attribute)| !is(attribute, "required") && !is(attribute, "optional"))
            .map(|(name, attribute)| entry(name, attribute, &[]))
            .collect()
    }
}

/// The section about a block, and those about the blocks in it.
fn section(path: &str, block: &Value, list: &mut String) {
    let Some(inside) = block["block"].as_object() else { return };
    let _ = write!(list, "### `{path}`\n\n");
    for (name, attribute) in attributes(inside) {
        list.push_str(&entry(name, attribute, &[("required", "Required")]));
    }
    let nested: Vec<(String, &String, &Value)> =
        blocks(inside).map(|(name, block)| (format!("{path}.{name}"), name, block)).collect();
    for (path, name, block) in &nested {
        list.push_str(&reference(path, name, block));
    }
    list.push('\n');
    for (path, _, block) in &nested {
        section(path, block, list);
    }
}

fn attributes(block: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    block.get("attributes").and_then(Value::as_object).into_iter().flatten()
}

fn blocks(block: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    block.get("block_types").and_then(Value::as_object).into_iter().flatten()
}

/// The line that leads from a block's name to its section.
fn reference(path: &str, name: &str, block: &Value) -> String {
    let needed = if is_needed(block) { ", Required" } else { "" };
    // As renderers of Markdown make anchors of headings.
    let anchor = path.replace('.', "");
    format!(
        "- `{name}` (Block{needed}) {} See [below](#{anchor}).\n",
        text(block["block"].get("description"))
    )
}

fn is_needed(block: &Value) -> bool {
    block["min_items"].as_u64().is_some_and(|least| least > 0)
}

fn entry(name: &str, attribute: &Value, flags: &[(&str, &str)]) -> String {
    let mut kind = type_name(&attribute["type"]).unwrap_or_default();
    for (flag, word) in flags.iter().chain(&[("sensitive", "Sensitive"), ("deprecated", "Deprecated")]) {
        if is(attribute, flag) {
            let _ = write!(kind, ", {word}");
        }
    }
    format!("- `{name}` ({kind}) {}\n", text(attribute.get("description")))
}

/// A type in words; `None` if it is not one that a schema can hold.
fn type_name(ty: &Value) -> Option<String> {
    match ty {
        Value::String(name) => Some(match name.as_str() {
            "bool" => "Boolean".to_owned(),
            "dynamic" => "Any type".to_owned(),
            _ => {
                let mut letters = name.chars();
                letters.next()?.to_uppercase().chain(letters).collect()
            }
        }),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(collection), element] if element.is_string() || element.is_array() => {
                Some(format!("{} of {}", type_name(&collection.as_str().into())?, type_name(element)?))
            }
            [Value::String(structure), Value::Object(_)] if structure == "object" => {
                Some("Object".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn is(attribute: &Value, flag: &str) -> bool {
    attribute[flag].as_bool().unwrap_or_default()
}

/// Better no page than one that leaves something out.
fn check(name: &str, block: &Map<String, Value>) -> Result<(), String> {
    let has_text = |value: Option<&Value>| !text(value).is_empty();
    if !has_text(block.get("description")) {
        return Err(format!("{name} has no description."));
    }
    for (attribute, schema) in attributes(block) {
        if !has_text(schema.get("description")) {
            return Err(format!("{name}.{attribute} has no description."));
        }
        if type_name(&schema["type"]).is_none() {
            return Err(format!(
                "{name}.{attribute} has a type that the pages cannot tell: {}",
                schema["type"]
            ));
        }
    }
    for (nested, schema) in blocks(block) {
        let path = format!("{name}.{nested}");
        let inner = schema["block"].as_object().ok_or_else(|| format!("{path} has no schema."))?;
        check(&path, inner)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_in_a_schema_is_told() {
        let schema = json!({"block": {
            "description": "A thing.",
            "attributes": {
                "must": {"type": ["list", "string"], "description": "Needed.", "required": true},
                "may": {"type": "bool", "description": "Not needed.", "optional": true, "computed": true,
                        "sensitive": true, "deprecated": true},
                "seen": {"type": ["map", ["set", "number"]], "description": "Read.", "computed": true},
            },
            "block_types": {"part": {"nesting_mode": "single", "block": {
                "description": "A part.",
                "attributes": {"a": {"type": "dynamic", "description": "Inside.", "required": true}},
                "block_types": {"deep": {"nesting_mode": "list", "min_items": 1, "block": {
                    "description": "Deeper.",
                    "attributes": {"b": {"type": "number", "description": "Deepest.", "optional": true}},
                }}},
            }}},
        }});
        let description = Description::of("thing", &schema).unwrap();
        assert_eq!(description.text(), "A thing.");
        assert_eq!(
            description.arguments(),
            "### Required\n\n- `must` (List of String) Needed.\n\n### Optional\n\n- `may` (Boolean, Sensitive, \
             Deprecated) Not needed.\n- `part` (Block) A part. See [below](#part).\n\n### `part`\n\n- `a` (Any type, \
             Required) Inside.\n- `deep` (Block, Required) Deeper. See [below](#partdeep).\n\n### `part.deep`\n\n- `b` \
             (Number) Deepest.\n\n"
        );
        assert_eq!(description.attributes(), "- `seen` (Map of Set of Number) Read.\n");
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        let with = |attribute: Value| json!({"block": {"description": "A.", "attributes": {"a": attribute}}});
        let nested = json!({"description": "B.", "block_types": {"c": {"block": {}}}});
        for (schema, expected) in [
            (json!(null), "t has no schema."),
            (json!({"block": {}}), "t has no description."),
            (with(json!({"type": "string"})), "t.a has no description."),
            (
                with(json!({"nested_type": {}, "description": "N."})),
                "t.a has a type that the pages cannot tell: null",
            ),
            (
                json!({"block": {"description": "A.", "block_types": {"b": {"block": nested}}}}),
                "t.b.c has no description.",
            ),
        ] {
            assert_eq!(Description::of("t", &schema).unwrap_err(), expected);
        }
    }
}
