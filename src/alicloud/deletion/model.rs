//! A model of the service, which deletions are tried against.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Outcome;
use crate::alicloud::client::Client;
use crate::alicloud::credentials::{Credentials, Static};
use crate::alicloud::error::ErrorKind;
use crate::alicloud::testing::{KEY_ID, SECRET, client_over, within};
use crate::alicloud::transport::{HttpReply, HttpRequest, SendError, SendFuture, Transport};

/// What the model knows.
#[derive(Default)]
pub(super) struct World {
    pub(super) pairs: BTreeSet<String>,
    /// By name, whether an instance is seen to carry it.
    pub(super) bound: BTreeMap<String, bool>,
    /// Those that are bound to a second instance, which moves from page to page so that none shows it.
    pub(super) moving: BTreeSet<String>,
    pub(super) forbidden: BTreeSet<String>,
    pub(super) invalid: BTreeSet<String>,
    /// Refused for a reason that nobody knows: the code.
    pub(super) odd: BTreeMap<String, &'static str>,
    /// Whether a refused batch deletes what it can.
    pub(super) deletes_what_it_can: bool,
    pub(super) most: usize,
    /// For the next deletions: whether the reply is lost, and after the change or before.
    pub(super) losses: VecDeque<Option<Lost>>,
    /// For the next deletions: whether they are throttled.
    pub(super) throttles: VecDeque<bool>,
    /// The deletions after so many are all throttled.
    pub(super) throttled_after: Option<usize>,
    pub(super) instances_denied: bool,
    /// The list of instances is not empty but refused.
    pub(super) instances_refused: bool,
    /// After so many calls the credentials have run out.
    pub(super) expires_after: Option<usize>,
    pub(super) calls: Vec<(String, Vec<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Before,
    After,
}

#[derive(Clone)]
pub(super) struct Cloud(pub(super) Arc<Mutex<World>>);

type Reply = Result<Value, (u16, &'static str)>;

impl World {
    fn answer(&mut self, form: &BTreeMap<String, String>) -> Result<Reply, SendError> {
        let get = |name: &str| form.get(name).map(String::as_str);
        let action = get("Action").unwrap();
        let names: Vec<String> =
            get("KeyPairNames").map_or_else(Vec::new, |names| serde_json::from_str(names).unwrap());
        self.calls.push((action.to_owned(), names.clone()));
        if self.expires_after.is_some_and(|calls| self.calls.len() > calls) {
            return Ok(Err((403, "InvalidSecurityToken.Expired")));
        }
        let number: usize = get("PageNumber").map_or(1, |number| number.parse().unwrap());
        match action {
            "DeleteKeyPairs" => {
                let deletions = self.calls.iter().filter(|(action, _)| action == "DeleteKeyPairs").count();
                if self.throttles.pop_front() == Some(true)
                    || self.throttled_after.is_some_and(|served| deletions > served)
                {
                    return Ok(Err((400, "Throttling.User")));
                }
                let loss = self.losses.pop_front().flatten();
                if loss == Some(Lost::Before) {
                    return Err(SendError::Lost("the line is cut".into()));
                }
                let reply = self.delete(&names);
                if loss == Some(Lost::After) {
                    return Err(SendError::Lost("the line is cut".into()));
                }
                Ok(reply)
            }
            "DescribeKeyPairs" => {
                let wanted = |name: &&String| get("KeyPairName").is_none_or(|wanted| wanted == *name);
                let found: Vec<_> = self.pairs.iter().filter(wanted).collect();
                let page = found.iter().skip((number - 1) * 50).take(50);
                let page: Vec<_> = page.map(|name| json!({"KeyPairName": name})).collect();
                Ok(Ok(json!({"TotalCount": found.len(), "KeyPairs": {"KeyPair": page}})))
            }
            "DescribeInstances" if get("DryRun").is_some() => {
                let denied = self.instances_denied;
                Ok(Err(if denied { (403, "Forbidden.RAM") } else { (400, "DryRunOperation") }))
            }
            "DescribeInstances" if self.instances_refused => Ok(Err((403, "Forbidden.RAM"))),
            "DescribeInstances" => {
                let seen = |(name, seen): &(&String, &bool)| {
                    **seen
                        && !self.instances_denied
                        && get("KeyPairName").is_none_or(|wanted| wanted == *name)
                };
                let found: Vec<_> = self.bound.iter().filter(seen).collect();
                let page = found.iter().skip((number - 1) * 100).take(100);
                let mut page: Vec<_> = page
                    .map(|(name, _)| json!({"InstanceId": format!("i-{name}"), "KeyPairName": name}))
                    .collect();
                if let Some(name) = get("KeyPairName").filter(|name| self.moving.contains(*name)) {
                    page.push(json!({"InstanceId": "i-moving", "KeyPairName": name}));
                }
                Ok(Ok(json!({"TotalCount": found.len(), "Instances": {"Instance": page}})))
            }
            other => panic!("{other}"),
        }
    }

    fn delete(&mut self, names: &[String]) -> Reply {
        if names.len() > self.most {
            return Err((403, "InstanceKeyPairLimitExceeded"));
        }
        if names.iter().any(|name| self.forbidden.contains(name)) {
            return Err((403, "Forbidden.RAM"));
        }
        if names.iter().any(|name| self.invalid.contains(name)) {
            return Err((400, "InvalidKeyPairNames.ValueNotSupported"));
        }
        if let Some(code) = names.iter().find_map(|name| self.odd.get(name)) {
            return Err((400, code));
        }
        let is_bound = |name: &&String| self.bound.contains_key(*name) && self.pairs.contains(*name);
        let (bound, free): (Vec<_>, Vec<_>) = names.iter().partition(is_bound);
        if bound.is_empty() || self.deletes_what_it_can {
            self.pairs.retain(|name| !free.contains(&name));
        }
        if bound.is_empty() {
            return Ok(json!({}));
        }
        Err((400, "InvalidParameter.KeypairAlreadyAttachedInstance"))
    }
}

impl Transport for Cloud {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        Box::pin(async move {
            let form = url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
            tokio::time::sleep(Duration::from_millis(25)).await;
            let answer = self.0.lock().unwrap().answer(&form);
            tokio::time::sleep(Duration::from_millis(25)).await;
            let (status, body) = match answer? {
                Ok(body) => (200, body),
                Err((status, code)) => (status, json!({"RequestId": "R", "Code": code, "Message": "No."})),
            };
            Ok(HttpReply { status, headers: HeaderMap::new(), body: body.to_string().into_bytes().into() })
        })
    }
}

impl Cloud {
    /// A service with key pairs `k0`, `k1`, …
    pub(super) fn of(pairs: usize, change: impl FnOnce(&mut World)) -> (Self, Client) {
        let mut world = World { pairs: (0..pairs).map(name).collect(), most: 100, ..World::default() };
        change(&mut world);
        let cloud = Self(Arc::new(Mutex::new(world)));
        let credentials = Static::new(Credentials::new(KEY_ID, SECRET.into(), None, "a test"));
        let client = client_over(cloud.clone(), Arc::new(credentials));
        (cloud, client)
    }

