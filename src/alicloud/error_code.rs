//! The meaning of the service's error codes.
//!
//! Codes are compared whole: a plain `InvalidParameter` must not pass for
//! `InvalidParameter.KeypairAlreadyAttachedInstance`, nor any 404 for "the key pair is gone": an unknown access
//! key is a 404 too. Families of codes are recognised by prefix only where every member calls for the same step.
//! Sources: the error tables of the ECS operations, and the common error codes of the API gateway.

use super::error::ErrorKind::{
    self, AccessKeyDisabled, AccessKeyNotFound, AccountRestricted, AlreadyExists, Bound, ClockSkew,
    Forbidden, InvalidInput, KeyPairNotFound, LimitExceeded, Other, QuotaExceeded, RegionNotFound, ReplyLost,
    ResourceGroupNotFound, Signature, Throttled, TokenExpired, TokenInvalid, Unavailable, WrongEndpoint,
};

const EXACT: &[(&str, ErrorKind)] = &[
    ("Throttling", Throttled),
    ("Rejected.Throttling", Throttled),
    ("ServiceUnavailable", Unavailable),
    ("LimitedOperation.ServiceUnavailable", Unavailable),
    ("InternalError", Unavailable),
    ("UnknownError", Unavailable),
    // The gateway saw this nonce before, and each request has a new one: it is the second copy of a request
    // (repeated by a proxy, say), whose first copy was carried out or refused unseen.
    ("SignatureNonceUsed", ReplyLost),
    ("InvalidAccessKeyId", AccessKeyNotFound),
    ("InvalidAccessKeyId.NotFound", AccessKeyNotFound),
    ("InvalidAccessKeyId.Inactive", AccessKeyDisabled),
    ("Forbidden.AccessKeyDisabled", AccessKeyDisabled),
    ("SignatureDoesNotMatch", Signature),
    ("IncompleteSignature", Signature),
    ("InvalidSecurityToken.Expired", TokenExpired),
    ("MissingSecurityToken", TokenInvalid),
    ("InvalidTimeStamp.Expired", ClockSkew),
    ("IllegalTimestamp", ClockSkew),
    ("Forbidden.RiskControl", AccountRestricted),
    ("Forbidden.UserVerification", AccountRestricted),
    ("InvalidOwner", AccountRestricted),
    ("InvalidOwnerId", AccountRestricted),
    ("InvalidOwnerAccount", AccountRestricted),
    ("NoPermission", Forbidden),
    ("Forbidden", Forbidden),
    ("KeyPair.AlreadyExist", AlreadyExists),
    ("QuotaExceed.KeyPair", QuotaExceeded),
    ("QuotaExceed.Tags", QuotaExceeded),
    ("OperationDenied.QuotaExceed", QuotaExceeded),
    ("InvalidParameter.KeypairAlreadyAttachedInstance", Bound),
    ("InstanceKeyPairLimitExceeded", LimitExceeded),
    ("InvalidKeyPairName.NotFound", KeyPairNotFound),
    // In the tag and resource group operations, whose resource ids are key pair names.
    ("InvalidResourceId.NotFound", KeyPairNotFound),
    ("InvalidResourceGroup.NotFound", ResourceGroupNotFound),
    ("InvalidRegionId.NotFound", RegionNotFound),
    ("InvalidProduct.NotFound", WrongEndpoint),
    ("InvalidAction.NotFound", WrongEndpoint),
    ("InvalidApi.NotFound", WrongEndpoint),
    ("InvalidVersion", WrongEndpoint),
    ("NoSuchVersion", WrongEndpoint),
    ("InvalidProtocol.NeedSsl", WrongEndpoint),
    ("UnsupportedHTTPMethod", WrongEndpoint),
    ("TagKey.Duplication", InvalidInput),
];

const FAMILIES: &[(&str, ErrorKind)] = &[
    ("Throttling.", Throttled),
    ("InvalidSecurityToken.", TokenInvalid),
    ("Forbidden.", Forbidden),
    ("NoPermission.", Forbidden),
    ("NoPermissionKey.", Forbidden),
    ("PermissionDenied.", Forbidden),
    ("Missing", InvalidInput),
    ("Duplicate.", InvalidInput),
    ("NumberExceed.", InvalidInput),
];

/// What an answer with this status, code and message means for the user.
pub(crate) fn kind(http_status: u16, code: &str, message: &str) -> ErrorKind {
    // Seen from ECS in place of the token's own code.
    if code == "InvalidParameter" && message.contains("SecurityToken.Expired") {
        return TokenExpired;
    }
    if let Some((_, kind)) = EXACT.iter().find(|(exact, _)| *exact == code) {
        return *kind;
    }
    if let Some((_, kind)) = FAMILIES.iter().find(|(prefix, _)| code.starts_with(prefix)) {
        return *kind;
    }
    match http_status {
        429 => Throttled,
        500.. => Unavailable,
        _ if code.starts_with("Invalid") && !code.ends_with(".NotFound") => InvalidInput,
        _ => Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_families() {
        let cases = [
            (400, "Throttling.User", Throttled),
            (503, "Throttling.Api", Throttled),
            (429, "", Throttled),
            (503, "ServiceUnavailable", Unavailable),
            (502, "", Unavailable),
            (404, "InvalidAccessKeyId.NotFound", AccessKeyNotFound),
            (404, "InvalidAction.NotFound", WrongEndpoint),
            (404, "InvalidResourceType.NotFound", Other),
            (404, "", Other),
            (400, "InvalidParameter.KeypairAlreadyAttachedInstance", Bound),
            (400, "InvalidParameter", InvalidInput),
            (400, "InvalidKeyPairNames.ValueNotSupported", InvalidInput),
            (404, "MissingParameter.ResourceIds", InvalidInput),
            (400, "MissingSecurityToken", TokenInvalid),
            (403, "InvalidSecurityToken.MismatchWithAccessKey", TokenInvalid),
            (403, "InvalidSecurityToken.Expired", TokenExpired),
            (400, "Forbidden.RAM", Forbidden),
            (403, "Forbidden.RiskControl", AccountRestricted),
            (403, "NoPermission.Tag", Forbidden),
            (400, "KeyPair.AlreadyExist", AlreadyExists),
            (400, "Surprise", Other),
        ];
        for (status, code, expected) in cases {
            assert_eq!(kind(status, code, ""), expected, "{status} {code}");
        }
        let message = "The specified parameter \"SecurityToken.Expired\" is not valid.";
        assert_eq!(kind(400, "InvalidParameter", message), TokenExpired);
    }
}
