//! The provider or the host is killed in the middle of an apply or a destroy of fifty key pairs. The next run comes
//! to the same end: by itself, or with the `import` blocks of its errors.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use ecs_simulator::Fault;

use crate::harness::process::{self, Running};
use crate::harness::trials::{self, Trial};
use crate::harness::{Case, Feature, REGION, acceptance, host, keys, loud};

/// Key pairs with a name of their own.
const NAMED: usize = 45;

/// Key pairs whose names are made up. Of one whose making was interrupted, nobody knows the name.
const MADE_UP: usize = 5;

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
    /// The call about this key pair is the moment.
    name: String,
    standing: Standing,
}

impl Kill {
    fn new(victim: Victim, during: During, moment: u64) -> Self {
        let seed = trials::seed().wrapping_mul(1_000_003).wrapping_add(moment * 4);
        let which = u64::from(victim == Victim::Host) * 2 + u64::from(during == During::Destroy);
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(which));
        let standing = [Standing::Arrived, Standing::Done, Standing::OnItsWay];
        let name = name(random.usize(..NAMED));
        Self { victim, during, name, standing: random.choice(standing).unwrap() }
    }

    fn check(&self, case: &mut Case) {
        case.simulator.world(|world| {
            for name in BYSTANDERS {
                world.add_key_pair(REGION, name, keys::B);
            }
        });
        case.write(&config());
        if self.during == During::Destroy {
            case.apply();
        }
        self.interrupted_run(case);
        if case.restore_state() {
            assert_eq!(self.victim, Victim::Host, "{self:?}: the host lived, and left half a state");
            loud(&format!("The host died while it wrote its state: {self:?}"));
        }
        match self.during {
            During::Apply => self.apply_again(case),
            During::Destroy => _ = case.destroy().succeeded(),
        }
        case.bury();
        // The state is true, and so is the cloud.
        if self.during == During::Apply {
            case.settled();
            assert_eq!(case.state().addresses().len(), NAMED + MADE_UP);
            case.destroy().succeeded();
        }
        assert!(case.state().is_empty());
        let left: Vec<String> =
            case.names().into_iter().filter(|name| !BYSTANDERS.contains(&name.as_str())).collect();
        let strays = if self.during == During::Apply { MADE_UP } else { 0 };
        assert!(
            left.len() <= strays && left.iter().all(|name| name.starts_with("made-up-")),
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
        let mut config = config();
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
        let expected: Vec<String> =
            taken.iter().map(|resource| format!("alicloud_key_pair.{resource}")).collect();
        let expected: Vec<(&str, &str)> = expected.iter().map(|it| (it.as_str(), "import no-op")).collect();
        plan.expect(&expected);
        case.apply_plan();
    }
}

fn name(number: usize) -> String {
    format!("pair-{number:02}")
}

/// Fifty key pairs, each a resource of its own, as `import` blocks name them.
fn config() -> String {
    let mut text = String::new();
    for number in 0..NAMED {
        let name = name(number);
        let resource = name.replace('-', "_");
        let _ = writeln!(
            text,
            "resource \"alicloud_key_pair\" \"{resource}\" {{\n  key_pair_name = {name:?}\n  public_key = local.a\n}}"
        );
    }
    let _ = writeln!(
        text,
        "resource \"alicloud_key_pair\" \"made_up\" {{\n  count = {MADE_UP}\n  key_name_prefix = \"made-up-\"\n  \
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
