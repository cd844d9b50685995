//! Which of two sources of credentials comes first.

use super::*;
use crate::alicloud::SendError;
use crate::alicloud::testing::{Act, Script};

/// Every source that can be named, in the order that is promised: by a variable, by the block, and what its outcome says,
/// which no other one's does.
fn sources() -> Vec<(&'static str, Vec<(&'static str, &'static str)>, ProviderModel, &'static str)> {
    let none = ProviderModel::default;
    let oidc = model::AssumeRoleWithOidcModel {
        oidc_provider_arn: "acs:ram::1:oidc-provider/block".into(),
        role_arn: "acs:ram::1:role/block".into(),
        oidc_token_file: "/nowhere/token".into(),
        ..Default::default()
    };
    vec![
        (
            "key",
            vec![("ALICLOUD_ACCESS_KEY", "LTAI5tvariable"), ("ALICLOUD_SECRET_KEY", "s")],
            ProviderModel { access_key: "LTAI5tblock".into(), secret_key: "s".into(), ..none() },
            "access key",
        ),
        (
            "profile",
            vec![("ALIBABA_CLOUD_PROFILE", "nobody")],
            ProviderModel { shared_credentials_file: "/nowhere/profiles".into(), ..none() },
            "There is no file",
        ),
        (
            "URI",
            vec![("ALIBABA_CLOUD_CREDENTIALS_URI", "http://keys.example/")],
            ProviderModel { credentials_uri: "http://keys.example/".into(), ..none() },
            "The credentials URI gave none",
        ),
        (
            "instance role",
            vec![("ALIBABA_CLOUD_ECS_METADATA", "web")],
            ProviderModel { ecs_role_name: "web".into(), ..none() },
            "The metadata service at",
        ),
        (
            "OIDC",
            vec![
                ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/variable"),
                ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/variable"),
                ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nowhere/token"),
            ],
            ProviderModel { assume_role_with_oidc: Attr::Known(vec![oidc]), ..none() },
            "The OIDC token file",
        ),
    ]
}

/// Both blocks in one; they set different arguments.
fn both(one: &ProviderModel, other: &ProviderModel) -> ProviderModel {
    let text =
        |one: &Attr<String>, other: &Attr<String>| if one.is_null() { other.clone() } else { one.clone() };
    ProviderModel {
        access_key: text(&one.access_key, &other.access_key),
        secret_key: text(&one.secret_key, &other.secret_key),
        shared_credentials_file: text(&one.shared_credentials_file, &other.shared_credentials_file),
        credentials_uri: text(&one.credentials_uri, &other.credentials_uri),
        ecs_role_name: text(&one.ecs_role_name, &other.ecs_role_name),
        assume_role_with_oidc: if one.assume_role_with_oidc.known().is_some() {
            one.assume_role_with_oidc.clone()
        } else {
            other.assume_role_with_oidc.clone()
        },
        region: "cn-beijing".into(),
        ..ProviderModel::default()
    }
}

/// What comes of a block and variables: whose key it is, or why there is none.
async fn outcome(block: &ProviderModel, variables: &[(&str, &str)]) -> String {
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let surroundings = Surroundings {
        environment: Arc::new(environment),
        transport: Some(Arc::new(Script::new([Act::Fail(SendError::NotSent("unplugged".to_owned()))]))),
        ..Surroundings::default()
    };
    let mut diagnostics = Diagnostics::new();
    let cloud = configure(block, &Host::default(), &surroundings, &mut diagnostics).unwrap();
    match cloud.client().unwrap().credentials().credentials().await {
        Ok(found) => found.describe(),
        Err(error) => error.reason().to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn of_each_two_sources_the_earlier_one_is_asked() {
    let sources = sources();
    let nothing = both(&ProviderModel::default(), &ProviderModel::default());
    for (index, (first, variables, block, mark)) in sources.iter().enumerate() {
        for (second, other_variables, other_block, other_mark) in &sources[index + 1..] {
            let all = [variables.as_slice(), other_variables].concat();
            for (how, block, variables) in [
                ("by variables", nothing.clone(), all.as_slice()),
                ("in the block", both(block, other_block), &[]),
                (
                    "by variables, and the other in the block",
                    both(&nothing, other_block),
                    variables.as_slice(),
                ),
            ] {
                let outcome = outcome(&block, variables).await;
                assert!(
                    outcome.starts_with(mark) && !outcome.contains(other_mark),
                    "{first} and {second} {how}: {outcome}"
                );
            }
        }
        // Alone, each is the one.
        assert!(outcome(&nothing, variables).await.starts_with(mark), "{first}");
        assert!(outcome(&both(block, &nothing), &[]).await.starts_with(mark), "{first}");
    }
}
