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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_text_file_is_read_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert_eq!(read(&path), Ok(None));
        for (content, outcome) in [
            (b"text\n".to_vec(), Ok(Some(Zeroizing::new("text\n".to_owned())))),
            (vec![], Ok(Some(Zeroizing::default()))),
            (vec![0xff], Err("is not text (UTF-8)".to_owned())),
            (vec![b' '; 1024 * 1024 + 1], Err("is larger than 1 MiB, so it holds something else".to_owned())),
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(read(&path), outcome);
        }
        assert_eq!(read(directory.path()), Err("is not a file".to_owned()));
        assert!(read(&path.join("below")).unwrap_err().starts_with("cannot be read: "));
    }
}
