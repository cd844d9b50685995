//! The provider block's schema: that of the official provider, so that a block written for it works,
//! and what only this provider has.

use super::endpoints;
use crate::framework::schema::{Attribute, Block, NestedBlock, Nesting, Schema};

pub(super) fn schema() -> Schema {
    let block = Block::new("SSH key pairs of Alibaba Cloud ECS.");
    Schema::new(unused(credentials(behaviour(connection(block)))).block("endpoints", endpoints::block()))
}

fn text(description: &'static str) -> Attribute {
    Attribute::string().optional().describe(description)
}

fn number(description: &'static str) -> Attribute {
    Attribute::number().optional().describe(description)
}

/// What only this provider has.
fn behaviour(block: Block) -> Block {
    block
        .attribute(
            "wait_for_unbind",
            text(
                "How long the destroy of a key pair waits for instances that carry it to let go of it, as a duration \
                 such as `10m`. For instances that something else destroys in the same run. `0s` by default: the \
                 destroy fails at once and names the instances. A key pair can set its own.",
            ),
        )
        .attribute(
            "plan_time_checks",
            Attribute::bool().optional().describe(
                "Whether plans look at the cloud for what will make them fail, and warn of it: names that are taken, \
                 a quota that is full, instances that carry a key pair to be destroyed. `true` by default. Without \
                 an answer there is no warning, and never an error.",
            ),
        )
}

/// Where calls go, and how.
fn connection(block: Block) -> Block {
    block
        .attribute(
            "region",
            text(
                "The region. Also from the environment: `ALICLOUD_REGION`, `ALIBABA_CLOUD_REGION`, \
                 `ALIBABA_CLOUD_REGION_ID`, `ALIBABACLOUD_REGION_ID`, `ALICLOUD_REGION_ID`, `REGION_ID`. If nothing sets a \
                 region, it is the `region_id` of the profile that is named, also beside an access key from elsewhere, \
                 or else of the one in use; and `cn-beijing` otherwise.",
            ),
        )
        .attribute(
            "skip_region_validation",
            Attribute::bool().optional().describe(
                "Whether to be silent about a region that is not in the provider's table of regions. Also from the \
                 environment: `ALICLOUD_SKIP_REGION_VALIDATION`.",
            ),
        )
        .attribute(
            "protocol",
            text("`HTTPS` (the default) or `HTTP`, for every service whose endpoint does not say."),
        )
        .attribute(
            "client_connect_timeout",
            number(
                "How long a connection may take, in milliseconds. Also from the environment: \
                 `CLIENT_CONNECT_TIMEOUT`. `60000` by default.",
            ),
        )
        .attribute(
            "client_read_timeout",
            number(
                "How long a request may take until all of its answer is there, in milliseconds. Also from the \
                 environment: `CLIENT_READ_TIMEOUT`. `60000` by default.",
            ),
        )
        .attribute(
            "max_retry_timeout",
            number(
                "For how many seconds a call that fails is repeated; never longer than the operation's own timeout, \
                 which alone counts if this is 0 or not set. Also from the environment: `MAX_RETRY_TIMEOUT`.",
            ),
        )
        .attribute(
            "source_ip",
            text(
                "The address that calls are said to come from, for policies that ask for it. Also from the \
                 environment: `ALICLOUD_SOURCE_IP`, `ALIBABA_CLOUD_SOURCE_IP`.",
            ),
        )
        .attribute(
            "secure_transport",
            text(
                "Whether calls are said to be encrypted (`true` or `false`), for policies that ask for it. Also from \
                 the environment: `ALICLOUD_SECURE_TRANSPORT`, `ALIBABA_CLOUD_SECURE_TRANSPORT`.",
            ),
        )
        .attribute(
            "security_transport",
            text(
                "The old name of `secure_transport`, which comes before it. Also from the environment: \
                 `ALICLOUD_SECURITY_TRANSPORT`, `ALIBABA_CLOUD_SECURITY_TRANSPORT`.",
            ),
        )
        .attribute(
            "configuration_source",
            text(
                "Added to the user agent of each call, to tell where a configuration comes from; at most 1024 \
                 characters. Also from the environment: `TF_APPEND_USER_AGENT`.",
            ),
        )
}

