//! RAM users, roles and OIDC tokens: who may call, and as whom.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, read, to_json, unknown};
use crate::access_key::AccessKey;
use crate::gateway::RawRequest;
use crate::identity::Role;
use crate::state::State;

/// A RAM user with an access key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    name: String,
    access_key_id: String,
    access_key_secret: String,
}

/// A role, by its name or its ARN.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRole {
    #[serde(alias = "arn")]
    name: String,
    #[serde(default)]
    trusted: Vec<String>,
    external_id: Option<String>,
    longest_session_seconds: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    provider_arn: String,
    token: String,
}

/// Answers what is about users, roles and tokens; `None`: it is about something else.
pub(super) fn handle(
    state: &mut State,
    account: &str,
    steps: &[&str],
    raw: &RawRequest,
) -> Option<Result<Value, Refusal>> {
    Some(match (raw.method.as_str(), steps) {
        ("GET", ["users"]) => Ok(users(state, account)),
        ("POST", ["users"]) => add_user(state, account, &raw.body),
        ("DELETE", ["users", name]) => remove_user(state, account, name),
        ("GET", ["roles"]) => to_json(&state.identity.roles().collect::<Vec<_>>()),
        ("POST", ["roles"]) => add_role(state, account, &raw.body),
        ("DELETE", ["roles", name]) => {
            let was_there = state.identity.remove_role(&format!("acs:ram::{account}:role/{name}"));
            was_there.then(|| json!({})).ok_or_else(|| unknown("role", name))
        }
        ("POST", ["oidc-tokens"]) => read::<NewToken>(&raw.body).map(|NewToken { provider_arn, token }| {
            state.identity.add_oidc_token(&provider_arn, &token);
            json!({})
        }),
        _ => return None,
    })
}

fn is_of(key: &AccessKey, account: &str, name: &str) -> bool {
    key.account == account && key.ram_user() == Some(name)
}

fn users(state: &State, account: &str) -> Value {
    let of_account = state.keys.values().filter(|key| key.account == account);
    let shown = of_account.filter_map(|key| {
        let name = key.ram_user()?;
        Some(json!({"name": name, "arn": format!("acs:ram::{account}:user/{name}"), "access_key_id": key.id}))
    });
    shown.collect()
}

fn add_user(state: &mut State, account: &str, body: &[u8]) -> Result<Value, Refusal> {
    let NewUser { name, access_key_id, access_key_secret } = read(body)?;
    if [&name, &access_key_id, &access_key_secret].iter().any(|text| text.is_empty()) {
        let needs = "A user needs a \"name\", an \"access_key_id\" and an \"access_key_secret\".";
        return Err((400, needs.to_owned()));
    }
    if state.keys.get(&access_key_id).is_some_and(|known| !is_of(known, account, &name)) {
        return Err((409, format!("The access key {access_key_id} is another's.")));
    }
    let key = AccessKey::new(&access_key_id, &access_key_secret, account).of_user(&name);
    state.keys.insert(access_key_id, key);
    Ok(json!({"arn": format!("acs:ram::{account}:user/{name}")}))
}

fn remove_user(state: &mut State, account: &str, name: &str) -> Result<Value, Refusal> {
    let before = state.keys.len();
    state.keys.retain(|_, key| !is_of(key, account, name));
    (state.keys.len() < before).then(|| json!({})).ok_or_else(|| unknown("user", name))
}

fn add_role(state: &mut State, account: &str, body: &[u8]) -> Result<Value, Refusal> {
    let NewRole { name, trusted, external_id, longest_session_seconds } = read(body)?;
    let mut role = Role::parse(&name, trusted.iter().map(String::as_str), account)
        .map_err(|why| (400, format!("{why}.")))?;
    if let Some(external_id) = external_id {
        role = role.with_external_id(&external_id);
    }
    if let Some(seconds) = longest_session_seconds {
        if !(3600..=43_200).contains(&seconds) {
            return Err((400, "\"longest_session_seconds\" is a number from 3600 to 43200.".to_owned()));
        }
        role = role.with_longest_session(seconds);
    }
    let answer = json!({"arn": role.arn});
    state.identity.add_role(role);
    Ok(answer)
}
