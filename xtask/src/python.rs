//! Python packages that the project's commands and tests use, each in an environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs a package (`name==version`) below `home`, unless it is there, and returns the Python that has it.
pub fn with_package(home: &Path, package: &str) -> Result<PathBuf, String> {
    let venv = home.join("venv");
    let python = venv.join("bin").join("python");
    // Written when all is installed, so that half an environment is not taken for a whole one.
    let stamp = home.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == package) {
        return Ok(python);
    }
    fs::create_dir_all(home).map_err(|error| format!("{} cannot be made: {error}", home.display()))?;
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .arg(package))?;
    fs::write(&stamp, package).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{shown} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    Err(format!(
        "{shown} failed ({}): {}",
        output.status,
        last.into_iter().rev().collect::<Vec<_>>().join(" / ")
    ))
}
