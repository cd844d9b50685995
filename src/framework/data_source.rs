//! The trait that a data source implements, and its adapter.

use std::future::Future;

use super::adapter::{BoxFuture, model, panicked};
use super::fit::{fit, refuse_unknown};
use super::schema::{Schema, check_model};
use super::{Context, Diagnostics, Model, ModelValue as _};
use crate::cty::Value;
use crate::plugin::panics;

/// A data source: a question to the world, asked anew in each run.
pub trait DataSource: Send + Sync + 'static {
    /// The typed form of the schema's value. Its fields are the schema's attributes.
    type Model: Model;
    /// What the provider's `configure` makes.
    type Client: Send + Sync + 'static;

    /// The data source's name, for example `alicloud_key_pairs`.
    fn type_name(&self) -> &'static str;

    /// The schema.
    fn schema(&self) -> Schema;

    /// Judges the configuration alone: no I/O, and unknown values never fail.
    fn validate(&self, config: &Self::Model, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Answers. The configuration is wholly known; so must be the answer, which keeps what the configuration sets.
    /// What the question presupposes and is not there is an error.
    fn read(
        &self,
        context: &Context<Self::Client>,
        config: Self::Model,
        diagnostics: &mut Diagnostics,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;
}

/// A data source, whatever its model.
pub(super) trait AnyDataSource<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    /// Where the model does not fit the schema, one sentence each.
    fn model_faults(&self) -> Vec<String>;
    fn validate(&self, config: &Value) -> Diagnostics;
    /// No value comes with an error.
    fn read<'a>(
        &'a self,
        context: &'a Context<C>,
        config: &'a Value,
    ) -> BoxFuture<'a, (Option<Value>, Diagnostics)>;
}

/// The one implementation of [`AnyDataSource`].
pub(super) struct DataSourceAdapter<D> {
    data_source: D,
    schema: Schema,
}

impl<D: DataSource> DataSourceAdapter<D> {
    pub(super) fn new(data_source: D) -> Self {
        let schema = data_source.schema();
        Self { data_source, schema }
    }
}

impl<D: DataSource> AnyDataSource<D::Client> for DataSourceAdapter<D> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn model_faults(&self) -> Vec<String> {
        check_model::<D::Model>(&self.schema)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        match model(config) {
            Ok(config) => self.data_source.validate(&config, &mut diagnostics),
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics
    }

    fn read<'a>(
        &'a self,
        context: &'a Context<D::Client>,
        config: &'a Value,
    ) -> BoxFuture<'a, (Option<Value>, Diagnostics)> {
        Box::pin(async move {
            let mut diagnostics = Diagnostics::new();
            let outcome = panics::caught(async {
                let config = model::<D::Model>(config)?;
                self.data_source.read(context, config, &mut diagnostics).await
            })
            .await;
            let failed = match outcome {
                Ok(Ok(answer)) => {
                    let answer = fit(self.schema.block.fields(), answer.to_value());
                    match refuse_unknown(&answer, "after reading") {
                        Ok(()) => return (Some(answer), diagnostics),
                        Err(errors) => errors,
                    }
                }
                Ok(Err(errors)) => errors,
                Err(report) => panicked(&report, "Nothing was read").into(),
            };
            diagnostics.extend(failed);
            (None, diagnostics)
        })
    }
}
