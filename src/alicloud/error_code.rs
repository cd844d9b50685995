//! The meaning of the service's error codes.
//!
//! Codes are compared whole: a plain `InvalidParameter` must not pass for
//! `InvalidParameter.KeypairAlreadyAttachedInstance`, nor any 404 for "the key pair is gone": an unknown access
//! key is a 404 too. Families of codes are recognised by prefix only where every member calls for the same step.
//! Sources: the error tables of the ECS operations, and the common error codes of the API gateway.

use super::error::ErrorKind::{
    self, AccessKeyDisabled, AccessKeyNotFound, AccountRestricted, AlreadyExists, Bound, ClockSkew, Conflict,
    Forbidden, InvalidInput, KeyPairNotFound, LimitExceeded, Malformed, Other, QuotaExceeded, RegionNotFound,
    ReplyLost, ResourceGroupNotFound, Signature, Throttled, TokenExpired, TokenInvalid, Unavailable,
    WrongEndpoint,
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
    // What every request has, and this client always sends.
    ("IncompleteSignature", Malformed),
    ("InvalidSignatureMethod", Malformed),
    ("InvalidTimeStamp.Format", Malformed),
    ("UnsupportedOperation", Malformed),
    ("MissingAccessKeyId", Malformed),
    ("MissingAction", Malformed),
    ("MissingFormat", Malformed),
    ("MissingSignature", Malformed),
    ("MissingSignatureMethod", Malformed),
    ("MissingSignatureNonce", Malformed),
    ("MissingSignatureVersion", Malformed),
    ("MissingTimestamp", Malformed),
    ("MissingVersion", Malformed),
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
    ("OperationConflict", Conflict),
    ("IncorrectInstanceStatus", Conflict),
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
    use crate::alicloud::deletion::sorting::is_about_names;

    /// What a refusal says, if it comes for a call that names many key pairs.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Batch {
        /// Some of the names are at fault: the others are to be deleted.
        Names,
        /// The account, its credentials or permissions are: it holds for all.
        Account,
        /// The call is, or the service: it holds for all, or the call is made again.
        Call,
    }

    /// Every code of the deletion and of the gateway, and what others have shown.
    #[test]
    fn what_each_code_means() {
        use Batch::{Account, Call, Names};
        let cases = [
            // DeleteKeyPairs.
            (400, "MissingParameter", InvalidInput, Names),
            (400, "InvalidKeyPairNames.ValueNotSupported", InvalidInput, Names),
            (400, "InvalidParameter.KeypairAlreadyAttachedInstance", Bound, Names),
            (403, "InstanceKeyPairLimitExceeded", LimitExceeded, Names),
            (404, "InvalidKeyPairName.NotFound", KeyPairNotFound, Names),
            // The gateway.
            (400, "MissingAction", Malformed, Call),
            (400, "MissingTimestamp", Malformed, Call),
            (400, "MissingVersion", Malformed, Call),
            (400, "MissingSignatureNonce", Malformed, Call),
            (400, "MissingSecurityToken", TokenInvalid, Account),
            (400, "InvalidParameter", InvalidInput, Names),
            (400, "InvalidParameter.Format", InvalidInput, Names),
            (400, "InvalidKeyPairNames", InvalidInput, Names),
            (404, "InvalidProduct.NotFound", WrongEndpoint, Call),
            (404, "InvalidAction.NotFound", WrongEndpoint, Call),
            (404, "InvalidApi.NotFound", WrongEndpoint, Call),
            (400, "InvalidVersion", WrongEndpoint, Call),
            (404, "InvalidVersion", WrongEndpoint, Call),
            (400, "NoSuchVersion", WrongEndpoint, Call),
            (400, "UnsupportedHTTPMethod", WrongEndpoint, Call),
            (400, "InvalidSignatureMethod", Malformed, Call),
            (400, "UnsupportedOperation", Malformed, Call),
            (400, "InvalidProtocol.NeedSsl", WrongEndpoint, Call),
            (404, "InvalidAccessKeyId.NotFound", AccessKeyNotFound, Account),
            (404, "InvalidAccessKeyId", AccessKeyNotFound, Account),
            (400, "InvalidAccessKeyId.Inactive", AccessKeyDisabled, Account),
            (403, "Forbidden.AccessKeyDisabled", AccessKeyDisabled, Account),
            (400, "InvalidTimeStamp.Format", Malformed, Call),
            (400, "InvalidTimeStamp.Expired", ClockSkew, Call),
            (400, "IllegalTimestamp", ClockSkew, Call),
            (400, "SignatureNonceUsed", ReplyLost, Call),
            (400, "SignatureDoesNotMatch", Signature, Account),
            (403, "SignatureDoesNotMatch", Signature, Account),
            (400, "IncompleteSignature", Malformed, Call),
            (400, "InvalidOwnerId", AccountRestricted, Account),
            (400, "InvalidOwner", AccountRestricted, Account),
            (400, "InvalidOwnerAccount", AccountRestricted, Account),
            (400, "InvalidSecurityToken.Expired", TokenExpired, Account),
            (403, "InvalidSecurityToken.Malformed", TokenInvalid, Account),
            (403, "InvalidSecurityToken.MismatchWithAccessKey", TokenInvalid, Account),
            (400, "Throttling", Throttled, Call),
            (400, "Throttling.User", Throttled, Call),
            (503, "Throttling.Api", Throttled, Call),
            (429, "", Throttled, Call),
            // Permissions are granted by name.
            (403, "Forbidden.RAM", Forbidden, Names),
            (400, "Forbidden.RAM", Forbidden, Names),
            (403, "Forbidden", Forbidden, Names),
            (403, "NoPermission.Tag", Forbidden, Names),
            (403, "Forbidden.RiskControl", AccountRestricted, Account),
            (403, "Forbidden.UserVerification", AccountRestricted, Account),
            (404, "InvalidRegionId.NotFound", RegionNotFound, Call),
            (500, "InternalError", Unavailable, Call),
            (503, "ServiceUnavailable", Unavailable, Call),
            (500, "ServiceUnavailable", Unavailable, Call),
            (502, "", Unavailable, Call),
            // Of the other operations.
            (404, "MissingParameter.ResourceIds", InvalidInput, Names),
            (404, "InvalidResourceType.NotFound", Other, Names),
            (400, "KeyPair.AlreadyExist", AlreadyExists, Call),
            (400, "OperationConflict", Conflict, Names),
            (403, "IncorrectInstanceStatus", Conflict, Names),
            // Whether it is about names shows when they are named alone.
            (400, "IdempotentParameterMismatch", Other, Names),
            (400, "Surprise", Other, Names),
            (404, "", Other, Names),
        ];
        for (status, code, expected, batch) in cases {
            let kind = kind(status, code, "");
            assert_eq!(kind, expected, "{status} {code}");
            assert_eq!(is_about_names(kind), batch == Names, "{status} {code}");
        }
        let message = "The specified parameter \"SecurityToken.Expired\" is not valid.";
        assert_eq!(kind(400, "InvalidParameter", message), TokenExpired);
    }
}
