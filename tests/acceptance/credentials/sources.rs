//! Each source gives its own credentials and no other.

use ecs_simulator::{AccessKey, Metadata};
use serde_json::json;

use super::{TOKEN, USER_ID, USER_SECRET, arn, block, look, profiles, without_key, write_profiles};
use crate::harness::Case;

/// Sets variables, looks who calls, and takes them away again.
#[track_caller]
fn look_with(case: &mut Case, variables: &[(&str, &str)]) -> Vec<String> {
    for (name, value) in variables {
        case.set_env(name, *value);
    }
    let actors = look(case);
    for (name, _) in variables {
        case.remove_env(name);
    }
    actors
}

#[test]
fn the_environment_by_each_of_its_prefixes() {
    without_key(|case| {
        let temporary = AccessKey::new("STS.temporary", "temporary-secret", case.simulator.account());
        case.simulator.add_access_key(temporary.of_user("someone").with_token("temporary-token"));
        case.forbid("temporary-");
        for [id, secret, token] in [
            ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"],
            [
                "ALIBABA_CLOUD_ACCESS_KEY_ID",
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                "ALIBABA_CLOUD_SECURITY_TOKEN",
            ],
            ["ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_SECURITY_TOKEN"],
        ] {
            assert_eq!(look_with(case, &[(id, USER_ID), (secret, USER_SECRET)]), [USER_ID]);
            let variables = [(id, "STS.temporary"), (secret, "temporary-secret"), (token, "temporary-token")];
            assert_eq!(look_with(case, &variables), ["STS.temporary"]);
        }
    });
}

#[test]
fn the_provider_block() {
    without_key(|case| {
        // This secret is in the configuration, and so in the plan.
        let key = AccessKey::new("LTAIblock00001", "secret-of-the-block", case.simulator.account());
        case.simulator.add_access_key(key);
        block(case, "access_key = \"LTAIblock00001\"\nsecret_key = \"secret-of-the-block\"");
        let variables = [("ALICLOUD_ACCESS_KEY", USER_ID), ("ALICLOUD_SECRET_KEY", USER_SECRET)];
        assert_eq!(look_with(case, &variables), ["LTAIblock00001"]);
        assert!(!case.log().contains("secret-of-the-block"));
    });
}

#[test]
fn profiles_of_every_mode() {
    without_key(|case| {
        let profiles = profiles(case);
        let named: Vec<_> = profiles.iter().map(|(_, profile)| profile.clone()).collect();
        write_profiles(case, &named);
        for (actor, profile) in &profiles {
            block(case, &format!("profile = {}", profile["mode"]));
            assert_eq!(look(case), [actor.as_str()], "{}", profile["mode"]);
        }
        // By a variable, and by being the current one.
        block(case, "");
        assert_eq!(look_with(case, &[("ALIBABA_CLOUD_PROFILE", "ChainableRamRoleArn")]), ["next/chain"]);
        assert_eq!(look(case), [USER_ID]);
        assert!(case.log().contains(
            "no profile and no other source of credentials is named, so what is found here is used"
        ));
    });
}

#[test]
fn a_program_has_the_environment_but_for_what_is_the_plugins() {
    without_key(|case| {
        let variables = case.home("variables").display().to_string();
        let script = case.write_home(
            "get-key.sh",
            &format!(
                "env > '{variables}'\nprintf '{{\"access_key_id\": \"%s\", \"access_key_secret\": \"%s\"}}' {USER_ID} \
                 {USER_SECRET}\n"
            ),
        );
        let command = format!("sh '{}'", script.display());
        // In lower case, as the command line takes it too.
        write_profiles(case, &[json!({"name": "p", "mode": "external", "process_command": command})]);
        block(case, "profile = \"p\"");
        assert_eq!(look_with(case, &[("A_VARIABLE_OF_MINE", "kept")]), [USER_ID]);
        let variables = std::fs::read_to_string(variables).unwrap();
        assert!(
            variables.contains("\nA_VARIABLE_OF_MINE=kept\n")
                || variables.starts_with("A_VARIABLE_OF_MINE=kept\n")
        );
        let of_the_plugin: Vec<_> = variables
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name)
            .filter(|name| name.starts_with("PLUGIN_") || name.contains("MAGIC_COOKIE"))
            .collect();
        assert!(of_the_plugin.is_empty(), "{of_the_plugin:?}");
    });
}

