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
        (r#"{"name":"\ud800hunter2"}"#, "name: this is not valid JSON: an escape stands for no character"),
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
fn what_nests_too_deep_is_refused_where_it_is_read_and_passed_over_elsewhere() {
    let nested = |levels| r#"{"type":"dynamic","value":"#.repeat(levels) + "null" + &"}".repeat(levels);
    assert_eq!(decode(nested(128).as_bytes(), &Type::Dynamic).unwrap(), Value::Null);
    for levels in [129, 10_000] {
        let error = decode(nested(levels).as_bytes(), &Type::Dynamic).unwrap_err();
        assert_eq!(error.to_string(), "the value is nested deeper than 128 levels");
    }
    let other = format!(r#"{{"name":"x","gone":{}}}"#, "[".repeat(10_000) + &"]".repeat(10_000));
    assert_eq!(decode_state(other.as_bytes(), &pair()).unwrap().get("name"), Some(&"x".into()));
}

#[test]
fn of_one_key_twice_the_later_counts() {
    let twice = br#"{"name":["hunter2"],"size":1,"name":"x","size":2}"#;
    let x = Value::object([("name", "x".into()), ("size", 2.into())]);
    assert_eq!(decode(twice, &pair()).unwrap(), x);
    assert_eq!(decode_state(twice, &pair()).unwrap(), x);
    let map = decode(br#"{"a":1,"b":2,"\u0061":3}"#, &Type::map(Type::Number)).unwrap();
    assert_eq!(map, Value::map([("a".to_owned(), 3.into()), ("b".to_owned(), 2.into())]));
}

#[test]
fn text_is_written_so_that_it_reads_the_same() {
    let ty =
        Type::object([("a\"", Type::map(Type::String)), ("b", Type::Tuple(vec![Type::Bool, Type::Number]))]);
    let json = r#"{"a\"":{"\n":"\\\u0001é","k":""},"b":[true,-0.5]}"#;
    let value = decode(json.as_bytes(), &ty).unwrap();
    assert_eq!(String::from_utf8(encode(&value, &ty).unwrap()).unwrap(), json);
    let dynamic = br#"{"type":["list","number"],"value":[1,20000000000000000000000]}"#;
    assert_eq!(encode(&decode(dynamic, &Type::Dynamic).unwrap(), &Type::Dynamic).unwrap(), dynamic);
    // A number in a place of text is that text.
    for number in ["1.0", "1E+2", "-0", "12345678901234567890123"] {
        assert_eq!(decode(number.as_bytes(), &Type::String).unwrap(), number.into());
    }
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