/// Who calls.
fn credentials(block: Block) -> Block {
    block
        .attribute(
            "access_key",
            text(
                "The access key's id. Also from the environment: `ALICLOUD_ACCESS_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_ID`, \
                 `ALIBABACLOUD_ACCESS_KEY_ID`, `ALICLOUD_ACCESS_KEY_ID`.",
            )
            .sensitive(),
        )
        .attribute(
            "secret_key",
            text(
                "The access key's secret. Also from the environment: `ALICLOUD_SECRET_KEY`, \
                 `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABACLOUD_ACCESS_KEY_SECRET`.",
            )
            .sensitive(),
        )
        .attribute(
            "security_token",
            text(
                "The token of a temporary access key. Also from the environment: `ALICLOUD_SECURITY_TOKEN`, \
                 `ALIBABA_CLOUD_SECURITY_TOKEN`, `ALIBABACLOUD_SECURITY_TOKEN`.",
            )
            .sensitive(),
        )
        .attribute(
            "profile",
            text(
                "The profile to use of the shared credentials file: of any mode of the command line tool `aliyun`. Used \
                 if there is no access key. Also from the environment: `ALICLOUD_PROFILE`, `ALIBABA_CLOUD_PROFILE`.",
            ),
        )
        .attribute(
            "shared_credentials_file",
            text(
                "The file with the profiles: that of the command line tool `aliyun`, or one with sections as the \
                 official SDKs have it. If it is set and `profile` is not, its current profile (or section `default`) is \
                 used. Also from the environment: `ALICLOUD_SHARED_CREDENTIALS_FILE`, \
                 `ALIBABA_CLOUD_CREDENTIALS_FILE`. `~/.aliyun/config.json` by default.",
            ),
        )
        .attribute(
            "credentials_uri",
            text(
                "An address that hands out temporary credentials by HTTP. Used if there is neither access key nor \
                 profile. Also from the environment: `ALICLOUD_CREDENTIALS_URI`, `ALIBABA_CLOUD_CREDENTIALS_URI`.",
            ),
        )
        .attribute(
            "ecs_role_name",
            text(
                "The RAM role of the ECS instance that this runs on, whose credentials are asked of the instance's \
                 metadata service. Used if there is no access key, profile or URI. Also from the environment: \
                 `ALICLOUD_ECS_ROLE_NAME`, `ALIBABA_CLOUD_ECS_METADATA`.",
            ),
        )
        .attribute(
            "account_id",
            text(
                "The account that the credentials belong to. No key pair counts as gone, and none is deleted, in another \
                 account than the one that its state remembers: STS tells which one the credentials belong to, and \
                 `account_id` does where STS cannot be reached. Where it can, another answer is an error. Also from \
                 the environment: `ALICLOUD_ACCOUNT_ID`, `ALIBABA_CLOUD_ACCOUNT_ID`.",
            ),
        )
        .attribute("account_type", text("`Domestic` or `International`. Makes no difference to key pairs."))
        .block("assume_role", NestedBlock::new(Nesting::Set, assume_role()).at_most(1))
        .block("assume_role_with_oidc", NestedBlock::new(Nesting::List, assume_role_with_oidc()).at_most(1))
}

fn assume_role() -> Block {
    Block::new("A role to assume with the credentials that were found.")
        .attribute(
            "role_arn",
            Attribute::string().required().describe(
                "The role (`acs:ram::ACCOUNT:role/NAME`). If it is empty, from the environment: \
                 `ALICLOUD_ASSUME_ROLE_ARN`, `ALIBABA_CLOUD_ROLE_ARN`.",
            ),
        )
        .attribute(
            "session_name",
            text(
                "What the session is called in the cloud's logs: 2 to 64 letters, digits and characters of `.@-_`. Also \
                 from the environment: `ALICLOUD_ASSUME_ROLE_SESSION_NAME`, `ALIBABA_CLOUD_ROLE_SESSION_NAME`. \
                 `terraform` by default.",
            ),
        )
        .attribute("policy", text("A policy in JSON that narrows what the session may do."))
        .attribute(
            "session_expiration",
            number(
                "How long a session lasts, in seconds: 900 to 43200, and no more than the role allows. It is replaced \
                 before its end. Also from the environment: `ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION`. `3600` by \
                 default.",
            ),
        )
        .attribute("external_id", text("The external id that the role's trust policy asks for."))
}

fn assume_role_with_oidc() -> Block {
    Block::new(
        "A role to assume with the token of an identity provider, as in Kubernetes (RRSA) or in a pipeline. Used if there \
         is no access key, profile, URI or `ecs_role_name`. Without the block, but with `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`, `ALIBABA_CLOUD_ROLE_ARN` \
         and `ALIBABA_CLOUD_OIDC_TOKEN_FILE` all set in the environment, those are used.",
    )
    .attribute(
        "oidc_provider_arn",
        text(
            "The identity provider (`acs:ram::ACCOUNT:oidc-provider/NAME`). Also from the environment: \
             `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.",
        ),
    )
    .attribute(
        "oidc_token",
        text(
            "The token, of 4 to 20000 characters. Conflicts with `oidc_token_file`. Also from the environment: \
             `ALIBABA_CLOUD_OIDC_TOKEN`.",
        )
        .sensitive(),
    )
    .attribute(
        "oidc_token_file",
        text(
            "A file with the token, which is read for each new session. Also from the environment: \
             `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.",
        ),
    )
    .attribute(
        "role_arn",
        text(
            "The role (`acs:ram::ACCOUNT:role/NAME`). Also from the environment: `ALIBABA_CLOUD_ROLE_ARN`.",
        ),
    )
    .attribute(
        "role_session_name",
        text(
            "What the session is called in the cloud's logs. Also from the environment: \
             `ALIBABA_CLOUD_ROLE_SESSION_NAME`. `terraform` by default.",
        ),
    )
    .attribute("policy", text("A policy in JSON that narrows what the session may do."))
    .attribute(
        "session_expiration",
        number(
            "How long a session lasts, in seconds: 900 to 43200, and no more than the role allows. It is replaced \
             before its end. `3600` by default.",
        ),
    )
}

/// What has nothing to do with key pairs.
fn unused(block: Block) -> Block {
    let instance = Block::new("Not used.")
        .attribute("replace_on_image_update", Attribute::bool().optional().describe("Not used."));
    let features = Block::new("Not used: about types that this provider does not have.")
        .block("ecs_instance", NestedBlock::new(Nesting::List, instance).at_most(1));
    let sign_version = Block::new("Not used: about services that this provider does not call.")
        .attribute("oss", text("Not used."))
        .attribute("sls", text("Not used."));
    let block = block
        .block("features", NestedBlock::new(Nesting::List, features).at_most(1))
        .block("sign_version", NestedBlock::new(Nesting::Set, sign_version).at_most(1));
    ["fc", "log_endpoint", "mns_endpoint", "ots_instance_name"].into_iter().fold(block, |block, name| {
        block.attribute(name, text("Not used.").deprecated("It has no effect and can be removed."))
    })
}
