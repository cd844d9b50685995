//! The trait that a provider implements, and the list of the types that it offers.

use std::collections::BTreeMap;
use std::future::Future;

use super::adapter::{AnyResource, ResourceAdapter};
use super::data_source::{AnyDataSource, DataSourceAdapter};
use super::schema::Schema;
use super::{DataSource, Diagnostics, Model, Resource};

/// A provider: a configuration that becomes a client, and the types that use it.
pub trait Provider: Send + Sync + 'static {
    /// The typed form of the provider block.
    type Model: Model;
    /// What the types work with.
    type Client: Send + Sync + 'static;

    /// The address that diagnostics and logs name, for example
    /// `registry.terraform.io/hashicorp/null`.
    fn address(&self) -> &'static str;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// Names every type.
    fn types(&self, types: &mut Types<Self::Client>);

    /// Judges the configuration alone: no I/O, and unknown values never fail.
    fn validate(&self, config: &Self::Model, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Makes the client, or says why there is none; `diagnostics` is for warnings. Unknown values are no failure here:
    /// the client fails when it is needed.
    fn configure(
        &self,
        config: Self::Model,
        host: Host,
        diagnostics: &mut Diagnostics,
    ) -> impl Future<Output = Result<Self::Client, Diagnostics>> + Send;
}

/// Who called.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The version of Terraform or OpenTofu, for example `1.11.4`.
    pub version: String,
}

/// The types of a provider. Each kind is one trait, one adapter and one method here.
pub struct Types<C> {
    pub(super) resources: BTreeMap<&'static str, Box<dyn AnyResource<C>>>,
    pub(super) data_sources: BTreeMap<&'static str, Box<dyn AnyDataSource<C>>>,
    /// Names that were offered more than once.
    pub(super) duplicates: Vec<&'static str>,
}

impl<C: Send + Sync + 'static> Types<C> {
    pub(super) fn new() -> Self {
        Self { resources: BTreeMap::new(), data_sources: BTreeMap::new(), duplicates: Vec::new() }
    }

    /// Offers a managed resource.
    pub fn resource<R: Resource<Client = C>>(&mut self, resource: R) {
        let name = resource.type_name();
        if self.resources.insert(name, Box::new(ResourceAdapter::new(resource))).is_some() {
            self.duplicates.push(name);
        }
    }

    /// Offers a data source.
    pub fn data_source<D: DataSource<Client = C>>(&mut self, data_source: D) {
        let name = data_source.type_name();
        if self.data_sources.insert(name, Box::new(DataSourceAdapter::new(data_source))).is_some() {
            self.duplicates.push(name);
        }
    }
}
