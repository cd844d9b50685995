//! Which of two sources of credentials comes first.

use super::*;
use crate::alicloud::SendError;
use crate::alicloud::testing::{Act, Script};

/// A source that can be named.
struct Named {
    variables: Vec<(&'static str, &'static str)>,
    block: ProviderModel,
    /// What its outcome begins with, and no other one's.
    mark: &'static str,
}

/// Every source that can be named, in the order that is promised.
fn sources() -> Vec<Named> {
    let none = ProviderModel::default;
    let oidc = model::AssumeRoleWithOidcModel {
        oidc_provider_arn: "acs:ram::1:oidc-provider/block".into(),
        role_arn: "acs:ram::1:role/block".into(),
        oidc_token_file: "/nowhere/token".into(),
        ..Default::default()
    };
    vec![
        Named {
            variables: vec![("ALICLOUD_ACCESS_KEY", "LTAI5tvariable"), ("ALICLOUD_SECRET_KEY", "s")],
            block: ProviderModel { access_key: "LTAI5tblock".into(), secret_key: "s".into(), ..none() },
            mark: "access key",
        },
        Named {
            variables: vec![("ALIBABA_CLOUD_PROFILE", "nobody")],
            block: ProviderModel { shared_credentials_file: "/nowhere/profiles".into(), ..none() },
            mark: "There is no file",
        },
        Named {
            variables: vec![("ALIBABA_CLOUD_CREDENTIALS_URI", "http://keys.example/")],
            block: ProviderModel { credentials_uri: "http://keys.example/".into(), ..none() },
            mark: "The credentials URI gave none",
        },
        Named {
            variables: vec![("ALIBABA_CLOUD_ECS_METADATA", "web")],
            block: ProviderModel { ecs_role_name: "web".into(), ..none() },
            mark: "The metadata service at",
        },
        Named {
            variables: vec![
                ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/variable"),
                ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/variable"),
                ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nowhere/token"),
            ],
            block: ProviderModel { assume_role_with_oidc: Attr::Known(vec![oidc]), ..none() },
            mark: "The OIDC token file",
        },
    ]
}

/// Both blocks in one; they set different arguments.
fn both(one: &ProviderModel, other: &ProviderModel) -> ProviderModel {
    fn set<T: Clone>(one: &Attr<T>, other: &Attr<T>) -> Attr<T> {
        if one.is_null() { other.clone() } else { one.clone() }
    }
    ProviderModel {
        access_key: set(&one.access_key, &other.access_key),
        secret_key: set(&one.secret_key, &other.secret_key),
        shared_credentials_file: set(&one.shared_credentials_file, &other.shared_credentials_file),
        credentials_uri: set(&one.credentials_uri, &other.credentials_uri),
        ecs_role_name: set(&one.ecs_role_name, &other.ecs_role_name),
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
    let home = ("HOME", "/no/such/home");
    let environment: BTreeMap<String, String> = [home]
        .iter()
        .chain(variables)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let surroundings = Surroundings {
        environment: Arc::new(environment),
        transport: Some(Arc::new(Script::new([Act::Fail(SendError::NotSent("unplugged".to_owned()))]))),
        ..Surroundings::default()
    };
    let mut diagnostics = Diagnostics::new();
    let Some(cloud) = configure(block, &Host::default(), &surroundings, &mut diagnostics) else {
        return diagnostics.iter().map(|it| it.detail.as_str()).collect();
    };
    match cloud.client().unwrap().credentials().credentials().await {
        Ok(found) => found.describe(),
        Err(error) => error.reason().to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn of_each_two_sources_the_earlier_one_is_asked() {
    let sources = sources();
    let nothing = both(&ProviderModel::default(), &ProviderModel::default());
    for (index, Named { variables, block, mark }) in sources.iter().enumerate() {
        for other in &sources[index + 1..] {
            let all = [variables.as_slice(), &other.variables].concat();
            for (how, block, variables) in [
                ("by variables", nothing.clone(), all.as_slice()),
                ("in the block", both(block, &other.block), &[]),
                (
                    "by variables, and the other in the block",
                    both(&nothing, &other.block),
                    variables.as_slice(),
                ),
            ] {
                let outcome = outcome(&block, variables).await;
                assert!(
                    outcome.starts_with(*mark) && !outcome.contains(other.mark),
                    "{mark:?} and {:?} {how}: {outcome}",
                    other.mark
                );
            }
        }
        // Alone, each is the one.
        assert!(outcome(&nothing, variables).await.starts_with(mark), "{mark:?} alone");
        assert!(outcome(&both(block, &nothing), &[]).await.starts_with(mark), "{mark:?} alone");
    }
}
