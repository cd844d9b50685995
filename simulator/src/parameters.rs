//! The parameters of a call: the union of its query and its form, and how lists are written in them.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;

use crate::error::ApiError;

/// What RFC 3986 leaves as it is; the signatures are made over this encoding.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes as the signatures demand.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// `a=1&b=2` of sorted parameters, each side encoded.
pub(crate) fn canonical<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    pairs.into_iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect::<Vec<_>>().join("&")
}

/// Named values of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `a=1&b=2`. Bytes that are no UTF-8 are replaced; the signature then fails.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let decode = |part: &[u8]| {
            let spaced: Vec<u8> = part.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
            percent_decode(&spaced).decode_utf8_lossy().into_owned()
        };
        let pairs = text.split(|&b| b == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let mut sides = pair.splitn(2, |&b| b == b'=');
            let name = decode(sides.next().unwrap_or_default());
            (name, decode(sides.next().unwrap_or_default()))
        });
        Self(pairs.collect())
    }

    /// Adds those of `other`, which win where both have a name.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All of them, sorted by name in byte order.
    pub(crate) fn sorted(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The value, if it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value, or the refusal that names the parameter.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::missing(name))
    }

    /// `true` or `false`, in any case; false when absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::invalid(name)),
        }
    }

    /// A whole number, if it is there.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        self.get(name).map(|text| text.parse().map_err(|_| ApiError::invalid(name))).transpose()
    }

    /// `Name.1`, `Name.2`, … in order.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.numbered(name, str::is_empty).into_iter().map(|(_, value)| value).collect()
    }

    /// `Tag.N.Key` with `Tag.N.Value`: the value is `None` where it is not sent, the key empty likewise.
    pub(crate) fn tags(&self) -> Vec<(&str, Option<&str>)> {
        let values: BTreeMap<usize, &str> =
            self.numbered("Tag", |rest| rest == ".Value").into_iter().collect();
        let mut tags: BTreeMap<usize, (&str, Option<&str>)> = self
            .numbered("Tag", |rest| rest == ".Key")
            .into_iter()
            .map(|(n, key)| (n, (key, values.get(&n).copied())))
            .collect();
        for (n, value) in values {
            tags.entry(n).or_insert(("", Some(value)));
        }
        tags.into_values().collect()
    }

    /// A JSON array of text, as `InstanceIds` and `KeyPairNames` carry it; `None` if it is anything else.
    pub(crate) fn json_list(text: &str) -> Option<Vec<String>> {
        let Ok(Value::Array(items)) = serde_json::from_str(text) else { return None };
        items
            .into_iter()
            .map(|item| match item {
                Value::String(text) if !text.is_empty() => Some(text),
                _ => None,
            })
            .collect()
    }

    fn numbered(&self, name: &str, wanted: impl Fn(&str) -> bool) -> Vec<(usize, &str)> {
        let mut found: Vec<(usize, &str)> = self
            .0
            .iter()
            .filter_map(|(key, value)| {
                let rest = key.strip_prefix(name)?.strip_prefix('.')?;
                let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let (number, rest) = rest.split_at(digits);
                wanted(rest).then_some(())?;
                Some((number.parse().ok()?, value.as_str()))
            })
            .collect();
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_forms() {
        let read = Parameters::parse(b"a=1+2&b=%5B%22x%22%5D&c&&d=e=f&%E9%98%BF=%E9");
        let pairs: Vec<_> = read.sorted().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let expected = [("a", "1 2"), ("b", "[\"x\"]"), ("c", ""), ("d", "e=f"), ("阿", "\u{fffd}")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn numbers_lists_by_value_not_by_text() {
        let many: Vec<String> = (1..=11).rev().map(|n| format!("ResourceId.{n}=k{n}&")).collect();
        let many = many.concat();
        let read = Parameters::parse(
            format!("{many}ResourceId=x&Tag.2.Value=v&Tag.1.Key=a&Tag.10.Key=b&Tag.10.Value=").as_bytes(),
        );
        assert_eq!(read.list("ResourceId"), (1..=11).map(|n| format!("k{n}")).collect::<Vec<_>>());
        assert_eq!(read.tags(), [("a", None), ("", Some("v")), ("b", Some(""))]);
    }

    #[test]
    fn takes_only_arrays_of_text() {
        assert_eq!(Parameters::json_list("[\"a\",\"b\"]"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(Parameters::json_list("[]"), Some(vec![]));
        for wrong in ["", "key1", "\"a\"", "['a']", "[1]", "[\"\"]", "[null]", "{}", "[\"a\""] {
            assert_eq!(Parameters::json_list(wrong), None, "{wrong}");
        }
    }
}
