//! The provider: its block, and one folder for each Terraform type.

mod cloud;
mod config;
mod diagnostics;
mod key_files;
mod key_pair;
mod key_pair_attachment;
mod key_pairs;
mod moves;
mod unbindings;

use self::cloud::Cloud;
use self::config::ProviderModel;
use self::key_pair::{KeyPair, OneKeyPair};
use self::key_pair_attachment::Attachment;
use self::key_pairs::KeyPairs;
use crate::framework::schema::Schema;
use crate::framework::{Diagnostics, Host, Provider, Types};

/// The provider `alicloud`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alicloud;

impl Alicloud {
    /// The source address under which Terraform knows the provider.
    pub const ADDRESS: &'static str = "registry.terraform.io/alikeys/alicloud";
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
    ) -> Option<Cloud> {
        config::configure(&config, &host, &config::Surroundings::default(), diagnostics)
    }
}
