//! One test's world: a simulator, a directory, and the commands that run in it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ecs_simulator::{Config, Simulator};
use tempfile::TempDir;
use xtask::host::Host;
use xtask::workdir::{SOURCE, Workdir};

use super::process::Running;
use super::secrets::Secrets;
use super::{Plan, Run, State, keys, leftovers, secrets};

/// Where cases work unless they say otherwise.
pub(crate) const REGION: &str = "cn-hangzhou";

/// How long a case waits for what is sure to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// A simulator and a directory with a configuration, of one test.
pub(crate) struct Case {
    pub(crate) simulator: Simulator,
    work: Workdir,
    directory: TempDir,
    secrets: Vec<String>,
    /// What all commands have said.
    said: String,
}

impl Case {
    pub(crate) fn new(host: &Host) -> Self {
        let simulator = Simulator::start(Config::default()).unwrap();
        // The name is short, since the path of a socket may have about 100 characters.
        let directory = tempfile::Builder::new().prefix("tf").tempdir().unwrap();
        for name in ["tmp", "keys", "home"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud")).parent().unwrap();
        let work = Workdir::prepare(host, &directory.path().join("work"), provider).unwrap();
        let mut secrets: Vec<String> = secrets::ALWAYS.map(str::to_owned).into();
        secrets.push(simulator.access_key_secret().to_owned());
        let mut case = Self { simulator, work, directory, secrets, said: String::new() };
        let log = case.path("provider.log");
        let credentials =
            (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
        case.use_credentials(&credentials.0, &credentials.1);
        case.set_env("TMPDIR", case.temporary().display().to_string());
        case.set_env("TF_LOG_PROVIDER", "TRACE");
        case.set_env("TF_LOG_PATH", log.display().to_string());
        case.set_env("NO_PROXY", "127.0.0.1");
        // Nobody's profiles get in.
        case.set_env("HOME", case.home("").display().to_string());
        case.work.write("keys.tf", &keys::locals()).unwrap();
        case.set_region(REGION);
        case
    }

    /// A path in the directory of the configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    /// A path for a private key. What is there is not searched for secrets.
    pub(crate) fn key_path(&self, name: &str) -> PathBuf {
        self.directory.path().join("keys").join(name)
    }

    /// A path in the home directory, which is empty at first. What is there is not searched for secrets.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.directory.path().join("home").join(name)
    }

    /// Writes a file in the home directory.
    pub(crate) fn write_home(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The temporary directory of everything that the case starts.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.directory.path().join("tmp")
    }

    pub(crate) fn host(&self) -> &Host {
        self.work.host()
    }

    /// Goes on with another host, on the same state.
    pub(crate) fn use_host(&mut self, host: &Host) {
        self.work.use_host(host);
    }

    pub(crate) fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.work.set_env(name, value.into());
    }

    pub(crate) fn remove_env(&mut self, name: &str) {
        self.work.remove_env(name);
    }

    /// From now on, the provider finds this access key in its environment.
    pub(crate) fn use_credentials(&mut self, id: &str, secret: &str) {
        self.set_env("ALICLOUD_ACCESS_KEY", id);
        self.set_env("ALICLOUD_SECRET_KEY", secret);
        self.forbid(secret);
    }

