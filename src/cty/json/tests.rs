//! JSON as states and hosts hold it.

use super::super::{Number, Type, Value};
use super::{decode, decode_state, encode};

fn pair() -> Type {
    Type::object([("name", Type::String), ("size", Type::Number)])
}

#[test]
fn numbers_keep_every_digit() {
    for text in ["9223372036854775808", "0.1", "-12345678901234567890.12345678901234567890123456789"] {
        let value = decode(text.as_bytes(), &Type::Number).unwrap();
        assert_eq!(value, Value::from(text.parse::<Number>().unwrap()));
        assert_eq!(encode(&value, &Type::Number).unwrap(), text.as_bytes());
    }
    let huge = decode(b"1e999999999", &Type::Number).unwrap();
    assert_eq!(decode(&encode(&huge, &Type::Number).unwrap(), &Type::Number).unwrap(), huge);
    assert!(encode(&Number::infinity(false).into(), &Type::Number).is_err());
    assert!(decode(b"\"Inf\"", &Type::Number).is_err());
}

#[test]
fn primitives_convert_as_hosts_do() {
    let table: [(&str, Type, Value); 7] = [
        ("\"12\"", Type::Number, 12.into()),
        ("12", Type::String, "12".into()),
        ("true", Type::String, "true".into()),
        ("\"true\"", Type::Bool, true.into()),
        ("\"0\"", Type::Bool, false.into()),
        ("null", Type::Bool, Value::Null),
        ("[2, 1, 2]", Type::set(Type::Number), Value::set([1.into(), 2.into()])),
    ];
    for (json, ty, value) in table {
        assert_eq!(decode(json.as_bytes(), &ty).unwrap(), value, "{json}");
    }
}

#[test]
fn strict_objects_are_exact_and_state_objects_are_not() {
    let older = br#" { "name" : "x", "gone": [1, {"a": null}] } "#;
    assert_eq!(
        decode_state(older, &pair()).unwrap(),
        Value::object([("name", "x".into()), ("size", Value::Null)])
    );
    assert_eq!(
        decode(older, &pair()).unwrap_err().to_string(),
        "gone: the object's type has no such attribute"
    );
    assert_eq!(
        decode(br#"{"name":"x"}"#, &pair()).unwrap_err().to_string(),
        "size: the attribute is missing"
    );
}

#[test]
fn values_of_any_type_bring_their_type_in_either_order() {
    let value = Value::dynamic(Type::list(Type::Bool), Value::list([true.into()]));
    for json in [r#"{"value":[true],"type":["list","bool"]}"#, r#"{"type":["list","bool"],"value":[true]}"#] {
        assert_eq!(decode(json.as_bytes(), &Type::Dynamic).unwrap(), value);
    }
    let null = Value::dynamic(Type::String, Value::Null);
    assert_eq!(decode(br#"{"value":null,"type":"string"}"#, &Type::Dynamic).unwrap(), null);
    assert_eq!(decode(b"null", &Type::Dynamic).unwrap(), Value::Null);
    for json in ["1", "{}", r#"{"value":1}"#, r#"{"value":1,"type":"number","more":1}"#] {
        assert!(decode(json.as_bytes(), &Type::Dynamic).is_err(), "{json}");
    }
}

#[test]
fn errors_say_where_and_quote_nothing() {
    let table = [
        ("{\"name\": \"hunter2", "this is not valid JSON (line 1, column 17)"),
        ("[]", "an object is required, but this is an array"),
        (r#"{"name":["hunter2"],"size":1}"#, "name: a string is required, but this is an array"),
        (r#"{"name":"","size":"hunter2"}"#, "size: a number in decimal notation is required"),
        (r#"{"name":"","size":1}{}"#, "this is not valid JSON (line 1, column 21)"),
    ];
    for (json, message) in table {
        assert_eq!(decode(json.as_bytes(), &pair()).unwrap_err().to_string(), message);
    }
    let levels = 120;
    let ty = (0..levels).fold(Type::Bool, |ty, _| Type::list(ty));
    let nested = "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(encode(&decode(nested.as_bytes(), &ty).unwrap(), &ty).unwrap(), nested.as_bytes());
    let nested = r#"{"type":"dynamic","value":"#.repeat(levels) + "null" + &"}".repeat(levels);
    assert_eq!(decode(nested.as_bytes(), &Type::Dynamic).unwrap(), Value::Null);
    let deep = "[".repeat(100_000);
    assert!(decode(deep.as_bytes(), &Type::Dynamic).is_err());
    assert!(Type::from_json("[\"list\",".repeat(100_000).as_bytes()).is_err());
    let error = encode(&Value::list([Value::UNKNOWN]), &Type::list(Type::Bool)).unwrap_err();
    assert_eq!(error.to_string(), "[0]: the value is not known yet, and JSON cannot say so");
}

#[test]
fn types_are_read_as_hosts_write_them() {
    let object = Type::object([("a", Type::Bool), ("b", Type::map(Type::Dynamic))]);
    let table: [(&str, Type); 4] = [
        (r#"["object",{"b":["map","dynamic"],"a":"bool"},["a"]]"#, object),
        (r#"["tuple",["string","number"]]"#, Type::Tuple(vec![Type::String, Type::Number])),
        (r#"["set","string"]"#, Type::set(Type::String)),
        (r#"["tuple",[]]"#, Type::Tuple(vec![])),
    ];
    for (json, ty) in table {
        assert_eq!(Type::from_json(json.as_bytes()).unwrap(), ty, "{json}");
    }
    assert_eq!(Type::list(Type::String).to_json(), br#"["list","string"]"#);
    for json in
        ["", "1", "\"text\"", "[\"list\"]", "[\"list\",\"text\"]", r#"["list","bool",[]]"#, "[\"tuple\",{}]"]
    {
        assert!(Type::from_json(json.as_bytes()).is_err(), "{json}");
    }
}
