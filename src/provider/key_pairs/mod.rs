//! The data sources `alicloud_key_pairs` and `alicloud_ecs_key_pairs`: the key pairs of a region, one data source under
//! two names.

mod name_regex;
mod output_file;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use self::schema::{InstanceModel, KeyPairsModel, PairModel, Tags};
use super::cloud::Cloud;
use super::diagnostics::Attempt;
use super::key_pair::tags;
use super::key_pair::validate::resource_group;
use crate::alicloud::ecs::{Instance, InstanceFilter, KeyPair, KeyPairFilter};
use crate::alicloud::{Call, Client, Error, ErrorKind};
use crate::framework::schema::Schema;
use crate::framework::{Attr, Context, DataSource, Diagnostic, Diagnostics};

/// Reads have no timeout of their own; this outlasts the minute for which the cloud throttles.
const TIMEOUT: Duration = Duration::from_mins(5);

/// The names of the data source, both for the same thing. The first is the older.
pub(super) const NAMES: [&str; 2] = ["alicloud_key_pairs", "alicloud_ecs_key_pairs"];

/// The data source, under one of its names.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPairs {
    /// One of [`NAMES`].
    pub(super) type_name: &'static str,
}

impl DataSource for KeyPairs {
    type Model = KeyPairsModel;
    type Client = Cloud;

    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &KeyPairsModel, diagnostics: &mut Diagnostics) {
        if let Some(Err(error)) = config.name_regex.as_str().map(name_regex::compile) {
            let detail = format!(
                "The regular expression cannot be compiled: {error}. Its syntax is that of the Go language, without \
                 look-around and back-references."
            );
            diagnostics.push(Diagnostic::error("Invalid regular expression", detail).at("name_regex"));
        }
        diagnostics.extend(config.output_file.non_empty().and_then(output_file::validate));
        resource_group(&config.resource_group_id, diagnostics);
    }

    async fn read(
        &self,
        context: &Context<Cloud>,
        config: KeyPairsModel,
        diagnostics: &mut Diagnostics,
    ) -> Result<KeyPairsModel, Diagnostics> {
        let client = context.client.client()?;
        let call = Call::new(Instant::now() + TIMEOUT, context.cancel.clone());
        let failed = |what: &str, error: &Error| {
            let attempt = Attempt { key_pair: "*", account_id: None, timeout: None };
            attempt.failed(format!("Could not list the {what}"), error)
        };
        let set = |value: &Attr<String>| value.non_empty().map(str::to_owned);
        let filter = KeyPairFilter {
            fingerprint: set(&config.finger_print),
            resource_group_id: set(&config.resource_group_id),
            tags: tags::plain(&config.tags),
        };
        let mut found =
            client.list_key_pairs(&call, &filter).await.map_err(|error| failed("key pairs", &error))?;
        keep_wanted(&mut found, &config)?;
        let bound = match instances_of(client, &call, &found).await {
            Ok(bound) => bound,
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                diagnostics.push(instances_not_shown(&error));
                BTreeMap::new()
            }
            Err(error) => return Err(failed("instances", &error).into()),
        };
        if bound.is_empty() && !found.is_empty() && diagnostics.is_empty() {
            diagnostics.extend(instances_hidden(client, &call).await);
        }

        let names: Vec<Attr<String>> = found.iter().map(|pair| Attr::Known(pair.name.clone())).collect();
        let id = answer_id(found.iter().map(|pair| pair.name.as_str()));
        let pairs: Vec<PairModel> = found.into_iter().map(|pair| pair_model(pair, &bound)).collect();
        if let Some(path) = set(&config.output_file) {
            output_file::write(&path, &pairs).await?;
        }
        Ok(KeyPairsModel {
            id: if config.id.is_null() { Attr::Known(id) } else { config.id.clone() },
            ids: Attr::Known(names.clone()),
            names: Attr::Known(names),
            key_pairs: Attr::Known(pairs.clone()),
            pairs: Attr::Known(pairs),
            ..config
        })
    }
}

/// Drops what the service has no filter for.
fn keep_wanted(found: &mut Vec<KeyPair>, config: &KeyPairsModel) -> Result<(), Diagnostics> {
    let ids: BTreeSet<&str> = config.ids.known().into_iter().flatten().filter_map(Attr::as_str).collect();
    if !ids.is_empty() {
        found.retain(|pair| ids.contains(pair.name.as_str()));
    }
    if let Some(pattern) = config.name_regex.as_str().filter(|pattern| !pattern.is_empty()) {
        let regex = name_regex::compile(pattern)
            .map_err(|error| Diagnostic::error("Invalid regular expression", error).at("name_regex"))?;
        found.retain(|pair| regex.is_match(&pair.name));
    }
    Ok(())
}

