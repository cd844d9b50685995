//! What it costs to find the access key in a profile: from ConfigureProvider to the first call, by the provider's log.

use std::path::Path;
use std::time::Duration;

use ecs_simulator::Simulator;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use xtask::host::Host;
use xtask::workdir::{SOURCE, Workdir};

use super::report::Row;
use super::statistics::{Median, millis};
use super::{PUBLIC_KEY, REGION};

/// Plans with the key in the provider block and with the key in a profile, in turns.
pub(super) fn measure(
    host: &Host,
    provider: &Path,
    simulator: &Simulator,
    runs: usize,
) -> Result<Row, String> {
    let failed = |error| format!("The host cannot be run: {error}.");
    let directory = tempfile::tempdir().map_err(failed)?;
    let (id, secret) = (simulator.access_key_id(), simulator.access_key_secret());
    let file = directory.path().join("config.json");
    let profile = format!(
        "{{\"current\":\"bench\",\"profiles\":[{{\"name\":\"bench\",\"mode\":\"AK\",\"access_key_id\":{id:?},\
         \"access_key_secret\":{secret:?}}}]}}"
    );
    std::fs::write(&file, profile).map_err(failed)?;
    let stage = |name: &str, credentials: &str| {
        let directory = directory.path().join(name);
        let mut workdir = Workdir::prepare(host, &directory, provider)?;
        let url = simulator.url();
        let configuration = format!(
            "terraform {{\n  required_providers {{\n    alicloud = {{ source = {SOURCE:?} }}\n  }}\n}}\n\nprovider \"alicloud\" {{\n  \
             region = {REGION:?}\n  {credentials}\n  endpoints {{\n    ecs = {url:?}\n    sts = {url:?}\n  }}\n}}\n\nresource \
             \"alicloud_key_pair\" \"one\" {{\n  key_pair_name = \"one\"\n  public_key = {:?}\n}}\n",
            PUBLIC_KEY.trim()
        );
        workdir.write("main.tf", &configuration)?;
        workdir.set_env("TF_LOG_PROVIDER", "TRACE");
        workdir.set_env("TF_LOG_PATH", directory.join("log"));
        Ok(workdir)
    };
    let block = stage("block", &format!("access_key = {id:?}\n  secret_key = {secret:?}")).map_err(failed)?;
    let profile = stage(
        "profile",
        &format!("profile = \"bench\"\n  shared_credentials_file = {:?}", file.display().to_string()),
    )
    .map_err(failed)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        without.push(to_first_call(&block)?);
        with.push(to_first_call(&profile)?);
    }
    let none = || "no runs".to_owned();
    let (with, without) = (Median::of(with).ok_or_else(none)?, Median::of(without).ok_or_else(none)?);
    let adds = with.value.saturating_sub(without.value);
    Ok(Row::new("A key in a profile adds, before the first call", millis(adds))
        .floor(format!("{without}: a key in the block"))
        .target("≤ 5 ms", adds <= Duration::from_millis(5)))
}

/// From ConfigureProvider to the end of the first call; the calls take the same on both ways.
fn to_first_call(workdir: &Workdir) -> Result<Duration, String> {
    let log = workdir.path().join("log");
    // The host appends.
    let _ = std::fs::remove_file(&log);
    let output = workdir.run(&["plan"]).map_err(|error| format!("The host cannot be run: {error}."))?;
    if !output.status.success() {
        return Err(format!("A plan failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = std::fs::read_to_string(&log).map_err(|error| format!("{}: {error}.", log.display()))?;
    let configured = text
        .lines()
        .position(|line| line.contains("Received request") && line.contains("=ConfigureProvider"));
    let lines = || text.lines().skip(configured.unwrap_or_default());
    let begun = lines().next().and_then(timestamp);
    let called = lines().find(|line| line.contains(": called:")).and_then(timestamp);
    match (configured, begun, called) {
        (Some(_), Some(begun), Some(called)) => {
            Duration::try_from(called - begun).map_err(|_| "The log runs backwards.".to_owned())
        }
        _ => Err("The log does not show ConfigureProvider and a call.".to_owned()),
    }
}

/// The time that the provider gave the line.
fn timestamp(line: &str) -> Option<OffsetDateTime> {
    let text = line.split(' ').find_map(|word| word.strip_prefix("timestamp="))?;
    OffsetDateTime::parse(text.trim_matches('"'), &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_lines() {
        let line = "2026-11-24T12:41:59.511Z [TRACE] provider.x: Received request: a=1 timestamp=2026-11-24T12:41:59.511723Z";
        assert_eq!(timestamp(line).map(OffsetDateTime::microsecond), Some(511_723));
        assert_eq!(timestamp("nothing"), None);
    }
}
