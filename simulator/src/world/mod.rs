//! What exists in one account of the simulated cloud, and the rules of the service that can be set.

mod instance;
mod key_pair;
mod ram;
pub(crate) mod tag;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use instance::{Instance, SlowRelease};
pub use key_pair::{FingerprintStyle, KeyPair};
pub(crate) use key_pair::{LENIENT_BASE64, fingerprint, hex};
pub use ram::{Denial, OneGroup};

/// The regions that exist when nothing else is said.
const REGIONS: [&str; 8] = [
    "cn-hangzhou",
    "cn-beijing",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-1",
    "eu-central-1",
    "us-west-1",
];

/// The first address that is given to an instance, in its network of 65,536.
const FIRST_HOST: u16 = 10;

/// What a `DeleteKeyPairs` does when it cannot delete each name it was given; the documentation does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchDelete {
    /// One bound key pair refuses the whole call, and nothing is deleted.
    #[default]
    RefuseAll,
    /// The free ones are deleted, and then the call is refused for the bound ones.
    DeleteWhatItCan,
}

/// A name that is still taken although its key pair is gone, as has been seen after a delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedName {
    /// The region in which the name is taken.
    pub region: String,
    /// The name.
    pub name: String,
    /// How many more creates and imports are refused; `None`: until it is taken out.
    pub refusals: Option<u32>,
}

/// One account's part of the cloud. All fields can be looked at and changed at will.
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the documentation leaves open")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// The regions that exist.
    pub regions: BTreeSet<String>,
    /// Key pairs by region and name.
    pub key_pairs: BTreeMap<String, BTreeMap<String, KeyPair>>,
    /// Instances by id.
    pub instances: BTreeMap<String, Instance>,
    /// Resource groups by id.
    pub resource_groups: BTreeSet<String>,
    /// The group of whatever is made without one; empty: no group is shown.
    pub default_resource_group: String,
    /// How many key pairs a region may hold.
    pub key_pair_quota: usize,
    /// How many tags a key pair may carry.
    pub tag_quota: usize,
    /// How many names one `DeleteKeyPairs` may hold.
    pub delete_limit: usize,
    /// What happens to a delete that cannot be done whole.
    pub batch_delete: BatchDelete,
    /// Names that are taken by nothing that is shown.
    pub reserved_names: Vec<ReservedName>,
    /// What RAM forbids.
    pub denials: Vec<Denial>,
    /// The group that all callers are limited to, as far as lists of key pairs go.
    pub one_group: Option<OneGroup>,
    /// What a denied `DescribeInstances` is answered: a refusal like that of any other operation, as it has been since
    /// December 2025, or, as before, an empty list that only `DryRun` tells from there being no instances.
    pub denied_instances_are_empty: bool,
    /// How fingerprints are made.
    pub fingerprint_style: FingerprintStyle,
    /// Whether a detach takes off whatever an instance carries, not just the key pair that it names; which of the two
    /// the service does is not documented.
    pub detach_takes_any: bool,
    /// Whether an import also refuses a key whose data does not decode as its type. Only the form is
    /// looked at otherwise, since the provider documentation's own sample key is not decodable.
    pub decode_public_keys: bool,
    /// Whether `IncludePublicKey` is known; it was added in 2024.
    pub shows_public_keys: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            regions: REGIONS.map(str::to_owned).into(),
            key_pairs: BTreeMap::new(),
            instances: BTreeMap::new(),
            resource_groups: ["rg-default", "rg-other"].map(str::to_owned).into(),
            default_resource_group: String::new(),
            key_pair_quota: 500,
            tag_quota: 20,
            delete_limit: 100,
            batch_delete: BatchDelete::RefuseAll,
            reserved_names: Vec::new(),
            denials: Vec::new(),
            one_group: None,
            denied_instances_are_empty: false,
            fingerprint_style: FingerprintStyle::default(),
            detach_takes_any: false,
            decode_public_keys: false,
            shows_public_keys: true,
        }
    }
}

impl World {
    /// The key pair with exactly this name.
    pub fn key_pair(&self, region: &str, name: &str) -> Option<&KeyPair> {
        self.key_pairs.get(region)?.get(name)
    }

    /// The same, to change it.
    pub fn key_pair_mut(&mut self, region: &str, name: &str) -> Option<&mut KeyPair> {
        self.key_pairs.get_mut(region)?.get_mut(name)
    }

