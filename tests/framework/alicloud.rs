//! The real provider, where a host shows too little: every argument unknown, every argument null.

use alicloud_provider::cty::{Type, Value};
use alicloud_provider::provider::Alicloud;

use crate::client::{dynamic, proto, serve, told};

/// The type of a block as the schema says it, and a value of it made by `leaf`.
fn block(block: &proto::schema::Block, leaf: &dyn Fn() -> Value) -> (Type, Value) {
    let mut types = Vec::new();
    let mut values = Vec::new();
    for attribute in &block.attributes {
        types.push((attribute.name.clone(), Type::from_json(&attribute.r#type).unwrap()));
        let settable = attribute.optional || attribute.required;
        values.push((attribute.name.clone(), if settable { leaf() } else { Value::Null }));
    }
    for nested in &block.block_types {
        let (ty, value) = self::block(nested.block.as_ref().unwrap(), leaf);
        let (ty, value) = match nested.nesting() {
            proto::schema::nested_block::NestingMode::List => (Type::list(ty), Value::List(vec![value])),
            proto::schema::nested_block::NestingMode::Set => (Type::set(ty), Value::set([value])),
            _ => (ty, value),
        };
        types.push((nested.type_name.clone(), ty));
        values.push((nested.type_name.clone(), value));
    }
    (Type::object(types), Value::object(values))
}

#[tokio::test]
async fn anything_may_be_unknown_or_null_before_apply() {
    let (mut client, _) = serve(Alicloud);
    let schema =
        client.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let errors = |diagnostics: &[proto::Diagnostic]| {
        told(diagnostics).into_iter().filter(|it| it.starts_with("Error")).collect::<Vec<_>>()
    };
    for leaf in [Value::UNKNOWN, Value::Null] {
        let (ty, config) = block(schema.provider.as_ref().unwrap().block.as_ref().unwrap(), &|| leaf.clone());
        let request = proto::validate_provider_config::Request { config: dynamic(&config, &ty) };
        let answer = client.validate_provider_config(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        let request =
            proto::configure_provider::Request { config: dynamic(&config, &ty), ..Default::default() };
        let answer = client.configure_provider(request).await.unwrap().into_inner();
        // A role that is to be assumed has to be named, here or in the environment.
        let expected: &[&str] = if leaf.is_null() { &["Error: Invalid role [assume_role]"] } else { &[] };
        assert_eq!(errors(&answer.diagnostics), expected);

        for (type_name, schema) in &schema.resource_schemas {
            let (ty, config) = block(schema.block.as_ref().unwrap(), &|| leaf.clone());
            let request = proto::validate_resource_config::Request {
                type_name: type_name.clone(),
                config: dynamic(&config, &ty),
                client_capabilities: None,
            };
            let answer = client.validate_resource_config(request).await.unwrap().into_inner();
            // Of its two arguments for the name, an attachment needs one.
            let needs_a_name = leaf.is_null() && type_name.ends_with("_attachment");
            let expected: &[&str] = if needs_a_name { &["Error: No key pair [key_pair_name]"] } else { &[] };
            assert_eq!(errors(&answer.diagnostics), expected, "{type_name}");
        }
        for (type_name, schema) in &schema.data_source_schemas {
            let (ty, config) = block(schema.block.as_ref().unwrap(), &|| leaf.clone());
            let request = proto::validate_data_resource_config::Request {
                type_name: type_name.clone(),
                config: dynamic(&config, &ty),
            };
            let answer = client.validate_data_resource_config(request).await.unwrap().into_inner();
            assert_eq!(errors(&answer.diagnostics), Vec::<String>::new(), "{type_name}");
        }
    }
}
