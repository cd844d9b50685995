//! The reference pages say what the provider that was just built says.

use std::io::Write as _;
use std::path::Path;

use xtask::docs::Pages;
use xtask::host::Host;

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
