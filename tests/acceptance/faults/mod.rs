//! Every operation in every kind of trouble: [`table`] says what comes of it.

mod operation;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use ecs_simulator::{AccessKey, Call, Fault, FaultHandle, KeyPair};

use self::operation::Operation;
use self::table::{Cause, NO_STS, Outcome, TABLE, Trouble};
use crate::harness::trials::{self, Trial};
use crate::harness::{Case, Feature, Nobody, REGION, Run, acceptance, host, keys};
use crate::key_file::forbid_content;

/// Somebody else's key pairs, whose names are close to ours.
const BYSTANDERS: [&str; 2] = ["we", "web-10"];

/// In the usual part: each row that doesn't take long and each column at least once, and a few more.
const USUAL: usize = 16;

#[test]
fn each_operation_in_each_kind_of_trouble() {
    if host().is_none() {
        return;
    }
    let usual = usual(trials::seed());
    let mut trials = Vec::new();
    for (row, (trouble, outcomes)) in TABLE.iter().enumerate() {
        for (column, operation) in Operation::ALL.into_iter().enumerate() {
            trials.push(Trial {
                row: trouble.name.to_owned(),
                column: operation.name().to_owned(),
                usual: usual.contains(&(row, column)),
                run: Box::new(move || {
                    acceptance(|case| Cell { trouble, operation, outcome: outcomes[column] }.check(case));
                }),
            });
        }
    }
    trials::run("faults::each_operation_in_each_kind_of_trouble", trials);
}

fn usual_rows() -> Vec<usize> {
    (0..TABLE.len()).filter(|row| !TABLE[*row].0.takes_long).collect()
}

/// Rows and columns of the usual part.
fn usual(seed: u64) -> Vec<(usize, usize)> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut columns: Vec<usize> = (0..Operation::ALL.len()).collect();
    random.shuffle(&mut columns);
    let mut rows = usual_rows();
    random.shuffle(&mut rows);
    let mut cells: Vec<_> = rows.iter().copied().zip(columns.into_iter().cycle()).collect();
    while cells.len() < USUAL {
        let cell = (rows[random.usize(..rows.len())], random.usize(..Operation::ALL.len()));
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    cells
}

#[test]
fn the_usual_part_holds_each_column_and_each_row_that_does_not_take_long() {
    for seed in 0..100 {
        let cells = usual(seed);
        let rows: BTreeSet<usize> = cells.iter().map(|(row, _)| *row).collect();
        let columns: BTreeSet<usize> = cells.iter().map(|(_, column)| *column).collect();
        assert_eq!(
            (cells.len(), rows.len(), columns.len()),
            (USUAL, usual_rows().len(), Operation::ALL.len()),
            "{seed}"
        );
    }
}

/// One operation in one kind of trouble.
struct Cell {
    trouble: &'static Trouble,
    operation: Operation,
    outcome: Outcome,
}