    /// From now on, the provider finds no access key in its environment.
    pub(crate) fn use_no_credentials(&mut self) {
        for name in ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY"] {
            self.remove_env(name);
        }
    }

    /// A text that must be nowhere when the case ends.
    pub(crate) fn forbid(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
    }

    /// Writes a provider block for the simulator in this region.
    pub(crate) fn set_region(&self, region: &str) {
        self.set_provider(&format!("region = {region:?}\n{}", self.endpoints()));
    }

    /// The `endpoints` block that leads to the simulator.
    pub(crate) fn endpoints(&self) -> String {
        format!("endpoints {{\n  ecs = {url:?}\n  sts = {url:?}\n}}\n", url = self.simulator.url())
    }

    /// Writes a provider block.
    pub(crate) fn set_provider(&self, body: &str) {
        let text = format!(
            "terraform {{\n  required_providers {{\n    alicloud = {{\n      source = {SOURCE:?}\n    }}\n  }}\n}}\n\n\
             provider \"alicloud\" {{\n{body}}}\n"
        );
        self.work.write("provider.tf", &text).unwrap();
    }

    /// Writes the configuration beside the provider block.
    pub(crate) fn write(&self, config: &str) {
        self.work.write("main.tf", config).unwrap();
    }

    /// Runs a command to its end, well or not.
    pub(crate) fn run(&mut self, arguments: &[&str]) -> Run {
        let output = self.work.run(arguments).unwrap();
        let run = Run::new(arguments, &output);
        self.said.push_str(&run.to_string());
        run
    }

    /// Starts a command. What it says is for [`Self::ended`].
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.work.command(arguments), arguments)
    }

    /// Waits for the end of a command.
    pub(crate) fn ended(&mut self, running: Running) -> Run {
        let run = running.end();
        self.said.push_str(&run.to_string());
        run
    }

    /// Plans, into a file, with these further arguments.
    #[track_caller]
    pub(crate) fn plan_with(&mut self, arguments: &[&str]) -> Plan {
        let run = self.run(&[&["plan", "-json", "-out=tfplan"], arguments].concat()).succeeded();
        let shown = self.run(&["show", "-json", "tfplan"]).succeeded();
        Plan::new(run, &shown)
    }

    /// Plans, into a file.
    #[track_caller]
    pub(crate) fn plan(&mut self) -> Plan {
        self.plan_with(&[])
    }

    /// Plans what cannot be planned.
    #[track_caller]
    pub(crate) fn plan_fails(&mut self) -> Run {
        self.run(&["plan", "-json"]).failed()
    }

    /// Applies the planned changes.
    #[track_caller]
    pub(crate) fn apply_plan(&mut self) -> Run {
        self.run(&["apply", "-json", "tfplan"]).succeeded()
    }

    /// Plans and applies.
    #[track_caller]
    pub(crate) fn apply(&mut self) -> Run {
        self.apply_anyway().succeeded()
    }

    /// Plans and applies, well or not.
    pub(crate) fn apply_anyway(&mut self) -> Run {
        self.run(&["apply", "-auto-approve", "-json"])
    }

    /// Plans and applies what cannot be applied.
    #[track_caller]
    pub(crate) fn apply_fails(&mut self) -> Run {
        self.apply_anyway().failed()
    }

    /// Destroys everything, well or not.
    pub(crate) fn destroy(&mut self) -> Run {
        self.run(&["apply", "-destroy", "-auto-approve", "-json"])
    }

    /// Fails unless nothing is left to do, both by the state alone and after a look at the cloud.
    #[track_caller]
    pub(crate) fn settled(&mut self) {
        for refresh in ["-refresh=false", "-refresh=true"] {
            let run = self.run(&["plan", "-json", "-detailed-exitcode", refresh]);
            assert_eq!(run.code, Some(0), "the plan is not empty: {run}");
        }
    }

    /// One configuration's way: it is written, planned with exactly these changes, and applied; then
    /// nothing is left to do.
    #[track_caller]
    pub(crate) fn step(&mut self, config: &str, changes: &[(&str, &str)]) -> Plan {
        self.write(config);
        let plan = self.plan();
        plan.expect(changes);
        if !changes.is_empty() {
            self.apply_plan();
        }
        self.settled();
        plan
    }

    pub(crate) fn state(&self) -> State {
        State::read(&self.path("terraform.tfstate"))
    }

    /// The names of the key pairs in the region.
    pub(crate) fn names(&self) -> Vec<String> {
        self.simulator.world(|world| world.key_pair_names(REGION))
    }

    /// The provider's log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("provider.log")).unwrap_or_default()
    }

    /// Waits until the provider's log holds a text; fails when it is too late for that, or after a minute.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, part: &str, too_late: impl Fn() -> bool) {
        self.wait_for_log_lines(part, 1, too_late);
    }

    /// The same for so many lines that hold the text.
    #[track_caller]
    pub(crate) fn wait_for_log_lines(&self, part: &str, lines: usize, too_late: impl Fn() -> bool) {
        let gave_up = Instant::now() + PATIENCE;
        loop {
            // First, since the log tells what was before that.
            let late = too_late() || Instant::now() > gave_up;
            let log = self.log();
            if log.lines().filter(|line| line.contains(part)).count() >= lines {
                return;
            }
            assert!(!late, "{part:?} is not in {lines} lines of the log:\n{log}");
            std::thread::yield_now();
        }
    }

    /// Hosts do not write a local state whole or not at all. After the death of one that was writing, its copy of the
    /// state before takes the place of what is left. Tells whether it came to that.
    pub(crate) fn restore_state(&self) -> bool {
        let (state, backup) = (self.path("terraform.tfstate"), self.path("terraform.tfstate.backup"));
        let whole = |text: &String| serde_json::from_str::<serde_json::Value>(text).is_ok();
        if !state.exists() || std::fs::read_to_string(&state).is_ok_and(|text| whole(&text)) {
            return false;
        }
        // Of the first state of all there is no copy.
        if std::fs::copy(&backup, &state).is_err() {
            std::fs::remove_file(&state).unwrap();
        }
        true
    }

    /// Removes what killed processes could not clean up, once all that go by themselves have gone.
    pub(crate) fn bury(&self) {
        leftovers::check_processes(&self.temporary());
        let leaks = self.leaks();
        assert!(leaks.is_empty(), "{leaks:#?}");
        for entry in std::fs::read_dir(self.temporary()).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
        }
    }

    /// Destroys what is left and looks for traces.
    pub(crate) fn finish(mut self) {
        self.simulator.clear_faults();
        if !self.state().is_empty() {
            self.run(&["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"]).succeeded();
        }
        assert!(self.state().is_empty(), "{:?}", self.state());
        let left = self.simulator.world(|world| world.key_pairs.clone());
        assert!(left.values().all(std::collections::BTreeMap::is_empty), "left in the cloud: {left:?}");
        leftovers::check(&self.temporary());
        let leaks = self.leaks();
        assert!(leaks.is_empty(), "{leaks:#?}");
    }

    /// Every place where a secret is, of those that the case forbids and those that came from the simulator or went
    /// there: the files beside the configuration, what the provider left in the temporary directory, and what all
    /// commands have said.
    fn leaks(&self) -> Vec<String> {
        let issued = self.simulator.identity(|identity| identity.issued_secrets().to_vec());
        let signatures = self.simulator.signatures();
        let came_and_went = issued.iter().chain(&signatures).map(|secret| secrets::bare(secret));
        let secrets = Secrets::new(self.secrets.iter().map(String::as_str).chain(came_and_went));
        let mut leaks = secrets.in_directory(self.work.path());
        leaks.extend(secrets.in_directory(&self.temporary()));
        leaks.extend(secrets.in_bytes("the output", self.said.as_bytes()));
        leaks
    }
}

