//! What the codecs promise, on any value.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Texts with ASCII, composed and decomposed letters, and control characters.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{0,6}", "[\\PC\\n\u{301}e]{0,6}"]
}

fn types() -> BoxedStrategy<Type> {
    types_of(prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool), Just(Type::Dynamic)])
}

fn types_of(leaf: impl Strategy<Value = Type> + 'static) -> BoxedStrategy<Type> {
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Type::Tuple),
            prop::collection::vec((texts(), inner), 0..3).prop_map(Type::object),
        ]
    })
    .boxed()
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        prop::num::f64::NORMAL.prop_map(|float| Number::from_f64(float).unwrap()),
        "-?[0-9]{1,40}(\\.[0-9]{1,160})?(e-?[0-9]{1,6})?".prop_map(|text| text.parse().unwrap()),
    ]
}

fn refinements(ty: &Type) -> impl Strategy<Value = Refinements> + use<> {
    let ty = ty.clone();
    // Long decimals would not fit, and the promises would be left out.
    let bound = || {
        let range = (any::<i64>(), any::<bool>());
        prop::option::of(range.prop_map(|(value, inclusive)| Bound { value: value.into(), inclusive }))
    };
    let length = || prop::option::of(any::<u64>());
    (prop::option::of(any::<bool>()), prop::option::of(texts()), bound(), bound(), length(), length())
        .prop_map(move |(null, prefix, lower, upper, min_length, max_length)| {
            let prefix = prefix.map(|text| Value::string(text).as_str().unwrap().to_owned());
            Refinements { null, prefix, lower, upper, min_length, max_length }.fitting(&ty)
        })
}

/// How many dynamic values may stand inside one another.
const NESTED: u8 = 2;

/// Values of this type; with `unknowns` some of their parts may be unknown.
fn values(ty: &Type, unknowns: bool, nested: u8) -> BoxedStrategy<Value> {
    let known = known_values(ty, unknowns, nested);
    if unknowns {
        let unknown =
            refinements(ty).prop_map(|known| Value::Unknown((!known.is_empty()).then(|| Box::new(known))));
        prop_oneof![8 => known, 1 => Just(Value::Null), 1 => unknown].boxed()
    } else {
        prop_oneof![8 => known, 1 => Just(Value::Null)].boxed()
    }
}

fn known_values(ty: &Type, unknowns: bool, nested: u8) -> BoxedStrategy<Value> {
    match ty {
        Type::String => texts().prop_map(Value::from).boxed(),
        Type::Number => numbers().prop_map(Value::from).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Type::Dynamic => {
            let types = if nested == 0 { Just(Type::String).boxed() } else { types() };
            let value_of = move |ty: Type| {
                values(&ty, unknowns, nested.saturating_sub(1))
                    .prop_map(move |value| Value::dynamic(ty.clone(), value))
            };
            types.prop_flat_map(value_of).boxed()
        }
        Type::List(of) => {
            prop::collection::vec(values(of, unknowns, nested), 0..3).prop_map(Value::list).boxed()
        }
        Type::Set(of) => {
            prop::collection::vec(values(of, unknowns, nested), 0..3).prop_map(Value::set).boxed()
        }
        Type::Map(of) => {
            prop::collection::vec((texts(), values(of, unknowns, nested)), 0..3).prop_map(Value::map).boxed()
        }
        Type::Tuple(types) => types
            .iter()
            .map(|ty| values(ty, unknowns, nested))
            .collect::<Vec<_>>()
            .prop_map(Value::Tuple)
            .boxed(),
        Type::Object(attributes) => attributes
            .iter()
            .map(|(name, ty)| (Just(name.clone()), values(ty, unknowns, nested)))
            .collect::<Vec<_>>()
            .prop_map(Value::object)
            .boxed(),
    }
}

