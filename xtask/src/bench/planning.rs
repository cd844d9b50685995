//! What the provider adds to a command of the host.

use std::path::Path;
use std::time::{Duration, Instant};

use ecs_simulator::Simulator;
use xtask::host::Host;
use xtask::workdir::{Workdir, provider_blocks};

use super::report::Row;
use super::statistics::{Median, millis};
use super::{PUBLIC_KEY, REGION};

/// How often Terraform 1.11 starts a provider for one `plan`: for the schemas, to validate, and to
/// plan.
const PROCESSES: u32 = 3;

/// Plans one key pair, and one `terraform_data`, which the host has built in, in turns.
pub(super) fn measure(
    host: &Host,
    provider: &Path,
    simulator: &Simulator,
    runs: usize,
) -> Result<[Row; 2], String> {
    let failed = |error| format!("The host cannot be run: {error}.");
    let directory = tempfile::tempdir().map_err(failed)?;
    let prepare = |name: &str, configuration: &str| {
        let workdir = Workdir::prepare(host, &directory.path().join(name), provider)?;
        workdir.write("main.tf", configuration)?;
        Ok(workdir)
    };
    let key_pair = format!(
        "{}\nresource \"alicloud_key_pair\" \"one\" {{\n  key_pair_name = \"one\"\n  public_key = {:?}\n}}\n",
        provider_blocks(simulator, REGION),
        PUBLIC_KEY.trim()
    );
    let key_pair = prepare("key_pair", &key_pair).map_err(failed)?;
    let data =
        prepare("floor", "resource \"terraform_data\" \"one\" {\n  input = \"one\"\n}\n").map_err(failed)?;
    let (mut plans, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        floor.push(plan(&data)?);
        plans.push(plan(&key_pair)?);
    }
    let none = || "no runs".to_owned();
    let plans = Median::of(plans).ok_or_else(none)?;
    let floor = Median::of(floor).ok_or_else(none)?;
    let each = plans.value.saturating_sub(floor.value) / PROCESSES;
    Ok([
        Row::new("`plan` of one key pair", plans).floor(format!("{floor}: one `terraform_data`")),
        Row::new("Each plugin process adds", millis(each))
            .target("≤ 25 ms", each <= Duration::from_millis(25)),
    ])
}

fn plan(workdir: &Workdir) -> Result<Duration, String> {
    let start = Instant::now();
    let output = workdir.run(&["plan"]).map_err(|error| format!("The host cannot be run: {error}."))?;
    let elapsed = start.elapsed();
    if output.status.success() {
        return Ok(elapsed);
    }
    Err(format!("A plan failed: {}", String::from_utf8_lossy(&output.stderr)))
}