    /// The names of a region's key pairs, sorted.
    pub fn key_pair_names(&self, region: &str) -> Vec<String> {
        self.key_pairs.get(region).map(|pairs| pairs.keys().cloned().collect()).unwrap_or_default()
    }

    /// Puts a key pair there as if somebody else had imported it.
    pub fn add_key_pair(&mut self, region: &str, name: &str, public_key: &str) -> &mut KeyPair {
        let pair = KeyPair {
            fingerprint: fingerprint(self.fingerprint_style, public_key),
            public_key: public_key.trim().to_owned(),
            resource_group_id: self.default_resource_group.clone(),
            ..KeyPair::default()
        };
        let pairs = self.key_pairs.entry(region.to_owned()).or_default();
        pairs.insert(name.to_owned(), pair);
        pairs.entry(name.to_owned()).or_default()
    }

    /// Takes a key pair away as if somebody else had deleted it, bound or not.
    pub fn remove_key_pair(&mut self, region: &str, name: &str) -> Option<KeyPair> {
        self.key_pairs.get_mut(region)?.remove(name)
    }

    /// Puts an instance there, in place of one with the same id. One without an address is given a free one.
    pub fn add_instance(&mut self, instance: Instance) {
        let id = instance.id.clone();
        let former = self.instances.insert(id.clone(), instance);
        self.give_address(&id, former.map(|it| it.private_ip).unwrap_or_default());
    }

    /// Gives a free address to each instance that has none.
    pub(crate) fn give_addresses(&mut self) {
        let ids: Vec<String> = self.instances.keys().cloned().collect();
        for id in ids {
            self.give_address(&id, String::new());
        }
    }

    /// Gives an instance that has no address the `former` one, or the first that is free.
    fn give_address(&mut self, id: &str, former: String) {
        let needs_one = |it: &Instance| it.private_ip.is_empty() && it.inner_ip_address.is_empty();
        if !self.instances.get(id).is_some_and(needs_one) {
            return;
        }
        let taken: BTreeSet<&str> = self.instances.values().map(|it| it.private_ip.as_str()).collect();
        let mut free = std::iter::once(former)
            .chain((FIRST_HOST..=u16::MAX).map(|host| format!("172.16.{}.{}", host >> 8, host & 0xff)))
            .filter(|address| !taken.contains(address.as_str()));
        let address = free.next().unwrap_or_default();
        drop(free);
        if let Some(instance) = self.instances.get_mut(id) {
            instance.private_ip = address;
        }
    }

    /// Binds a key pair to an instance, in place of the one it carried; false if there is no such instance.
    pub fn bind(&mut self, instance_id: &str, key_pair_name: &str) -> bool {
        let Some(instance) = self.instances.get_mut(instance_id) else { return false };
        key_pair_name.clone_into(&mut instance.key_pair_name);
        true
    }

    /// Takes the key pair off an instance; false if there is no such instance.
    pub fn unbind(&mut self, instance_id: &str) -> bool {
        self.bind(instance_id, "")
    }

    /// The ids of the instances that count as bound to a key pair, sorted: those that are shown, and those
    /// on their way out.
    pub fn bound_instances(&self, region: &str, name: &str) -> Vec<String> {
        let bound = |i: &&Instance| i.region == region && i.key_pair_name == name;
        self.instances.values().filter(bound).map(|i| i.id.clone()).collect()
    }

    /// Notes that a delete was refused because of these bindings; instances on their way out come nearer to
    /// being gone.
    pub(crate) fn count_refusal(&mut self, region: &str, names: &[String]) {
        self.instances.retain(|_, instance| {
            let concerned = instance.region == region && names.contains(&instance.key_pair_name);
            let Some(release) = instance.slow_release.as_mut().filter(|_| concerned) else { return true };
            let Some(refusals) = release.refusals.as_mut() else { return true };
            *refusals = refusals.saturating_sub(1);
            *refusals > 0
        });
    }

    /// Whether a name is reserved, and counts the question.
    pub(crate) fn is_reserved(&mut self, region: &str, name: &str) -> bool {
        let Some(at) = self.reserved_names.iter().position(|r| r.region == region && r.name == name) else {
            return false;
        };
        let Some(reserved) = self.reserved_names.get_mut(at) else { return false };
        match reserved.refusals.as_mut() {
            None => true,
            Some(0) => {
                self.reserved_names.remove(at);
                false
            }
            Some(refusals) => {
                *refusals -= 1;
                true
            }
        }
    }
}
