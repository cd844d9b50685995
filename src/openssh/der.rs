//! The little of DER (X.690) that RSA keys need: walking through sequences.

/// The bytes not yet read. Every reader answers `None` where something else stands.
pub(super) struct Der<'a> {
    rest: &'a [u8],
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

impl<'a> Der<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Der<'a> {
        Der { rest: bytes }
    }

    pub(super) fn sequence(&mut self) -> Option<Der<'a>> {
        self.element(SEQUENCE).map(Der::new)
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        self.element(OCTET_STRING)
    }

    /// The encoded arcs of an object identifier.
    pub(super) fn object_identifier(&mut self) -> Option<&'a [u8]> {
        self.element(OBJECT_IDENTIFIER)
    }

    /// The size of a whole number that is not negative, without leading zero bytes.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [0, size @ ..] => matches!(size, [] | [0x80..=0xff, ..]).then_some(size),
            size => matches!(size, [1..=0x7f, ..]).then_some(size),
        }
    }

    fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.rest.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            // Lengths of 1 to 4 bytes: no key is larger.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (
                    bytes
                        .iter()
                        .try_fold(0_usize, |n, byte| n.checked_mul(256)?.checked_add((*byte).into()))?,
                    rest,
                )
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        (*found == tag).then(|| {
            self.rest = rest;
            content
        })
    }
}
