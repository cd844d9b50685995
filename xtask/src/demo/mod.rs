//! A key pair's whole life, for a newcomer to watch: a real host, the provider that was just built,
//! and a simulated cloud on this machine.

mod cloud;
mod stage;

use std::time::Instant;

use self::cloud::INSTANCE;
use self::stage::Stage;
use crate::provider_binary::{self, Profile};
use crate::screen::{heading, indented, line};

/// The key pair's name.
const NAME: &str = "web";

/// Runs the demonstration; an error says which step did not go as expected.
pub(crate) fn run(keep: bool) -> Result<(), String> {
    line("Building the provider. The first time, this takes some minutes.");
    let provider = provider_binary::build(Profile::Dev)?;
    line("Looking for Terraform or OpenTofu. Without either, a Terraform is installed into target/hosts.");
    let stage = Stage::set(&provider)?;
    let started = Instant::now();
    line(format_args!(
        "\nThe cloud:  a simulated ECS at {}\nThe host:   {}\nWorking in: {}",
        stage.simulator.url(),
        stage.host(),
        stage.directory().display()
    ));

    heading("1. Create a key pair");
    stage.configure(&configuration(&[("team", "platform")]))?;
    let made = stage.run(&["apply", "-auto-approve"])?;
    made.succeeds()?.called("ImportKeyPair")?;
    stage.expect_key_pair(NAME, true)?;
    line("\nThe private key was made on this machine, and only its public half was sent:");
    indented(&stage.describe_file("web.pem")?);

    heading("2. Change it in place");
    stage.configure(&configuration(&[("team", "platform"), ("env", "demo")]))?;
    stage.run(&["apply", "-auto-approve"])?.succeeds()?.called("TagResources")?;

    heading("3. Nothing more to do");
    stage.run(&["plan", "-detailed-exitcode"])?.succeeds()?;

    heading("4. An instance uses it, so the cloud refuses to destroy it");
    cloud::bind(&stage.simulator, NAME);
    line(format_args!("In the cloud, the instance {INSTANCE} now carries the key pair.\n"));
    stage.run(&["destroy", "-auto-approve"])?.fails()?.called("DeleteKeyPairs")?;
    stage.expect_key_pair(NAME, true)?;

    heading("5. Without the instance, it goes");
    cloud::unbind(&stage.simulator);
    line("In the cloud, the key pair was taken off the instance.\n");
    stage.run(&["destroy", "-auto-approve"])?.succeeds()?.called("DeleteKeyPairs")?;
    stage.expect_key_pair(NAME, false)?;

    line(format_args!(
        "\nDone in {:.1} s. The file web.pem is yours: destroying a key pair leaves it.",
        started.elapsed().as_secs_f32()
    ));
    if keep {
        cloud::keep(&stage);
    }
    line("To go on with this cloud and a configuration of your own, run: cargo demo --keep");
    Ok(())
}

fn configuration(tags: &[(&str, &str)]) -> String {
    let width = tags.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let tags: Vec<String> =
        tags.iter().map(|(key, value)| format!("    {key:width$} = \"{value}\"\n")).collect();
    format!(
        r#"resource "alicloud_key_pair" "web" {{
  key_pair_name = "{NAME}"
  key_file      = "web.pem"

  tags = {{
{}  }}
}}
"#,
        tags.concat()
    )
}
