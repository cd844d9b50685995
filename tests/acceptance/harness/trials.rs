//! Tables of many small cases, each a trial of its own: usually a part of them, and the whole when soaking.
//!
//! `SOAK` says which: nothing, a part that the seed chooses; `all`; or those whose names hold this text.
//! `SOAK_SEED` is a number; whatever is left to chance follows from it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use xtask::soak::{SEED_VARIABLE, WHICH_VARIABLE};

use super::host::loud;

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

/// A case of a table. The test that runs it may run it on several threads at once with others.
pub(crate) struct Trial<'a> {
    /// Its name, by which it can be asked for.
    pub(crate) name: String,
    /// Whether it is in the part that is tried when nothing is asked for.
    pub(crate) usual: bool,
    pub(crate) run: Box<dyn Fn() + Send + Sync + 'a>,
}

/// Runs those that are asked for. Fails when all are through if one failed, and tells how to repeat it.
pub(crate) fn run(test: &str, trials: Vec<Trial<'_>>) {
    let which = std::env::var(WHICH_VARIABLE).ok();
    let wanted = |trial: &Trial<'_>| match which.as_deref() {
        None => trial.usual,
        Some("all") => true,
        Some(text) => trial.name.contains(text),
    };
    let chosen: Vec<Trial<'_>> = trials.into_iter().filter(wanted).collect();
    let total = chosen.len();
    let queue = Mutex::new(chosen.into_iter().enumerate());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(total) {
            scope.spawn(|| {
                loop {
                    let Some((number, trial)) = queue.lock().unwrap().next() else { return };
                    let outcome = catch_unwind(AssertUnwindSafe(&trial.run));
                    if which.is_some() {
                        let verdict = if outcome.is_ok() { "ok    " } else { "FAILED" };
                        loud(&format!("[{:3}/{total}] {verdict} {}", number + 1, trial.name));
                    }
                    if let Err(panic) = outcome {
                        failures.lock().unwrap().push((trial.name, message(&*panic)));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    if which.is_some() {
        loud(&format!("{test}: {} of {total} passed (seed {})", total - failures.len(), seed()));
    }
    let told: Vec<String> = failures.iter().map(|(name, why)| told(test, name, why)).collect();
    assert!(told.is_empty(), "{} of {total} failed.\n\n{}", told.len(), told.join("\n\n"));
}

fn told(test: &str, name: &str, why: &str) -> String {
    format!(
        "{name}\nTo repeat it: {WHICH_VARIABLE}={name:?} {SEED_VARIABLE}={} cargo test --test acceptance {test}\n{why}",
        seed()
    )
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("It panicked without a text.").to_owned()
}
