//! Unicode normalisation, as hosts do it.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;

/// The text in Unicode normal form C.
///
/// Hosts normalise every string and map key, so two spellings of `é` are one string to them.
pub(super) fn nfc(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    match ComposingNormalizerBorrowed::new_nfc().normalize(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(normal) => normal,
    }
}
