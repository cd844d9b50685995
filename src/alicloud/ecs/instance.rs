//! An instance, as `DescribeInstances` shows it.

use crate::alicloud::json::{self, Object};

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

impl InstanceStatus {
    fn read(text: String) -> Self {
        match text.as_str() {
            "Pending" => Self::Pending,
            "Starting" => Self::Starting,
            "Running" => Self::Running,
            "Stopping" => Self::Stopping,
            "Stopped" => Self::Stopped,
            _ => Self::Other(text),
        }
    }

    /// As the service writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Other(other) => other,
        }
    }
}

impl Default for InstanceStatus {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// What is shown of an instance. A text is empty where nothing is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
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
    /// What it is doing.
    pub status: InstanceStatus,
    /// `windows` or `linux`.
    pub os_type: String,
    /// The key pair that it carries, if any.
    pub key_pair_name: Option<String>,
}

impl Instance {
    /// Whether it carries the key pair of this name.
    pub fn carries(&self, name: &str) -> bool {
        self.key_pair_name.as_deref() == Some(name)
    }

    /// Reads it from an answer; `None` if that has no id.
    pub(super) fn read(object: &Object) -> Option<Self> {
        let text = |field| json::text(object, field).unwrap_or_default();
        let inside = |field: &str| object.get(field).and_then(serde_json::Value::as_object);
        let network = inside("VpcAttributes");
        let first = |addresses: Option<&Object>| {
            let first = addresses?.get("IpAddress")?.as_array()?.first()?.as_str()?;
            Some(first.to_owned()).filter(|first| !first.is_empty())
        };
        let elastic = inside("EipAddress").and_then(|address| json::non_empty_text(address, "IpAddress"));
        let in_network = network.and_then(|it| it.get("PrivateIpAddress")?.as_object());
        Some(Self {
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
            status: InstanceStatus::read(text("Status")),
            os_type: text("OSType"),
            key_pair_name: json::non_empty_text(object, "KeyPairName"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_looked_for_where_they_may_be() {
        let read = |json: serde_json::Value| Instance::read(json.as_object().unwrap()).unwrap();
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
