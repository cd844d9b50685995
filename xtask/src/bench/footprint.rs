//! How much memory and processor time the provider's processes take, with many key pairs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use ecs_simulator::Simulator;
use xtask::host::Host;
use xtask::workdir::{Workdir, provider_blocks};

use super::report::{Row, megabytes};
use super::statistics::seconds;
use super::{PUBLIC_KEY, REGION};
use crate::provider_binary::NAME;

/// How many key pairs.
const MANY: usize = 1000;

/// Between two looks at the processes. The kernel keeps peaks and sums, so only what happens between the last look and
/// the end is missed.
const PAUSE: Duration = Duration::from_millis(20);

/// The unit of processor times in `/proc`, on every Linux that programs see.
const TICK: Duration = Duration::from_millis(10);

/// The most memory that a process of the provider may take, in bytes.
const MEMORY: u64 = 20_000_000;

/// Applies, plans and destroys, and looks at the provider's process meanwhile.
pub(super) fn measure(host: &Host, provider: &Path, simulator: &Simulator) -> Result<Vec<Row>, String> {
    let failed = |error| format!("The host cannot be run: {error}.");
    let program = fs::canonicalize(provider.join(NAME)).map_err(failed)?;
    let directory = tempfile::tempdir().map_err(failed)?;
    let workdir = Workdir::prepare(host, directory.path(), provider).map_err(failed)?;
    let configuration = format!(
        "{}\nresource \"alicloud_key_pair\" \"many\" {{\n  count = {MANY}\n  key_pair_name = \"many-${{count.index}}\"\n  \
         public_key = {:?}\n  tags = {{ team = \"platform\" }}\n}}\n",
        provider_blocks(simulator, REGION),
        PUBLIC_KEY.trim()
    );
    workdir.write("main.tf", &configuration).map_err(failed)?;
    let mut rows = Vec::new();
    let unknown = || "not measured: no /proc".to_owned();
    for (what, arguments) in [
        ("create", &["apply", "-auto-approve"] as &[&str]),
        ("refresh and plan", &["plan"]),
        ("destroy", &["destroy", "-auto-approve"]),
    ] {
        let child = workdir
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(failed)?;
        let seen = watch(child, &program)
            .map_err(failed)?
            .ok_or_else(|| format!("`{}` of {MANY} key pairs failed.", arguments.join(" ")))?;
        let what = format!("Peak memory, {what} 1,000 key pairs");
        rows.push(match seen.peak {
            0 => Row::new(what, unknown()),
            peak => Row::new(what, megabytes(peak)).target("≤ 20 MB", peak <= MEMORY),
        });
        if *arguments == ["plan"] {
            let shown = |time: Duration| if time.is_zero() { unknown() } else { seconds(time) };
            rows.push(
                Row::new("Processor time of the provider in that plan", shown(seen.provider()))
                    .floor(format!("{}: the host itself", shown(seen.host))),
            );
        }
    }
    Ok(rows)
}

/// What was seen of the processes of a run.
#[derive(Default)]
struct Seen {
    /// The most memory that one of the provider's processes took, in bytes.
    peak: u64,
    /// The processor time of each of the provider's processes.
    provider: BTreeMap<String, Duration>,
    /// That of the host.
    host: Duration,
}

impl Seen {
    fn provider(&self) -> Duration {
        self.provider.values().sum()
    }

    /// Looks at the processes of `program`, and at the one of the host.
    fn look(&mut self, program: &Path, host: u32) {
        self.host = self.host.max(processor_time(&Path::new("/proc").join(host.to_string())));
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let path = process.path();
            if !fs::read_link(path.join("exe")).is_ok_and(|executable| executable == program) {
                continue;
            }
            let status = fs::read_to_string(path.join("status")).unwrap_or_default();
            self.peak = self.peak.max(field(&status, "VmHWM").unwrap_or_default() * 1024);
            let id = process.file_name().to_string_lossy().into_owned();
            let time = self.provider.entry(id).or_default();
            *time = (*time).max(processor_time(&path));
        }
    }
}

/// What is seen until `child` ends; `None` if it fails.
fn watch(mut child: Child, program: &Path) -> std::io::Result<Option<Seen>> {
    let mut seen = Seen::default();
    loop {
        seen.look(program, child.id());
        if let Some(status) = child.try_wait()? {
            return Ok(status.success().then_some(seen));
        }
        thread::sleep(PAUSE);
    }
}

/// What a process has had of the processors so far; nothing if it has ended.
fn processor_time(process: &Path) -> Duration {
    fs::read_to_string(process.join("stat"))
        .ok()
        .and_then(|stat| ticks(&stat))
        .map_or(Duration::ZERO, |ticks| TICK * ticks)
}

/// The user and system time in a file such as `/proc/PID/stat`. A name in it may hold anything, but ends at the last
/// bracket.
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u32 = times.next()?.parse().ok()?;
    let system: u32 = times.next()?.parse().ok()?;
    user.checked_add(system)
}

/// A field of a file such as `/proc/PID/status`, in KiB.
pub(super) fn field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_times_of_proc() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 99 0 0 0 120 34 0 0 20 0 3 0 55 1000 200";
        assert_eq!(ticks(stat), Some(154));
        assert_eq!(ticks("7 (a"), None);
    }

    #[test]
    fn fields_of_proc() {
        let text = "Name:\tx\nVmHWM:\t    9876 kB\nVmHWMx:\t1 kB\n";
        assert_eq!(field(text, "VmHWM"), Some(9876));
        assert_eq!(field(text, "VmH"), None);
        assert_eq!(field(text, "Name"), None);
    }
}
