//! What RAM says when it refuses, beside the code: `AccessDeniedDetail` of an error's answer.

use super::json::{self, Object};
use super::redact::Scrubber;

/// Who lacks which permission, and for want of what. Each part may be empty: older gateways say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// The missing action, `ecs:DeleteKeyPairs`.
    pub action: String,
    /// The kind of identity that asked: `SubUser`, `AssumedRoleUser`, `RootUser` …
    pub principal_type: String,
    /// Its id or, for a role, its session: `role-name:session-name`.
    pub principal: String,
    /// Whether a policy forbids the action (`ExplicitDeny`), or none allows it (`ImplicitDeny`).
    pub reason: String,
    /// The kind of policy that decided, `AccountLevelIdentityBasedPolicy`, `ControlPolicy`, `SessionPolicy` …
    pub policy_type: String,
}

impl Denial {
    /// Reads it from the body of an error's answer. `None` if that has no such part, or an empty one.
    pub(super) fn read(body: &Object, scrubber: &Scrubber<'_>) -> Option<Self> {
        let detail = body.get("AccessDeniedDetail")?.as_object()?;
        let text = |field| json::text(detail, field).map(|text| scrubber.scrub(&text)).unwrap_or_default();
        let denial = Self {
            action: text("AuthAction"),
            principal_type: text("AuthPrincipalType"),
            principal: text("AuthPrincipalDisplayName"),
            reason: text("NoPermissionType"),
            policy_type: text("PolicyType"),
        };
        (denial != Self::default()).then_some(denial)
    }

    /// Whether a policy forbids the action, so that allowing it elsewhere does not help.
    pub fn is_explicit(&self) -> bool {
        self.reason == "ExplicitDeny"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::credentials::Credentials;

    #[test]
    fn whatever_the_answer_holds_is_read_and_scrubbed() {
        let read = |body: serde_json::Value| {
            let credentials = Credentials::new("LTAI5tExampleKeyWXYZ", "secret".into(), None, "a test");
            Denial::read(body.as_object().unwrap(), &Scrubber::new(&credentials))
        };
        let denial = read(serde_json::json!({"AccessDeniedDetail": {
            "AuthAction": "ecs:DeleteKeyPairs", "AuthPrincipalType": "SubUser",
            "AuthPrincipalDisplayName": "LTAI5tExampleKeyWXYZ", "NoPermissionType": "ExplicitDeny",
            "PolicyType": "ControlPolicy", "EncodedDiagnosticMessage": "AQEA",
        }}))
        .unwrap();
        assert_eq!(
            (denial.action.as_str(), denial.principal_type.as_str()),
            ("ecs:DeleteKeyPairs", "SubUser")
        );
        assert!(denial.is_explicit() && denial.policy_type == "ControlPolicy");
        assert!(!denial.principal.contains("ExampleKey"), "{denial:?}");
        for body in [
            serde_json::json!({}),
            serde_json::json!({"AccessDeniedDetail": "no"}),
            serde_json::json!({"AccessDeniedDetail": {}}),
            serde_json::json!({"AccessDeniedDetail": {"AuthAction": [], "PolicyType": null}}),
        ] {
            assert_eq!(read(body.clone()), None, "{body}");
        }
    }
}