    pub(super) fn count(&self, action: &str) -> usize {
        self.0.lock().unwrap().calls.iter().filter(|(called, _)| called == action).count()
    }

    pub(super) fn left(&self) -> Vec<String> {
        self.0.lock().unwrap().pairs.iter().cloned().collect()
    }
}

pub(super) fn name(number: usize) -> String {
    format!("k{number}")
}

/// Deletes all of `k0`, `k1`, … at once.
pub(super) async fn delete(client: &Client, count: usize) -> BTreeMap<String, Outcome> {
    delete_but(client, count, &BTreeMap::new()).await
}

/// The same, but that some leave after so many milliseconds.
pub(super) async fn delete_but(
    client: &Client,
    count: usize,
    leavers: &BTreeMap<usize, u64>,
) -> BTreeMap<String, Outcome> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (client, call) = (client.clone(), within(600));
        if let Some(after) = leavers.get(&number).copied() {
            let cancel = call.cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                cancel.cancel();
            });
        }
        tasks.spawn(async move {
            let outcome = client.delete_key_pair(&call, &name(number)).await;
            (name(number), outcome)
        });
    }
    let mut outcomes = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        outcomes.extend([done.unwrap()]);
    }
    outcomes
}

pub(super) fn refused(outcomes: &BTreeMap<String, Outcome>) -> Vec<(&str, ErrorKind)> {
    let refused =
        outcomes.iter().filter_map(|(name, outcome)| Some((&**name, outcome.as_ref().err()?.kind())));
    refused.collect()
}
