//! How the tests' tables of cases are asked for all of them.

/// Says which cases of the tables run: `all`, or those whose names hold this text. Without it, a part of them.
pub const WHICH_VARIABLE: &str = "SOAK";

/// A number, from which everything follows that is left to chance.
pub const SEED_VARIABLE: &str = "SOAK_SEED";
