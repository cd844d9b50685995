//! `moved` blocks: from one name of a type to its other, and from the official provider to this one.

use super::Alicloud;
use super::place;
use crate::framework::{Diagnostic, Diagnostics, Model, MoveSource, Moved, Private};

/// Hosts of the two public registries, where the official provider is.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Namespaces under which the official provider has been published.
const OFFICIAL: [&str; 2] = ["aliyun", "hashicorp"];

/// Takes over the state of an object of one of `types`, if it was written by this provider or by the official one. All
/// of those have the same shape, version 0.
pub(super) fn take_over<M: Model>(
    source: &MoveSource,
    types: &[&str],
) -> Option<Result<Moved<M>, Diagnostics>> {
    if source.schema_version != 0 || !types.contains(&source.type_name.as_str()) {
        return None;
    }
    let private = match writer(&source.provider_address, &source.private)? {
        Writer::Ours => source.private.clone(),
        // What that provider remembered means nothing here.
        Writer::Official => Private::default(),
    };
    Some(match source.state.decode() {
        Ok(state) => Ok(Moved { state, private }),
        Err(error) => Err(Diagnostic::error(
            "The state of the moved object cannot be read",
            format!(
                "The state of this {} by {} does not have the shape that it claims: {error}. Nothing was changed. \
                 Remove the moved block, and import the object instead.",
                source.type_name, source.provider_address
            ),
        )
        .into()),
    })
}

/// Which provider wrote a state.
enum Writer {
    Ours,
    Official,
}

fn writer(address: &str, private: &Private) -> Option<Writer> {
    // OpenTofu 1.10 to 1.12.3 sends the first word of the type's name instead of an address. What this provider
    // remembers tells its states from those of the official one.
    if address == "alicloud" {
        return Some(if private.contains(place::KEY) { Writer::Ours } else { Writer::Official });
    }
    let mut parts = address.split('/');
    let (host, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || name != "alicloud" {
        return None;
    }
    // This provider may come from any mirror.
    if Alicloud::ADDRESS.split('/').nth(1) == Some(namespace) {
        return Some(Writer::Ours);
    }
    (REGISTRIES.contains(&host) && OFFICIAL.contains(&namespace)).then_some(Writer::Official)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Attr, StoredState};

    crate::model! {
        /// A state.
        struct State {
            /// An attribute.
            id: Attr<String>,
            /// An attribute that the source does not have.
            extra: Attr<String>,
        }
    }

    fn stored(json: &str) -> StoredState {
        StoredState::parse(json.as_bytes()).unwrap()
    }

    fn source(address: &str, type_name: &str, version: i64) -> MoveSource {
        MoveSource {
            provider_address: address.to_owned(),
            type_name: type_name.to_owned(),
            schema_version: version,
            state: stored(r#"{"id": "web", "gone": 1}"#),
            private: Private::decode(br#"{"e2bfb730":{"create":300}}"#),
        }
    }

    #[test]
    fn sources_are_told_by_address_type_and_version() {
        for (address, type_name, version, taken) in [
            ("registry.terraform.io/aliyun/alicloud", "a", 0, true),
            ("registry.opentofu.org/aliyun/alicloud", "b", 0, true),
            ("registry.terraform.io/hashicorp/alicloud", "a", 0, true),
            ("registry.opentofu.org/hashicorp/alicloud", "a", 0, true),
            ("registry.terraform.io/alikeys/alicloud", "a", 0, true),
            ("mirror.example/alikeys/alicloud", "a", 0, true),
            ("mirror.example/aliyun/alicloud", "a", 0, false),
            ("registry.terraform.io/other/alicloud", "a", 0, false),
            ("registry.terraform.io/aliyun/other", "a", 0, false),
            ("registry.terraform.io/aliyun/alicloud/x", "a", 0, false),
            ("alicloud", "a", 0, true),
            ("alicloud", "b", 0, true),
            ("alicloud", "c", 0, false),
            ("alicloud", "a", 1, false),
            ("aliyun", "a", 0, false),
            ("registry.terraform.io/aliyun/alicloud", "c", 0, false),
            ("registry.terraform.io/aliyun/alicloud", "a", 1, false),
        ] {
            let moved = take_over::<State>(&source(address, type_name, version), &["a", "b"]);
            assert_eq!(moved.is_some(), taken, "{address} {type_name} {version}");
            if let Some(moved) = moved {
                let moved = moved.unwrap();
                assert_eq!(moved.state, State { id: "web".into(), extra: Attr::Null });
                let ours = address.contains("alikeys");
                assert_eq!(moved.private == Private::default(), !ours, "{address}");
            }
        }
    }

    #[test]
    fn private_data_tells_whose_state_it_is_if_the_address_does_not() {
        let mut source = source("alicloud", "a", 0);
        let moved = take_over::<State>(&source, &["a"]).unwrap().unwrap();
        assert_eq!(moved.private, Private::default(), "the official provider's");
        source.private = Private::decode(br#"{"key_pair":{"region":"cn-beijing"}}"#);
        let moved = take_over::<State>(&source, &["a"]).unwrap().unwrap();
        assert_eq!(moved.private, source.private, "this provider's");
    }

    #[test]
    fn a_state_of_another_shape_is_an_error() {
        let mut source = source("registry.terraform.io/aliyun/alicloud", "a", 0);
        source.state = stored(r#"{"id": ["web"]}"#);
        let error = take_over::<State>(&source, &["a"]).unwrap().unwrap_err();
        assert!(error.iter().next().unwrap().detail.contains("import the object instead"));
    }
}
