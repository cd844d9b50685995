//! The data types of the SSH protocol (RFC 4251 §5), read from and written to bytes.

/// The bytes not yet read. Every reader answers `None` where the bytes end too early.
pub(super) struct Wire<'a> {
    rest: &'a [u8],
}

impl<'a> Wire<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Wire<'a> {
        Wire { rest: bytes }
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    /// Bytes behind their length.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The size of a positive whole number, without leading zero bytes. Negative numbers and
    /// needless leading zeros are `None`: SSH forbids the latter.
    pub(super) fn positive(&mut self) -> Option<&'a [u8]> {
        match self.string()? {
            [0, size @ ..] => matches!(size, [0x80..=0xff, ..]).then_some(size),
            size => matches!(size, [1..=0x7f, ..]).then_some(size),
        }
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

pub(super) fn write_string(out: &mut Vec<u8>, bytes: &[u8]) {
    // Only parts of keys that were read from memory are written: all far below 4 GiB.
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}

/// Writes a positive number from its size without leading zero bytes.
pub(super) fn write_positive(out: &mut Vec<u8>, size: &[u8]) {
    // A leading one bit would mean a negative number.
    let padded = [&[0], size].concat();
    write_string(out, if size.first().is_some_and(|byte| *byte >= 0x80) { &padded } else { size });
}
