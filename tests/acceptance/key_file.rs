//! Private keys in files: made, used, or left alone.

use std::fs;
use std::path::Path;

use alicloud_provider::openssh::{generate_rsa_2048, public_half};
use ecs_simulator::{Denial, Fault};

use crate::harness::{Case, REGION, acceptance};

const K: &str = "alicloud_key_pair.k";

fn config(path: &Path) -> String {
    format!("resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  key_file = {path:?}\n}}\n")
}

/// Has the lines of a key file looked for wherever they must not be.
pub(crate) fn forbid_content(case: &mut Case, path: &Path) -> String {
    let content = fs::read_to_string(path).unwrap();
    for line in content.lines().filter(|line| line.len() > 40) {
        case.forbid(line);
    }
    content
}

/// A key file that somebody made before.
fn make_one(case: &mut Case, name: &str) -> std::path::PathBuf {
    let path = case.key_path(name);
    fs::write(&path, generate_rsa_2048().unwrap().private_pem().as_bytes()).unwrap();
    forbid_content(case, &path);
    path
}

#[test]
fn is_made_for_its_owner_only_and_outlives_the_key_pair() {
    acceptance(|case| {
        let path = case.key_path("web.pem");
        let plan = case.step(&config(&path), &[(K, "create")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        let content = forbid_content(case, &path);
        assert!(content.starts_with("-----BEGIN "), "PEM");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let made = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
        assert_eq!(public_half(content.as_bytes()).unwrap().fingerprint_md5(), made.fingerprint);
        assert_eq!(case.state().text(K, "public_key"), made.public_key);
        assert_eq!(case.simulator.count("CreateKeyPair"), 0);

        // The next key pair takes the same key.
        case.run(&["taint", K]).succeeded();
        let plan = case.step(&config(&path), &[(K, "delete/create")]);
        let summary = format!("The key in {} will be used", path.display());
        let warnings = plan.warnings();
        let warning = warnings.iter().find(|it| it.summary == summary).expect("a warning about the file");
        warning.says(&summary, "key_file", &[&made.fingerprint]);
        case.destroy().succeeded();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        let files: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
    });
}

#[test]
fn that_exists_is_used_and_left_alone() {
    acceptance(|case| {
        let path = make_one(case, "own.pem");
        let before = fs::read(&path).unwrap();
        let plan = case.step(&config(&path), &[(K, "create")]);
        assert_eq!(plan.warnings().len(), 1, "{:?}", plan.warnings());
        let key = public_half(&before).unwrap();
        assert_eq!(case.state().text(K, "public_key"), key.to_line());
        assert_eq!(case.state().text(K, "finger_print"), key.fingerprint_md5());
        assert_eq!(fs::read(&path).unwrap(), before);
    });
}

#[test]
fn is_the_same_by_any_of_its_names_and_its_key_by_any_file() {
    acceptance(|case| {
        let named = |name: &str| config(Path::new(name));
        let path = case.home("web.pem");
        let plan = case.step(&named("~/web.pem"), &[(K, "create")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        forbid_content(case, &path);
        case.step(&config(&path), &[]);
        case.step(&named("../home/./web.pem"), &[]);
        // The same key in another file is only recorded.
        let moved = case.key_path("moved.pem");
        fs::rename(&path, &moved).unwrap();
        let plan = case.step(&config(&moved), &[(K, "update")]);
        assert_eq!(plan.changed(K), ["key_file"]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        // Another file with no key yet is another key.
        let new = case.key_path("new.pem");
        let plan = case.step(&config(&new), &[(K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["key_file"]);
        forbid_content(case, &new);
    });
}

#[test]
fn that_takes_the_place_of_a_public_key_is_recorded_with_a_warning() {
    acceptance(|case| {
        let path = case.key_path("new.pem");
        case.step(&config(&path).replace("key_file = ", "public_key = local.a # "), &[(K, "create")]);
        let before = case.state().text(K, "public_key").to_owned();
        let plan = case.step(&config(&path), &[(K, "update")]);
        let missing = format!("The file {} does not exist", path.display());
        plan.warning().says(
            "The key pair \"web\" keeps its key",
            "key_file",
            &[&missing, "-replace=ADDRESS"],
        );
        assert!(!path.exists());
        assert_eq!(case.state().text(K, "public_key"), before);
        // As the warning says.
        let replaced = format!("-replace={K}");
        case.plan_with(&[&replaced]).expect(&[(K, "delete/create")]);
        case.apply_plan();
        forbid_content(case, &path);
        assert_ne!(case.state().text(K, "public_key"), before);
    });
}

#[test]
fn that_cannot_be_used_is_a_warning_in_the_plan_and_an_error_before_anything_changes() {
    acceptance(|case| {
        let of_other_kind = case.key_path("other");
        fs::write(&of_other_kind, "not a key at all\n").unwrap();
        let encrypted = case.key_path("encrypted");
        fs::write(
            &encrypted,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        )
        .unwrap();
        let directory = case.key_path("directory");
        fs::create_dir(&directory).unwrap();
        let nowhere = case.key_path("no/such/directory");
        let missing = format!("the directory {} does not exist", case.key_path("no/such").display());
        for (path, why) in [
            (&of_other_kind, "holds no private key in PEM form"),
            (&encrypted, "encrypted with a passphrase"),
            (&directory, "is not a file"),
            (&nowhere, missing.as_str()),
        ] {
            let before = fs::read(path).ok();
            case.write(&config(path));
            let plan = case.plan();
            plan.expect(&[(K, "create")]);
            let summary = format!("The key file {} cannot be used", path.display());
            plan.warning().says(&summary, "key_file", &[why]);
            let run = case.run(&["apply", "-json", "tfplan"]);
            run.error().says("The key file cannot be used", "key_file", &[why, "Nothing was changed."]);
            assert_eq!(fs::read(path).ok(), before, "{}", path.display());
            assert!(case.state().is_empty());
        }
        assert_eq!(case.simulator.count("ImportKeyPair"), 0);
    });
}

#[test]
fn that_was_made_for_nothing_is_removed_again() {
    acceptance(|case| {
        let path = case.key_path("web.pem");
        case.write(&config(&path));
        case.simulator.world(|world| world.key_pair_quota = 0);
        case.apply_fails().error().says(
            "Could not create the key pair \"web\"",
            "resource",
            &["QuotaExceed.KeyPair"],
        );
        assert!(!path.exists());
        case.simulator.world(|world| {
            world.key_pair_quota = 10;
            world.add_key_pair(REGION, "web", crate::harness::keys::A);
        });
        case.apply_fails().error().says(
            "A key pair \"web\" exists already",
            "key_pair_name",
            &["It holds another key"],
        );
        assert!(!path.exists());

        // One that was there before stays, whatever the cloud says.
        let own = make_one(case, "own.pem");
        case.write(&config(&own));
        case.apply_fails().error();
        assert!(own.exists());
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
    });
}

#[test]
fn that_another_process_has_found_is_not_taken_away() {
    acceptance(|case| {
        let path = case.key_path("web.pem");
        let endpoints = case.endpoints();
        // Two provider blocks are two processes.
        let block = |name: &str, provider: &str| {
            format!(
                "resource \"alicloud_key_pair\" {name:?} {{\n  provider = {provider}\n  key_pair_name = {name:?}\n  key_file = \
                 {path:?}\n}}\n"
            )
        };
        case.write(&format!(
            "provider \"alicloud\" {{\n  alias = \"other\"\n  region = {REGION:?}\n{endpoints}}}\n\n{}{}",
            block("one", "alicloud"),
            block("two", "alicloud.other")
        ));
        // Whoever has made the file is refused.
        let import = case.simulator.fail(Fault::on("ImportKeyPair").hold().before_change().once());
        let running = case.start(&["apply", "-auto-approve", "-json"]);
        assert!(import.wait_for_hit());
        let (refused, made) = match case.simulator.calls().iter().find(|call| call.action == "ImportKeyPair")
        {
            Some(call) if call.parameters["KeyPairName"] == "one" => ("one", "two"),
            _ => ("two", "one"),
        };
        case.simulator.world(|world| world.denials.push(Denial::on("ImportKeyPair", refused)));
        import.remove();
        let run = case.ended(running);
        run.error().says(
            &format!("Could not create the key pair {refused:?}"),
            "resource",
            &["Forbidden.RAM"],
        );
        let content = forbid_content(case, &path);
        let pair = case.simulator.world(|world| world.key_pair(REGION, made).cloned()).unwrap();
        assert_eq!(public_half(content.as_bytes()).unwrap().fingerprint_md5(), pair.fingerprint);
        assert_eq!(case.names(), [made]);
        case.simulator.world(|world| world.denials.clear());
    });
}

#[test]
fn stays_when_nobody_knows_what_became_of_the_key_pair() {
    acceptance(|case| {
        let path = case.key_path("web.pem");
        case.write(&config(&path));
        // The change is made, its reply is lost, and nobody can look.
        case.simulator.fail(Fault::on("ImportKeyPair").disconnect().after_change());
        let deaf = case.simulator.fail(Fault::on("DescribeKeyPairs").refuse(403, "Forbidden.RAM", "No."));
        let error = case.apply_fails().error();
        error.says(
            "It is not known whether the key pair \"web\" was created",
            "resource",
            &[
                &path.display().to_string(),
                "Keep it until an apply has succeeded",
                "import {",
                "Forbidden.RAM",
            ],
        );
        let content = forbid_content(case, &path);
        case.simulator.clear_faults();
        drop(deaf);
        let made = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
        assert_eq!(public_half(content.as_bytes()).unwrap().fingerprint_md5(), made.fingerprint);

        // Pasted as it is, the block takes the key pair over, with the file.
        if !crate::harness::Feature::ImportBlocks.is_in(case.host()) {
            case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
            return;
        }
        let block = error.import_block("k");
        case.step(&format!("{}{block}", config(&path)), &[(K, "import update")]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);
    });
}

#[test]
fn does_not_keep_a_tainted_key_pair_from_being_destroyed() {
    acceptance(|case| {
        let path = case.key_path("web.pem");
        case.step(&config(&path), &[(K, "create")]);
        forbid_content(case, &path);
        case.run(&["taint", K]).succeeded();
        // A create of this could not work.
        fs::write(&path, "no key any more").unwrap();
        case.destroy().succeeded();
        assert!(case.names().is_empty() && case.state().is_empty());
        assert_eq!(fs::read_to_string(&path).unwrap(), "no key any more");
    });
}