fn typed_values(unknowns: bool) -> impl Strategy<Value = (Type, Value)> {
    types().prop_flat_map(move |ty| {
        let values = values(&ty, unknowns, NESTED);
        (Just(ty), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn types_come_back_from_json(ty in types()) {
        prop_assert_eq!(Type::from_json(&ty.to_json()), Ok(ty));
    }

    #[test]
    fn values_come_back_from_msgpack((ty, value) in typed_values(true)) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        prop_assert_eq!(msgpack::decode(&bytes, &ty), Ok(value.clone()));
        // Cut short anywhere, it is an error.
        for end in 0..bytes.len() {
            prop_assert!(msgpack::decode(&bytes[..end], &ty).is_err());
        }
        // And so is a byte more.
        prop_assert!(msgpack::decode(&[&bytes[..], &[0xc0]].concat(), &ty).is_err());
    }

    #[test]
    fn known_values_come_back_from_json((ty, value) in typed_values(false)) {
        let bytes = json::encode(&value, &ty).unwrap();
        prop_assert_eq!(json::decode(&bytes, &ty), Ok(value.clone()));
        prop_assert_eq!(json::decode_state(&bytes, &ty), Ok(value));
    }

    #[test]
    fn no_bytes_panic(ty in types(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = msgpack::decode(&bytes, &ty);
        let _ = json::decode(&bytes, &ty);
        let _ = Type::from_json(&bytes);
    }

    #[test]
    fn damaged_values_do_not_panic(
        (ty, value) in typed_values(true),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = msgpack::encode(&value, &ty).unwrap();
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let _ = msgpack::decode(&bytes, &ty);
    }

    #[test]
    fn numbers_come_back_from_text(number in numbers()) {
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn numbers_order_as_floats_do(a in prop::num::f64::ANY, b in prop::num::f64::ANY) {
        if let (Some(left), Some(right)) = (Number::from_f64(a), Number::from_f64(b)) {
            prop_assert_eq!(left.cmp(&right), a.partial_cmp(&b).unwrap());
            prop_assert_eq!(left.as_f64().unwrap().partial_cmp(&a), Some(std::cmp::Ordering::Equal));
        }
    }

    #[test]
    fn without_refinements_nothing_else_changes((ty, value) in typed_values(true)) {
        let plain = value.clone().without_refinements();
        prop_assert_eq!(plain.is_wholly_known(), value.is_wholly_known());
        let bytes = msgpack::encode(&plain, &ty).unwrap();
        prop_assert_eq!(msgpack::decode(&bytes, &ty), Ok(plain));
    }
}

#[test]
fn paths_find_what_they_name_and_stop_at_sets() {
    let value = Value::object([
        ("tags", Value::map([("a b".to_owned(), Value::from("x"))])),
        ("rules", Value::list([Value::object([("port", Value::from(22))])])),
        ("pair", Value::dynamic(Type::Tuple(vec![Type::Bool]), Value::Tuple(vec![true.into()]))),
        ("set", Value::set([Value::from("only")])),
    ]);
    let root = Path::root();
    let found: [(Path, &str, Option<Value>); 8] = [
        (root.clone(), "", Some(value.clone())),
        (root.attribute("tags").key("a b"), "tags[\"a b\"]", Some("x".into())),
        (root.attribute("rules").index(0).attribute("port"), "rules[0].port", Some(22.into())),
        (root.attribute("pair").index(0), "pair[0]", Some(true.into())),
        (root.attribute("set").index(0), "set[0]", None),
        (root.attribute("rules").index(-1), "rules[-1]", None),
        (root.attribute("tags").attribute("a b"), "tags.a b", None),
        (root.key("tags"), "[\"tags\"]", None),
    ];
    for (path, text, wanted) in found {
        assert_eq!(path.to_string(), text);
        assert_eq!(value.at(&path), wanted.as_ref(), "{text}");
    }
}

#[test]
fn sets_are_one_value_in_any_order_and_never_merge_the_unknown() {
    let two = ["b", "a", "b"].map(Value::from);
    assert_eq!(Value::set(two), Value::Set(vec!["a".into(), "b".into()]));
    assert_eq!(Value::set([1.into(), Number::from_f64(1.0).unwrap().into()]), Value::set([1.into()]));
    assert_eq!(Value::set([Value::UNKNOWN, Value::UNKNOWN]).as_elements().unwrap().len(), 2);
}

#[test]
fn strings_and_keys_are_normalised() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    assert_eq!(Value::string(decomposed), Value::String(composed.to_owned()));
    let ty = Type::map(Type::String);
    let wanted = Value::Map(BTreeMap::from([(composed.to_owned(), Value::from(composed))]));
    let raw = Value::Map(BTreeMap::from([(decomposed.to_owned(), Value::String(decomposed.to_owned()))]));
    assert_eq!(msgpack::decode(&msgpack::encode(&raw, &ty).unwrap(), &ty).unwrap(), wanted);
    assert_eq!(json::decode(&json::encode(&raw, &ty).unwrap(), &ty).unwrap(), wanted);
    assert_eq!(Value::map([(decomposed.to_owned(), decomposed.into())]), wanted);
}

#[test]
fn questions_look_through_the_type_of_a_dynamic_value() {
    let null = Value::dynamic(Type::String, Value::Null);
    assert!(null.is_null() && null.is_wholly_known());
    let unknown = Value::dynamic(Type::String, Value::UNKNOWN);
    assert!(unknown.is_unknown() && !unknown.is_wholly_known());
    let text = Value::dynamic(Type::String, "x".into());
    assert_eq!(text.as_str(), Some("x"));
    assert_eq!(Value::dynamic(Type::Bool, true.into()).as_bool(), Some(true));
    assert_eq!(Value::dynamic(Type::Dynamic, text.clone()), text);
}
