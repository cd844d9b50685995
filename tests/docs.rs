//! The reference pages say what the provider that was just built says.

use std::io::Write as _;
use std::path::Path;

use xtask::docs::Pages;
use xtask::host::Host;

/// The messages in the guide to authentication are those of the cases that show them.
#[test]
fn the_messages_in_the_guide_are_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/guides/authentication.md")).unwrap();
    let mut said = String::new();
    for case in std::fs::read_dir(root.join("tests/credentials/cases")).unwrap() {
        said.push_str(
            &std::fs::read_to_string(case.unwrap().path().join("expected.txt")).unwrap_or_default(),
        );
    }
    let said = said.replace("HOME/", "~/");
    let messages: Vec<&str> =
        guide.split("```text\n").skip(1).filter_map(|it| it.split("\n```").next()).collect();
    assert!(messages.len() >= 12, "{messages:?}");
    for message in messages {
        assert!(said.lines().any(|line| line == message), "no case ends in: {message}");
    }
}

#[test]
fn the_reference_pages_are_up_to_date() {
    let host = match Host::find() {
        Ok(host) => host,
        Err(error) if std::env::var_os("CI").is_none() => {
            // Unlike what `eprintln!` says, the test runner does not swallow this.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED: the reference pages were not compared. {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud"));
    let pages = Pages::generate(&host, provider.parent().unwrap()).unwrap();
    let different = pages.differences().unwrap();
    assert!(different.is_empty(), "run `cargo xtask docs`; it will change {different:?}");
}
