//! An instance as `DescribeInstances` shows it: every member that the documentation lists.

use serde_json::{Map, Value, json};

use crate::world::Instance;

/// The members of an instance. Those that stand for something in the world are its own; the others have the values that
/// an ordinary pay-as-you-go instance has.
pub(super) fn show(instance: &Instance) -> Value {
    let mut members = own(instance);
    members.extend(usual(instance));
    members.extend(instance.members.clone());
    members.into()
}

fn list(texts: impl IntoIterator<Item = String>) -> Value {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().into()
}

fn address(address: &str) -> Value {
    json!({"IpAddress": list([address.to_owned()])})
}

fn host_name(instance: &Instance) -> String {
    if instance.host_name.is_empty() {
        return format!("iZ{}Z", instance.id.trim_start_matches("i-"));
    }
    instance.host_name.clone()
}

/// What the world says.
fn own(instance: &Instance) -> Map<String, Value> {
    let mut members = object(json!({
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "Description": instance.description,
        "HostName": host_name(instance),
        "CreationTime": instance.creation_time,
        "StartTime": instance.creation_time,
        "Status": instance.status,
        "RegionId": instance.region,
        "ZoneId": instance.zone,
        "OSType": instance.os_type,
        "ImageId": instance.image_id,
        "InstanceType": instance.instance_type,
        "InstanceTypeFamily": family(&instance.instance_type),
        "Cpu": instance.cpu,
        "Memory": instance.memory,
        "KeyPairName": instance.key_pair_name,
        "IoOptimized": instance.io_optimized,
        "ResourceGroupId": instance.resource_group_id,
        "SecurityGroupIds": {"SecurityGroupId": instance.security_group_ids},
        "PublicIpAddress": address(&instance.public_ip),
        "InnerIpAddress": address(&instance.inner_ip_address),
        "EipAddress": elastic_address(&instance.eip_address),
    }));
    members.extend(network(instance));
    let tag = |(key, value): (&String, &String)| json!({"TagKey": key, "TagValue": value});
    let tags: Vec<Value> = instance.tags.iter().map(tag).collect();
    if !tags.is_empty() {
        members.insert("Tags".to_owned(), json!({"Tag": tags}));
    }
    members
}

/// `ecs.g7` of `ecs.g7.large`.
fn family(instance_type: &str) -> &str {
    instance_type.rsplit_once('.').map_or(instance_type, |(family, _)| family)
}

fn elastic_address(address: &str) -> Value {
    let (id, charge, bandwidth) =
        if address.is_empty() { ("", "", 0) } else { ("eip-simulated", "PayByTraffic", 5) };
    json!({
        "IpAddress": address, "AllocationId": id, "InternetChargeType": charge, "Bandwidth": bandwidth,
        "IsSupportUnassociate": !address.is_empty(),
    })
}

/// The network: a VPC's, unless the instance has an address in the classic one.
fn network(instance: &Instance) -> Map<String, Value> {
    let is_classic = !instance.inner_ip_address.is_empty();
    let of_vpc = |text: &str| if is_classic { String::new() } else { text.to_owned() };
    let private_ip = of_vpc(&instance.private_ip);
    let interface = json!({
        "NetworkInterfaceId": format!("eni-{}", instance.id.trim_start_matches("i-")),
        "MacAddress": "00:16:3e:00:00:01",
        "Type": "Primary",
        "PrimaryIpAddress": private_ip,
        "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": private_ip, "Primary": true}]},
        "Ipv4PrefixSets": {"Ipv4PrefixSet": []},
        "Ipv6PrefixSets": {"Ipv6PrefixSet": []},
        "Ipv6Sets": {"Ipv6Set": []},
    });
    let interfaces = if is_classic { Vec::new() } else { vec![interface] };
    object(json!({
        "InstanceNetworkType": if is_classic { "classic" } else { "vpc" },
        "VpcAttributes": {
            "VpcId": of_vpc(&instance.vpc_id),
            "VSwitchId": of_vpc(&instance.vswitch_id),
            "NatIpAddress": "",
            "PrivateIpAddress": address(&private_ip),
        },
        "NetworkInterfaces": {"NetworkInterface": interfaces},
    }))
}

/// What the world does not say.
fn usual(instance: &Instance) -> Map<String, Value> {
    let os = if instance.os_type == "windows" { "Windows Server 2022" } else { "Alibaba Cloud Linux 3.2104" };
    object(json!({
        "AdditionalInfo": {"EnableHighDensityMode": false},
        "AutoReleaseTime": "",
        "ClusterId": "",
        "CpuOptions": {"CoreCount": instance.cpu.div_ceil(2), "ThreadsPerCore": 2, "Numa": "", "TopologyType": ""},
        "CreditSpecification": "",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": "", "DedicatedHostClusterId": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "DeletionProtection": false,
        "DeploymentSetId": "",
        "DeviceAvailable": true,
        "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
        "ExpiredTime": "2099-12-31T15:59Z",
        "GPUAmount": 0,
        "GPUSpec": "",
        "HibernationOptions": {"Configured": false},
        "HpcClusterId": "",
        "ISP": "",
        "ImageOptions": {"LoginAsNonRoot": false},
        "InstanceChargeType": "PostPaid",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": 200,
        "InternetMaxBandwidthOut": 0,
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 0, "HttpTokens": "optional"},
        "OSName": os,
        "OSNameEn": os,
        "OperationLocks": {"LockReason": []},
        "RdmaIpAddress": {"IpAddress": []},
        "Recyclable": false,
        "SaleCycle": "",
        "SerialNumber": format!("simulated-{}", instance.id),
        "SpotDuration": 0,
        "SpotInterruptionBehavior": "",
        "SpotPriceLimit": 0.0,
        "SpotStrategy": "NoSpot",
        "StoppedMode": "Not-applicable",
        "VlanId": "",
    }))
}

/// The members of what is written as an object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
