//! The whole text of each message, as people read it.

use super::*;
use crate::alicloud::Denial;
use crate::provider::golden_tests::golden;

const ATTEMPT: Attempt<'_> =
    Attempt { key_pair: "web", account_id: Some("1234567890123456"), timeout: Some("delete") };

fn error(kind: ErrorKind, status: u16, code: &str, message: &str) -> Error {
    Error::new(kind, message)
        .with_operation("DeleteKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
        .with_answer(
            status,
            Some(code.to_owned()).filter(|code| !code.is_empty()),
            Some("26BEB2FB".to_owned()),
        )
        .with_credential("access key ****abcd from the provider block".to_owned())
        .with_tries(1)
}

#[test]
fn the_vpc_endpoint_is_named_only_in_place_of_a_public_one() {
    for (host, is_named) in [
        ("ecs.cn-beijing.aliyuncs.com", true),
        ("ecs-cn-hangzhou.aliyuncs.com:443", true),
        ("ecs-vpc.cn-beijing.aliyuncs.com", false),
        ("vpc.cn-beijing.aliyuncs.com", false),
        ("localhost:8080", false),
        ("ecs.aliyuncs.com.example", false),
    ] {
        let unreachable = Error::new(ErrorKind::Unreachable, "No connection: no route to host")
            .with_operation("DescribeKeyPairs", host, "cn-beijing")
            .with_tries(1);
        let late = Error::new(ErrorKind::Deadline, "The time for this call is used up.")
            .with_operation("DescribeKeyPairs", host, "cn-beijing")
            .with_last(Some(unreachable.clone()));
        for error in [unreachable, late] {
            let detail = ATTEMPT.failed("Could not read the key pair", &error).detail;
            assert!(detail.contains("(HTTPS_PROXY, HTTP_PROXY, NO_PROXY)."), "{detail}");
            assert_eq!(detail.contains("ecs-vpc.REGION.aliyuncs.com"), is_named, "{host}: {detail}");
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn each_kind_has_its_text() {
    use ErrorKind as Kind;
    let throttled =
        error(Kind::Throttled, 400, "Throttling.User", "Request was denied due to user flow control.");
    let deadline = |last: Option<Error>| {
        Error::new(Kind::Deadline, "The time for this call is used up; it was tried 7 times in 1200.0 s.")
            .with_operation("DeleteKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
            .with_tries(7)
            .with_last(last)
    };
    let denial = |reason: &str, policy_type: &str| Denial {
        action: "ecs:DeleteKeyPairs".to_owned(),
        principal_type: "SubUser".to_owned(),
        principal: "215500000000000000".to_owned(),
        reason: reason.to_owned(),
        policy_type: policy_type.to_owned(),
    };
    let unavailable = error(
        Kind::Unavailable,
        503,
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
    );
    let still_there = error(Kind::NotDone, 500, "InternalError", "The request processing has failed.");
    let of_the_batch = error(Kind::Forbidden, 403, "Forbidden.RAM", "User not authorized to operate.");
    let unreachable = Error::new(Kind::Unreachable, "No connection: dns error: no such host")
        .with_operation("DeleteKeyPairs", "ecs.cn-nowhere.aliyuncs.com", "cn-nowhere")
        .with_proxy(Some("proxy.example:3128".to_owned()))
        .with_tries(4);
    let untrusted =
        Error::new(Kind::Untrusted, "No trusted connection: invalid peer certificate: UnknownIssuer")
            .with_operation("DeleteKeyPairs", "ecs.cn-nowhere.aliyuncs.com", "cn-nowhere");
    let out_of_reach = |unconnected, last: Error| {
        deadline(None)
            .with_operation("DeleteKeyPairs", last.host(), last.region())
            .with_unconnected(unconnected)
            .with_proxy(last.proxy().map(str::to_owned))
            .with_last(Some(last.clone()))
    };
    for (name, error) in [
        ("throttled", throttled.clone()),
        ("deadline-throttled", deadline(Some(throttled.clone()))),
        ("deadline", deadline(Some(unavailable.clone()))),
        ("deadline-still-there", deadline(Some(still_there))),
        ("deadline-of-a-batch", deadline(Some(throttled.with_last(Some(of_the_batch))))),
        (
            "deadline-never-sent",
            Error::new(Kind::Deadline, "The time for this call is used up; it was never sent in 300.0 s.")
                .with_operation("DeleteKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing"),
        ),
        (
            "deadline-of-a-look",
            Error::new(Kind::Deadline, "The time for this call is used up; it was tried 7 times in 60.0 s.")
                .with_operation("DescribeKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
                .with_tries(7)
                .with_last(Some(unavailable.clone().with_operation(
                    "DescribeKeyPairs",
                    "ecs.cn-beijing.aliyuncs.com",
                    "cn-beijing",
                ))),
        ),
        ("unavailable", unavailable),
        ("unreachable", unreachable.clone()),
        (
            "proxy-refuses",
            Error::new(
                Kind::Proxy,
                "No connection to ecs.cn-beijing.aliyuncs.com: the proxy refused to connect to the host.",
            )
            .with_operation("DeleteKeyPairs", "ecs.cn-beijing.aliyuncs.com", "cn-beijing")
            .with_proxy(Some("http://proxy.example:3128".to_owned()))
            .with_tries(1),
        ),
        ("deadline-out-of-reach", out_of_reach(7, unreachable.clone())),
        ("deadline-out-of-reach-at-last", out_of_reach(6, unreachable)),
        ("deadline-untrusted", out_of_reach(1, untrusted).with_tries(1)),
        (
            "forbidden",
            error(
                Kind::Forbidden,
                403,
                "Forbidden.RAM",
                "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
            ),
        ),
        (
            "forbidden-explicitly",
            error(
                Kind::Forbidden,
                403,
                "Forbidden.RAM",
                "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
            )
            .with_denial(Some(denial("ExplicitDeny", "ControlPolicy"))),
        ),
        (
            "forbidden-to-a-user",
            error(
                Kind::Forbidden,
                403,
                "Forbidden.RAM",
                "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
            )
            .with_denial(Some(denial("ImplicitDeny", "AccountLevelIdentityBasedPolicy"))),
        ),
        (
            "access-key-not-found",
            error(
                Kind::AccessKeyNotFound,
                404,
                "InvalidAccessKeyId.NotFound",
                "Specified access key is not found.",
            ),
        ),
        (
            "access-key-disabled",
            error(
                Kind::AccessKeyDisabled,
                400,
                "InvalidAccessKeyId.Inactive",
                "Specified access key is disabled.",
            ),
        ),
        (
            "signature",
            error(
                Kind::Signature,
                400,
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation.",
            ),
        ),
        (
            "token-expired",
            error(
                Kind::TokenExpired,
                400,
                "InvalidSecurityToken.Expired",
                "Specified SecurityToken is expired.",
            ),
        ),
        (
            "token-invalid",
            error(
                Kind::TokenInvalid,
                400,
                "MissingSecurityToken",
                "SecurityToken is mandatory for this action.",
            ),
        ),
        (
            "clock-skew",
            error(
                Kind::ClockSkew,
                400,
                "InvalidTimeStamp.Expired",
                "Specified time stamp or date value is expired.",
            ),
        ),
        (
            "account-restricted",
            error(
                Kind::AccountRestricted,
                403,
                "Forbidden.RiskControl",
                "This operation is forbidden by Aliyun RiskControl system.",
            ),
        ),
        (
            "reply-lost",
            error(
                Kind::ReplyLost,
                502,
                "",
                "The answer is not from this API but a page titled \"Bad Gateway\" (text/html, 150 bytes); a proxy or a login page may have given it.",
            ),
        ),
        (
            "quota",
            error(Kind::QuotaExceeded, 403, "QuotaExceed.KeyPair", "The key pair quota exceeds.")
                .with_operation("ImportKeyPair", "ecs.cn-beijing.aliyuncs.com", "cn-beijing"),
        ),
        (
            "wrong-endpoint",
            error(
                Kind::WrongEndpoint,
                404,
                "InvalidAction.NotFound",
                "Specified api is not found, please check your url and method.",
            ),
        ),
        (
            "malformed",
            error(
                Kind::Malformed,
                400,
                "InvalidTimeStamp.Format",
                "Specified time stamp or date value is not well formatted.",
            ),
        ),
        ("unknown-code", error(Kind::Other, 400, "Surprise", "Something that nobody has documented")),
    ] {
        golden(name, &ATTEMPT.failed("Could not delete the key pair \"web\"", &error));
    }
}

/// The API client and the plugin each have a door for text, and neither may know the other.
#[test]
fn both_doors_for_text_stop_the_same_characters() {
    for c in '\0'..=char::MAX {
        let shown = crate::plugin::printable(&c.to_string()).into_owned();
        match (c, crate::alicloud::printable::is_hidden(c)) {
            // Where text is cut into lines, these are white space.
            ('\t' | '\r', _) => assert_eq!(shown, " "),
            (_, true) => assert_eq!(shown, "\u{fffd}", "{c:?}"),
            (_, false) => assert_eq!(shown, c.to_string(), "{c:?}"),
        }
    }
}
