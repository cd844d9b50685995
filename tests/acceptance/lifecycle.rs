//! A key pair's life.

use crate::harness::Case;

#[test]
fn made_changed_and_destroyed() {
    let Some(case) = Case::new() else { return };
    case.config(&format!(
        r#"
resource "alicloud_key_pair" "k" {{
  key_pair_name = "web"
  public_key    = "{}"
  tags          = {{ env = "dev" }}
}}
"#,
        crate::harness::PUBLIC_KEY
    ));
    println!("{}", case.terraform(&["apply", "-auto-approve", "-no-color"]));
    println!("{}", case.terraform(&["plan", "-no-color"]));
    println!("{}", case.terraform(&["show", "-no-color"]));
    println!("{}", case.terraform(&["destroy", "-auto-approve", "-no-color"]));
    for call in case.simulator.calls() {
        println!("{call:?}");
    }
}
