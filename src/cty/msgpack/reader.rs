//! Reads the parts of msgpack, of whatever width, from a slice.

use super::super::DecodeError;
use rmp::Marker;

/// The bytes not yet read.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The number of bytes not yet read.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// What comes next, without reading it.
    pub(super) fn peek(&self) -> Result<Marker, DecodeError> {
        self.rest.first().map(|byte| Marker::from_u8(*byte)).ok_or_else(truncated)
    }

    pub(super) fn marker(&mut self) -> Result<Marker, DecodeError> {
        let [byte] = self.array()?;
        Ok(Marker::from_u8(byte))
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn length_8(&mut self) -> Result<usize, DecodeError> {
        Ok(usize::from(u8::from_be_bytes(self.array()?)))
    }

    pub(super) fn length_16(&mut self) -> Result<usize, DecodeError> {
        Ok(usize::from(u16::from_be_bytes(self.array()?)))
    }

    pub(super) fn length_32(&mut self) -> Result<usize, DecodeError> {
        // Where addresses are shorter than 32 bits, such a length does not fit the input either.
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| truncated())
    }

    /// The bytes of text or binary data, or `None` if something else comes.
    pub(super) fn bytes(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let mut ahead = self.clone();
        let length = match ahead.marker()? {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 | Marker::Bin8 => ahead.length_8()?,
            Marker::Str16 | Marker::Bin16 => ahead.length_16()?,
            Marker::Str32 | Marker::Bin32 => ahead.length_32()?,
            _ => return Ok(None),
        };
        let bytes = ahead.take(length)?;
        *self = ahead;
        Ok(Some(bytes))
    }

    /// The number of elements of an array, or `None` if something else comes.
    pub(super) fn array_length(&mut self) -> Result<Option<usize>, DecodeError> {
        let mut ahead = self.clone();
        let length = match ahead.marker()? {
            Marker::FixArray(length) => usize::from(length),
            Marker::Array16 => ahead.length_16()?,
            Marker::Array32 => ahead.length_32()?,
            _ => return Ok(None),
        };
        // Each element takes a byte at least.
        if length > ahead.remaining() {
            return Err(truncated());
        }
        *self = ahead;
        Ok(Some(length))
    }

    /// The number of entries of a map, or `None` if something else comes.
    pub(super) fn map_length(&mut self) -> Result<Option<usize>, DecodeError> {
        let mut ahead = self.clone();
        let length = match ahead.marker()? {
            Marker::FixMap(length) => usize::from(length),
            Marker::Map16 => ahead.length_16()?,
            Marker::Map32 => ahead.length_32()?,
            _ => return Ok(None),
        };
        // Each key and each value takes a byte at least.
        if length > ahead.remaining() / 2 {
            return Err(truncated());
        }
        *self = ahead;
        Ok(Some(length))
    }

    /// The code and payload of an extension, or `None` if something else comes.
    pub(super) fn extension(&mut self) -> Result<Option<(i8, &'a [u8])>, DecodeError> {
        let mut ahead = self.clone();
        let length = match ahead.marker()? {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => ahead.length_8()?,
            Marker::Ext16 => ahead.length_16()?,
            Marker::Ext32 => ahead.length_32()?,
            _ => return Ok(None),
        };
        let code = i8::from_be_bytes(ahead.array()?);
        let payload = ahead.take(length)?;
        *self = ahead;
        Ok(Some((code, payload)))
    }

    /// Passes over one value of any kind, without recursion.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let mut values: usize = 1;
        while values > 0 {
            values -= 1;
            if let Some(length) = self.array_length()? {
                values = values.saturating_add(length);
            } else if let Some(length) = self.map_length()? {
                values = values.saturating_add(length.saturating_mul(2));
            } else if self.bytes()?.is_none() && self.extension()?.is_none() {
                let size = match self.marker()? {
                    Marker::U8 | Marker::I8 => 1,
                    Marker::U16 | Marker::I16 => 2,
                    Marker::U32 | Marker::I32 | Marker::F32 => 4,
                    Marker::U64 | Marker::I64 | Marker::F64 => 8,
                    _ => 0,
                };
                self.take(size)?;
            }
        }
        Ok(())
    }
}

pub(super) fn truncated() -> DecodeError {
    DecodeError::new("the data ends in the middle of the value")
}

/// In words, what a marker begins.
pub(super) fn describe(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "null",
        Marker::True | Marker::False => "true or false",
        Marker::FixPos(_)
        | Marker::FixNeg(_)
        | Marker::U8
        | Marker::U16
        | Marker::U32
        | Marker::U64
        | Marker::I8
        | Marker::I16
        | Marker::I32
        | Marker::I64
        | Marker::F32
        | Marker::F64 => "a number",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "binary data",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => "an unknown value",
        Marker::Reserved => "a byte that MessagePack does not use",
    }
}
