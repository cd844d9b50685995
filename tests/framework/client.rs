//! A host in short: values in, values out.

use alicloud_provider::cty::{Type, Value, msgpack};
use alicloud_provider::framework::{self, Provider};
use proto::provider_client::ProviderClient;
use tokio_util::sync::CancellationToken;

/// The generated client.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::pedantic)]
pub(crate) mod proto {
    tonic::include_proto!("tfplugin6");
}

/// A provider's service, called without a network between.
pub(crate) type Client = ProviderClient<tonic::service::Routes>;

/// Serves `provider` to a client. The token is the one that the process's end cancels.
pub(crate) fn serve<P: Provider>(provider: P) -> (Client, CancellationToken) {
    let shutdown = CancellationToken::new();
    let routes = tonic::service::Routes::new(framework::service(provider, shutdown.clone()));
    (ProviderClient::new(routes), shutdown)
}

/// A value as the host sends it.
#[expect(clippy::unnecessary_wraps, reason = "the messages hold it like this")]
pub(crate) fn dynamic(value: &Value, ty: &Type) -> Option<proto::DynamicValue> {
    Some(proto::DynamicValue { msgpack: msgpack::encode(value, ty).unwrap(), json: Vec::new() })
}

/// A value as the provider answered it.
pub(crate) fn value(answer: Option<proto::DynamicValue>, ty: &Type) -> Value {
    answer.map_or(Value::Null, |answer| msgpack::decode(&answer.msgpack, ty).unwrap())
}

/// Diagnostics as `Severity: summary [path]`.
pub(crate) fn told(diagnostics: &[proto::Diagnostic]) -> Vec<String> {
    let one = |diagnostic: &proto::Diagnostic| {
        assert!(!diagnostic.summary.is_empty());
        let steps = diagnostic.attribute.iter().flat_map(|path| &path.steps);
        let path: Vec<String> = steps
            .map(|step| match step.selector.as_ref().unwrap() {
                proto::attribute_path::step::Selector::AttributeName(name) => name.clone(),
                proto::attribute_path::step::Selector::ElementKeyString(key) => format!("[{key:?}]"),
                proto::attribute_path::step::Selector::ElementKeyInt(index) => format!("[{index}]"),
            })
            .collect();
        let severity = diagnostic.severity();
        assert_ne!(severity, proto::diagnostic::Severity::Invalid);
        if path.is_empty() {
            format!("{severity:?}: {}", diagnostic.summary)
        } else {
            format!("{severity:?}: {} [{}]", diagnostic.summary, path.join("."))
        }
    };
    diagnostics.iter().map(one).collect()
}
