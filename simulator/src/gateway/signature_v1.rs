//! Signature version 1: HMAC-SHA1 over the sorted parameters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::Request;
use crate::error::ApiError;
use crate::parameters::{Parameters, canonical, encode};

/// The method and version must be the ones that there are.
pub(super) fn check_method(parameters: &Parameters) -> Result<(), ApiError> {
    for (name, only, code) in [
        ("SignatureMethod", "HMAC-SHA1", "InvalidSignatureMethod"),
        ("SignatureVersion", "1.0", "InvalidSignatureVersion"),
    ] {
        match parameters.get(name) {
            None => {
                return Err(ApiError::new(
                    400,
                    format!("Missing{name}"),
                    format!("{name} is mandatory for this action."),
                ));
            }
            Some(value) if value.eq_ignore_ascii_case(only) => {}
            Some(_) => {
                return Err(ApiError::new(400, code, format!("Specified {name} is not supported.")));
            }
        }
    }
    Ok(())
}

/// Checks the signature; a refusal shows what the server signed, as the cloud's does.
pub(super) fn verify(request: &Request, secret: &str, signature: &str) -> Result<(), ApiError> {
    let text = string_to_sign(&request.raw.method, &request.parameters);
    if sign(&text, secret).is_some_and(|computed| computed == signature) {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "SignatureDoesNotMatch",
        format!("Specified signature is not matched with our calculation. server string to sign is:{text}"),
    ))
}

/// The signature of a string, in base64.
fn sign(text: &str, secret: &str) -> Option<String> {
    let mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).ok()?;
    Some(STANDARD.encode(mac.chain_update(text).finalize().into_bytes()))
}

fn string_to_sign(method: &str, parameters: &Parameters) -> String {
    let signed = parameters.sorted().iter().filter(|(name, _)| *name != "Signature");
    format!("{method}&%2F&{}", encode(&canonical(signed)))
}

/// What a client sends in `Signature`, for the tests of the whole.
#[cfg(test)]
pub(crate) fn signature(method: &str, parameters: &Parameters, secret: &str) -> String {
    sign(&string_to_sign(method, parameters), secret).unwrap()
}

#[cfg(test)]
mod tests {
    use super::super::RawRequest;
    use super::*;

    const COMMON: &str = "SignatureMethod=HMAC-SHA1&SignatureVersion=1.0";
    const FIRST: &str = "SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&Timestamp=2016-02-23T12:46:24Z";

    /// The published examples, and some more of the same making.
    #[test]
    fn accepts_the_published_vectors_and_nothing_beside_them() {
        let hosts = "AccessKeyId=testid&Action=DescribeDedicatedHosts&Format=JSON&RegionId=cn-beijing\
            &Version=2014-05-26&SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&Timestamp=2023-03-13T08:34:30Z";
        let delete = format!(
            "AccessKeyId=testid&Action=DeleteKeyPairs&Format=JSON&RegionId=cn-hangzhou&Version=2014-05-26\
             &KeyPairNames=%5B%22a%20b%22%2C%22k~1*%22%5D&{FIRST}"
        );
        let cases = [
            (
                "GET",
                "testsecret",
                format!("AccessKeyId=testid&Action=DescribeRegions&Format=XML&Version=2014-05-26&{FIRST}"),
                "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
            ),
            ("GET", "testsecret", hosts.to_owned(), "9NaGiOspFP5UPcwX8Iwt2YJXXuk="),
            ("POST", "testsecret", hosts.to_owned(), "ZvQ9xGiFnquSJRvj+WE6kdSpTwU="),
            (
                "GET",
                "testSecret",
                "AccessKeyId=testId&Action=SendSms&Version=2017-05-25&Format=XML&RegionId=cn-hangzhou\
                 &PhoneNumbers=15300000001&SignName=阿里云短信测试专用&TemplateCode=SMS_71390007&OutId=123\
                 &TemplateParam={\"customer\":\"test\"}&SignatureNonce=45e25e9b-0a6f-4070-8c85-2956eda1b466\
                 &Timestamp=2017-07-12T02:42:19Z"
                    .to_owned(),
                "zJDF+Lrzhj/ThnlvIToysFRq6t4=",
            ),
            ("POST", "testsecret", delete.clone(), "nwfyVaXRqZ/hfQ2puyZtI8io5AU="),
            (
                "POST",
                "testsecret",
                format!("{delete}&SecurityToken=CAES%2B/=tok"),
                "kVn3h4M+UT/4nHZhy8daX91jobw=",
            ),
        ];
        for (method, secret, query, signature) in cases {
            let raw = RawRequest {
                method: method.into(),
                query: format!("{query}&{COMMON}&Signature=ignored"),
                ..RawRequest::default()
            };
            let request = Request::read(raw);
            assert_eq!(verify(&request, secret, signature), Ok(()), "{query}");
            let error = verify(&request, "another", signature).unwrap_err();
            assert_eq!(error.code, "SignatureDoesNotMatch");
            assert!(
                error.message.contains(&format!("to sign is:{method}&%2F&AccessKeyId%3Dtest")),
                "{error:?}"
            );
            assert!(verify(&request, secret, "").is_err());
        }
    }
}
