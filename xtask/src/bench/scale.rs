//! A thousand key pairs in a cloud that takes 50 ms for each call, beside as many resources that the host has built in.

use std::path::Path;
use std::time::Duration;

use ecs_simulator::Simulator;
use xtask::host::Host;

use super::picture::Bar;
use super::report::Row;
use super::stage::Stage;
use super::statistics::{Median, ratio, seconds};
use crate::screen::line;

/// How many key pairs.
const MANY: usize = 1000;

/// What each call takes.
const LATENCY: Duration = Duration::from_millis(50);

/// The commands, in the order in which they are run; how the official provider did beside the same floor when it was
/// measured in the same way; and what is wanted of this one.
const COMMANDS: [(&str, &[&str], f64); 3] = [
    ("apply", &["apply", "-auto-approve"], 2.75),
    ("plan", &["plan"], 6.8),
    ("destroy", &["destroy", "-auto-approve"], 2.65),
];

/// The most that each of the commands may take, in units of the floor.
pub(super) const TARGET: f64 = 1.15;

/// Measures `rounds` times. Also returns the bars of the picture.
pub(super) fn measure(
    host: &Host,
    provider: &Path,
    simulator: &Simulator,
    rounds: usize,
) -> Result<(Vec<Row>, Vec<Bar>), String> {
    let directory = tempfile::tempdir().map_err(|error| format!("No temporary directory: {error}."))?;
    let key_pairs = Stage::key_pairs(host, provider, &directory.path().join("many"), simulator, MANY)?;
    let floor = Stage::floor(host, provider, &directory.path().join("floor"), MANY)?;
    simulator.set_latency(LATENCY);
    let (mut ours, mut floors) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    let (mut deletes, mut reads) = (0, 0);
    for round in 1..=rounds {
        line(format_args!("  round {round} of {rounds}"));
        for (at, (_, arguments, _)) in COMMANDS.iter().enumerate() {
            simulator.forget_calls();
            let elapsed = key_pairs.time(arguments)?;
            let beside = floor.time(arguments)?;
            if let (Some(ours), Some(floors)) = (ours.get_mut(at), floors.get_mut(at)) {
                ours.push(elapsed);
                floors.push(beside);
            }
            match at {
                1 => reads = reads.max(simulator.count("DescribeKeyPairs")),
                2 => deletes = deletes.max(simulator.count("DeleteKeyPairs")),
                _ => {}
            }
        }
    }
    let (mut rows, mut bars) = (Vec::new(), Vec::new());
    for ((command, _, official), (ours, floors)) in COMMANDS.iter().zip(ours.into_iter().zip(floors)) {
        let none = || "no runs".to_owned();
        let (ours, floor) = (Median::of(ours).ok_or_else(none)?, Median::of(floors).ok_or_else(none)?);
        let times = ours.value.as_secs_f64() / floor.value.as_secs_f64();
        rows.push(
            Row::new(
                format!("`{command}` of 1,000 key pairs, 50 ms a call"),
                format!("{}, {} × floor", ours.in_seconds(), ratio(times)),
            )
            .floor(format!("{}: `terraform_data`", floor.in_seconds()))
            .target("≤ 1.15 × floor"),
        );
        bars.push(Bar { command, ours: times, official: *official });
    }
    rows.push(Row::new("DeleteKeyPairs calls of that destroy (most)", deletes).target("≤ 260"));
    rows.push(Row::new("DescribeKeyPairs calls of that plan (most)", reads).target("≤ 22"));

    line("  100 at a time");
    simulator.set_latency(Duration::ZERO);
    key_pairs.time(&["apply", "-auto-approve"])?;
    simulator.set_latency(LATENCY);
    simulator.forget_calls();
    key_pairs.time(&["destroy", "-auto-approve", "-parallelism=100"])?;
    rows.push(
        Row::new("DeleteKeyPairs calls at `-parallelism=100`", simulator.count("DeleteKeyPairs"))
            .target("≤ 15"),
    );

    line("  60 deletions a minute");
    simulator.set_latency(Duration::ZERO);
    key_pairs.time(&["apply", "-auto-approve"])?;
    simulator.set_latency(LATENCY);
    simulator.set_rate_limit("DeleteKeyPairs", Some(60));
    simulator.forget_calls();
    let throttled = key_pairs.time(&["destroy", "-auto-approve"])?;
    simulator.set_rate_limit("DeleteKeyPairs", None);
    simulator.set_latency(Duration::ZERO);
    let accepted = simulator
        .calls()
        .iter()
        .filter(|call| call.action == "DeleteKeyPairs" && call.status == Some(200))
        .count();
    rows.push(
        Row::new("`destroy` of 1,000 where 60 DeleteKeyPairs a minute are taken", seconds(throttled))
            .target("≤ 180 s"),
    );
    rows.push(Row::new("DeleteKeyPairs calls that were taken", accepted).target("≤ 130"));
    Ok((rows, bars))
}
