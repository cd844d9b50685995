//! Bound key pairs, data sources and attachments in a cloud that takes 50 ms for each call.

use std::path::Path;
use std::time::Duration;

use ecs_simulator::{Instance, Simulator};
use xtask::host::Host;

use super::report::Row;
use super::stage::Stage;
use super::statistics::{Median, millis};
use super::{PUBLIC_KEY, REGION};

/// What each call takes.
const LATENCY: Duration = Duration::from_millis(50);

/// How many key pairs and how many instances the region has.
const MANY: usize = 500;

/// Attachments of the last measurement.
const ATTACHMENTS: usize = 100;

/// A medians' runs.
const RUNS: usize = 5;

pub(super) fn measure(host: &Host, provider: &Path, simulator: &Simulator) -> Result<Vec<Row>, String> {
    let directory = tempfile::tempdir().map_err(|error| format!("No temporary directory: {error}."))?;
    let stage = |name: &str, resources: &str| {
        Stage::of_provider(host, provider, &directory.path().join(name), simulator, resources)
    };
    let none = || "no runs".to_owned();
    simulator.world(|world| {
        world.key_pairs.clear();
        for number in 0..MANY {
            world.add_key_pair(REGION, &format!("pair-{number}"), PUBLIC_KEY.trim());
            let instance = Instance::new(REGION, &format!("i-{number}"));
            world.add_instance(instance.bound_to(&format!("pair-{number}")));
        }
    });
    simulator.set_latency(LATENCY);

    // A plan without the data source is what the host needs by itself.
    let asked = stage("data", "data \"alicloud_key_pairs\" \"all\" {}\n")?;
    let silent = stage("silent", "")?;
    let (mut with, mut without, mut calls) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        simulator.forget_calls();
        with.push(asked.time(&["plan"])?);
        calls = calls.max(simulator.calls().len());
        without.push(silent.time(&["plan"])?);
    }
    let (with, without) = (Median::of(with).ok_or_else(none)?, Median::of(without).ok_or_else(none)?);
    let mut rows = vec![
        Row::new("Data source of 500 key pairs on 500 instances, `plan`", with)
            .floor(format!("{without}: no data source"))
            .target("≤ 1,200 ms", with.value <= Duration::from_millis(1200)),
        Row::new("Its calls", calls).target("≤ 15", calls <= 15),
    ];

    // A bound key pair: from the start of the command to its end, less the same for one that is free.
    let (mut bound, mut free) = (Vec::new(), Vec::new());
    let one = stage(
        "bound",
        &format!(
            "resource \"alicloud_key_pair\" \"one\" {{\n  key_pair_name = \"bound\"\n  public_key = {:?}\n}}\n",
            PUBLIC_KEY.trim()
        ),
    )?;
    for _ in 0..RUNS {
        one.time(&["apply", "-auto-approve"])?;
        simulator.world(|world| world.add_instance(Instance::new(REGION, "i-bound").bound_to("bound")));
        bound.push(one.time_failing(&["destroy", "-auto-approve"], "is bound to 1 instance")?);
        simulator.world(|world| world.unbind("i-bound"));
        free.push(one.time(&["destroy", "-auto-approve"])?);
    }
    let (bound, free) = (Median::of(bound).ok_or_else(none)?, Median::of(free).ok_or_else(none)?);
    let later = bound.value.saturating_sub(free.value);
    rows.push(
        Row::new("The error for a bound key pair comes later than a success by", millis(later))
            .floor(format!("{free}: `destroy` of a free one"))
            .target("≤ 1,000 ms", later <= Duration::from_secs(1)),
    );

    simulator.world(|world| {
        for instance in world.instances.values_mut() {
            instance.key_pair_name.clear();
        }
    });
    let attach = stage(
        "attach",
        &format!(
            "resource \"alicloud_key_pair_attachment\" \"all\" {{\n  key_pair_name = \"pair-0\"\n  instance_ids = [for n in \
             range({MANY}) : \"i-${{n}}\"]\n}}\n"
        ),
    )?;
    simulator.forget_calls();
    let elapsed = attach.time(&["apply", "-auto-approve"])?;
    rows.push(Row::new("`apply` of one key pair on 500 instances", millis(elapsed)));
    let calls = simulator.count("AttachKeyPair");
    rows.push(Row::new("Its AttachKeyPair calls", calls).target("10", calls == 10));
    attach.time(&["destroy", "-auto-approve"])?;

    let attachments = stage(
        "attachments",
        &format!(
            "resource \"alicloud_key_pair_attachment\" \"each\" {{\n  count = {ATTACHMENTS}\n  key_pair_name = \
             \"pair-${{count.index}}\"\n  instance_ids = [for n in range(5) : \"i-${{count.index * 5 + n}}\"]\n}}\n"
        ),
    )?;
    attachments.time(&["apply", "-auto-approve"])?;
    simulator.forget_calls();
    let elapsed = attachments.time(&["plan"])?;
    rows.push(Row::new("`plan` of 100 attachments on 500 instances", millis(elapsed)));
    let calls = simulator.count("DescribeInstances");
    rows.push(Row::new("Its DescribeInstances calls", calls).target("≤ 6", calls <= 6));
    simulator.set_latency(Duration::ZERO);
    attachments.time(&["destroy", "-auto-approve"])?;
    simulator.world(|world| {
        world.key_pairs.clear();
        world.instances.clear();
    });
    Ok(rows)
}
