//! The project's own commands. `cargo xtask` lists them.

mod bench;
mod demo;
mod provider_binary;
mod screen;

use std::io::{self, Write as _};
use std::process::ExitCode;

use xtask::docs::Pages;
use xtask::host::Host;

use self::provider_binary::Profile;

const HELP: &str = "\
The project's own commands.

  cargo demo           Create, change and destroy a key pair with a real Terraform or
                       OpenTofu, in a simulated cloud on this machine.
  cargo demo --keep    The same, and then leave the cloud up to play with, until Ctrl-C.
  cargo xtask docs     Make the reference pages in docs/ anew, from the provider's schemas,
                       templates/ and examples/.
  cargo xtask docs --check
                       Fail if that would change anything.
  cargo xtask bench [RUNS]
                       Measure speed and size of the release build; the table goes to
                       docs/benchmarks/README.md.

TF_CLI_PATH names the Terraform or OpenTofu to use, if it is not the one on the PATH.
";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["demo"] => demo::run(false),
        ["demo", "--keep"] => demo::run(true),
        ["docs"] => docs(false),
        ["docs", "--check"] => docs(true),
        ["bench"] => bench::run(bench::DEFAULT_RUNS),
        ["bench", runs] => match runs.parse() {
            Ok(runs) if runs > 0 => bench::run(runs),
            _ => Err(format!("RUNS is a number from 1, not `{runs}`.")),
        },
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

/// Makes the reference pages, or checks that they are as they should be.
fn docs(check: bool) -> Result<(), String> {
    let provider = provider_binary::build(Profile::Dev)?;
    let pages = Pages::generate(&Host::find()?, &provider)?;
    let changed = if check { pages.differences()? } else { pages.write()? };
    let list: Vec<String> = changed.iter().map(|path| format!("  {}", path.display())).collect();
    let list = list.join("\n");
    if changed.is_empty() {
        screen::line("The reference pages are up to date.");
    } else if check {
        return Err(format!("These pages are not up to date; run `cargo xtask docs`:\n{list}"));
    } else {
        screen::line(format_args!("Changed:\n{list}"));
    }
    Ok(())
}
