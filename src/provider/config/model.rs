//! The typed form of the provider block.

use super::endpoints::EndpointsModel;
use crate::cty::Number;
use crate::framework::{Attr, Secret, Set};

crate::model! {
    /// The provider block.
    pub struct ProviderModel {
        /// The region.
        pub(super) region: Attr<String>,
        /// Whether a region that is not known is fine.
        pub(super) skip_region_validation: Attr<bool>,
        /// The access key's id.
        pub(super) access_key: Attr<Secret>,
        /// The access key's secret.
        pub(super) secret_key: Attr<Secret>,
        /// The token of a temporary access key.
        pub(super) security_token: Attr<Secret>,
        /// The name of a profile.
        pub(super) profile: Attr<String>,
        /// The file with the profiles.
        pub(super) shared_credentials_file: Attr<String>,
        /// Where credentials are to be had by HTTP. Whoever knows it may need no more.
        pub(super) credentials_uri: Attr<Secret>,
        /// The role of the instance that this runs on.
        pub(super) ecs_role_name: Attr<String>,
        /// The role to assume.
        pub(super) assume_role: Attr<Set<AssumeRoleModel>>,
        /// The role to assume with the token of an identity provider.
        pub(super) assume_role_with_oidc: Attr<Vec<AssumeRoleWithOidcModel>>,
        /// The account.
        pub(super) account_id: Attr<String>,
        /// Of the Chinese or the international site.
        pub(super) account_type: Attr<String>,
        /// `HTTP` or `HTTPS`.
        pub(super) protocol: Attr<String>,
        /// Milliseconds.
        pub(super) client_connect_timeout: Attr<Number>,
        /// Milliseconds.
        pub(super) client_read_timeout: Attr<Number>,
        /// Seconds.
        pub(super) max_retry_timeout: Attr<Number>,
        /// Sent with each call.
        pub(super) source_ip: Attr<String>,
        /// Sent with each call.
        pub(super) secure_transport: Attr<String>,
        /// The old name of `secure_transport`.
        pub(super) security_transport: Attr<String>,
        /// How long destroys wait for live instances to let go of key pairs.
        pub(super) wait_for_unbind: Attr<String>,
        /// Whether plans look at the cloud for what would make them fail.
        pub(super) plan_time_checks: Attr<bool>,
        /// Added to the user agent.
        pub(super) configuration_source: Attr<String>,
        /// Hosts to call instead of the usual ones.
        pub(super) endpoints: Attr<Set<EndpointsModel>>,
        /// Of no use here.
        pub(super) features: Attr<Vec<FeaturesModel>>,
        /// Of no use here.
        pub(super) sign_version: Attr<Set<SignVersionModel>>,
        /// Of no use here.
        pub(super) fc: Attr<String>,
        /// Of no use here.
        pub(super) log_endpoint: Attr<String>,
        /// Of no use here.
        pub(super) mns_endpoint: Attr<String>,
        /// Of no use here.
        pub(super) ots_instance_name: Attr<String>,
    }
}

crate::model! {
    /// The role to assume.
    pub(crate) struct AssumeRoleModel {
        /// The role.
        pub(super) role_arn: Attr<String>,
        /// The session's name.
        pub(super) session_name: Attr<String>,
        /// A policy that narrows the role's.
        pub(super) policy: Attr<String>,
        /// Seconds.
        pub(super) session_expiration: Attr<Number>,
        /// What the role's owner asks for.
        pub(super) external_id: Attr<String>,
    }
}

crate::model! {
    /// The role to assume with the token of an identity provider.
    pub(crate) struct AssumeRoleWithOidcModel {
        /// The identity provider.
        pub(super) oidc_provider_arn: Attr<String>,
        /// Its token.
        pub(super) oidc_token: Attr<Secret>,
        /// A file with its token.
        pub(super) oidc_token_file: Attr<String>,
        /// The role.
        pub(super) role_arn: Attr<String>,
        /// The session's name.
        pub(super) role_session_name: Attr<String>,
        /// A policy that narrows the role's.
        pub(super) policy: Attr<String>,
        /// Seconds.
        pub(super) session_expiration: Attr<Number>,
    }
}

crate::model! {
    /// Switches of other types than ours.
    pub(crate) struct FeaturesModel {
        /// About instances.
        pub(super) ecs_instance: Attr<Vec<InstanceFeaturesModel>>,
    }
}

crate::model! {
    /// Switches of the official provider's instances.
    pub(crate) struct InstanceFeaturesModel {
        /// Whether another image makes another instance.
        pub(super) replace_on_image_update: Attr<bool>,
    }
}

crate::model! {
    /// How calls to other services are signed.
    pub(crate) struct SignVersionModel {
        /// For object storage.
        pub(super) oss: Attr<String>,
        /// For logs.
        pub(super) sls: Attr<String>,
    }
}
