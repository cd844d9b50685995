//! Clients that nobody here wrote: both official Python SDKs, one for each version of the signature.

// Helpers of a test may panic like a test.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use ecs_simulator::{AccessKey, Config, Instance, Role, Simulator};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn both_official_sdks_are_content() {
    let Some(python) = python_with_sdks() else {
        assert!(env::var_os("CI").is_none(), "the official SDKs must be tested here; see above");
        return;
    };
    let simulator = Simulator::start(Config::default()).unwrap();
    simulator.world(|world| {
        for id in ["i-sdk-1", "i-sdk-2"] {
            world.add_instance(Instance::new("cn-hangzhou", id));
        }
    });
    let temporary = AccessKey::new("STS.sdk", "sts-secret", "2").of_user("runner").with_token("CAES+/=tok");
    simulator.add_access_key(temporary);
    simulator.identity(|identity| {
        identity.add_role(Role::new("acs:ram::2:role/sdk").trusting("acs:ram::2:role/runner"));
    });
    let address = simulator.address();
    let output = Command::new(python)
        .arg(format!("{HERE}/official_sdks.py"))
        .args([address.ip().to_string(), address.port().to_string()])
        .args([simulator.access_key_id(), simulator.access_key_secret()])
        .args(["STS.sdk", "sts-secret", "CAES+/=tok"])
        // A proxy would get in between.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}\ncalls: {:#?}", show(&output), simulator.calls());
    for signature in ["V1", "V3"] {
        let calls = simulator.calls().into_iter().filter(|call| call.signature == signature);
        assert!(calls.count() >= 15, "signature {signature} was hardly used");
    }
}

/// The Python of a virtual environment with the SDKs in it, which is made if need be; `None`, with the reason
/// on standard error, where that cannot be had.
fn python_with_sdks() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("venv-sdks");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = format!("{HERE}/official_sdks.txt");
    // Written when all is installed, so that half an environment is not taken for a whole one.
    let stamp = venv.join("installed.txt");
    let wanted = fs::read_to_string(&requirements).unwrap();
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Some(python);
    }
    let steps: [(PathBuf, Vec<&str>); 2] = [
        ("python3".into(), vec!["-m", "venv", "--clear", venv.to_str()?]),
        (python.clone(), vec!["-m", "pip", "install", "--quiet", "--requirement", &requirements]),
    ];
    for (program, arguments) in steps {
        let failure = match Command::new(&program).args(&arguments).output() {
            Ok(output) if output.status.success() => continue,
            Ok(output) => show(&output),
            Err(error) => error.to_string(),
        };
        eprintln!(
            "SKIPPED: the official SDKs are not tested, since `{} {}` failed: {failure}",
            program.display(),
            arguments.join(" ")
        );
        return None;
    }
    fs::write(stamp, wanted).unwrap();
    Some(python)
}

fn show(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}
