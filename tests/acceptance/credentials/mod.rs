//! Every source of credentials, with the real host and the services of the simulator.

mod failures;
mod parity;
mod refresh;
mod renewal;
mod sources;

use std::collections::BTreeSet;

use ecs_simulator::{AccessKey, Metadata, Role};
use serde_json::{Value, json};

use crate::harness::{Case, REGION, acceptance};

const USER_ID: &str = "LTAIuser000001";
const USER_SECRET: &str = "secret-of-ann";
const TOKEN: &str = "eyJ-a-token-of-the-pipeline";

/// Something that needs the cloud, and is soon done.
const LOOK: &str = "data \"alicloud_key_pairs\" \"all\" {\n}\n";

fn arn(account: &str, kind: &str, name: &str) -> String {
    format!("acs:ram::{account}:{kind}/{name}")
}

/// Runs a test without credentials in the environment, in a cloud with a user, roles that trust it, and all the
/// services that hand out sessions.
fn without_key(test: impl FnOnce(&mut Case)) {
    acceptance(|case| {
        case.use_no_credentials();
        let account = case.simulator.account().to_owned();
        let of = |kind: &str, name: &str| arn(&account, kind, name);
        case.simulator.add_access_key(AccessKey::new(USER_ID, USER_SECRET, &account).of_user("ann"));
        case.simulator.identity(|identity| {
            identity.add_role(
                Role::new(&of("role", "deploy"))
                    .trusting(&of("user", "ann"))
                    .trusting(&of("role", "machine"))
                    .trusting(&of("oidc-provider", "ci")),
            );
            identity.add_role(
                Role::new(&of("role", "next")).trusting(&of("role", "deploy")).with_external_id("x"),
            );
            identity.add_oidc_token(&of("oidc-provider", "ci"), TOKEN);
            identity.set_metadata(Metadata { role: Some(of("role", "machine")), ..Metadata::default() });
            identity.set_credentials_uri_role(Some(&of("role", "pod")));
        });
        case.set_env("ALICLOUD_ECS_METADATA_ENDPOINT", case.simulator.url());
        case.set_env("ALICLOUD_OAUTH_ENDPOINT", case.simulator.url());
        case.forbid(USER_SECRET);
        block(case, "");
        case.write(LOOK);
        test(case);
    });
}

/// Writes a provider block with these arguments.
fn block(case: &Case, arguments: &str) {
    case.set_provider(&format!("region = {REGION:?}\n{}{arguments}\n", case.endpoints()));
}

/// Writes the file of the official command line, with these profiles; the first one is the current one.
fn write_profiles(case: &Case, profiles: &[Value]) {
    let file = json!({"current": profiles[0]["name"], "profiles": profiles, "meta_path": ""});
    case.write_home(".aliyun/config.json", &format!("{file:#}"));
}

/// Who has called ECS since the calls were last forgotten: access keys of users by their ids, those of sessions by
/// `ROLE/SESSION`.
fn actors(case: &Case) -> Vec<String> {
    let calls = case.simulator.calls();
    let ids: BTreeSet<_> =
        calls.iter().filter(|it| it.version == "2014-05-26").map(|it| &it.access_key_id).collect();
    ids.into_iter().map(|id| actor(case, id)).collect()
}

/// Whose an access key is, in the same words.
fn actor(case: &Case, id: &str) -> String {
    let arn = case.simulator.identity(|identity| identity.session_arn(id));
    arn.map_or_else(|| id.to_owned(), |arn| arn.rsplit_once(":assumed-role/").unwrap().1.to_owned())
}

/// Plans, and tells who has called ECS.
#[track_caller]
fn look(case: &mut Case) -> Vec<String> {
    case.simulator.forget_calls();
    case.plan();
    actors(case)
}
