//! The admin API: what tests in other languages, and people, do instead of calling the library.

mod identity;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::gateway::RawRequest;
use crate::parameters::Parameters;
use crate::state::Shared;
use crate::world::{Instance, World};

/// What each path does, for `--help` and for whoever asks for a path that is not there.
pub const ADMIN_HELP: &str = "\
GET    /admin/                            this list
GET    /admin/world                       the whole world, as JSON
PUT    /admin/world                       replace it; members left out take their defaults
POST   /admin/reset                       an empty world, no sessions, no calls, no faults; the roles are those of
                                          the command line, and access keys stay
GET    /admin/calls                       the calls that arrived, with their outcome
DELETE /admin/calls                       forget them
POST   /admin/instances                   add an instance: {\"id\": \"i-1\", \"region\": \"cn-hangzhou\", …}
DELETE /admin/instances/ID                take it away
POST   /admin/instances/ID/bind           bind a key pair to it: {\"key_pair_name\": \"deploy\"}
POST   /admin/instances/ID/unbind         take the key pair off it
GET    /admin/users                       the RAM users, with their access keys' ids
POST   /admin/users                       add one: {\"name\": \"ann\", \"access_key_id\": \"…\", \"access_key_secret\": \"…\"}
DELETE /admin/users/NAME                  take one away, with its access keys
GET    /admin/roles                       the roles, with who may assume them
POST   /admin/roles                       add one: {\"name\": \"deploy\", \"trusted\": [\"user/ann\"], \"external_id\": \"…\",
                                          \"longest_session_seconds\": 3600}; all but the name may be left out
DELETE /admin/roles/NAME                  take one away
POST   /admin/oidc-tokens                 add one: {\"provider_arn\": \"acs:ram::…:oidc-provider/ci\", \"token\": \"…\"}
GET    /admin/faults                      the faults, with how many calls met each
POST   /admin/faults                      add one: {\"action\": \"DeleteKeyPairs\", \"times\": 3, \"effect\": \"disconnect\"}
DELETE /admin/faults                      take all out
DELETE /admin/faults/ID                   take one out, and let go what it held
POST   /admin/faults/ID/release           let go what it holds
PUT    /admin/settings                    {\"latency_ms\": 50, \"clock_offset_seconds\": 0, \"rate_headers\": true,
                                           \"rate_limits\": {\"DeleteKeyPairs\": 60},
                                           \"denied_instances_are_empty\": false}
";

/// A refusal: a status, and a sentence.
type Refusal = (u16, String);

/// Answers with a status, a content type and a text. A path without `?account=ID` is about the default
/// account.
pub(crate) fn answer(shared: &Shared, path: &str, raw: &RawRequest) -> (u16, &'static str, String) {
    if path.is_empty() && raw.method == "GET" {
        return (200, "text/plain;charset=utf-8", ADMIN_HELP.to_owned());
    }
    let (status, value) = match handle(shared, path, raw) {
        Ok(value) => (200, value),
        Err((status, message)) => (status, json!({"error": message})),
    };
    (status, "application/json", format!("{value:#}\n"))
}

fn handle(shared: &Shared, path: &str, raw: &RawRequest) -> Result<Value, Refusal> {
    let query = Parameters::parse(raw.query.as_bytes());
    let account = query.get("account").unwrap_or(&shared.account);
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    let mut state = shared.lock();
    let mut changed = true;
    let answer = match (raw.method.as_str(), steps.as_slice()) {
        ("GET", ["world"]) => {
            changed = false;
            to_json(state.world(account))?
        }
        ("PUT", ["world"]) => {
            let mut world = read::<World>(&raw.body)?;
            world.give_addresses();
            *state.world(account) = world;
            json!({})
        }
        ("POST", ["reset"]) => {
            state.worlds.clear();
            state.identity = state.first_identity.clone();
            state.faults.clear();
            state.forget_calls();
            json!({})
        }
        ("POST", ["instances"]) => {
            let instance: Instance = read(&raw.body)?;
            if instance.id.is_empty() {
                return Err((400, "An instance needs an \"id\".".to_owned()));
            }
            state.world(account).add_instance(instance);
            json!({})
        }
        ("DELETE", ["instances", id]) => {
            let gone = state.world(account).instances.remove(*id);
            gone.map(|_| json!({})).ok_or_else(|| unknown("instance", id))?
        }
        ("POST", ["instances", id, "bind"]) => {
            let Binding { key_pair_name } = read(&raw.body)?;
            let found = state.world(account).bind(id, &key_pair_name);
            found.then(|| json!({})).ok_or_else(|| unknown("instance", id))?
        }
        ("POST", ["instances", id, "unbind"]) => {
            let found = state.world(account).unbind(id);
            found.then(|| json!({})).ok_or_else(|| unknown("instance", id))?
        }
        _ => {
            changed = false;
            match identity::handle(&mut state, account, &steps, raw) {
                Some(answer) => answer?,
                None => control(shared, &mut state, account, &steps, raw)?,
            }
        }
    };
    if changed {
        state.save().map_err(|error| (500, error.to_string()))?;
    }
    Ok(answer)
}

/// The part that is not about the world.
fn control(
    shared: &Shared,
    state: &mut crate::state::State,
    account: &str,
    steps: &[&str],
    raw: &RawRequest,
) -> Result<Value, Refusal> {
    match (raw.method.as_str(), steps) {
        ("GET", ["calls"]) => to_json(&state.calls),
        ("DELETE", ["calls"]) => {
            state.forget_calls();
            Ok(json!({}))
        }
        ("GET", ["faults"]) => {
            let listed = state.faults.list();
            let listed =
                listed.iter().map(|(id, fault, hits)| json!({"id": id, "hits": hits, "fault": fault}));
            Ok(listed.collect())
        }
        ("POST", ["faults"]) => Ok(json!({"id": state.faults.add(read::<Fault>(&raw.body)?)})),
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(json!({}))
        }
        ("DELETE", ["faults", id]) => {
            state.faults.remove(fault_id(state, id)?);
            Ok(json!({}))
        }
        ("POST", ["faults", id, "release"]) => {
            let id = fault_id(state, id)?;
            state.faults.release(id);
            Ok(json!({}))
        }
        ("PUT", ["settings"]) => {
            let settings: Settings = read(&raw.body)?;
            if let Some(milliseconds) = settings.latency_ms {
                state.latency = std::time::Duration::from_millis(milliseconds);
            }
            if let Some(seconds) = settings.clock_offset_seconds {
                shared.clock.set_offset(seconds);
            }
            if let Some(shown) = settings.rate_headers {
                state.rates.with_headers = shown;
            }
            for (action, calls) in settings.rate_limits {
                state.rates.limit(&action, calls);
            }
            if let Some(empty) = settings.denied_instances_are_empty {
                state.world(account).denied_instances_are_empty = empty;
            }
            Ok(json!({}))
        }
        (method, steps) => {
            let path = steps.join("/");
            Err((404, format!("There is no {method} /admin/{path}; GET /admin/ lists what there is.")))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    key_pair_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    latency_ms: Option<u64>,
    clock_offset_seconds: Option<i64>,
    rate_headers: Option<bool>,
    /// Calls of an action in each window; null lifts the limit.
    rate_limits: std::collections::BTreeMap<String, Option<u32>>,
    /// See [`World::denied_instances_are_empty`].
    denied_instances_are_empty: Option<bool>,
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| (400, format!("The body is not what this path takes: {error}")))
}

fn to_json(value: &impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| (500, error.to_string()))
}

fn unknown(what: &str, id: &str) -> Refusal {
    (404, format!("There is no {what} {id}."))
}

fn fault_id(state: &crate::state::State, text: &str) -> Result<u64, Refusal> {
    let known = |id: &u64| state.faults.list().iter().any(|(known, ..)| known == id);
    text.parse().ok().filter(known).ok_or_else(|| unknown("fault", text))
}
