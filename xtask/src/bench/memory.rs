//! How much memory the provider's process takes at most, with many key pairs.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use ecs_simulator::Simulator;
use xtask::host::Host;
use xtask::workdir::{Workdir, provider_blocks};

use super::report::{Row, megabytes};
use super::{PUBLIC_KEY, REGION};
use crate::provider_binary::NAME;

/// How many key pairs.
const MANY: usize = 1000;

/// Between two looks at the process. The kernel keeps the peak, so only what happens between the
/// last look and the end is missed.
const PAUSE: Duration = Duration::from_millis(20);

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
        let peak = watch(child, &program)
            .map_err(failed)?
            .ok_or_else(|| format!("`{}` of {MANY} key pairs failed.", arguments.join(" ")))?;
        let shown = if peak == 0 { "not measured: no /proc".to_owned() } else { megabytes(peak) };
        rows.push(Row::new(format!("Peak memory, {what} 1,000 key pairs"), shown).target("≤ 20 MB"));
    }
    Ok(rows)
}

/// The peak of all processes of `program`, in bytes, until `child` ends; `None` if it fails.
fn watch(mut child: Child, program: &Path) -> std::io::Result<Option<u64>> {
    let mut peak = 0;
    loop {
        peak = peak.max(largest(program));
        if let Some(status) = child.try_wait()? {
            return Ok(status.success().then_some(peak));
        }
        thread::sleep(PAUSE);
    }
}

/// The largest peak of the processes of `program` that run now, in bytes.
fn largest(program: &Path) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ours = processes.filter(|process| {
        fs::read_link(process.path().join("exe")).is_ok_and(|executable| executable == program)
    });
    let peaks =
        ours.filter_map(|process| field(&fs::read_to_string(process.path().join("status")).ok()?, "VmHWM"));
    peaks.max().unwrap_or_default() * 1024
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
    fn fields_of_proc() {
        let text = "Name:\tx\nVmHWM:\t    9876 kB\nVmHWMx:\t1 kB\n";
        assert_eq!(field(text, "VmHWM"), Some(9876));
        assert_eq!(field(text, "VmH"), None);
        assert_eq!(field(text, "Name"), None);
    }
}
