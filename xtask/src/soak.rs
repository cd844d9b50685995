//! The acceptance tests' tables of cases: all of them, where the tests themselves try a part.

use std::process::Command;

use crate::cargo;

/// Says which cases of the tables run: `all`, or those whose names hold this text. Without it, a part of them.
pub const WHICH_VARIABLE: &str = "SOAK";

/// A number, from which everything follows that is left to chance.
pub const SEED_VARIABLE: &str = "SOAK_SEED";

/// The tests that run a table each.
const TABLES: [&str; 2] = ["faults::", "kills::"];

/// The command that runs all cases, one table after the other.
pub fn command(seed: u64) -> Command {
    let mut command = cargo();
    command
        .args(["test", "--quiet", "--package", "terraform-provider-alicloud", "--test", "acceptance", "--"])
        .args(TABLES)
        .arg("--test-threads=1")
        .env(WHICH_VARIABLE, "all")
        .env(SEED_VARIABLE, seed.to_string());
    command
}
