//! Bytes as hosts write them, and bytes nobody should.

use super::super::{Bound, MAX_DEPTH, Number, Path, Refinements, Type, Value};
use super::{decode, encode};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// An unknown value with this payload.
fn refined(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmp::encode::write_ext_meta(&mut bytes, u32::try_from(payload.len()).unwrap(), 12).unwrap();
    [bytes.as_slice(), payload].concat()
}

#[test]
fn numbers_are_written_as_hosts_write_them() {
    let table: [(&str, &[u8]); 12] = [
        ("0", b"\x00"),
        ("-0", b"\x00"),
        ("-1", b"\xff"),
        ("200", b"\xcc\xc8"),
        ("9223372036854775807", b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"),
        ("-9223372036854775808", b"\xd3\x80\0\0\0\0\0\0\0"),
        ("9223372036854775808", b"\xcf\x80\0\0\0\0\0\0\0"),
        ("0.5", b"\xcb\x3f\xe0\0\0\0\0\0\0"),
        ("0.1", b"\xa30.1"),
        ("Inf", b"\xcb\x7f\xf0\0\0\0\0\0\0"),
        ("1e999999999", b"\xac1e+999999999"),
        ("18446744073709551616", b"\xcb\x43\xf0\0\0\0\0\0\0"),
    ];
    for (text, bytes) in table {
        let value = Value::from(number(text));
        assert_eq!(encode(&value, &Type::Number).unwrap(), bytes, "{text}");
        assert_eq!(decode(bytes, &Type::Number).unwrap(), value, "{text}");
    }
    // More digits than a 512-bit mantissa holds, and 401 digits in full.
    let long = format!("0.{}1", "3".repeat(200));
    for text in [long.as_str(), "1e400", "1e-400"] {
        let value = Value::from(number(text));
        let bytes = encode(&value, &Type::Number).unwrap();
        assert!(bytes.len() > 200, "{text}");
        assert_eq!(decode(&bytes, &Type::Number).unwrap(), value);
    }
}

#[test]
fn every_width_is_read() {
    let five: [&[u8]; 12] = [
        b"\x05",
        b"\xcc\x05",
        b"\xcd\0\x05",
        b"\xce\0\0\0\x05",
        b"\xcf\0\0\0\0\0\0\0\x05",
        b"\xd0\x05",
        b"\xd1\0\x05",
        b"\xd2\0\0\0\x05",
        b"\xd3\0\0\0\0\0\0\0\x05",
        b"\xca\x40\xa0\0\0",
        b"\xcb\x40\x14\0\0\0\0\0\0",
        b"\xa15",
    ];
    for bytes in five {
        assert_eq!(decode(bytes, &Type::Number).unwrap(), 5.into(), "{bytes:x?}");
    }
    let text: [&[u8]; 7] = [
        b"\xa1x",
        b"\xd9\x01x",
        b"\xda\0\x01x",
        b"\xdb\0\0\0\x01x",
        b"\xc4\x01x",
        b"\xc5\0\x01x",
        b"\xc6\0\0\0\x01x",
    ];
    for bytes in text {
        assert_eq!(decode(bytes, &Type::String).unwrap(), "x".into(), "{bytes:x?}");
    }
    let list: [&[u8]; 3] = [b"\x91\xc3", b"\xdc\0\x01\xc3", b"\xdd\0\0\0\x01\xc3"];
    for bytes in list {
        assert_eq!(decode(bytes, &Type::list(Type::Bool)).unwrap(), Value::list([true.into()]));
    }
    let map: [&[u8]; 3] = [b"\x81\xa1k\xc2", b"\xde\0\x01\xa1k\xc2", b"\xdf\0\0\0\x01\xa1k\xc2"];
    for bytes in map {
        assert_eq!(
            decode(bytes, &Type::map(Type::Bool)).unwrap(),
            Value::map([("k".to_owned(), false.into())])
        );
    }
}

#[test]
fn every_extension_is_unknown() {
    let all: [&[u8]; 9] = [
        b"\xd4\0\0",
        b"\xd4\x63\x07",
        b"\xd5\x01ab",
        b"\xd6\x01abcd",
        b"\xd7\x01abcdefgh",
        b"\xd8\x01abcdefghabcdefgh",
        b"\xc7\0\x0c",
        b"\xc8\0\x02\x05ab",
        b"\xc9\0\0\0\x01\x0c\x80",
    ];
    for bytes in all {
        for ty in [Type::String, Type::Dynamic, Type::object([("a", Type::Bool)])] {
            assert_eq!(decode(bytes, &ty).unwrap(), Value::UNKNOWN, "{bytes:x?}");
        }
    }
    assert_eq!(encode(&Value::UNKNOWN, &Type::String).unwrap(), b"\xd4\0\0");
}

#[test]
fn refinements_are_read_and_written() {
    // As a host writes them for `"web-${random}"` and for `length(x)`.
    let prefix = Refinements { null: Some(false), prefix: Some("web-".to_owned()), ..Refinements::default() };
    let at_least_zero = Refinements {
        null: Some(false),
        lower: Some(Bound { value: Number::zero(), inclusive: true }),
        ..Refinements::default()
    };
    let between = Refinements {
        lower: Some(Bound { value: number("0.1"), inclusive: false }),
        upper: Some(Bound { value: number("7"), inclusive: true }),
        ..Refinements::default()
    };
    let lengths = Refinements { min_length: Some(1), max_length: Some(500), ..Refinements::default() };
    let table: [(Type, Refinements, &[u8]); 4] = [
        (Type::String, prefix, b"\x82\x01\xc2\x02\xa4web-"),
        (Type::Number, at_least_zero, b"\x82\x01\xc2\x03\x92\x00\xc3"),
        (Type::Number, between, b"\x82\x03\x92\xa30.1\xc2\x04\x92\x07\xc3"),
        (Type::set(Type::Bool), lengths, b"\x82\x05\x01\x06\xcd\x01\xf4"),
    ];
    for (ty, known, payload) in table {
        let value = Value::Unknown(Some(Box::new(known)));
        assert_eq!(decode(&refined(payload), &ty).unwrap(), value);
        assert_eq!(encode(&value, &ty).unwrap(), refined(payload));
        // About a value of any type, nothing can be promised.
        assert_eq!(decode(&refined(payload), &Type::Dynamic).unwrap(), Value::UNKNOWN);
        assert_eq!(encode(&value, &Type::Dynamic).unwrap(), b"\xd4\0\0");
    }
}

#[test]
fn refinements_of_later_hosts_are_passed_over_and_damaged_ones_refused() {
    let not_null =
        Value::Unknown(Some(Box::new(Refinements { null: Some(false), ..Refinements::default() })));
    // An unknown number as key, with a nested value; a key that is no number; more behind.
    let later: [&[u8]; 3] = [
        b"\x82\x63\x92\x81\xa1a\xd4\0\0\xcb\0\0\0\0\0\0\0\0\x01\xc2",
        b"\x82\xa1x\xcd\x01\x02\x01\xc2",
        b"\x81\x01\xc2more",
    ];
    for payload in later {
        assert_eq!(decode(&refined(payload), &Type::String).unwrap(), not_null, "{payload:x?}");
    }
    let unknown_bound = b"\x81\x03\x92\xd4\0\0\xc3";
    assert_eq!(decode(&refined(unknown_bound), &Type::Number).unwrap(), Value::UNKNOWN);

    let damaged: [&[u8]; 5] =
        [b"\x90\x90", b"\x81\x01", b"\x81\x01\x05", b"\x81\x03\x91\x01", b"\x81\x02\xa9web"];
    for payload in damaged {
        assert!(decode(&refined(payload), &Type::String).is_err(), "{payload:x?}");
    }
    let oversize = [b"\x81\x02\xda\x04\x00".as_slice(), &[b'x'; 1024]].concat();
    assert!(decode(&refined(&oversize), &Type::String).is_err());
}

#[test]
fn long_refinements_are_cut_or_left_out() {
    let known = Refinements { prefix: Some("é".repeat(200) + "x"), ..Refinements::default() };
    let bytes = encode(&Value::Unknown(Some(Box::new(known))), &Type::String).unwrap();
    let Value::Unknown(Some(known)) = decode(&bytes, &Type::String).unwrap() else {
        panic!("no refinements")
    };
    assert_eq!(known.prefix.unwrap(), "é".repeat(128));

    // Promises that hosts would refuse as too long are left out.
    let bound = Some(Bound { value: number("1e1100"), inclusive: true });
    let known = Refinements { lower: bound, ..Refinements::default() };
    let bytes = encode(&Value::Unknown(Some(Box::new(known))), &Type::Number).unwrap();
    assert_eq!(bytes, b"\xd4\0\0");
}

#[test]
fn values_of_any_type_bring_their_type() {
    let any = |ty, value| Value::dynamic(ty, value);
    let table: [(&[u8], Value); 6] = [
        (b"\xc0", Value::Null),
        (b"\xd4\0\0", Value::UNKNOWN),
        (b"\x92\xc4\x08\"string\"\xa1x", any(Type::String, "x".into())),
        (b"\x92\xc4\x08\"string\"\xc0", any(Type::String, Value::Null)),
        (b"\x92\xc4\x08\"string\"\xd4\0\0", any(Type::String, Value::UNKNOWN)),
        (
            b"\x92\xc4\x17[\"object\",{\"a\":\"bool\"}]\x81\xa1a\xc3",
            any(Type::object([("a", Type::Bool)]), Value::object([("a", true.into())])),
        ),
    ];
    for (bytes, value) in table {
        assert_eq!(decode(bytes, &Type::Dynamic).unwrap(), value);
        assert_eq!(encode(&value, &Type::Dynamic).unwrap(), bytes);
    }
}

#[test]
fn errors_say_where_and_what() {
    let ty = Type::object([
        ("name", Type::String),
        ("tags", Type::map(Type::Number)),
        ("many", Type::list(Type::object([("on", Type::Bool)]))),
        ("some", Type::set(Type::Bool)),
        ("two", Type::Tuple(vec![Type::Bool, Type::Bool])),
    ]);
    let table: [(&[u8], &str); 18] = [
        (b"\x81\xa3\x1b[m\x01", "\\u{1b}[m: the object's type has no such attribute"),
        (b"", "the data ends in the middle of the value"),
        (b"\xc1", "an object is required, but this is a byte that MessagePack does not use"),
        (b"\x80", "many: the attribute is missing"),
        (b"\x81\xa4size\x01", "size: the object's type has no such attribute"),
        (b"\x82\xa4name\xa1x\xa4name\xa1y", "name: the object has this attribute twice"),
        (b"\x81\xa4name\xc3", "name: a string is required, but this is true or false"),
        (b"\x81\xa4name\xa1\xff", "name: the string is not valid UTF-8"),
        (b"\x81\xa4tags\x81\xa1k\xa2no", "tags[\"k\"]: a number in decimal notation is required"),
        (b"\x81\xa4tags\x82\xa1k\x01\xa1k\x01", "tags[\"k\"]: the map has this key twice"),
        (b"\x81\xa4tags\x81\xa1k\xcb\x7f\xf8\0\0\0\0\0\0", "tags[\"k\"]: the number is NaN"),
        (b"\x81\xa4many\x91\x81\xa2on\x01", "many[0].on: true or false is required, but this is a number"),
        (b"\x81\xa4some\x91\x01", "some: true or false is required, but this is a number"),
        (b"\x81\xa3two\x91\xc3", "two: a tuple of 2 elements is required, but it has 1"),
        (b"\x81\x01\x01", "a string is required, but this is a number"),
        (b"\xdf\xff\xff\xff\xff", "the data ends in the middle of the value"),
        (b"\x81\xa4many\xdd\xff\xff\xff\xff\xc0", "many: the data ends in the middle of the value"),
        (b"\xc0\xc0", "1 bytes are left over after the value"),
    ];
    for (bytes, message) in table {
        assert_eq!(decode(bytes, &ty).unwrap_err().to_string(), message, "{bytes:x?}");
    }
    let error = decode(b"\x81\xa4tags\x81\xa1k\xa2no", &ty).unwrap_err();
    assert_eq!(*error.path(), Path::root().attribute("tags").key("k"));

    let bad: [(Value, Type, &str); 6] = [
        (true.into(), Type::String, "a string is required, but this is true or false"),
        (Value::object::<String>([]), Type::object([("a", Type::Bool)]), "a: the attribute is missing"),
        (
            Value::object([("b", true.into())]),
            Type::object::<String>([]),
            "b: the object's type has no such attribute",
        ),
        (
            Value::Tuple(vec![]),
            Type::Tuple(vec![Type::Bool]),
            "a tuple of 1 elements is required, but it has 0",
        ),
        (
            Value::list([1.into()]),
            Type::list(Type::Bool),
            "[0]: true or false is required, but this is a number",
        ),
        (true.into(), Type::Dynamic, "a value with its type is required, but this is true or false"),
    ];
    for (value, ty, message) in bad {
        assert_eq!(encode(&value, &ty).unwrap_err().to_string(), message);
        if !matches!(ty, Type::Dynamic) {
            assert_eq!(super::super::json::encode(&value, &ty).unwrap_err().to_string(), message);
        }
    }
}

#[test]
fn depth_is_limited() {
    let nested = |levels: usize| [b"\x92\xc4\x09\"dynamic\"".repeat(levels), b"\xc0".to_vec()].concat();
    assert_eq!(decode(&nested(MAX_DEPTH), &Type::Dynamic).unwrap(), Value::Null);
    let error = decode(&nested(1_000_000), &Type::Dynamic).unwrap_err();
    assert_eq!(error.to_string(), "the value is nested deeper than 128 levels");
}