#[cfg(test)]
mod tests {
    use ecs_simulator::Role;

    use crate::harness::acceptance;

    /// What came from the simulator or went there is found wherever the provider or the host could leave it.
    #[test]
    fn leaks_are_found() {
        acceptance(|case| {
            case.write("data \"alicloud_key_pairs\" \"all\" {}\n");
            case.apply();
            case.simulator.forget_calls();
            let role = format!("acs:ram::{}:role/pod", case.simulator.account());
            let tokens = case.simulator.identity(|identity| {
                identity.add_role(Role::new(&role));
                identity.add_oidc_token("acs:ram::1:oidc-provider/ci", "the-oidc-token");
                identity.log_in_with_oauth("1")
            });
            let signature = case.simulator.signatures().into_iter().find(|it| it.contains(['+', '/']));
            let signature = signature.unwrap_or_else(|| case.simulator.signatures().remove(0));
            let encoded = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            let refresh = tokens.refresh_token.trim_end_matches("+/=").to_owned() + "%2B%2F%3D";
            assert_eq!(case.leaks(), [""; 0]);
            for secret in [&signature, &encoded, &tokens.access_token, &refresh, "the-oidc-token"] {
                for place in [
                    case.path("provider.log"),
                    case.path("crash.log"),
                    case.path("errored.tfstate"),
                    case.path(".terraform/deeper/file"),
                    case.temporary().join("file"),
                ] {
                    let before = std::fs::read(&place).ok();
                    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
                    std::fs::write(&place, format!("a line with {secret:?} in it")).unwrap();
                    let leaks = case.leaks();
                    assert!(
                        leaks.len() == 1 && leaks[0].contains(&place.display().to_string()),
                        "{secret} in {}: {leaks:?}",
                        place.display()
                    );
                    match before {
                        Some(before) => std::fs::write(&place, before).unwrap(),
                        None => std::fs::remove_file(&place).unwrap(),
                    }
                }
                let said = case.said.clone();
                case.said.push_str(secret);
                assert_eq!(case.leaks().len(), 1, "{secret}");
                case.said = said;
            }
        });
    }
}
