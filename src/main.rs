//! The provider's executable.

use std::process::ExitCode;

use alicloud_provider::plugin::{self, Mode, Network, Plugin};

const PLUGIN: Plugin = Plugin {
    name: "alicloud",
    version: env!("CARGO_PKG_VERSION"),
    addresses: &["registry.terraform.io/alikeys/alicloud", "registry.opentofu.org/alikeys/alicloud"],
};

fn main() -> ExitCode {
    plugin::serve(&PLUGIN, &Mode::Host, Network::default(), |_stopping| {
        tonic::service::Routes::new(placeholder::provider_server::ProviderServer::new(Stub))
    })
}

struct Stub;
impl placeholder::provider_server::Provider for Stub {}

#[allow(dead_code, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
mod placeholder {
    tonic::include_proto!("tfplugin6");
}
