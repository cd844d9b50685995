//! What a plan hook did not touch.

use std::collections::BTreeMap;

use crate::cty::Value;

/// The plan after a hook: `made` by the planner, except where the hook changed it. A model forgets what is promised
/// about unknown values (refinements), so its value takes the planner's place only where the hook made it differ from
/// what it was `before`.
pub(super) fn keep_untouched(made: Value, before: &Value, after: Value) -> Value {
    if *before == after {
        return made;
    }
    let named = |mut made: BTreeMap<String, Value>,
                 before: &BTreeMap<String, Value>,
                 after: BTreeMap<String, Value>| {
        let entries = after.into_iter().map(|(name, after)| {
            let kept = match (made.remove(&name), before.get(&name)) {
                (Some(made), Some(before)) => keep_untouched(made, before, after),
                _ => after,
            };
            (name, kept)
        });
        entries.collect()
    };
    match (made, before, after) {
        (Value::Object(made), Value::Object(before), Value::Object(after)) => {
            Value::Object(named(made, before, after))
        }
        (Value::Map(made), Value::Map(before), Value::Map(after)) => Value::Map(named(made, before, after)),
        // Of a list that became longer or shorter, it cannot be told which element is which.
        (Value::List(made), Value::List(before), Value::List(after))
            if made.len() == after.len() && before.len() == after.len() =>
        {
            let elements = made.into_iter().zip(before).zip(after);
            Value::List(elements.map(|((made, before), after)| keep_untouched(made, before, after)).collect())
        }
        (_, _, after) => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Refinements;

    fn refined(prefix: &str) -> Value {
        let prefix = Some(prefix.to_owned());
        Value::Unknown(Some(Box::new(Refinements { prefix, ..Refinements::default() })))
    }

    fn plan(a: Value, list: Vec<Value>, set: Value, b: Value) -> Value {
        let element = |b: Value| Value::object([("a", refined("e-")), ("b", b)]);
        Value::object([
            ("a", a),
            ("list", Value::List(list)),
            ("set", set),
            ("map", Value::map([("k".to_owned(), element(b)), ("other".to_owned(), refined("o-"))])),
        ])
    }

    #[test]
    fn only_what_the_hook_changed_is_the_hooks() {
        let set = Value::set([refined("x-"), refined("y-")]);
        let made = plan(refined("a-"), vec![refined("0-"), "one".into()], set.clone(), Value::UNKNOWN);
        let before = made.clone().without_refinements();
        assert_eq!(keep_untouched(made.clone(), &before, before.clone()), made);

        // As a hook changes it that sees the model.
        let plain = Value::set([Value::UNKNOWN, Value::UNKNOWN]);
        let changed = plan("known".into(), vec![refined("0-"), Value::UNKNOWN], plain, "set".into());
        let expected = plan("known".into(), vec![refined("0-"), Value::UNKNOWN], set, "set".into());
        assert_eq!(keep_untouched(made.clone(), &before, changed.without_refinements()), expected);

        // A set or a list with other elements is the hook's as a whole.
        let fewer = plan(refined("a-"), vec!["one".into()], Value::set([Value::UNKNOWN]), Value::UNKNOWN);
        let after = keep_untouched(made, &before, fewer.clone().without_refinements());
        assert_eq!(after, fewer);
    }
}
