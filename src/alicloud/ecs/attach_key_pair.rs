//! `AttachKeyPair` and `DetachKeyPair`: which key pair opens an instance.

use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::{Error, ErrorKind};
use crate::alicloud::error_code;
use crate::alicloud::json::{self, Object};
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;
use crate::alicloud::retry::Answer;

/// Doing it twice is the same as doing it once.
const ATTACH: Operation = Operation::idempotent(Service::Ecs, "AttachKeyPair");

/// Not repeatable without looking: between two copies somebody may have bound another pair.
const DETACH: Operation = Operation::once(Service::Ecs, "DetachKeyPair");

/// The most instances in one call.
pub const MOST_BINDINGS: usize = 50;

/// An instance that the service left as it was, out of a call that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingFailure {
    /// The instance.
    pub instance_id: String,
    /// The service's code; empty if it gave none.
    pub code: String,
    /// The service's reason; may be empty.
    pub message: String,
}

impl BindingFailure {
    /// Whether the instance was busy, or in a status that does not allow the change: that may pass.
    pub fn is_conflict(&self) -> bool {
        error_code::kind(200, &self.code, &self.message) == ErrorKind::Conflict
    }
}

impl Client {
    /// Binds the key pair to instances, [`MOST_BINDINGS`] at most, in place of any that they carry. The instances that
    /// were left as they were come with the service's reasons; a running instance takes the key when it is rebooted.
    pub async fn attach_key_pair(
        &self,
        call: &Call,
        name: &str,
        instance_ids: &[String],
    ) -> Result<Vec<BindingFailure>, Error> {
        self.bind(ATTACH, call, name, instance_ids).await
    }

    /// Takes the key pair off instances, [`MOST_BINDINGS`] at most. Look before that they carry it: what becomes of one
    /// that carries another is not documented. After [`ErrorKind::ReplyLost`]
    /// look again.
    pub async fn detach_key_pair(
        &self,
        call: &Call,
        name: &str,
        instance_ids: &[String],
    ) -> Result<Vec<BindingFailure>, Error> {
        self.bind(DETACH, call, name, instance_ids).await
    }

    async fn bind(
        &self,
        operation: Operation,
        call: &Call,
        name: &str,
        instance_ids: &[String],
    ) -> Result<Vec<BindingFailure>, Error> {
        let _changing = self.shared.bindings.changing(name);
        let ids: serde_json::Value = instance_ids.iter().map(String::as_str).collect();
        let parameters = Parameters::new().set("KeyPairName", name).set("InstanceIds", ids.to_string());
        let answer = self.execute(operation, parameters, call).await?;
        read_failures(&answer, instance_ids)
    }
}

/// Reads who failed. An answer that counts failures but does not name them all is an error: whoever is not named would
/// pass for done.
fn read_failures(answer: &Answer, instance_ids: &[String]) -> Result<Vec<BindingFailure>, Error> {
    let results = json::list(&answer.body, "Results", "Result").unwrap_or_default();
    let failures: Vec<_> = results.into_iter().filter_map(read_failure).collect();
    let counted = json::count(&answer.body, "FailCount").unwrap_or_default();
    let named = failures.iter().all(|failure| instance_ids.contains(&failure.instance_id));
    if !named || u64::try_from(failures.len()).is_ok_and(|names| names < counted) {
        return Err(answer.unexpected("The answer counts instances that failed but does not name them all."));
    }
    Ok(failures)
}

fn read_failure(result: &Object) -> Option<BindingFailure> {
    let text = |field| json::text(result, field).unwrap_or_default();
    let code = text("Code");
    let success = json::flag(result, "Success").unwrap_or(code.is_empty() || code == "200");
    (!success).then(|| BindingFailure { instance_id: text("InstanceId"), code, message: text("Message") })
}

#[cfg(test)]
mod tests {
    use crate::alicloud::ErrorKind;
    use crate::alicloud::testing::{Script, answer, within};

    #[tokio::test(start_paused = true)]
    async fn partial_failures_come_with_http_200_and_any_types() {
        let ids = ["i-1".to_owned(), "i-2".to_owned()];
        for (body, failed) in [
            (
                r#"{"TotalCount":2,"FailCount":0,"Results":{"Result":[{"InstanceId":"i-1","Success":true,"Code":"200"}]}}"#,
                0,
            ),
            (
                r#"{"FailCount":"1","Results":{"Result":[{"InstanceId":"i-1","Success":"true","Code":200},{"InstanceId":"i-2","Success":"false","Code":"X","Message":"m"}]}}"#,
                1,
            ),
            (r#"{"Results":{"Result":[{"InstanceId":"i-2","Code":"InvalidInstanceId.NotFound"}]}}"#, 1),
            (r"{}", 0),
        ] {
            let script = Script::new([answer(200, body)]);
            let failures = script.client().attach_key_pair(&within(60), "k", &ids).await.unwrap();
            assert_eq!(failures.len(), failed, "{body}");
            assert!(failures.iter().all(|failure| failure.instance_id == "i-2"));
            assert_eq!(script.seen()[0].form["InstanceIds"], r#"["i-1","i-2"]"#);
        }
        for body in [
            r#"{"FailCount":2}"#,
            r#"{"FailCount":2,"Results":{"Result":[{"InstanceId":"i-1","Success":false}]}}"#,
            r#"{"Results":{"Result":[{"Success":false,"Code":"X"}]}}"#,
        ] {
            let script = Script::new([answer(200, body)]);
            let error = script.client().attach_key_pair(&within(60), "k", &ids).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer, "{body}");
        }
    }
}
