//! Instances with all that is shown of them beside their key pairs.

use std::collections::BTreeSet;

use super::describe_instances::DESCRIBE;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::error::Error;
use crate::alicloud::json::{self, Object};
use crate::alicloud::request::Parameters;

/// The most instances in a page, and the most ids in a question for some.
pub const MOST_INSTANCES: usize = 100;

/// Which instances to list.
#[derive(Clone, Copy, Debug)]
pub enum InstanceFilter<'a> {
    /// Those that carry this key pair.
    KeyPair(&'a str),
    /// Those with one of these ids, [`MOST_INSTANCES`] at most. Of those that don't exist nothing is said.
    Ids(&'a [String]),
}

/// What is shown of an instance. A text is empty where nothing is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceDetails {
    /// `i-…`.
    pub id: String,
    /// The display name.
    pub name: String,
    /// What its owner says of it.
    pub description: String,
    /// The region.
    pub region_id: String,
    /// The zone.
    pub zone_id: String,
    /// The image it was made of.
    pub image_id: String,
    /// `ecs.g7.large` and the like.
    pub instance_type: String,
    /// The switch that it is behind.
    pub vswitch_id: String,
    /// Its first address in the network.
    pub private_ip: String,
    /// Its elastic address, or else its first public one.
    pub public_ip: String,
    /// `Pending`, `Starting`, `Running`, `Stopping` or `Stopped`.
    pub status: String,
    /// `windows` or `linux`.
    pub os_type: String,
    /// The key pair that it carries.
    pub key_pair_name: String,
}

impl Client {
    /// All instances that fit, in the service's order, from one call for each 100.
    pub async fn list_instances(
        &self,
        call: &Call,
        filter: InstanceFilter<'_>,
    ) -> Result<Vec<InstanceDetails>, Error> {
        let pages = self.instance_pages(call, Some(filter), usize::MAX).await?;
        Ok(pages.unwrap_or_default())
    }

    /// All instances of the region, unless there are more than fit in so many pages of 100; then `None`.
    pub async fn list_all_instances(
        &self,
        call: &Call,
        most_pages: usize,
    ) -> Result<Option<Vec<InstanceDetails>>, Error> {
        self.instance_pages(call, None, most_pages).await
    }

    async fn instance_pages(
        &self,
        call: &Call,
        filter: Option<InstanceFilter<'_>>,
        most_pages: usize,
    ) -> Result<Option<Vec<InstanceDetails>>, Error> {
        let parameters = match filter {
            Some(InstanceFilter::KeyPair(name)) => Parameters::new().set("KeyPairName", name),
            Some(InstanceFilter::Ids(ids)) => {
                let ids: serde_json::Value = ids.iter().map(String::as_str).collect();
                Parameters::new().set("InstanceIds", ids.to_string())
            }
            None => Parameters::new(),
        }
        .set("MaxResults", MOST_INSTANCES.to_string());
        let (mut listed, mut ids) = (Vec::new(), BTreeSet::new());
        let mut token: Option<String> = None;
        for _ in 0..most_pages {
            let page = parameters.clone().set_some("NextToken", token.as_deref());
            let answer = self.execute(DESCRIBE, page, call).await?;
            let instances: Vec<InstanceDetails> = json::list(&answer.body, "Instances", "Instance")
                .and_then(|items| items.into_iter().map(read).collect())
                .ok_or_else(|| answer.unexpected("The answer has no list of instances that can be read."))?;
            listed.extend(instances.into_iter().filter(|instance| ids.insert(instance.id.clone())));
            let following = json::non_empty_text(&answer.body, "NextToken");
            if following.is_some() && following == token {
                return Err(answer.unexpected("The answer names itself as its next page."));
            }
            token = following;
            if token.is_none() {
                return Ok(Some(listed));
            }
        }
        Ok(None)
    }
}

fn read(object: &Object) -> Option<InstanceDetails> {
    let text = |field| json::text(object, field).unwrap_or_default();
    let inside = |field: &str| object.get(field).and_then(serde_json::Value::as_object);
    let network = inside("VpcAttributes");
    let first = |addresses: Option<&Object>| {
        let first = addresses?.get("IpAddress")?.as_array()?.first()?.as_str()?;
        Some(first.to_owned()).filter(|first| !first.is_empty())
    };
    let elastic = inside("EipAddress").and_then(|address| json::non_empty_text(address, "IpAddress"));
    let in_network = network.and_then(|it| it.get("PrivateIpAddress")?.as_object());
    Some(InstanceDetails {
        id: json::non_empty_text(object, "InstanceId")?,
        name: text("InstanceName"),
        description: text("Description"),
        region_id: text("RegionId"),
        zone_id: text("ZoneId"),
        image_id: text("ImageId"),
        instance_type: text("InstanceType"),
        vswitch_id: network.and_then(|it| json::text(it, "VSwitchId")).unwrap_or_default(),
        private_ip: first(in_network).or_else(|| first(inside("InnerIpAddress"))).unwrap_or_default(),
        public_ip: elastic.or_else(|| first(inside("PublicIpAddress"))).unwrap_or_default(),
        status: text("Status"),
        os_type: text("OSType"),
        key_pair_name: text("KeyPairName"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Script, answer, within};

    fn page(ids: &[&str], token: &str) -> crate::alicloud::testing::Act {
        let instances: Vec<_> = ids.iter().map(|id| serde_json::json!({"InstanceId": id})).collect();
        let body = serde_json::json!({"Instances": {"Instance": instances}, "NextToken": token});
        answer(200, &body.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn pages_follow_each_other_up_to_a_limit() {
        let script = Script::new([page(&["i-1", "i-2"], "x"), page(&["i-2", "i-3"], "")]);
        let listed = script.client().list_all_instances(&within(60), 2).await.unwrap().unwrap();
        assert_eq!(listed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["i-1", "i-2", "i-3"]);
        let script = Script::new([page(&["i-1"], "x"), page(&["i-2"], "y")]);
        assert_eq!(script.client().list_all_instances(&within(60), 2).await.unwrap(), None);
        assert_eq!(script.seen()[1].form["NextToken"], "x");
        let script = Script::new([page(&["i-1"], "x")]);
        assert!(script.client().list_instances(&within(60), InstanceFilter::KeyPair("k")).await.is_err());
    }

    #[test]
    fn addresses_are_looked_for_where_they_may_be() {
        let read = |json: serde_json::Value| read(json.as_object().unwrap()).unwrap();
        let one = read(serde_json::json!({
            "InstanceId": "i-1", "EipAddress": {"IpAddress": "1.1.1.1"}, "PublicIpAddress": {"IpAddress": ["2.2.2.2"]},
            "VpcAttributes": {"VSwitchId": "vsw", "PrivateIpAddress": {"IpAddress": ["10.0.0.1", "10.0.0.2"]}},
        }));
        assert_eq!((one.public_ip.as_str(), one.private_ip.as_str()), ("1.1.1.1", "10.0.0.1"));
        assert_eq!(one.vswitch_id, "vsw");
        let one = read(serde_json::json!({
            "InstanceId": "i-1", "EipAddress": {"IpAddress": ""}, "PublicIpAddress": {"IpAddress": ["2.2.2.2"]},
            "InnerIpAddress": {"IpAddress": ["10.0.0.9"]}, "VpcAttributes": [],
        }));
        assert_eq!((one.public_ip.as_str(), one.private_ip.as_str()), ("2.2.2.2", "10.0.0.9"));
        assert_eq!(read(serde_json::json!({"InstanceId": "i-1"})).public_ip, "");
    }
}
