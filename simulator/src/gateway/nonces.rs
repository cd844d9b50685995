//! Nonces that were used, so that no request is taken twice.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

/// Kept for as long as a request with a timestamp ahead of the clock can come again.
const KEPT: Duration = Duration::minutes(30);

/// The nonces of the last half hour, by access key.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    used: BTreeMap<(String, String), OffsetDateTime>,
    swept: Option<OffsetDateTime>,
}

impl Nonces {
    /// Notes a nonce; false if it was used before.
    pub(crate) fn accept(&mut self, key_id: &str, nonce: &str, now: OffsetDateTime) -> bool {
        if self.swept.is_none_or(|swept| now - swept > KEPT) {
            self.used.retain(|_, at| now - *at <= KEPT);
            self.swept = Some(now);
        }
        self.used.insert((key_id.to_owned(), nonce.to_owned()), now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_each_nonce_of_a_key_once_for_a_while() {
        let mut nonces = Nonces::default();
        let start = OffsetDateTime::UNIX_EPOCH;
        assert!(nonces.accept("k", "n", start));
        assert!(!nonces.accept("k", "n", start));
        assert!(nonces.accept("other", "n", start));
        assert!(nonces.accept("k", "n", start + KEPT + Duration::SECOND));
    }
}
