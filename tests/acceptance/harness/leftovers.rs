//! What a case may leave behind: nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use super::process;

/// Hosts wait for their providers, so this only has to outlast an unlucky moment.
const PATIENCE: Duration = Duration::from_mins(1);

/// Fails if a process that was started with this temporary directory still runs, or a file is left in it.
pub(crate) fn check(temporary: &Path) {
    check_processes(temporary);
    let mut files: Vec<_> =
        std::fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // OpenTofu's own, where it has no home directory.
    files.retain(|name| name != ".terraform.d");
    assert!(files.is_empty(), "left in the temporary directory: {files:?}");
}

/// Fails if a process that was started with this temporary directory still runs.
pub(crate) fn check_processes(temporary: &Path) {
    let gave_up = Instant::now() + PATIENCE;
    let mut left = process::started_with(temporary);
    while !left.is_empty() && Instant::now() < gave_up {
        std::thread::yield_now();
        left = process::started_with(temporary);
    }
    assert!(left.is_empty(), "still running: {left:?}");
}