/// The trouble that a cell is in.
enum Struck {
    Fault(FaultHandle),
    /// The thread that lets the first call go when the second has come, and then the second.
    Late(thread::JoinHandle<FaultHandle>),
    /// What no call of the operation itself meets.
    Beside,
    Nobody(#[expect(dead_code, reason = "holds the port")] Nobody),
}

impl Cell {
    fn check(&self, case: &mut Case) {
        let bystanders = self.prepare(case);
        let gathering = self.gathering(case);
        let struck = self.strike(case);
        case.simulator.forget_calls();
        let run = match gathering {
            None => self.operation.run(case),
            Some(gathering) => {
                let running = case.start(&Operation::DELETE);
                wait_for_all_in_a_call(case, &self.operation.names());
                gathering.remove();
                case.ended(running)
            }
        };
        self.check_words(case, &run);
        let struck = match struck {
            Struck::Late(thread) => Struck::Fault(thread.join().unwrap()),
            other => other,
        };
        if let Struck::Fault(fault) = &struck {
            self.check_calls(case, fault.hits());
        }
        let done = matches!(self.outcome, Outcome::Again | Outcome::Seen | Outcome::Done);
        for name in self.operation.names() {
            self.operation.check_key_pair(case, &name, done);
            // Of what it does not know to be done, the state says nothing.
            self.operation.check_state(case, &name, done && self.outcome != Outcome::Done);
        }
        self.check_key_file(case);
        assert_eq!(others(case), bystanders);

        // The trouble passes.
        case.simulator.clear_faults();
        case.simulator.set_clock_offset(0);
        drop(struck);
        assert!(case.simulator.wait_until_idle());
        if self.outcome == Outcome::Late {
            for name in self.operation.names() {
                self.operation.check_key_pair(case, &name, true);
                self.operation.check_state(case, &name, false);
            }
        }
        self.set_provider(case, &case.endpoints());
        if self.operation.deletes() {
            case.destroy().succeeded();
        } else {
            if self.outcome == Outcome::Late && self.operation.creates() {
                self.take_over(case);
            } else {
                case.apply();
            }
            case.settled();
        }
        for name in self.operation.names() {
            self.operation.check_key_pair(case, &name, true);
            self.operation.check_state(case, &name, true);
        }
        if let Some(path) = self.operation.key_file(case) {
            forbid_content(case, &path);
        }
        assert_eq!(others(case), bystanders);
        // What is asked for at the end is that ours go and these stay.
        case.destroy().succeeded();
        assert_eq!(others(case), bystanders);
        assert_eq!(case.names(), BYSTANDERS);
        case.simulator.world(|world| BYSTANDERS.map(|name| world.remove_key_pair(REGION, name)));
    }

    /// What stands before the operation. Gives the others' key pairs.
    fn prepare(&self, case: &mut Case) -> BTreeMap<String, KeyPair> {
        let key = AccessKey::new("LTAItemporary", "temporary-secret", case.simulator.account());
        case.simulator.add_access_key(key.with_token("the-token"));
        case.use_credentials("LTAItemporary", "temporary-secret");
        case.set_env("ALICLOUD_SECURITY_TOKEN", "the-token");
        case.forbid("the-token");
        case.simulator.world(|world| {
            for name in BYSTANDERS {
                world.add_key_pair(REGION, name, keys::A);
            }
        });
        self.set_provider(case, &case.endpoints());
        let (before, after) = self.operation.configs(case, self.trouble.limit);
        if !self.operation.creates() {
            case.write(&before);
            case.apply();
        }
        case.write(&after);
        others(case)
    }

    fn set_provider(&self, case: &Case, endpoints: &str) {
        // Reads have no timeout of their own.
        let limit = self.trouble.limit.filter(|_| self.operation == Operation::Read);
        let limit = limit.map_or(String::new(), |it| format!("max_retry_timeout = {it}"));
        case.set_provider(&format!("region = {REGION:?}\n{limit}\n{}\n{endpoints}", self.trouble.provider));
    }

    fn strike(&self, case: &Case) -> Struck {
        let on = Fault::on(self.operation.action());
        let fault = match self.trouble.cause {
            Cause::NobodyThere => {
                let nobody = Nobody::new();
                let url = format!("http://{}", nobody.address);
                self.set_provider(case, &format!("endpoints {{\n  ecs = {url:?}\n  sts = {url:?}\n}}\n"));
                return Struck::Nobody(nobody);
            }
            Cause::NoSts => {
                case.simulator.fail(Fault::on("GetCallerIdentity").disconnect().before_change());
                return Struck::Beside;
            }
            Cause::ClocksApart(behind, times) => {
                case.simulator.set_clock_offset(-behind);
                on.disconnect().after_change().times(times)
            }
            Cause::Fault(times, how) => how(on).times(times),
            Cause::Lasting(how) => how(on),
            Cause::CarriedOutLate => {
                // Of several calls at once, these two are the tries of one.
                let names = self.operation.names();
                let on = if self.operation == Operation::Read { on } else { on.mentioning(&names[0]) };
                let [first, second] =
                    [(); 2].map(|()| case.simulator.fail(on.clone().hold().before_change().once()));
                return Struck::Late(thread::spawn(move || {
                    // Each wait begins when what it waits for is not far.
                    assert!(first.wait_for_hit());
                    assert!(second.wait_for_hit());
                    first.release();
                    assert!(first.wait_until_over());
                    second.release();
                    first
                }));
            }
        };
        Struck::Fault(case.simulator.fail(fault))
    }

