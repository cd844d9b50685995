//! What a crate that depends on the framework finds of crates that both use.

use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
struct Price {
    amount: f64,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind")]
enum Tagged {
    Fixed(Price),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Untagged {
    Amount(f64),
}

#[derive(Debug, Deserialize, PartialEq)]
struct Flat {
    #[serde(flatten)]
    price: Price,
}

/// With a feature of `serde_json` for long numbers, none of these can be read.
#[test]
fn numbers_of_other_types_are_read_as_usual() {
    let json = r#"{"kind":"Fixed","amount":1.5}"#;
    let price = || Price { amount: 1.5 };
    assert_eq!(serde_json::from_str::<Flat>(json).unwrap(), Flat { price: price() });
    assert_eq!(serde_json::from_str::<Tagged>(json).unwrap(), Tagged::Fixed(price()));
    assert_eq!(serde_json::from_str::<Untagged>("1.5").unwrap(), Untagged::Amount(1.5));
}
