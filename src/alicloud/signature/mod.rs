//! Signature version 1 of the RPC style APIs: HMAC-SHA1 over the sorted, percent-encoded parameters.
//!
//! Facts: the "Signature" pages of the ECS API reference; their examples are the tests.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use zeroize::Zeroizing;

/// Everything but the unreserved characters of RFC 3986 is encoded, `*` and the space (`%20`) included.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes a parameter's name or value in the way that the signature and the form body share.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The parameters as `a=1&b=2`, sorted by name and encoded: the text that is signed, and the form body.
pub(crate) fn canonical_query(parameters: &BTreeMap<String, String>) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&percent_encode(name));
        query.push('=');
        query.push_str(&percent_encode(value));
    }
    query
}

/// The signature (base64) of a request whose parameters are `canonical_query`.
pub(crate) fn sign(method: &str, canonical_query: &str, access_key_secret: &str) -> String {
    let string_to_sign = format!("{method}&%2F&{}", percent_encode(canonical_query));
    let key = Zeroizing::new(format!("{access_key_secret}&"));
    // HMAC takes a key of any length, so the error arm is never taken; an empty signature is refused by
    // the service.
    Hmac::<Sha1>::new_from_slice(key.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(string_to_sign.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        },
    )
}
