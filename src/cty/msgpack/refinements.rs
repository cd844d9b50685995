//! The promises about an unknown value, in the payload of its extension.

use super::super::{Bound, DecodeError, EncodeError, Refinements};
use super::decode::{number, string};
use super::reader::Reader;
use super::{MAX_REFINEMENTS, encode};
use rmp::Marker;
use rmp::encode as write;

/// Hosts keep no longer prefix (bytes).
const MAX_PREFIX: usize = 256;

const NULL: u64 = 1;
const PREFIX: u64 = 2;
const LOWER: u64 = 3;
const UPPER: u64 = 4;
const MIN_LENGTH: u64 = 5;
const MAX_LENGTH: u64 = 6;

/// Reads the map of promises. Keys that later hosts may add, or bytes behind the map, say nothing
/// to us.
pub(super) fn read(payload: &[u8]) -> Result<Refinements, DecodeError> {
    let mut reader = Reader::new(payload);
    let mut known = Refinements::default();
    let entries = reader.map_length()?.ok_or_else(damaged)?;
    for _ in 0..entries {
        match integer(&mut reader)? {
            Some(NULL) => {
                known.null = match reader.marker()? {
                    Marker::True => Some(true),
                    Marker::False => Some(false),
                    _ => return Err(damaged()),
                }
            }
            Some(PREFIX) => known.prefix = Some(string(&mut reader)?),
            Some(LOWER) => known.lower = bound(&mut reader)?,
            Some(UPPER) => known.upper = bound(&mut reader)?,
            Some(MIN_LENGTH) => known.min_length = integer(&mut reader)?,
            Some(MAX_LENGTH) => known.max_length = integer(&mut reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(known)
}

/// A count or key, or `None` (passed over) for what is none.
fn integer(reader: &mut Reader<'_>) -> Result<Option<u64>, DecodeError> {
    let mut ahead = reader.clone();
    reader.skip()?;
    Ok(number(&mut ahead).ok().and_then(|number| number.as_u64()))
}

fn bound(reader: &mut Reader<'_>) -> Result<Option<Bound>, DecodeError> {
    let mut ahead = reader.clone();
    reader.skip()?;
    if ahead.array_length()? != Some(2) {
        return Err(damaged());
    }
    if matches!(ahead.peek()?, Marker::Null) || ahead.extension()?.is_some() {
        return Ok(None);
    }
    let value = number(&mut ahead)?;
    match ahead.marker()? {
        Marker::True => Ok(Some(Bound { value, inclusive: true })),
        Marker::False => Ok(Some(Bound { value, inclusive: false })),
        _ => Err(damaged()),
    }
}

fn damaged() -> DecodeError {
    DecodeError::new("what is known about an unknown value is damaged")
}

/// The payload for these promises; `None` if there is nothing to say or no room to say it.
pub(super) fn payload(known: &Refinements) -> Result<Option<Vec<u8>>, EncodeError> {
    let mut entries = 0;
    let mut body = Vec::new();
    if let Some(null) = known.null {
        entries += 1;
        write::write_uint(&mut body, NULL)?;
        write::write_bool(&mut body, null)?;
    }
    if let Some(prefix) = &known.prefix {
        entries += 1;
        write::write_uint(&mut body, PREFIX)?;
        // A shorter prefix promises less, so it is still true.
        let end = prefix.floor_char_boundary(MAX_PREFIX);
        write::write_str(&mut body, prefix.get(..end).unwrap_or_default())?;
    }
    for (key, bound) in [(LOWER, &known.lower), (UPPER, &known.upper)] {
        if let Some(bound) = bound {
            entries += 1;
            write::write_uint(&mut body, key)?;
            write::write_array_len(&mut body, 2)?;
            encode::number(&mut body, &bound.value)?;
            write::write_bool(&mut body, bound.inclusive)?;
        }
    }
    for (key, length) in [(MIN_LENGTH, known.min_length), (MAX_LENGTH, known.max_length)] {
        if let Some(length) = length {
            entries += 1;
            write::write_uint(&mut body, key)?;
            write::write_uint(&mut body, length)?;
        }
    }
    let mut payload = Vec::new();
    write::write_map_len(&mut payload, entries)?;
    payload.append(&mut body);
    Ok((entries > 0 && payload.len() <= MAX_REFINEMENTS).then_some(payload))
}
