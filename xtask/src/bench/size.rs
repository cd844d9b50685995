//! How large the executable is.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::report::{Row, megabytes};

/// The executable, and what a registry's archive of it comes to.
pub(super) fn measure(program: &Path) -> Result<[Row; 2], String> {
    let size = fs::metadata(program).map_err(|error| format!("{}: {error}.", program.display()))?.len();
    // Absent on some systems: then this is left out, as there is no need to build a gzip for it.
    let zipped = Command::new("gzip").args(["-9", "-c"]).arg(program).stderr(Stdio::null()).output();
    let zipped = match zipped {
        Ok(output) if output.status.success() => Some(output.stdout.len() as u64),
        _ => None,
    };
    Ok([
        Row::new("Size of the executable", megabytes(size)).target("≤ 10 MB", size <= 10_000_000),
        Row::new("The same, gzipped", zipped.map_or_else(|| "not measured: no gzip".to_owned(), megabytes))
            .target("≤ 4 MB", zipped.is_none_or(|zipped| zipped <= 4_000_000)),
    ])
}
