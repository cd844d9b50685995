//! `DescribeInstances`, as far as it shows which key pair an instance carries.

use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::{Error, ErrorKind};
use crate::alicloud::json::{self, Object};
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;
use crate::alicloud::retry::Answer;

pub(in crate::alicloud) const DESCRIBE: Operation = Operation::idempotent(Service::Ecs, "DescribeInstances");

/// The most instances in a page.
const PAGE_SIZE: u64 = 100;

/// What an instance is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceStatus {
    /// Being made.
    Pending,
    /// Booting.
    Starting,
    /// Up.
    Running,
    /// Shutting down.
    Stopping,
    /// Down, but still there.
    Stopped,
    /// A status that this client doesn't know, as the service writes it; empty if it shows none.
    Other(String),
}

/// An instance and the key pair it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// The display name; may be empty.
    pub name: String,
    /// The zone; may be empty.
    pub zone_id: String,
    /// What it is doing.
    pub status: InstanceStatus,
    /// The key pair that it carries, if any.
    pub key_pair_name: Option<String>,
}

/// A page of instances.
#[derive(Clone, Debug)]
pub struct InstancePage {
    /// The instances in this page, 100 at most.
    pub instances: Vec<Instance>,
    /// Asks for the next page; `None` on the last.
    pub next_token: Option<String>,
}

impl Client {
    /// A page of the instances of the region: those that carry this key pair, or all.
    pub async fn describe_instances(
        &self,
        call: &Call,
        key_pair_name: Option<&str>,
        next_token: Option<&str>,
    ) -> Result<InstancePage, Error> {
        let parameters = Parameters::new()
            .set_some("KeyPairName", key_pair_name)
            .set("MaxResults", PAGE_SIZE.to_string())
            .set_some("NextToken", next_token);
        let answer = self.execute(DESCRIBE, parameters, call).await?;
        let instances = read_list(&answer)?;
        let following = json::non_empty_text(&answer.body, "NextToken");
        if following.is_some() && following.as_deref() == next_token {
            return Err(answer.unexpected("The answer names itself as its next page."));
        }
        Ok(InstancePage { instances, next_token: following })
    }

    /// A page of all instances of the region, by its number from 1, and how many pages there are, if the service tells.
    /// This older way to page is the one that counts.
    pub(in crate::alicloud) async fn describe_instances_numbered(
        &self,
        call: &Call,
        page_number: u64,
    ) -> Result<(Vec<Instance>, Option<u64>), Error> {
        let parameters = Parameters::new()
            .set("PageNumber", page_number.to_string())
            .set("PageSize", PAGE_SIZE.to_string());
        let answer = self.execute(DESCRIBE, parameters, call).await?;
        let instances: Vec<_> = read_list(&answer)?;
        let total = json::count(&answer.body, "TotalCount");
        let plausible = total.filter(|total| *total > 0 || instances.is_empty());
        Ok((instances, plausible.map(|total| total.div_ceil(PAGE_SIZE))))
    }

    /// Whether the credentials may list instances. Without the permission a list is not refused but empty, so that only
    /// a dry run tells. `Err` with [`ErrorKind::Forbidden`] says that they may not; asked once.
    pub async fn may_describe_instances(&self, call: &Call) -> Result<(), Error> {
        let ask = async {
            let parameters = Parameters::new().set("DryRun", "true");
            match self.execute(DESCRIBE, parameters, call).await {
                Ok(_) => Ok(Ok(())),
                Err(error) if error.code() == Some("DryRunOperation") => Ok(Ok(())),
                Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Err(error)),
                Err(error) => Err(error),
            }
        };
        self.shared.may_describe_instances.get_or_try_init(|| ask).await?.clone()
    }

    /// All instances that carry the key pair of exactly this name.
    pub async fn instances_with_key_pair(&self, call: &Call, name: &str) -> Result<Vec<Instance>, Error> {
        let mut instances = Vec::new();
        let mut token = None;
        loop {
            let page = self.describe_instances(call, Some(name), token.as_deref()).await?;
            instances.extend(page.instances.into_iter().filter(|i| i.key_pair_name.as_deref() == Some(name)));
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(instances),
            }
        }
    }
}

fn read_list(answer: &Answer) -> Result<Vec<Instance>, Error> {
    json::list(&answer.body, "Instances", "Instance")
        .and_then(|items| items.into_iter().map(read_instance).collect())
        .ok_or_else(|| answer.unexpected("The answer has no list of instances that can be read."))
}

fn read_instance(object: &Object) -> Option<Instance> {
    let text = |field| json::text(object, field).unwrap_or_default();
    let status = match text("Status").as_str() {
        "Pending" => InstanceStatus::Pending,
        "Starting" => InstanceStatus::Starting,
        "Running" => InstanceStatus::Running,
        "Stopping" => InstanceStatus::Stopping,
        "Stopped" => InstanceStatus::Stopped,
        other => InstanceStatus::Other(other.to_owned()),
    };
    Some(Instance {
        id: json::non_empty_text(object, "InstanceId")?,
        name: text("InstanceName"),
        zone_id: text("ZoneId"),
        status,
        key_pair_name: json::non_empty_text(object, "KeyPairName"),
    })
}
