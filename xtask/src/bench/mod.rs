//! How quick and how small the provider is, beside the floor under it.

mod credentials;
mod family;
mod footprint;
mod machine;
mod picture;
mod planning;
mod report;
mod scale;
mod size;
mod stage;
mod startup;
mod statistics;

use ecs_simulator::{Config, Simulator};
use xtask::cargo;
use xtask::host::Host;

use self::report::{Report, Row};
use crate::provider_binary::{self, NAME, Profile};
use crate::screen::line;

/// Runs of each command when nothing else is said.
pub(crate) const DEFAULT_RUNS: usize = 15;

/// The long measurements are made once for so many runs of the short ones.
const ROUNDS_PER_RUNS: usize = 5;

/// The provider's region and everything's.
const REGION: &str = "cn-hangzhou";

/// A public key for key pairs that nobody uses.
const PUBLIC_KEY: &str = include_str!("../../../examples/resources/alicloud_key_pair/deploy.pub");

/// Measures, prints the table, and writes it to `docs/benchmarks/README.md`.
pub(crate) fn run(runs: usize) -> Result<(), String> {
    if cfg!(debug_assertions) {
        return again_optimised(runs);
    }
    line("Building the provider for release. The first time, this takes some minutes.");
    let directory = provider_binary::build(Profile::Release)?;
    let program = directory.join(NAME);
    let idle = tempfile::tempdir().map_err(|error| format!("No temporary directory: {error}."))?;
    provider_binary::build_idle(idle.path())?;
    let host = Host::find()?;
    let load = machine::load();
    if load.is_some_and(|load| load > 1.0) {
        line("This machine is busy with something else: the times will be too long.");
    }
    let simulator = Simulator::start(Config::default())
        .map_err(|error| format!("The simulated cloud cannot start: {error}."))?;
    simulator.world(|world| world.key_pair_quota = usize::MAX);

    let mut rows: Vec<Row> = Vec::new();
    line("Starting it …");
    rows.push(startup::measure(&program, runs * 2)?);
    line("Planning …");
    rows.extend(planning::measure(&host, &directory, &simulator, runs)?);
    rows.push(credentials::measure(&host, &directory, &simulator, runs)?);
    rows.extend(size::measure(&program)?);
    line("Looking at the memory and the processor time of 1,000 key pairs …");
    rows.extend(footprint::measure(&host, &directory, &simulator)?);
    line("Applying, planning and destroying 1,000 key pairs in a cloud that takes its time …");
    let rounds = runs.div_ceil(ROUNDS_PER_RUNS);
    let (scale, bars) = scale::measure(&host, &directory, idle.path(), &simulator, rounds)?;
    rows.extend(scale);
    line("Asking for 500 key pairs, and binding them to 500 instances …\n");
    rows.extend(family::measure(&host, &directory, &simulator)?);
    let report = Report { runs, rounds, host: &host, load, rows, bars };
    line(report.table());
    for missed in report.missed() {
        line(format_args!("Missed: {missed}."));
    }
    line(format_args!("\nWritten to {}.", report.write()?.display()));
    Ok(())
}

/// Runs the same in a build of these tools that is quick. The simulated cloud runs in this very process, and must not
/// take the machine from the host that is measured.
fn again_optimised(runs: usize) -> Result<(), String> {
    let status = cargo()
        .args(["run", "--quiet", "--profile", "bench-tools", "--package", "xtask", "--", "bench"])
        .arg(runs.to_string())
        .status()
        .map_err(|error| format!("cargo cannot be run: {error}."))?;
    if status.success() { Ok(()) } else { Err("Nothing was measured; the reason is above.".to_owned()) }
}