#[test]
fn the_file_of_the_sdks() {
    without_key(|case| {
        let role = arn(case.simulator.account(), "role", "deploy");
        let key = format!("access_key_id = {USER_ID}\naccess_key_secret = {USER_SECRET}\n");
        case.write_home(".alibabacloud/credentials", &format!("[default]\ntype = access_key\n{key}"));
        assert_eq!(look(case), [USER_ID]);
        case.write_home(
            ".alibabacloud/credentials",
            &format!("[default]\ntype = ram_role_arn\n{key}role_arn = {role}\nrole_session_name = ini\n"),
        );
        assert_eq!(look(case), ["deploy/ini"]);
    });
}

#[test]
fn a_credentials_uri() {
    without_key(|case| {
        let uri = case.simulator.credentials_uri();
        block(case, &format!("credentials_uri = {uri:?}"));
        assert_eq!(look(case), ["pod/uri"]);
        block(case, "");
        assert_eq!(look_with(case, &[("ALIBABA_CLOUD_CREDENTIALS_URI", &uri)]), ["pod/uri"]);
    });
}

#[test]
fn the_role_of_the_machine_by_both_versions_of_its_metadata() {
    without_key(|case| {
        let role = arn(case.simulator.account(), "role", "machine");
        for (v1_forbidden, v2_absent, tokens) in [(true, false, 200), (false, true, 404)] {
            let metadata = Metadata { role: Some(role.clone()), v1_forbidden, v2_absent };
            case.simulator.identity(|identity| identity.set_metadata(metadata));
            block(case, "ecs_role_name = \"machine\"");
            assert_eq!(look(case), ["machine/i-simulated"]);
            let calls = case.simulator.calls();
            let asked: Vec<_> =
                calls.iter().filter(|it| it.action == "metadata:token").map(|it| it.status).collect();
            assert!(!asked.is_empty() && asked.iter().all(|status| *status == Some(tokens)), "{asked:?}");
            block(case, "");
            assert_eq!(look_with(case, &[("ALICLOUD_ECS_ROLE_NAME", "machine")]), ["machine/i-simulated"]);
        }
        // Without a name, the machine is never asked.
        case.simulator.forget_calls();
        case.plan_fails();
        assert!(case.simulator.calls().is_empty(), "{:?}", case.simulator.calls());
    });
}

#[test]
fn a_token_of_an_identity_provider() {
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let (provider, role) = (arn(&account, "oidc-provider", "ci"), arn(&account, "role", "deploy"));
        let file = case.write_home("token", TOKEN).display().to_string();
        let with = |token: &str| {
            format!(
                "assume_role_with_oidc {{\n  oidc_provider_arn = {provider:?}\n  role_arn = {role:?}\n  \
                 role_session_name = \"pipeline\"\n  {token}\n}}"
            )
        };
        block(case, &with(&format!("oidc_token_file = {file:?}")));
        assert_eq!(look(case), ["deploy/pipeline"]);
        block(case, &with(""));
        assert_eq!(look_with(case, &[("ALIBABA_CLOUD_OIDC_TOKEN", TOKEN)]), ["deploy/pipeline"]);
        block(case, "");
        let variables = [
            ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file.as_str()),
            ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", &provider),
            ("ALIBABA_CLOUD_ROLE_ARN", &role),
        ];
        assert_eq!(look_with(case, &variables), ["deploy/terraform"]);
        assert!(
            case.simulator
                .calls()
                .iter()
                .all(|call| call.action != "AssumeRoleWithOIDC" || call.signature.is_empty())
        );
    });
}

#[test]
fn a_role_on_top_of_each_kind_of_credentials() {
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let (deploy, next) = (arn(&account, "role", "deploy"), arn(&account, "role", "next"));
        let role = format!(
            "assume_role {{\n  role_arn = {deploy:?}\n  session_name = \"block\"\n  session_expiration = 900\n}}"
        );
        block(case, &role);
        let key = [("ALICLOUD_ACCESS_KEY", USER_ID), ("ALICLOUD_SECRET_KEY", USER_SECRET)];
        assert_eq!(look_with(case, &key), ["deploy/block"]);
        let calls = case.simulator.calls();
        let assumed = calls.iter().find(|call| call.action == "AssumeRole").unwrap();
        assert_eq!(assumed.parameters["DurationSeconds"], "900");
        block(case, &format!("ecs_role_name = \"machine\"\n{role}"));
        assert_eq!(look(case), ["deploy/block"]);
        write_profiles(
            case,
            &[
                json!({"name": "p", "mode": "RamRoleArn", "access_key_id": USER_ID, "access_key_secret": USER_SECRET,
                "ram_role_arn": deploy, "ram_session_name": "profile"}),
            ],
        );
        block(
            case,
            &format!("profile = \"p\"\nassume_role {{\n  role_arn = {next:?}\n  external_id = \"x\"\n}}"),
        );
        assert_eq!(look(case), ["next/terraform"]);
        assert_eq!(case.simulator.count("AssumeRole"), 2);
    });
}
