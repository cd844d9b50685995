//! A call as the gateway reads it, whichever way it is signed.

use std::collections::BTreeMap;

use crate::answer::Format;
use crate::parameters::Parameters;
use crate::services::{self, Service};

/// An HTTP request, read whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// By lower-case name; values of a repeated header are joined with commas.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl RawRequest {
    /// The header of this lower-case name, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// How a call is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signed {
    /// In its parameters.
    V1,
    /// In its headers, over these of them, in order.
    V3 { headers: Vec<String> },
}

/// A call.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) raw: RawRequest,
    /// The service that is asked; `None`: the API.
    pub(crate) service: Option<Service>,
    pub(crate) signed: Signed,
    /// Those of the query and of the form; the form's win.
    pub(crate) parameters: Parameters,
    pub(crate) action: String,
    pub(crate) version: String,
    pub(crate) access_key_id: String,
    pub(crate) nonce: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) token: String,
}

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

impl Request {
    /// Reads a call. Nothing is checked yet: what is not there is empty.
    pub(crate) fn read(raw: RawRequest) -> Self {
        let mut parameters = Parameters::parse(raw.query.as_bytes());
        if raw.header("content-type").starts_with("application/x-www-form-urlencoded") {
            parameters.merge(Parameters::parse(&raw.body));
        }
        if let Some(service) = services::find(&raw.method, &raw.path) {
            return Self::read_service(raw, parameters, service);
        }
        let authorization = raw.header("authorization").to_owned();
        match authorization.strip_prefix(ALGORITHM) {
            Some(rest) => Self::read_v3(raw, parameters, &fields(rest)),
            None => Self::read_v1(raw, parameters),
        }
    }

    /// What is asked of a service is signed by nobody.
    fn read_service(raw: RawRequest, parameters: Parameters, service: Service) -> Self {
        Self {
            raw,
            service: Some(service),
            signed: Signed::V1,
            parameters,
            action: service.action.to_owned(),
            version: String::new(),
            access_key_id: String::new(),
            nonce: String::new(),
            timestamp: String::new(),
            signature: String::new(),
            token: String::new(),
        }
    }

    fn read_v1(raw: RawRequest, parameters: Parameters) -> Self {
        let get = |name: &str| parameters.get(name).unwrap_or_default().to_owned();
        Self {
            raw,
            service: None,
            signed: Signed::V1,
            action: get("Action"),
            version: get("Version"),
            access_key_id: get("AccessKeyId"),
            nonce: get("SignatureNonce"),
            timestamp: get("Timestamp"),
            signature: get("Signature"),
            token: get("SecurityToken"),
            parameters,
        }
    }

    fn read_v3(raw: RawRequest, parameters: Parameters, fields: &BTreeMap<&str, &str>) -> Self {
        let get = |name: &str| raw.header(name).to_owned();
        let field = |name: &str| (*fields.get(name).unwrap_or(&"")).to_owned();
        let headers =
            field("SignedHeaders").split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self {
            service: None,
            signed: Signed::V3 { headers },
            action: get("x-acs-action"),
            version: get("x-acs-version"),
            access_key_id: field("Credential"),
            nonce: get("x-acs-signature-nonce"),
            timestamp: get("x-acs-date"),
            signature: field("Signature"),
            token: get("x-acs-security-token"),
            parameters,
            raw,
        }
    }

    /// The form that the answer must have: the `Format` parameter, else the `Accept` header, else XML for V1
    /// and JSON for V3.
    pub(crate) fn format(&self) -> Format {
        let asked = self.parameters.get("Format").unwrap_or_default();
        let accept = self.raw.header("accept");
        if asked.eq_ignore_ascii_case("json") {
            Format::Json
        } else if asked.eq_ignore_ascii_case("xml") || accept.contains("xml") {
            Format::Xml
        } else if accept.contains("json") || self.signed != Signed::V1 {
            Format::Json
        } else {
            Format::Xml
        }
    }
}

/// ` Credential=…,SignedHeaders=…,Signature=…`
fn fields(text: &str) -> BTreeMap<&str, &str> {
    text.split(',').filter_map(|field| field.trim().split_once('=')).collect()
}
