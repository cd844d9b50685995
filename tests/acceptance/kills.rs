//! The provider or the host is killed in the middle of an apply or a destroy of fifty key pairs. The next run comes
//! to the same end: by itself, or with the `import` blocks of its errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use alicloud_provider::openssh::{generate_rsa_2048, public_half};
use ecs_simulator::Fault;

use crate::harness::process::{self, Running};
use crate::harness::trials::{self, Trial};
use crate::harness::{Case, Feature, REGION, acceptance, host, keys, loud};
use crate::key_file::forbid_content;

/// Key pairs with a name of their own.
const NAMED: usize = 49;

/// The key pair whose name is made up. If its making is interrupted, nobody knows the name: one stray is allowed.
const MADE_UP: usize = 1;

/// What a made-up name starts with.
const PREFIX: &str = "made-up-";

/// Every so many of those with a name has its key from a file, which is made with it.
const WITH_KEY_FILE: usize = 11;

/// The one whose key file is there before.
const WITH_OWN_KEY: usize = 0;

/// How often each victim is killed in each command when all is tried.
const MOMENTS: u64 = 50;

/// Somebody else's.
const BYSTANDERS: [&str; 2] = ["pair-9", "pair-made-by-hand"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Provider,
    Host,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum During {
    Apply,
    Destroy,
}

/// Where the call stands that is under way when the kill comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It has arrived, and does its work after the kill.
    Arrived,
    /// It has done its work, and its answer does not come.
    Done,
    /// Whatever it is by then.
    OnItsWay,
}

#[test]
fn the_next_run_comes_to_the_same_end() {
    let Some(host) = host() else { return };
    if !Feature::ImportBlocks.is_in(host) {
        return loud(&format!("SKIPPED kills: {host} has no import blocks"));
    }
    let mut trials = Vec::new();
    for moment in 0..MOMENTS {
        for (victim, during) in [
            (Victim::Provider, During::Apply),
            (Victim::Host, During::Apply),
            (Victim::Provider, During::Destroy),
            (Victim::Host, During::Destroy),
        ] {
            trials.push(Trial {
                row: format!("kill of the {victim:?} during {during:?}").to_lowercase(),
                column: format!("moment {moment:02}"),
                usual: moment == 0,
                run: Box::new(move || acceptance(|case| Kill::new(victim, during, moment).check(case))),
            });
        }
    }
    trials::run("kills::the_next_run_comes_to_the_same_end", trials);
}

/// One kill.
#[derive(Debug)]
struct Kill {
    victim: Victim,
    during: During,
    /// The call that names this key pair is the moment; or any whose name starts so.
    name: String,
    standing: Standing,
}

