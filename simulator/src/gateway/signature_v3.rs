//! Signature version 3: HMAC-SHA256 over a canonical request, in the `Authorization` header.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::Request;
use crate::error::ApiError;
use crate::parameters::{Parameters, canonical};
use crate::world::hex;

/// Checks the signature, and that it covers what it must.
pub(super) fn verify(
    request: &Request,
    signed: &[String],
    secret: &str,
    signature: &str,
) -> Result<(), ApiError> {
    let raw = &request.raw;
    let must = |name: &str| name == "host" || name.starts_with("x-acs-");
    // The SDKs add this one after signing.
    let exempt = ["x-acs-credentials-provider"];
    let covered = raw
        .headers
        .keys()
        .all(|name| !must(name) || signed.contains(name) || exempt.contains(&name.as_str()));
    if !covered {
        return Err(ApiError::new(
            400,
            "IncompleteSignature",
            "The request signature does not conform to Aliyun standards.",
        ));
    }
    let hashed_body = hex(&Sha256::digest(&raw.body), "");
    if raw.header("x-acs-content-sha256") != hashed_body {
        return Err(mismatch(&format!("the body's hash is {hashed_body}")));
    }
    let headers: Vec<String> = signed
        .iter()
        .map(|name| {
            format!(
                "{name}:{}
",
                raw.header(name).trim()
            )
        })
        .collect();
    let headers = headers.concat();
    let text = format!(
        "{}\n{}\n{}\n{headers}\n{}\n{hashed_body}",
        raw.method,
        if raw.path.is_empty() { "/" } else { &raw.path },
        canonical(Parameters::parse(raw.query.as_bytes()).sorted()),
        signed.join(";"),
    );
    let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(&text), ""));
    let computed = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| hex(&mac.chain_update(&to_sign).finalize().into_bytes(), ""));
    if computed.is_ok_and(|computed| computed.eq_ignore_ascii_case(signature)) {
        return Ok(());
    }
    Err(mismatch(&to_sign))
}

fn mismatch(server_side: &str) -> ApiError {
    ApiError::new(
        400,
        "SignatureDoesNotMatch",
        format!(
            "Specified signature is not matched with our calculation. server string to sign is:{server_side}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{RawRequest, Signed};
    use super::*;

    fn request(host: &str, action: &str, query: &str, signature: &str) -> Request {
        let signed = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
        let headers = [
            ("host", host),
            ("x-acs-action", action),
            ("x-acs-version", "2014-05-26"),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (
                "authorization",
                &format!(
                    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={signed},Signature={signature}"
                ),
            ),
        ];
        Request::read(RawRequest {
            method: "POST".into(),
            path: "/".into(),
            query: query.into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: Vec::new(),
        })
    }

    fn check(request: &Request) -> Result<(), String> {
        let Signed::V3 { headers } = &request.signed else { panic!("not V3") };
        verify(request, headers, "YourAccessKeySecret", &request.signature).map_err(|error| error.code)
    }

    /// The published example, and one more of the same making.
    #[test]
    fn accepts_the_vectors() {
        let cases = [
            (
                "ecs.cn-shanghai.aliyuncs.com",
                "RunInstances",
                "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
                "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
            (
                "ecs.cn-hangzhou.aliyuncs.com",
                "DeleteKeyPairs",
                "KeyPairNames=%5B%22a%20b%22%2C%22k~1%2A%22%5D&RegionId=cn-hangzhou",
                "ea41c12d266da7fc7a286dd519a9429de873a1c5870e74004ceef061ed8ed27b",
            ),
        ];
        for (host, action, query, signature) in cases {
            assert_eq!(check(&request(host, action, query, signature)), Ok(()), "{action}");
        }
    }

    #[test]
    fn refuses_what_was_changed_and_what_is_not_covered() {
        let good = || {
            request(
                "ecs.cn-hangzhou.aliyuncs.com",
                "DeleteKeyPairs",
                "KeyPairNames=%5B%22a%20b%22%2C%22k~1%2A%22%5D&RegionId=cn-hangzhou",
                "ea41c12d266da7fc7a286dd519a9429de873a1c5870e74004ceef061ed8ed27b",
            )
        };
        let mismatch = Err("SignatureDoesNotMatch".to_owned());
        let mut other = good();
        other.raw.query.push('x');
        assert_eq!(check(&other), mismatch);
        let mut other = good();
        other.raw.body = b"a=b".to_vec();
        assert_eq!(check(&other), mismatch);
        let mut other = good();
        other.raw.headers.insert("x-acs-date".into(), "2023-10-26T10:22:33Z".into());
        assert_eq!(check(&other), mismatch);
        let mut other = good();
        other.raw.headers.insert("x-acs-security-token".into(), "t".into());
        assert_eq!(check(&other), Err("IncompleteSignature".to_owned()));
    }
}