    /// Before the trouble, the service throttles each call, until one holds all that is to be deleted: in how many calls
    /// names come at first is up to the host and the machine. What a throttled call holds goes into the next one, before
    /// all else, and there is only one at a time; so it is sure to be a call with all of them that meets the trouble.
    fn gathering(&self, case: &Case) -> Option<FaultHandle> {
        let is_met = !matches!(self.trouble.cause, Cause::NobodyThere | Cause::NoSts);
        (self.operation == Operation::DeleteTen && is_met).then(|| {
            let soon = Duration::from_millis(50);
            case.simulator.fail(Fault::on(self.operation.action()).throttle(Some(soon)))
        })
    }

    /// Fails unless the command ended as it should, and said what it should.
    fn check_words(&self, case: &Case, run: &Run) {
        assert!(run.warnings().is_empty() || self.operation == Operation::CreateWithKeyFile, "{run}");
        if matches!(self.outcome, Outcome::Again | Outcome::Seen) {
            assert_eq!((run.code, run.errors().len()), (Some(0), 0), "{run}");
            return;
        }
        assert_eq!(run.code, Some(1), "{run}");
        let mut errors = run.errors();
        errors.sort_by(|a, b| a.summary.cmp(&b.summary));
        let names = self.operation.names();
        assert_eq!(errors.len(), names.len(), "{run}");
        // What is not about one key pair is told in full once, and in short for the others.
        assert!(errors.iter().any(|error| error.detail.contains("Region: cn-hangzhou")), "{run}");
        for (name, error) in names.iter().zip(errors) {
            let (mut summary, place) = self.operation.error(name, self.outcome);
            let mut says = self.trouble.says;
            if self.operation.deletes() && matches!(self.trouble.cause, Cause::NoSts | Cause::NobodyThere) {
                // A delete asks STS before it sends, and neither answers.
                summary = format!("Could not check the account of the key pair {name:?}");
                says = NO_STS.says;
            }
            error.says(&summary, place, says);
            let imports = self.outcome.is_open() && self.operation.creates();
            assert_eq!(error.detail.contains("import {"), imports, "{error:#?}");
            if self.outcome.is_open() && self.operation.deletes() {
                let open = [
                    "Whether the last try changed anything is not known",
                    "carried out, or may be yet",
                    // Where the time is over between a look and the next try.
                    "A try whose answer was lost may be carried out yet",
                ];
                assert!(open.iter().any(|it| error.detail.contains(it)), "{error:#?}");
            }
            if let Some(path) = self.operation.key_file(case).filter(|_| imports) {
                error.says(
                    &summary,
                    place,
                    &[&path.display().to_string(), "Keep it until an apply has succeeded"],
                );
            }
        }
    }

    /// Applies, and takes over what was made when nobody listened any more, as the error tells.
    fn take_over(&self, case: &mut Case) {
        let [name] = &self.operation.names()[..] else { panic!("one is made") };
        let error = case.apply_fails().error();
        let summary = format!("A key pair {name:?} exists already");
        error.says(&summary, "key_pair_name", &["It holds the same public key"]);
        if Feature::ImportBlocks.is_in(case.host()) {
            let (_, config) = self.operation.configs(case, self.trouble.limit);
            case.write(&format!("{config}{}", error.import_block("k")));
        } else {
            case.run(&["import", &self.operation.address(name), name]).succeeded();
        }
        case.apply();
    }

