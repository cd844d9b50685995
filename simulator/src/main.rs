//! The `ecs-simulator` executable.

mod flags;

use std::io::Write as _;
use std::process::ExitCode;

use ecs_simulator::Simulator;
use flags::{Options, Wish};

fn main() -> ExitCode {
    match flags::read(std::env::args_os().skip(1)) {
        Ok(Wish::Print(text)) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Ok(Wish::Run(options)) => run(*options),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run(options: Options) -> ExitCode {
    let address = options.config.address;
    let simulator = match Simulator::start(options.config) {
        Ok(simulator) => simulator,
        Err(error) => {
            eprintln!("The simulator could not start on {address}: {error}");
            return ExitCode::FAILURE;
        }
    };
    simulator.set_clock_offset(options.clock_offset_seconds);
    for (action, calls) in options.rate_limits {
        simulator.set_rate_limit(&action, Some(calls));
    }
    print(&format!("{}\n{}", simulator.introduction(), simulator.instructions()));
    simulator.wait();
    ExitCode::FAILURE
}

/// Writes to standard output. If nobody reads it, there is nobody to tell.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
