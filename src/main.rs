//! The provider's executable.

mod arguments;

use std::io::{self, Write as _};
use std::process::ExitCode;

use alicloud_provider::framework;
use alicloud_provider::plugin::{self, Plugin};
use alicloud_provider::provider::Alicloud;
use tonic::service::Routes;

use self::arguments::Command;

const PLUGIN: Plugin = Plugin {
    name: "alicloud",
    version: env!("CARGO_PKG_VERSION"),
    addresses: &[Alicloud::ADDRESS, "registry.opentofu.org/alikeys/alicloud"],
};

fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Command::Serve { mode, network }) => {
            let services = |stopping| Routes::new(framework::service(Alicloud, stopping));
            plugin::serve(&PLUGIN, &mode, network, services, Alicloud::end())
        }
        Ok(Command::Version) => print(&format!("{} {}\n", env!("CARGO_PKG_NAME"), PLUGIN.version)),
        Ok(Command::Help) => print(arguments::HELP),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

/// Prints for a person. Unlike `print!` it does not panic if the person's pager has gone.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
