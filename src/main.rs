//! The provider's executable.

mod arguments;

use std::io::{self, Write as _};
use std::process::ExitCode;

use alicloud_provider::plugin::{self, Plugin};

use self::arguments::Command;

const PLUGIN: Plugin = Plugin {
    name: "alicloud",
    version: env!("CARGO_PKG_VERSION"),
    addresses: &["registry.terraform.io/alikeys/alicloud", "registry.opentofu.org/alikeys/alicloud"],
};

fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Command::Serve { mode, network }) => plugin::serve(&PLUGIN, &mode, network, |_stopping| {
            tonic::service::Routes::new(placeholder::provider_server::ProviderServer::new(Stub))
        }),
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

struct Stub;
impl placeholder::provider_server::Provider for Stub {}

#[allow(dead_code, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
mod placeholder {
    tonic::include_proto!("tfplugin6");
}
