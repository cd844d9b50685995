//! The simulated cloud of the demonstration.

use std::convert::Infallible;
use std::thread;
use std::time::Duration;

use ecs_simulator::{Call, Instance, Simulator};
use xtask::workdir::SOURCE;

use super::stage::Stage;
use crate::screen::{indented, line};

/// Where everything happens.
pub(super) const REGION: &str = "cn-hangzhou";

/// The instance that gets in the way.
pub(super) const INSTANCE: &str = "i-demo";

/// Lets an instance carry the key pair.
pub(super) fn bind(simulator: &Simulator, key_pair_name: &str) {
    simulator.world(|world| world.add_instance(Instance::new(REGION, INSTANCE).bound_to(key_pair_name)));
}

/// Takes the key pair off the instance.
pub(super) fn unbind(simulator: &Simulator) {
    simulator.world(|world| world.unbind(INSTANCE));
}

/// One line for a call: what was asked, and what came of it.
pub(super) fn describe(call: &Call) -> String {
    let outcome = match (call.status, &call.code) {
        (_, Some(code)) => code.clone(),
        (Some(200), None) => "ok".to_owned(),
        (Some(status), None) => format!("HTTP {status}"),
        (None, None) => "no answer".to_owned(),
    };
    let parameters: Vec<String> = call
        .parameters
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "RegionId" | "PageNumber" | "PageSize"))
        .map(|(name, value)| format!("{name}={}", shortened(value)))
        .collect();
    format!("{:<17} {:<4} {}", call.action, outcome, parameters.join(" ")).trim_end().to_owned()
}

/// A value that fits in a line.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 40;
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    let start: String = value.chars().take(LONGEST).collect();
    format!("{start}…")
}

/// Leaves the cloud up, and shows the calls that arrive, until Ctrl-C ends the process.
pub(super) fn keep(stage: &Stage) -> Infallible {
    let simulator = &stage.simulator;
    let (url, program) = (simulator.url(), stage.program());
    line(format_args!("\nThe cloud stays up at {url} until you press Ctrl-C."));
    line("\nTo repeat the commands above, or to use a configuration of your own, set in another shell:\n");
    indented(&format!(
        "cd {directory}    # or a directory of your own\n\
         export TF_CLI_CONFIG_FILE={config_file}\n\
         {variables}\n\
         {program} plan",
        directory = stage.directory().display(),
        config_file = stage.directory().join("cli.tfrc").display(),
        variables =
            simulator.environment(REGION).map(|(name, value)| format!("export {name}={value}")).join("\n"),
    ));
    line("\nA configuration of your own starts with the provider's address; `init` is not needed:\n");
    indented(&format!(
        "terraform {{\n  required_providers {{\n    alicloud = {{\n      source = \"{SOURCE}\"\n    }}\n  }}\n}}"
    ));
    line("\nTo look at the cloud and to change it:\n");
    indented(&format!(
        "curl {url}/admin/world\n\
         curl -d '{{\"key_pair_name\": \"web\"}}' {url}/admin/instances/{INSTANCE}/bind\n\
         curl -d '' {url}/admin/instances/{INSTANCE}/unbind\n\
         curl -d '{{\"action\": \"DeleteKeyPairs\", \"times\": 3, \"effect\": \"disconnect\"}}' {url}/admin/faults"
    ));
    line("\nAPI calls as they arrive:\n");
    simulator.forget_calls();
    let mut shown = 0;
    loop {
        let calls = simulator.calls();
        // Whoever resets the simulator starts the list again.
        shown = shown.min(calls.len());
        // A call without a status is under way, unless a fault keeps it from ever having one.
        let ended = |call: &&Call| call.status.is_some() || call.fault.is_some();
        for call in calls.iter().skip(shown).take_while(ended) {
            indented(&describe(call));
            shown += 1;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_in_a_line() {
        let parameters = [("RegionId", REGION), ("KeyPairName", "web"), ("PublicKeyBody", &"k".repeat(50))];
        let mut call = Call {
            action: "ImportKeyPair".to_owned(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            status: Some(200),
            ..Call::default()
        };
        let key = "k".repeat(40);
        assert_eq!(describe(&call), format!("ImportKeyPair     ok   KeyPairName=web PublicKeyBody={key}…"));
        call.parameters.clear();
        call.code = Some("KeyPair.AlreadyExist".to_owned());
        assert_eq!(describe(&call), "ImportKeyPair     KeyPair.AlreadyExist");
        (call.code, call.status) = (None, None);
        assert_eq!(describe(&call), "ImportKeyPair     no answer");
    }
}