    /// Fails unless the call was made as often as it should be, after it met the fault so many times.
    fn check_calls(&self, case: &Case, hits: u32) {
        assert!(hits > 0, "the fault was not met");
        match self.trouble.cause {
            Cause::Fault(times, _) | Cause::ClocksApart(_, times) => assert_eq!(hits, times),
            Cause::CarriedOutLate => assert_eq!(hits, 1),
            Cause::Lasting(_) | Cause::NobodyThere | Cause::NoSts => {}
        }
        let all = case.simulator.calls();
        let calls: Vec<&Call> = all.iter().filter(|call| call.action == self.operation.action()).collect();
        if self.operation == Operation::DeleteTen {
            let mut met = usize::try_from(hits).unwrap();
            if matches!(self.trouble.cause, Cause::CarriedOutLate) {
                // Each of the two calls meets a fault of its own.
                met += 1;
            }
            // Until the trouble they all meet the throttling that gathers them, so that these are the last.
            let mut faulted: Vec<&&Call> = calls.iter().filter(|call| call.fault.is_some()).collect();
            let first = faulted.split_off(faulted.len() - met)[0];
            assert_eq!(names_in(first), BTreeSet::from_iter(self.operation.names()), "{calls:#?}");
        }
        if self.operation != Operation::DeleteTen && self.outcome == Outcome::Again {
            assert_eq!(calls.len(), usize::try_from(hits).unwrap() + 1, "{calls:#?}");
        }
        if matches!(self.trouble.cause, Cause::CarriedOutLate) && self.operation != Operation::DeleteTen {
            let changed: Vec<bool> = calls.iter().map(|call| call.changed).collect();
            // To set tags once more is a change, too, and makes no difference.
            let expected = [self.operation != Operation::Read, self.operation == Operation::ChangeTags];
            assert_eq!(changed, expected, "{calls:#?}");
        }
        if self.outcome == Outcome::Seen {
            for name in self.operation.names() {
                // One that was throttled asked for nothing.
                let heard = calls.iter().filter(|call| call.code.as_deref() != Some("Throttling.User"));
                let named = heard.filter(|call| {
                    call.parameters.values().any(|it| it.contains(&format!("{name:?}")) || *it == name)
                });
                assert_eq!(named.count(), 1, "{name} was asked for more than once: {calls:#?}");
            }
        }
    }

    /// Fails unless a new private key is kept just when its public half is, or may be, in the cloud.
    fn check_key_file(&self, case: &mut Case) {
        let Some(path) = self.operation.key_file(case) else { return };
        assert_eq!(path.exists(), self.outcome != Outcome::Fails, "{}", path.display());
        if path.exists() {
            forbid_content(case, &path);
        }
    }
}

/// How many calls may be throttled before one holds all names: at first the host may be so slow that each name leaves
/// by itself, and the service refuses it.
const MOST_GATHERING: usize = 20;

/// Waits until a call names them all.
fn wait_for_all_in_a_call(case: &Case, names: &[String]) {
    let names: BTreeSet<String> = names.iter().cloned().collect();
    for number in 1..=MOST_GATHERING {
        assert!(case.simulator.wait_for_call("DeleteKeyPairs", number), "{:#?}", case.simulator.calls());
        let calls = case.simulator.calls();
        let mut deletes = calls.iter().filter(|call| call.action == "DeleteKeyPairs");
        if deletes.any(|call| names_in(call) == names) {
            return;
        }
    }
    panic!("no call names all: {:#?}", case.simulator.calls());
}

/// The key pairs that a call deletes.
fn names_in(call: &Call) -> BTreeSet<String> {
    serde_json::from_str(&call.parameters["KeyPairNames"]).unwrap()
}

/// The key pairs that are not ours.
fn others(case: &Case) -> BTreeMap<String, KeyPair> {
    let mut all = case.simulator.world(|world| world.key_pairs.get(REGION).cloned()).unwrap_or_default();
    all.retain(|name, _| BYSTANDERS.contains(&name.as_str()));
    all
}
