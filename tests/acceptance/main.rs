//! Acceptance tests: the compiled provider under a real host, against the simulator.

mod harness;
mod lifecycle;
