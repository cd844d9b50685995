//! Tables of many small cases, each a trial of its own: usually a part of them, and the whole when soaking.
//!
//! `SOAK` says which: nothing, a part that the seed chooses; `all`; or those whose names hold this text.
//! `SOAK_SEED` is a number; whatever is left to chance follows from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use xtask::soak::{SEED_VARIABLE, WHICH_VARIABLE};

/// The seed when none is given. Any will do: all of them are tried, over time, by those who soak.
const USUAL_SEED: u64 = 20_260_131;

/// Enough to keep two cores busy while some of the trials wait.
const SIDE_BY_SIDE: usize = 4;

/// What is left to chance.
pub(crate) fn seed() -> u64 {
    std::env::var(SEED_VARIABLE).ok().map_or(USUAL_SEED, |text| {
        text.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE} is a number, not {text:?}"))
    })
}

/// A case of a table. Several run side by side.
pub(crate) struct Trial<'a> {
    /// Where it stands in the table.
    pub(crate) row: String,
    pub(crate) column: String,
    /// Whether it is in the part that is tried when nothing is asked for.
    pub(crate) usual: bool,
    pub(crate) run: Box<dyn Fn() + Send + Sync + 'a>,
}

impl Trial<'_> {
    /// By which it can be asked for.
    fn name(&self) -> String {
        format!("{}: {}", self.row, self.column)
    }
}

/// Runs those that are asked for. Fails when all are through if one failed, and tells how to repeat it.
pub(crate) fn run(test: &str, trials: Vec<Trial<'_>>) {
    let which = std::env::var(WHICH_VARIABLE).ok();
    let wanted = |trial: &Trial<'_>| match which.as_deref() {
        None => trial.usual,
        Some("all") => true,
        Some(part) => trial.name().contains(part),
    };
    let progress = Progress { shown: which.is_some(), began: Instant::now() };
    let chosen: Vec<Trial<'_>> = trials.into_iter().filter(wanted).collect();
    let queue = Mutex::new(chosen.iter());
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(chosen.len()) {
            scope.spawn(|| {
                loop {
                    let Some(trial) = queue.lock().unwrap().next() else { return };
                    let failure =
                        catch_unwind(AssertUnwindSafe(&trial.run)).err().map(|panic| message(&*panic));
                    let mut outcomes = outcomes.lock().unwrap();
                    progress.line(&format!(
                        "[{:3}/{}] {} {}",
                        outcomes.len() + 1,
                        chosen.len(),
                        if failure.is_none() { "ok    " } else { "FAILED" },
                        trial.name()
                    ));
                    outcomes.push((trial, failure));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    progress.line(&summary(test, &chosen, &outcomes, progress.began));
    let failures: Vec<String> = outcomes
        .iter()
        .filter_map(|(trial, failure)| Some(how_to_repeat(test, &trial.name(), failure.as_deref()?)))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} failed.\n\n{}",
        failures.len(),
        chosen.len(),
        failures.join("\n\n")
    );
}

/// What is seen on the way, though the test runner swallows what tests print.
struct Progress {
    shown: bool,
    began: Instant,
}

impl Progress {
    fn line(&self, text: &str) {
        if self.shown {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }
}

/// How many passed, row by row.
fn summary(
    test: &str,
    chosen: &[Trial<'_>],
    outcomes: &[(&Trial<'_>, Option<String>)],
    began: Instant,
) -> String {
    let mut passed: BTreeMap<&str, usize> = BTreeMap::new();
    for (trial, _) in outcomes.iter().filter(|(_, failure)| failure.is_none()) {
        *passed.entry(&trial.row).or_default() += 1;
    }
    let mut lines = format!("\n{test}, seed {}, after {} s\n\n", seed(), began.elapsed().as_secs());
    let mut rows: Vec<&str> = Vec::new();
    for trial in chosen {
        if !rows.contains(&trial.row.as_str()) {
            rows.push(&trial.row);
        }
    }
    for row in rows {
        let of = chosen.iter().filter(|trial| trial.row == row).count();
        let passed = passed.get(row).copied().unwrap_or_default();
        let _ = writeln!(lines, "  {row:40} {passed:3} of {of:3} passed");
    }
    lines
}

fn how_to_repeat(test: &str, name: &str, why: &str) -> String {
    format!(
        "{name}\nTo repeat it: {WHICH_VARIABLE}={name:?} {SEED_VARIABLE}={} cargo test --test acceptance {test}\n{why}",
        seed()
    )
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("It panicked without a text.").to_owned()
}
