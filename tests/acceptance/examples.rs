//! The examples are valid configurations.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Case, Feature, acceptance};

/// The directories below `directory` that hold configurations.
fn configurations(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    if entries.iter().any(|path| path.extension().is_some_and(|extension| extension == "tf")) {
        found.push(directory.to_owned());
    }
    for path in entries {
        if path.is_dir() {
            configurations(&path, found);
        }
    }
}

/// Has the case's directory hold this example, and nothing else.
fn put(case: &Case, example: &Path) {
    for entry in fs::read_dir(case.path("")).unwrap().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "tf") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    for entry in fs::read_dir(example).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), case.path(&entry.file_name().to_string_lossy())).unwrap();
    }
}

#[test]
fn each_validates_and_plans() {
    acceptance(|case| {
        let mut examples = Vec::new();
        configurations(&xtask::project_root().join("examples"), &mut examples);
        assert!(!examples.is_empty(), "there are no examples");
        case.set_env("ALIBABA_CLOUD_ENDPOINT_ECS", case.simulator.url());
        case.set_env("ALIBABA_CLOUD_ENDPOINT_STS", case.simulator.url());
        case.set_env("ALICLOUD_REGION", "cn-hangzhou");
        case.set_env("TF_VAR_public_key", crate::harness::keys::A);
        case.simulator
            .world(|world| _ = world.add_key_pair("cn-hangzhou", "deploy", crate::harness::keys::B));
        for example in examples {
            put(case, &example);
            let name = example.display();
            let run = case.run(&["validate", "-json"]).succeeded();
            assert!(run.diagnostics().is_empty(), "{name}: {run}");
            let imports = fs::read_dir(&example).unwrap().flatten().any(|it| {
                it.path().is_file()
                    && fs::read_to_string(it.path()).is_ok_and(|text| text.contains("import {"))
            });
            if !imports || Feature::ImportBlocks.is_in(case.host()) {
                let run = case.run(&["plan", "-json"]);
                assert_eq!(run.code, Some(0), "{name}: {run}");
            }
        }
        case.simulator.world(|world| _ = world.remove_key_pair("cn-hangzhou", "deploy"));
    });
}