impl Kill {
    fn new(victim: Victim, during: During, moment: u64) -> Self {
        let seed = trials::seed().wrapping_mul(1_000_003).wrapping_add(moment * 4);
        let which = u64::from(victim == Victim::Host) * 2 + u64::from(during == During::Destroy);
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(which));
        let standing = [Standing::Arrived, Standing::Done, Standing::OnItsWay];
        let name = match random.usize(..=NAMED) {
            named @ ..NAMED => name(named),
            _ => PREFIX.to_owned(),
        };
        Self { victim, during, name, standing: random.choice(standing).unwrap() }
    }

    fn check(&self, case: &mut Case) {
        case.simulator.world(|world| {
            for name in BYSTANDERS {
                world.add_key_pair(REGION, name, keys::B);
            }
        });
        let own = generate_rsa_2048().unwrap();
        fs::write(key_file(case, WITH_OWN_KEY), own.private_pem().as_bytes()).unwrap();
        fs::set_permissions(key_file(case, WITH_OWN_KEY), fs::Permissions::from_mode(0o600)).unwrap();
        case.write(&config(case));
        if self.during == During::Destroy {
            case.apply();
        }
        let before = key_files(case);
        self.interrupted_run(case);
        let interrupted = key_files(case);
        assert!(before.iter().all(|(path, content)| interrupted.get(path) == Some(content)), "{self:?}");
        if case.restore_state() {
            assert_eq!(self.victim, Victim::Host, "{self:?}: the host lived, and left half a state");
            loud(&format!("The host died while it wrote its state: {self:?}"));
        }
        match self.during {
            During::Apply => self.apply_again(case),
            During::Destroy => _ = case.destroy().succeeded(),
        }
        // The state is true, and so is the cloud.
        if self.during == During::Apply {
            case.settled();
            assert_eq!(case.state().addresses().len(), NAMED + MADE_UP);
            check_keys(case);
            case.destroy().succeeded();
        }
        self.check_key_files(case, &interrupted);
        assert!(case.state().is_empty());
        let left: Vec<String> =
            case.names().into_iter().filter(|name| !BYSTANDERS.contains(&name.as_str())).collect();
        let strays = if self.during == During::Apply { MADE_UP } else { 0 };
        assert!(
            left.len() <= strays && left.iter().all(|name| name.starts_with(PREFIX)),
            "{self:?}: {left:?}"
        );
        case.simulator.world(|world| {
            for name in BYSTANDERS {
                assert!(world.remove_key_pair(REGION, name).is_some(), "{name} was deleted");
            }
            for name in left {
                world.remove_key_pair(REGION, &name);
            }
        });
    }

    /// Runs the command, and kills the victim at the moment.
    fn interrupted_run(&self, case: &mut Case) {
        let (action, arguments) = match self.during {
            During::Apply => ("ImportKeyPair", &["apply", "-auto-approve", "-json"][..]),
            During::Destroy => ("DeleteKeyPairs", &["apply", "-destroy", "-auto-approve", "-json"][..]),
        };
        let fault = Fault::on(action).mentioning(&self.name).once();
        let fault = case.simulator.fail(match self.standing {
            Standing::Arrived => fault.hold().before_change(),
            Standing::Done => fault.hold().after_change(),
            Standing::OnItsWay => fault.delay(Duration::ZERO),
        });
        let running = case.start(arguments);
        assert!(fault.wait_for_hit());
        match self.victim {
            Victim::Provider => kill_the_provider(case),
            Victim::Host => kill(running.id()),
        }
        fault.remove();
        self.check_end(case, running);
        // A provider whose host died goes by itself, and until then it may still write key files and make calls.
        case.bury();
        // Calls that have arrived do their work.
        assert!(case.simulator.wait_until_idle());
    }

    fn check_end(&self, case: &mut Case, running: Running) {
        let run = case.ended(running);
        match self.victim {
            // Hosts tell what has become of the provider.
            Victim::Provider => assert!(
                run.code == Some(1) || (run.code == Some(0) && self.standing == Standing::OnItsWay),
                "{self:?}: {run}"
            ),
            Victim::Host => assert!(
                run.code.is_none() || (run.code == Some(0) && self.standing == Standing::OnItsWay),
                "{self:?}: {run}"
            ),
        }
        assert!(!run.text().contains("panic"), "{run}");
    }

    /// Applies until all is well: at once, or after the `import` blocks were pasted that the errors hold.
    fn apply_again(&self, case: &mut Case) {
        let run = case.apply_anyway();
        if run.code == Some(0) {
            return;
        }
        let mut config = config(case);
        let mut taken = BTreeSet::new();
        for error in run.errors() {
            let resource = error.context.split('"').nth(3).unwrap_or_default().to_owned();
            let name = resource.replace('_', "-");
            let summary = format!("A key pair {name:?} exists already");
            error.says(&summary, "key_pair_name", &["It holds the same public key"]);
            config.push_str(&error.import_block(&resource));
            taken.insert(resource);
        }
        assert!(!taken.is_empty(), "{self:?}: {run}");
        case.write(&config);
        let plan = case.plan();
        let with_key_file: BTreeSet<String> = with_key_file().map(resource).collect();
        let expected: Vec<(String, &str)> = taken
            .iter()
            .map(|resource| {
                // The cloud knows of no file.
                let change = if with_key_file.contains(resource) { "import update" } else { "import no-op" };
                (format!("alicloud_key_pair.{resource}"), change)
            })
            .collect();
        let expected: Vec<(&str, &str)> =
            expected.iter().map(|(address, change)| (address.as_str(), *change)).collect();
        plan.expect(&expected);
        case.apply_plan();
    }

    /// Fails unless each key file is there in the end, for its owner only, and is the one that the interrupted run
    /// left, if it left one.
    fn check_key_files(&self, case: &mut Case, interrupted: &BTreeMap<PathBuf, String>) {
        let mut files = key_files(case);
        for number in with_key_file() {
            let path = key_file(case, number);
            let content = files.remove(&path).unwrap_or_else(|| panic!("{self:?}: no {}", path.display()));
            assert!(interrupted.get(&path).is_none_or(|it| *it == content), "{}", path.display());
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            forbid_content(case, &path);
        }
        assert!(files.is_empty(), "{self:?}: {:?} were left as well", files.keys());
    }
}

fn name(number: usize) -> String {
    format!("pair-{number:02}")
}

fn resource(number: usize) -> String {
    name(number).replace('-', "_")
}

/// The numbers of the key pairs that have their keys from files.
fn with_key_file() -> impl Iterator<Item = usize> {
    (0..NAMED).step_by(WITH_KEY_FILE)
}

fn key_file(case: &Case, number: usize) -> PathBuf {
    case.key_path(&format!("{}.pem", name(number)))
}

/// All that is where key files are.
fn key_files(case: &Case) -> BTreeMap<PathBuf, String> {
    let paths = fs::read_dir(case.key_path("")).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Fails unless each key file holds the key of its key pair.
fn check_keys(case: &Case) {
    for number in with_key_file() {
        let public = public_half(&fs::read(key_file(case, number)).unwrap()).unwrap();
        let pair = case.simulator.world(|world| world.key_pair(REGION, &name(number)).cloned()).unwrap();
        assert_eq!(pair.public_key, public.to_line(), "{}", name(number));
    }
}

/// Fifty key pairs, each a resource of its own, as `import` blocks name them.
fn config(case: &Case) -> String {
    let mut text = String::new();
    for number in 0..NAMED {
        let (name, resource) = (name(number), resource(number));
        let key = if with_key_file().any(|it| it == number) {
            format!("key_file = {:?}", key_file(case, number))
        } else {
            "public_key = local.a".to_owned()
        };
        let _ = writeln!(
            text,
            "resource \"alicloud_key_pair\" \"{resource}\" {{\n  key_pair_name = {name:?}\n  {key}\n}}"
        );
    }
    let _ = writeln!(
        text,
        "resource \"alicloud_key_pair\" \"made_up\" {{\n  count = {MADE_UP}\n  key_name_prefix = \"{PREFIX}\"\n  \
         public_key = local.a\n}}"
    );
    text
}

/// Kills a process at once. It may have ended by itself.
fn kill(id: i64) {
    Command::new("kill").args(["-KILL", "--", &id.to_string()]).output().unwrap();
}

fn kill_the_provider(case: &Case) {
    for (id, program) in process::started_with(&case.temporary()) {
        if program.contains("terraform-provider-alicloud") {
            kill(i64::from(id));
        }
    }
}
