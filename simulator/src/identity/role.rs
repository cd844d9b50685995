//! Roles, and who may take them.

use serde::Serialize;

/// A RAM role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    pub(crate) arn: String,
    /// The trust policy's principals.
    trusted: Vec<String>,
    pub(crate) external_id: Option<String>,
    /// In seconds.
    #[serde(rename = "longest_session_seconds")]
    pub(crate) longest_session: i64,
}

impl Role {
    /// A role by its ARN, `acs:ram::ACCOUNT:role/NAME`. Nobody may take it until a principal is trusted; its
    /// sessions last for an hour at most until otherwise said.
    pub fn new(arn: &str) -> Self {
        Self { arn: arn.to_owned(), trusted: Vec::new(), external_id: None, longest_session: 3600 }
    }

    /// A role by its ARN or, of this account, by its name; with these principals, each by its ARN or as `user/NAME` and
    /// `role/NAME` of this account. Without any, all users and roles of the role's account may take it. An error says
    /// what cannot be one.
    pub fn parse<'a>(
        role: &str,
        principals: impl IntoIterator<Item = &'a str>,
        account: &str,
    ) -> Result<Self, String> {
        let arn =
            if role.contains(':') { role.to_owned() } else { format!("acs:ram::{account}:role/{role}") };
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".@-_".contains(c))
        };
        let owner = match Self::account_and_name(&arn) {
            Some((owner, name)) if !owner.is_empty() && is_name(name) => owner.to_owned(),
            _ => {
                return Err(format!(
                    "\"{role}\" is neither the name of a role nor acs:ram::ACCOUNT:role/NAME"
                ));
            }
        };
        let mut parsed = Self::new(&arn);
        for principal in principals {
            let of_account =
                ["user/", "role/", "oidc-provider/"].iter().any(|kind| principal.starts_with(kind));
            parsed = if of_account {
                parsed.trusting(&format!("acs:ram::{account}:{principal}"))
            } else if principal.starts_with("acs:ram::") || principal == "ecs.aliyuncs.com" {
                parsed.trusting(principal)
            } else {
                return Err(format!(
                    "\"{principal}\" is not a principal, such as user/NAME or acs:ram::ACCOUNT:user/NAME"
                ));
            };
        }
        if parsed.trusted.is_empty() {
            parsed = parsed.trusting(&format!("acs:ram::{owner}:root"));
        }
        Ok(parsed)
    }

    /// Trusts a principal: a user (`acs:ram::ACCOUNT:user/NAME`), a role, all users and roles of an account
    /// (`acs:ram::ACCOUNT:root`), an OIDC provider (`acs:ram::ACCOUNT:oidc-provider/NAME`), or `ecs.aliyuncs.com`.
    #[must_use]
    pub fn trusting(mut self, principal: &str) -> Self {
        self.trusted.push(principal.to_owned());
        self
    }

    /// Demands this external id of whoever takes the role.
    #[must_use]
    pub fn with_external_id(mut self, external_id: &str) -> Self {
        self.external_id = Some(external_id.to_owned());
        self
    }

    /// Lets sessions be this long, in seconds; the service allows 3600 to 43200.
    #[must_use]
    pub fn with_longest_session(mut self, seconds: i64) -> Self {
        self.longest_session = seconds;
        self
    }

    /// Whether the trust policy names this principal, of this account.
    pub(crate) fn trusts(&self, principal: &str, account: &str) -> bool {
        let account = format!("acs:ram::{account}:root");
        self.trusted.iter().any(|trusted| trusted == principal || *trusted == account)
    }

    /// The role's account and name.
    pub(crate) fn account_and_name(arn: &str) -> Option<(&str, &str)> {
        arn.strip_prefix("acs:ram::")?.split_once(":role/")
    }
}
