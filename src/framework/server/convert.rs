//! Between the protocol's messages and the framework's own types.

use super::told;
use crate::cty::{Path, Step, Type, Value, json, msgpack};
use crate::framework::proto::{self, schema as wire};
use crate::framework::schema::{
    Attribute, AttributeKind, Block, IdentitySchema, NestedBlock, Nesting, Schema,
};
use crate::framework::{Diagnostic, Diagnostics, Severity, one_line};
use crate::plugin::printable;

/// Reads a value. What the host leaves out is null.
pub(super) fn decode(value: Option<proto::DynamicValue>, ty: &Type) -> Result<Value, Diagnostics> {
    let Some(value) = value else { return Ok(Value::Null) };
    let decoded = if !value.msgpack.is_empty() {
        msgpack::decode(&value.msgpack, ty)
    } else if !value.json.is_empty() {
        json::decode(&value.json, ty)
    } else {
        return Ok(Value::Null);
    };
    decoded.map_err(|error| {
        Diagnostic::error(
            "The host sent a value that cannot be read",
            format!("{error}. This is a bug in the host or the provider; please report it to the provider."),
        )
        .into()
    })
}

/// Reads a value; null becomes `None`.
pub(super) fn decode_object(
    value: Option<proto::DynamicValue>,
    ty: &Type,
) -> Result<Option<Value>, Diagnostics> {
    Ok(Some(decode(value, ty)?).filter(|value| !value.is_null()))
}

/// Writes a value.
pub(super) fn encode(value: &Value, ty: &Type) -> Result<proto::DynamicValue, Diagnostics> {
    let msgpack = msgpack::encode(value, ty).map_err(|error| {
        Diagnostics::from(Diagnostic::error(
            "The provider made a value that does not fit its schema",
            format!("{error}. This is a bug in the provider; please report it."),
        ))
    })?;
    Ok(proto::DynamicValue { msgpack, json: Vec::new() })
}

/// Writes a value, `None` being null.
pub(super) fn encode_object(value: Option<&Value>, ty: &Type) -> Result<proto::DynamicValue, Diagnostics> {
    encode(value.unwrap_or(&Value::Null), ty)
}

/// The one way of a message to Terraform, which prints it as it is: so nothing that a terminal acts on goes through.
pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: one_line(&diagnostic.summary),
        attribute: diagnostic.path.as_ref().map(attribute_path),
        detail: printable(&told::detail(diagnostic)).into_owned(),
    }
}

pub(super) fn attribute_path(path: &Path) -> proto::AttributePath {
    let selector = |step: &Step| match step {
        Step::Attribute(name) => proto::attribute_path::step::Selector::AttributeName(name.clone()),
        Step::Key(key) => proto::attribute_path::step::Selector::ElementKeyString(key.clone()),
        Step::Index(index) => proto::attribute_path::step::Selector::ElementKeyInt(*index),
    };
    let step = |step| proto::attribute_path::Step { selector: Some(selector(step)) };
    proto::AttributePath { steps: path.steps().iter().map(step).collect() }
}

pub(super) fn schema(schema: &Schema) -> proto::Schema {
    proto::Schema { version: schema.version, block: Some(block(&schema.block)) }
}

pub(super) fn identity_schema(schema: &IdentitySchema) -> proto::ResourceIdentitySchema {
    let attributes = schema.attributes.iter().map(|(name, attribute)| {
        proto::resource_identity_schema::IdentityAttribute {
            name: (*name).to_owned(),
            r#type: attribute.ty.to_json(),
            required_for_import: attribute.required_for_import,
            optional_for_import: !attribute.required_for_import,
            description: attribute.description.to_owned(),
        }
    });
    proto::ResourceIdentitySchema { version: schema.version, identity_attributes: attributes.collect() }
}

fn block(block: &Block) -> wire::Block {
    wire::Block {
        attributes: block.attributes.iter().map(|(name, it)| attribute(name, it)).collect(),
        block_types: block.blocks.iter().map(|(name, it)| nested_block(name, it)).collect(),
        description: block.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecated: block.deprecation.is_some(),
        deprecation_message: block.deprecation.unwrap_or_default().to_owned(),
        ..wire::Block::default()
    }
}

fn attribute(name: &str, attribute: &Attribute) -> wire::Attribute {
    let (ty, nested_type) = match &attribute.kind {
        AttributeKind::Type(ty) => (ty.to_json(), None),
        AttributeKind::Nested(nested) => {
            let nesting = match nested.nesting {
                Nesting::Single | Nesting::Group => wire::object::NestingMode::Single,
                Nesting::List => wire::object::NestingMode::List,
                Nesting::Set => wire::object::NestingMode::Set,
                Nesting::Map => wire::object::NestingMode::Map,
            };
            let attributes = nested.attributes.iter().map(|(name, it)| self::attribute(name, it)).collect();
            (
                Vec::new(),
                Some(wire::Object { attributes, nesting: nesting.into(), ..wire::Object::default() }),
            )
        }
    };
    wire::Attribute {
        name: name.to_owned(),
        r#type: ty,
        nested_type,
        description: attribute.description.to_owned(),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        description_kind: proto::StringKind::Markdown.into(),
        deprecated: attribute.deprecation.is_some(),
        write_only: attribute.write_only,
        deprecation_message: attribute.deprecation.unwrap_or_default().to_owned(),
    }
}

fn nested_block(name: &str, nested: &NestedBlock) -> wire::NestedBlock {
    let nesting = match nested.nesting {
        Nesting::Single => wire::nested_block::NestingMode::Single,
        Nesting::Group => wire::nested_block::NestingMode::Group,
        Nesting::List => wire::nested_block::NestingMode::List,
        Nesting::Set => wire::nested_block::NestingMode::Set,
        Nesting::Map => wire::nested_block::NestingMode::Map,
    };
    wire::NestedBlock {
        type_name: name.to_owned(),
        block: Some(block(&nested.block)),
        nesting: nesting.into(),
        min_items: nested.min_items,
        max_items: nested.max_items,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_does_not_leave_in_a_diagnostic() {
        let path = Path::root().attribute("tags").key("\u{202e}");
        let given = [
            Diagnostic::error("a\u{1b}]0;x\u{7}\nApply complete!", "b\u{9b}2J\nc\u{2066}d")
                .at_path(path.clone()),
            Diagnostic::warning("plain", "one\n\n  two"),
        ];
        let sent = diagnostics(given.into_iter().collect());
        let texts: Vec<_> = sent.iter().map(|it| (it.summary.as_str(), it.detail.as_str())).collect();
        assert_eq!(
            texts,
            [("a\u{fffd}]0;x\u{fffd} Apply complete!", "b\u{fffd}2J\nc\u{fffd}d"), ("plain", "one\n\n  two")]
        );
        // Terraform looks the attribute up by it.
        assert_eq!(sent[0].attribute, Some(attribute_path(&path)));
    }
}