/// The instances that carry each of these key pairs. All instances of the region are listed as long as that takes no
/// more calls than asking for each key pair; so it never takes more than twice the better of both ways.
async fn instances_of(
    client: &Client,
    call: &Call,
    pairs: &[KeyPair],
) -> Result<BTreeMap<String, Vec<Instance>>, Error> {
    let mut bound: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
    let mut add = |instance: Instance| {
        if let Some(name) = instance.key_pair_name.clone() {
            bound.entry(name).or_default().push(instance);
        }
    };
    let listed = match pairs {
        [] | [_] => None,
        pairs => client.list_all_instances(call, pairs.len()).await?,
    };
    match listed {
        Some(all) => all.into_iter().for_each(&mut add),
        None => {
            for pair in pairs {
                let some = client.list_instances(call, InstanceFilter::KeyPair(&pair.name)).await?;
                some.into_iter().for_each(&mut add);
            }
        }
    }
    Ok(bound)
}

/// Where no instance is shown, there may be none, or the permission to list them may be missing, where the service does
/// not refuse the list then. A warning in the second case.
pub(super) async fn instances_hidden(client: &Client, call: &Call) -> Option<Diagnostic> {
    Some(instances_not_shown(&client.may_describe_instances(call).await.err()?))
}

/// The warning that instances are missing from an answer, since the credentials may not list them.
pub(super) fn instances_not_shown(error: &Error) -> Diagnostic {
    let attempt = Attempt { key_pair: "*", account_id: None, timeout: None };
    let denied = attempt.failed("The instances that carry key pairs are not shown", error);
    Diagnostic::warning(denied.summary, denied.detail)
}

fn pair_model(pair: KeyPair, bound: &BTreeMap<String, Vec<Instance>>) -> PairModel {
    let instances = bound.get(&pair.name).into_iter().flatten().map(instance_model).collect();
    PairModel {
        id: Attr::Known(pair.name.clone()),
        key_pair_name: Attr::Known(pair.name.clone()),
        key_name: Attr::Known(pair.name),
        finger_print: Attr::Known(pair.fingerprint),
        resource_group_id: Attr::Known(pair.resource_group_id),
        tags: Attr::<Tags>::Known(tags::without_reserved(pair.tags)),
        instances: Attr::Known(instances),
    }
}

fn instance_model(instance: &Instance) -> InstanceModel {
    let text = |text: &str| Attr::Known(text.to_owned());
    InstanceModel {
        availability_zone: text(&instance.zone_id),
        description: text(&instance.description),
        image_id: text(&instance.image_id),
        instance_id: text(&instance.id),
        instance_name: text(&instance.name),
        instance_type: text(&instance.instance_type),
        key_name: text(instance.key_pair_name.as_deref().unwrap_or_default()),
        private_ip: text(&instance.private_ip),
        public_ip: text(&instance.public_ip),
        region_id: text(&instance.region_id),
        status: text(instance.status.as_str()),
        vswitch_id: text(&instance.vswitch_id),
    }
}

/// What the official provider uses for an id: the CRC-32 of the names, each with a hyphen after it, in decimal.
fn answer_id<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut hash = crc32fast::Hasher::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update(b"-");
    }
    hash.finalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_official_one() {
        assert_eq!(answer_id(["a-ds-00001", "a-ds-00002", "a-ds-00003"].into_iter()), "3544397994");
        assert_eq!(answer_id(std::iter::empty()), "0");
    }

    #[test]
    fn an_expression_that_cannot_be_compiled_is_told_at_its_place() {
        let judge = |pattern: Attr<String>| {
            let mut found = Diagnostics::new();
            let config = KeyPairsModel { name_regex: pattern, ..KeyPairsModel::default() };
            KeyPairs { type_name: NAMES[0] }.validate(&config, &mut found);
            found
        };
        assert!(
            judge(Attr::Unknown).is_empty() && judge("".into()).is_empty() && judge("^a".into()).is_empty()
        );
        let found = judge("(?=a)".into());
        let one = found.iter().next().unwrap();
        assert_eq!(one.path.clone().unwrap().to_string(), "name_regex");
        assert!(one.detail.contains("(?= is not supported"), "{}", one.detail);
    }

    #[test]
    fn an_output_file_in_the_configurations_place_is_told_at_its_place() {
        let judge = |output_file: Attr<String>| {
            let mut found = Diagnostics::new();
            let config = KeyPairsModel { output_file, ..KeyPairsModel::default() };
            KeyPairs { type_name: NAMES[0] }.validate(&config, &mut found);
            found.iter().filter_map(|it| Some(it.path.clone()?.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(judge("main.tf".into()), ["output_file"]);
        for fine in ["".into(), "out.json".into(), Attr::Unknown, Attr::Null] {
            assert!(judge(fine).is_empty());
        }
    }
}
