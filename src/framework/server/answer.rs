//! Around every call: a span with the standard fields, and an answer whatever happens.

use std::future::Future;
use std::time::Instant;

use tonic::{Response, Status};
use tracing::{Instrument, debug, error, info_span, trace, warn};

use super::convert;
use crate::framework::adapter::panicked;
use crate::framework::{Diagnostics, proto};
use crate::plugin::panics;

/// A response that can carry diagnostics.
pub(super) trait Answer: Default {
    fn diagnostics(&mut self) -> &mut Vec<proto::Diagnostic>;
}

macro_rules! answers {
    ($($message:ident),* $(,)?) => {
        $(
            impl Answer for proto::$message::Response {
                fn diagnostics(&mut self) -> &mut Vec<proto::Diagnostic> {
                    &mut self.diagnostics
                }
            }
        )*
    };
}

answers!(
    get_functions,
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    validate_provider_config,
    configure_provider,
    validate_resource_config,
    validate_data_resource_config,
    upgrade_resource_state,
    upgrade_resource_identity,
    read_resource,
    read_data_source,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
    move_resource_state,
);

/// Which call it is.
pub(super) struct Call<'a> {
    /// The name of the RPC.
    pub(super) rpc: &'static str,
    /// The resource type that it names; empty if it names none.
    pub(super) resource_type: &'a str,
    /// The data source that it names; empty if it names none.
    pub(super) data_source_type: &'a str,
    /// The provider's address.
    pub(super) provider: &'static str,
}

impl Call<'_> {
    /// Does the work of one call. Errors and panics become diagnostics of an empty answer.
    pub(super) async fn answer<T: Answer>(
        self,
        work: impl Future<Output = Result<T, Diagnostics>> + Send,
    ) -> Result<Response<T>, Status> {
        let span = info_span!(
            target: "sdk",
            "rpc",
            tf_req_id = request_id(),
            tf_rpc = self.rpc,
            tf_provider_addr = self.provider,
            tf_proto_version = "6.11",
            tf_resource_type = (!self.resource_type.is_empty()).then_some(self.resource_type),
            tf_data_source_type = (!self.data_source_type.is_empty()).then_some(self.data_source_type),
        );
        async move {
            trace!(target: "sdk.proto", "Received request");
            let started = Instant::now();
            let mut answer = T::default();
            let failed = match panics::caught(work).await {
                Ok(Ok(done)) => {
                    answer = done;
                    Diagnostics::new()
                }
                Ok(Err(diagnostics)) => diagnostics,
                Err(report) => panicked(&report, "The request failed, and nothing was recorded").into(),
            };
            answer.diagnostics().extend(convert::diagnostics(failed));
            log(answer.diagnostics(), started);
            Ok(Response::new(answer))
        }
        .instrument(span)
        .await
    }
}

fn log(diagnostics: &[proto::Diagnostic], started: Instant) {
    let is_error = |d: &&proto::Diagnostic| d.severity() == proto::diagnostic::Severity::Error;
    let errors = diagnostics.iter().filter(is_error).count();
    for diagnostic in diagnostics {
        let (summary, detail) = (&diagnostic.summary, &diagnostic.detail);
        if is_error(&diagnostic) {
            error!(target: "sdk.proto", diagnostic_severity = "ERROR", diagnostic_summary = %summary, diagnostic_detail = %detail, "Response contains error diagnostic");
        } else {
            warn!(target: "sdk.proto", diagnostic_severity = "WARNING", diagnostic_summary = %summary, diagnostic_detail = %detail, "Response contains warning diagnostic");
        }
    }
    debug!(
        target: "sdk.proto",
        tf_req_duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        diagnostic_error_count = errors,
        diagnostic_warning_count = diagnostics.len() - errors,
        "Served request"
    );
}

/// Tells the lines of one call from those of another in the log; nothing else depends on it.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness the identifier is all zeros, which hurts nobody.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}
