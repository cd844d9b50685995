//! The machine that measures, in words that tell results apart and no machine by name.

use std::fs;
use std::thread;

/// `linux x86_64, 2 cores, 23 GiB of memory`.
pub(super) fn describe() -> String {
    let cores = thread::available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let memory = memory_gib().map_or_else(String::new, |gib| format!(", {gib} GiB of memory"));
    format!("{} {}, {cores} cores{memory}", std::env::consts::OS, std::env::consts::ARCH)
}

fn memory_gib() -> Option<u64> {
    let kib = super::footprint::field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")?;
    Some((kib + 512 * 1024) / (1024 * 1024))
}

/// How many processes wanted a core in the last minute, before this measured anything; `None` if the
/// system does not say.
pub(super) fn load() -> Option<f32> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}
