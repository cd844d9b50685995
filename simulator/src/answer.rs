//! How an answer is written: JSON, or XML.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// The host that errors of STS name.
const STS_HOST: &str = "sts.aliyuncs.com";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `Format=JSON`.
    Json,
    /// `Format=XML`, and what the service writes when nothing is asked for.
    Xml,
    /// A text alone, as the metadata service answers.
    Text,
}

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
            Self::Text => "text/plain;charset=utf-8",
        }
    }
}

/// The members of the body, its root element in XML, and the status. `product` is what refused, where something did, and
/// `host` where it was asked.
pub(crate) fn body(
    product: &str,
    action: &str,
    host: &str,
    request_id: &str,
    result: &Result<Value, ApiError>,
) -> (u16, String, Value) {
    match result {
        Ok(members) => {
            let mut members = members.clone();
            if let Some(members) = members.as_object_mut() {
                members.insert("RequestId".to_owned(), request_id.into());
            }
            (200, format!("{action}Response"), members)
        }
        Err(error) => {
            let recommend = format!(
                "https://api.aliyun.com/troubleshoot?q={}&product={product}&requestId={request_id}",
                error.code
            );
            // All products share one host here, so that the host which was asked does not tell STS from ECS.
            let host = if product == "Sts" { STS_HOST } else { host };
            let mut members = json!({
                "RequestId": request_id, "HostId": host, "Code": error.code, "Message": error.message,
                "Recommend": recommend,
            });
            if let (Some(detail), Some(members)) = (&error.access_denied_detail, members.as_object_mut()) {
                members.insert("AccessDeniedDetail".to_owned(), detail.clone());
            }
            (error.status, "Error".to_owned(), members)
        }
    }
}

/// Writes the members in the form asked for.
pub(crate) fn write(format: Format, root: &str, members: &Value) -> String {
    match format {
        Format::Json => members.to_string(),
        Format::Text => members.as_str().map_or_else(|| members.to_string(), str::to_owned),
        Format::Xml => {
            let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
            element(&mut text, root, members);
            text
        }
    }
}

/// One element; a list repeats the element's name for each of its items.
fn element(text: &mut String, name: &str, value: &Value) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Array(items) => {
            for item in items {
                element(text, name, item);
            }
            return;
        }
        Value::Object(members) => {
            let _ = write!(text, "<{name}>");
            for (name, member) in members {
                element(text, name, member);
            }
            write!(text, "</{name}>")
        }
        Value::Null => write!(text, "<{name}/>"),
        Value::String(content) => write!(text, "<{name}>{}</{name}>", escape(content)),
        Value::Bool(_) | Value::Number(_) => write!(text, "<{name}>{value}</{name}>"),
    };
}

fn escape(content: &str) -> String {
    content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Gives each member but the request id another type, as a fault.
pub(crate) fn mistype(members: &Value) -> Value {
    match members {
        Value::Object(members) => {
            let twisted = members.iter().map(|(name, member)| {
                let kept = name == "RequestId";
                (name.clone(), if kept { member.clone() } else { mistype(member) })
            });
            Value::Object(twisted.collect::<Map<_, _>>())
        }
        Value::Array(items) if items.is_empty() => json!(false),
        Value::Array(items) => Value::Array(items.iter().map(mistype).collect()),
        Value::String(_) => json!({"unexpected": [1]}),
        Value::Number(_) => json!("many"),
        Value::Bool(_) | Value::Null => json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_lists_by_repeating_and_escapes() {
        let members = json!({
            "KeyPairs": {"KeyPair": [{"KeyPairName": "a"}, {"KeyPairName": "<&>"}]}, "TotalCount": 2,
        });
        let (status, root, members) = body("Ecs", "DescribeKeyPairs", "h", "R", &Ok(members));
        assert_eq!((status, root.as_str()), (200, "DescribeKeyPairsResponse"));
        assert_eq!(
            write(Format::Xml, &root, &members),
            "<?xml version='1.0' encoding='UTF-8'?><DescribeKeyPairsResponse><KeyPairs>\
             <KeyPair><KeyPairName>a</KeyPairName></KeyPair>\
             <KeyPair><KeyPairName>&lt;&amp;&gt;</KeyPairName></KeyPair>\
             </KeyPairs><RequestId>R</RequestId><TotalCount>2</TotalCount></DescribeKeyPairsResponse>"
        );
        let (status, root, members) = body("Ecs", "X", "host", "R", &Err(ApiError::new(404, "A.B", "m")));
        assert_eq!((status, root.as_str()), (404, "Error"));
        assert_eq!((&members["Code"], &members["HostId"]), (&json!("A.B"), &json!("host")));
        let (_, _, members) = body("Sts", "X", "host", "R", &Err(ApiError::new(404, "A.B", "m")));
        assert_eq!(members["HostId"], "sts.aliyuncs.com");
        assert_eq!(members["Recommend"], "https://api.aliyun.com/troubleshoot?q=A.B&product=Sts&requestId=R");
    }

    #[test]
    fn mistypes_all_but_the_request_id() {
        let twisted = mistype(&json!({"RequestId": "R", "N": 1, "S": "s", "L": [], "O": {"B": true}}));
        let expected = json!({
            "RequestId": "R", "N": "many", "S": {"unexpected": [1]}, "L": false, "O": {"B": []},
        });
        assert_eq!(twisted, expected);
    }
}
