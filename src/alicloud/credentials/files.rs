//! Files that sources of credentials read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

/// The largest file that is read. Profiles and tokens are a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// Reads a text file, wiped from memory when it is dropped. `None` if there is no such file; the error completes
/// "The file … ".
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    // A pipe might never end.
    if !metadata.is_file() {
        return Err("is not a file".to_owned());
    }
    if metadata.len() > LARGEST {
        return Err("is larger than 1 MiB, so it holds something else".to_owned());
    }
    // Room for all of it at once, so that no half of it is left behind when the buffer grows.
    let capacity = usize::try_from(metadata.len()).unwrap_or_default() + 1;
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    match File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err("is not text (UTF-8)".to_owned()),
        Err(error) => Err(cannot(error)),
    }
}
