//! The provider: its block, and one folder for each Terraform type.

mod asked;
mod cloud;
mod config;
mod diagnostics;
mod files;
#[cfg(test)]
mod golden_tests;
mod key_pair;
mod key_pair_attachment;
mod key_pairs;
mod moves;
mod place;
mod unbindings;

use self::cloud::Cloud;
use self::config::ProviderModel;
use self::key_pair::{KeyPair, OneKeyPair};
use self::key_pair_attachment::Attachment;
use self::key_pairs::KeyPairs;
use crate::alicloud::credentials::Refreshes;
use crate::framework::schema::Schema;
use crate::framework::{Diagnostic, Diagnostics, Host, Provider, Types};

/// The provider `alicloud`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alicloud;

impl Alicloud {
    /// The source address under which Terraform knows the provider.
    pub const ADDRESS: &'static str = "registry.terraform.io/alikeys/alicloud";

    /// To be awaited before the process ends: finishes what must not be left half done, and begins nothing more. That
    /// are refreshes of credentials, for all configurations that this process was given.
    pub async fn end() {
        Refreshes::of_process().end().await;
    }
}

impl Provider for Alicloud {
    type Model = ProviderModel;
    type Client = Cloud;

    fn address(&self) -> &'static str {
        Self::ADDRESS
    }

    fn schema(&self) -> Schema {
        config::schema()
    }

    fn types(&self, types: &mut Types<Cloud>) {
        for type_name in key_pair::NAMES {
            types.resource(KeyPair { type_name });
        }
        for type_name in key_pair_attachment::NAMES {
            types.resource(Attachment { type_name });
        }
        for type_name in key_pairs::NAMES {
            types.data_source(KeyPairs { type_name });
        }
        types.data_source(OneKeyPair);
    }

    fn validate(&self, config: &ProviderModel, diagnostics: &mut Diagnostics) {
        config::validate(config, diagnostics);
    }

    async fn configure(
        &self,
        config: ProviderModel,
        host: Host,
        diagnostics: &mut Diagnostics,
    ) -> Result<Cloud, Diagnostics> {
        let span = tracing::Span::current();
        // A profile may be read, from a file system that hangs.
        let configured = tokio::task::spawn_blocking(move || {
            span.in_scope(|| {
                let mut told = Diagnostics::new();
                let surroundings = config::Surroundings::default();
                let cloud = config::configure(&config, &host, &surroundings, &mut told);
                (cloud, told)
            })
        });
        match configured.await {
            Ok((cloud, told)) => {
                diagnostics.extend(told);
                cloud.ok_or_else(|| std::mem::take(diagnostics))
            }
            Err(error) => {
                let detail = format!("{error}. This is a bug in the provider; please report it.");
                Err(Diagnostic::error("The provider could not be configured", detail).into())
            }
        }
    }
}
