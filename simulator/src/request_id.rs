//! Request ids: UUIDs in upper case.

use crate::world::hex;

/// A new one. Without randomness from the system, it is all zeros but for the fixed digits.
pub(crate) fn new() -> String {
    let mut bytes = [0_u8; 16];
    // An id serves people only; a failure here is no reason to fail a call.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex(&bytes, "").to_uppercase();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    #[test]
    fn looks_like_a_uuid_and_differs() {
        let (one, two) = (super::new(), super::new());
        assert_ne!(one, two);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(one.chars().all(|c| c == '-' || c.is_ascii_digit() || ('A'..='F').contains(&c)), "{one}");
    }
}
