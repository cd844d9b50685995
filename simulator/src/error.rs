//! What the service refuses: a status, a code and a message.

use serde_json::Value;

/// An answer that refuses a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// `AccessDeniedDetail` of a refusal by RAM.
    pub(crate) access_denied_detail: Option<Value>,
    /// Headers that go with it, such as the rate limit's.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl ApiError {
    /// A refusal with this status, code and message.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            access_denied_detail: None,
            headers: Vec::new(),
        }
    }

    /// A mandatory parameter is not there.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            400,
            "MissingParameter",
            format!(
                "The input parameter \"{parameter}\" that is mandatory for processing this request is not supplied."
            ),
        )
    }

    /// A parameter that cannot be read as what it must be.
    pub(crate) fn invalid(parameter: &str) -> Self {
        Self::new(400, "InvalidParameter", format!("The specified parameter \"{parameter}\" is not valid."))
    }
}
