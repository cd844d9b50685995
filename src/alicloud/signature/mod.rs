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
    let mut encoded = String::with_capacity(encoded_length(text));
    encoded.extend(utf8_percent_encode(text, ENCODED));
    encoded
}

fn encoded_length(text: &str) -> usize {
    utf8_percent_encode(text, ENCODED).map(str::len).sum()
}

/// The parameters as `a=1&b=2`, sorted by name and encoded: the text that is signed, and the form body.
pub(crate) fn canonical_query<V: AsRef<str>>(parameters: &BTreeMap<String, V>) -> Zeroizing<String> {
    // Never moved while it grows, so that no copy of a token stays behind.
    let length = |(name, value): (&String, &V)| encoded_length(name) + encoded_length(value.as_ref()) + 2;
    let mut query = Zeroizing::new(String::with_capacity(parameters.iter().map(length).sum()));
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(utf8_percent_encode(name, ENCODED));
        query.push('=');
        query.extend(utf8_percent_encode(value.as_ref(), ENCODED));
    }
    query
}

/// The signature (base64) of a request whose parameters are `canonical_query`.
pub(crate) fn sign(method: &str, canonical_query: &str, access_key_secret: &str) -> String {
    let key = Zeroizing::new(format!("{access_key_secret}&"));
    // HMAC takes a key of any length, so the error arm is never taken; an empty signature is refused by
    // the service.
    Hmac::<Sha1>::new_from_slice(key.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(method.as_bytes());
            mac.update(b"&%2F&");
            // It may hold a token, so there is no copy of it as a whole.
            utf8_percent_encode(canonical_query, ENCODED).for_each(|part| mac.update(part.as_bytes()));
            STANDARD.encode(mac.finalize().into_bytes())
        },
    )
}
