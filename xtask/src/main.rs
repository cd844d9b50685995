//! The project's own commands. `cargo xtask` lists them.

mod demo;
mod provider_binary;
mod screen;

use std::io::{self, Write as _};
use std::process::ExitCode;

const HELP: &str = "\
The project's own commands.

  cargo demo           Create, change and destroy a key pair with a real Terraform or
                       OpenTofu, in a simulated cloud on this machine.
  cargo demo --keep    The same, and then leave the cloud up to play with, until Ctrl-C.

TF_CLI_PATH names the Terraform or OpenTofu to use, if it is not the one on the PATH.
";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["demo"] => demo::run(false),
        ["demo", "--keep"] => demo::run(true),
        [] | ["--help" | "-h" | "help"] => {
            screen::line(HELP.trim_end());
            Ok(())
        }
        other => Err(format!("There is no command `{}`.\n\n{HELP}", other.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}
