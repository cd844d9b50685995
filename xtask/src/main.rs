//! The project's own commands. `cargo xtask` lists them.

mod bench;
mod demo;
mod provider_binary;
mod screen;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use xtask::docs::Pages;
use xtask::host::Host;
use xtask::install;

use self::provider_binary::Profile;

const HELP: &str = "\
The project's own commands.

  cargo demo           Create, change and destroy a key pair with a real Terraform or
                       OpenTofu, in a simulated cloud on this machine.
  cargo demo --keep    The same, and then leave the cloud up to play with, until Ctrl-C.
  cargo xtask install  Build the provider, and put it where Terraform and OpenTofu find it:
                       the plugin directory in your home directory.
  cargo xtask install --uninstall
                       Remove it from there again, in every version.
  cargo xtask docs     Make the reference pages in docs/ anew, from the provider's schemas,
                       templates/ and examples/.
  cargo xtask docs --check
                       Fail if that would change anything.
  cargo xtask bench [RUNS]
                       Measure speed and size of the release build; the table goes to
                       docs/benchmarks/README.md.
  cargo xtask soak [SEED]
                       Try every operation in every kind of trouble, and kill the provider and
                       the host at many moments: all of what the tests try a part of. SEED
                       repeats what a soak left to chance.

TF_CLI_PATH names the Terraform or OpenTofu to use, if it is not the one on the PATH.
";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let asks_for_help = arguments.iter().any(|argument| matches!(*argument, "--help" | "-h"));
    let outcome = match arguments.as_slice() {
        [] | ["help"] => help(),
        _ if asks_for_help => help(),
        ["demo"] => demo::run(false),
        ["demo", "--keep"] => demo::run(true),
        ["docs"] => docs(false),
        ["docs", "--check"] => docs(true),
        ["bench"] => bench::run(bench::DEFAULT_RUNS),
        ["bench", runs] => match runs.parse() {
            Ok(runs) if runs > 0 => bench::run(runs),
            _ => Err(format!("RUNS is a number from 1, not `{runs}`.")),
        },
        ["soak"] => soak(SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())),
        ["soak", seed] => match seed.parse() {
            Ok(seed) => soak(seed),
            Err(_) => Err(format!("SEED is a number, not `{seed}`.")),
        },
        ["install"] => install(),
        ["install", "--uninstall"] => uninstall(),
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

/// Prints what commands there are. Its result is what every command returns.
#[expect(clippy::unnecessary_wraps, reason = "an arm among commands that can fail")]
fn help() -> Result<(), String> {
    screen::line(HELP.trim_end());
    Ok(())
}

/// Builds the provider and installs it for the user.
fn install() -> Result<(), String> {
    let plugins = plugin_directory()?;
    let built = provider_binary::build(Profile::Release)?;
    let executable = built.join(provider_binary::NAME).with_extension(std::env::consts::EXE_EXTENSION);
    let places = install::install(&executable, &plugins)
        .map_err(|error| format!("The provider cannot be installed into {}: {error}.", plugins.display()))?;
    let list: Vec<String> = places.iter().map(|place| format!("  {}", place.display())).collect();
    screen::line(format_args!(
        "Installed:\n{}\n\nIn a configuration with source = \"{}\", run: terraform init (or tofu init). If a lock file \
         knows an earlier build of the same version, delete the provider's block in .terraform.lock.hcl first.",
        list.join("\n"),
        xtask::workdir::SOURCE
    ));
    for file in install::overriding_files(|name| std::env::var_os(name)) {
        screen::line(format_args!(
            "\n{} has a provider_installation block, so the plugin directory is not searched. Add this to the block:\n\n{}",
            file.display(),
            install::installation_methods(&plugins)
        ));
    }
    Ok(())
}

/// Removes what [`install`] installed.
fn uninstall() -> Result<(), String> {
    let plugins = plugin_directory()?;
    let removed = install::uninstall(&plugins)
        .map_err(|error| format!("The provider cannot be removed from {}: {error}.", plugins.display()))?;
    if removed.is_empty() {
        screen::line(format_args!("The provider is not installed in {}.", plugins.display()));
    }
    for directory in removed {
        screen::line(format_args!("Removed: {}", directory.display()));
    }
    Ok(())
}

/// The user's plugin directory.
fn plugin_directory() -> Result<std::path::PathBuf, String> {
    install::plugin_directory(|name| std::env::var_os(name))
        .ok_or_else(|| "HOME is not set (APPDATA on Windows), so there is no plugin directory.".to_owned())
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

/// Runs all cases of the acceptance tests' tables.
fn soak(seed: u64) -> Result<(), String> {
    screen::line(format_args!(
        "On {}, with the seed {seed}. This takes a quarter of an hour, more or less.",
        Host::find()?
    ));
    let began = Instant::now();
    let status =
        xtask::soak::command(seed).status().map_err(|error| format!("cargo cannot be run: {error}."))?;
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    if status.success() {
        screen::line(format_args!("All passed, in {minutes:.1} minutes."));
        Ok(())
    } else {
        Err(format!("Not all passed, in {minutes:.1} minutes; above is which, why, and how to repeat it."))
    }
}
