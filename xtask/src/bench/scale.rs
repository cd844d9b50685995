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

/// Measures `rounds` times, also with the provider in `idle`, which does nothing. Also returns the bars of the picture.
pub(super) fn measure(
    host: &Host,
    provider: &Path,
    idle: &Path,
    simulator: &Simulator,
    rounds: usize,
) -> Result<(Vec<Row>, Vec<Bar>), String> {
    let directory = tempfile::tempdir().map_err(|error| format!("No temporary directory: {error}."))?;
    let key_pairs = Stage::key_pairs(host, provider, &directory.path().join("many"), simulator, MANY)?;
    let bare = Stage::floor(host, provider, &directory.path().join("bare"), MANY, 0)?;
    simulator.set_latency(LATENCY);
    // A host copies and writes its whole state for each resource, so that a floor needs a state of the same size.
    key_pairs.time(&["apply", "-auto-approve"])?;
    bare.time(&["apply", "-auto-approve"])?;
    let less = key_pairs.state_size()?.saturating_sub(bare.state_size()?);
    // Each byte of the input is one of the output too.
    let more = usize::try_from(less).unwrap_or_default() / (2 * MANY);
    let floor = Stage::floor(host, provider, &directory.path().join("floor"), MANY, more)?;
    let idle = Stage::key_pairs(host, idle, &directory.path().join("idle"), simulator, MANY)?;
    idle.take_state(&key_pairs)?;
    for stage in [&key_pairs, &bare] {
        stage.time(&["destroy", "-auto-approve"])?;
    }
    let mut times: [[Vec<Duration>; 3]; 3] = Default::default();
    let mut idle_plans = Vec::new();
    let (mut deletes, mut reads) = (0, 0);
    for round in 1..=rounds {
        line(format_args!("  round {round} of {rounds}"));
        for ((_, arguments, _), times) in COMMANDS.iter().zip(&mut times) {
            simulator.forget_calls();
            for (stage, times) in [&key_pairs, &floor, &bare].into_iter().zip(times) {
                times.push(stage.time(arguments)?);
            }
            deletes = deletes.max(simulator.count("DeleteKeyPairs"));
            if *arguments == ["plan"] {
                // Anything but "no changes" is not the same work, and fails.
                idle_plans.push(idle.time(&["plan", "-detailed-exitcode"])?);
                reads = reads.max(simulator.count("DescribeKeyPairs"));
            }
        }
    }
    let (mut rows, mut drawn) = (Vec::new(), Vec::new());
    let median = |runs| Median::of(runs).ok_or_else(|| "no runs".to_owned());
    let idle = median(idle_plans)?;
    for ((command, arguments, official), times) in COMMANDS.iter().zip(times) {
        let [ours, floor, bare] = times;
        let (ours, floor, bare) = (median(ours)?, median(floor)?, median(bare)?);
        let times = |floor: Median| ours.value.as_secs_f64() / floor.value.as_secs_f64();
        rows.push(
            Row::new(
                format!("`{command}` of 1,000 key pairs, 50 ms a call"),
                format!("{}: {} × ({} ×)", ours.in_seconds(), ratio(times(floor)), ratio(times(bare))),
            )
            .floor(format!("{}; bare {}", floor.in_seconds(), seconds(bare.value)))
            .target("≤ 1.15 ×", times(floor) <= TARGET),
        );
        if *arguments == ["plan"] {
            let nothing = idle.value.as_secs_f64() / floor.value.as_secs_f64();
            rows.push(
                Row::new(
                    "The same, beside a provider that does nothing",
                    format!("{} ×", ratio(times(idle))),
                )
                .floor(format!("{}: itself {} ×", idle.in_seconds(), ratio(nothing))),
            );
        }
        drawn.push(Bar { command, ours: times(floor), bare: times(bare), official: *official });
    }
    rows.push(
        Row::new("DeleteKeyPairs calls of that destroy (most)", deletes).target("≤ 260", deletes <= 260),
    );
    rows.push(Row::new("DescribeKeyPairs calls of that plan (most)", reads).target("≤ 22", reads <= 22));

    line("  100 at a time");
    simulator.set_latency(Duration::ZERO);
    key_pairs.time(&["apply", "-auto-approve"])?;
    simulator.set_latency(LATENCY);
    simulator.forget_calls();
    key_pairs.time(&["destroy", "-auto-approve", "-parallelism=100"])?;
    let calls = simulator.count("DeleteKeyPairs");
    rows.push(Row::new("DeleteKeyPairs calls at `-parallelism=100`", calls).target("≤ 15", calls <= 15));

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
            .target("≤ 180 s", throttled <= Duration::from_mins(3)),
    );
    rows.push(Row::new("DeleteKeyPairs calls that were taken", accepted).target("≤ 130", accepted <= 130));
    Ok((rows, drawn))
}
