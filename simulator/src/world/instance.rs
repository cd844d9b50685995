//! An instance, as far as key pairs have to do with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An instance. `DescribeInstances` shows every member that its documentation lists: those that have a field here, and
/// the others with usual values, which [`members`](Self::members) replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its owner says of it.
    pub description: String,
    /// Its host name; empty: one made of the id is shown.
    pub host_name: String,
    /// In UTC, to the minute.
    pub creation_time: String,
    /// `Pending`, `Running`, `Starting`, `Stopping` or `Stopped`.
    pub status: String,
    /// Its region.
    pub region: String,
    /// Its zone.
    pub zone: String,
    /// `linux` or `windows`.
    pub os_type: String,
    /// The image it was made of.
    pub image_id: String,
    /// `ecs.g7.large` and the like.
    pub instance_type: String,
    /// How many CPUs it has.
    pub cpu: u32,
    /// How much memory it has, in MiB.
    pub memory: u32,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// Its network.
    pub vpc_id: String,
    /// Its switch.
    pub vswitch_id: String,
    /// Its address in the switch; empty: one that no other instance has is given when it is added to a world, unless
    /// it has an address in the classic network.
    pub private_ip: String,
    /// Its address in the classic network; empty: none.
    #[serde(alias = "inner_ip")]
    pub inner_ip_address: String,
    /// Its elastic address; empty: none.
    #[serde(alias = "eip")]
    pub eip_address: String,
    /// Its public address; empty: none.
    pub public_ip: String,
    /// The key pair that it carries; empty: none.
    pub key_pair_name: String,
    /// Key pairs bind only to those that are.
    pub io_optimized: bool,
    /// Its resource group; empty: none is shown.
    pub resource_group_id: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Further members, as `DescribeInstances` spells them (`{"StoppedMode": "StopCharging"}`). They take the place of
    /// what would be shown otherwise.
    pub members: Map<String, Value>,
    /// How many times it was rebooted.
    pub reboots: u32,
    /// How many looks (`DescribeInstances`) a rebooted instance still shows `Running` before it goes down.
    pub reboot_delay_looks: u32,
    /// Of those, how many are left in the reboot under way.
    #[serde(skip)]
    pub going_down_looks: u32,
    /// How many looks (`DescribeInstances`) a started instance still shows `Starting` before `Running`.
    pub starting_looks: u32,
    /// Set when it is being released but still counts as bound.
    pub slow_release: Option<SlowRelease>,
}

/// An instance on its way out: key pairs stay bound to it for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlowRelease {
    /// `DescribeInstances` shows it no more.
    pub hidden: bool,
    /// It is gone after so many more refused deletes; `None`: when it is taken out of the world.
    pub refusals: Option<u32>,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            description: String::new(),
            host_name: String::new(),
            creation_time: "2026-01-05T08:30Z".to_owned(),
            status: "Running".to_owned(),
            region: "cn-hangzhou".to_owned(),
            zone: "cn-hangzhou-i".to_owned(),
            os_type: "linux".to_owned(),
            image_id: "aliyun_3_x64_20G_alibase.vhd".to_owned(),
            instance_type: "ecs.g7.large".to_owned(),
            cpu: 2,
            memory: 8192,
            security_group_ids: vec!["sg-simulated".to_owned()],
            vpc_id: "vpc-simulated".to_owned(),
            vswitch_id: "vsw-simulated".to_owned(),
            private_ip: String::new(),
            inner_ip_address: String::new(),
            eip_address: String::new(),
            public_ip: String::new(),
            key_pair_name: String::new(),
            io_optimized: true,
            resource_group_id: String::new(),
            tags: BTreeMap::new(),
            members: Map::new(),
            reboots: 0,
            reboot_delay_looks: 0,
            going_down_looks: 0,
            starting_looks: 0,
            slow_release: None,
        }
    }
}

impl Instance {
    /// A running Linux instance without a key pair, in a zone of its region.
    pub fn new(region: &str, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            region: region.to_owned(),
            zone: format!("{region}-i"),
            ..Self::default()
        }
    }

    /// The same, carrying a key pair.
    #[must_use]
    pub fn bound_to(mut self, key_pair_name: &str) -> Self {
        key_pair_name.clone_into(&mut self.key_pair_name);
        self
    }
}
