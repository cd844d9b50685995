//! The calls about data sources.

use super::{Server, convert};
use crate::framework::data_source::AnyDataSource;
use crate::framework::{Diagnostic, Diagnostics, Provider, deprecation, proto};

impl<P: Provider> Server<P> {
    fn find_data_source(&self, type_name: &str) -> Result<&dyn AnyDataSource<P::Client>, Diagnostics> {
        self.types.data_sources.get(type_name).map(|it| &**it).ok_or_else(|| {
            Diagnostic::error(
                "Unknown data source",
                format!("This provider has no data source {type_name:?}."),
            )
            .into()
        })
    }

    pub(super) fn validate_data_source(
        &self,
        request: proto::validate_data_resource_config::Request,
    ) -> Result<proto::validate_data_resource_config::Response, Diagnostics> {
        let data_source = self.find_data_source(&request.type_name)?;
        let config = convert::decode(request.config, &data_source.schema().ty())?;
        let mut diagnostics = Diagnostics::new();
        deprecation::warn(&data_source.schema().block, &config, &mut diagnostics);
        diagnostics.extend(data_source.validate(&config));
        Ok(proto::validate_data_resource_config::Response { diagnostics: convert::diagnostics(diagnostics) })
    }

    pub(super) async fn answer_data_source(
        &self,
        request: proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response, Diagnostics> {
        let data_source = self.find_data_source(&request.type_name)?;
        let ty = data_source.schema().ty();
        let config = convert::decode(request.config, &ty)?;
        let (answer, diagnostics) = data_source.read(&self.context()?, &config).await;
        let state = answer.map(|answer| convert::encode(&answer, &ty)).transpose()?;
        let diagnostics = convert::diagnostics(diagnostics);
        Ok(proto::read_data_source::Response { state, diagnostics, deferred: None })
    }
}
