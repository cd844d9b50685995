//! The `endpoints` block: hosts to call instead of the usual ones.

use crate::cty::{Path, Type, Value};
use crate::framework::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::framework::{Attr, ModelError, ModelValue};

/// Services that have nothing to do with key pairs. Their entries are accepted, so that a block that was written for
/// the official provider works, and never looked at.
const OTHERS: [&str; 158] = [
    "acr",
    "actiontrail",
    "adb",
    "aiworkspace",
    "alb",
    "alidfs",
    "alidns",
    "alikafka",
    "amqp",
    "antiddos_public",
    "apig",
    "apigateway",
    "arms",
    "bastionhost",
    "beebot",
    "bpstudio",
    "brain_industrial",
    "bssopenapi",
    "cas",
    "cassandra",
    "cbn",
    "cbs",
    "cddc",
    "cdn",
    "cds",
    "chatbot",
    "clickhouse",
    "cloudapi",
    "cloudauth",
    "cloudfirewall",
    "cloudfw",
    "cloudphone",
    "cloudsso",
    "cms",
    "computenest",
    "config",
    "cr",
    "cs",
    "das",
    "datahub",
    "dataworks_public",
    "dataworkspublic",
    "dbfs",
    "dbs",
    "dcdn",
    "ddosbasic",
    "ddosbgp",
    "ddoscoo",
    "dds",
    "devops_rdc",
    "devopsrdc",
    "dfs",
    "dg",
    "dm",
    "dms_enterprise",
    "dmsenterprise",
    "dns",
    "drds",
    "dts",
    "dysms",
    "dysmsapi",
    "eais",
    "ebs",
    "ecd",
    "eci",
    "edas",
    "edasschedulerx",
    "eds_user",
    "edsuser",
    "eflo",
    "eflo_cnp",
    "eflo_controller",
    "ehpc",
    "ehs",
    "eipanycast",
    "elasticsearch",
    "emr",
    "ens",
    "esa",
    "ess",
    "eventbridge",
    "fc",
    "fc_open",
    "fnf",
    "ga",
    "gaplus",
    "gdb",
    "gds",
    "gpdb",
    "gwlb",
    "gwsecd",
    "hbr",
    "hcs_sgw",
    "hitsdb",
    "imm",
    "imp",
    "ims",
    "iot",
    "kms",
    "kvstore",
    "location",
    "log",
    "market",
    "maxcompute",
    "mhub",
    "mns",
    "mns_open",
    "mscopensubscription",
    "mse",
    "nas",
    "nlb",
    "oceanbase",
    "oceanbasepro",
    "ons",
    "onsproxy",
    "oos",
    "opensearch",
    "oss",
    "ots",
    "polardb",
    "polardbx",
    "privatelink",
    "pvtz",
    "quickbi",
    "quickbi_public",
    "quotas",
    "r_kvstore",
    "ram",
    "rds",
    "redisa",
    "resourcemanager",
    "resourcesharing",
    "ressharing",
    "rocketmq",
    "ros",
    "sae",
    "sas",
    "scdn",
    "schedulerx2",
    "sddp",
    "selectdb",
    "serverless",
    "servicecatalog",
    "servicemesh",
    "sgw",
    "slb",
    "smartag",
    "srvcatalog",
    "swas",
    "swas_open",
    "tag",
    "vod",
    "vpc",
    "vpcipam",
    "vpcpeer",
    "vs",
    "waf",
    "waf_openapi",
];

/// One `endpoints` block, as far as it is about key pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EndpointsModel {
    /// For ECS.
    pub(super) ecs: Attr<String>,
    /// For STS.
    pub(super) sts: Attr<String>,
}

impl ModelValue for EndpointsModel {
    fn ty() -> Type {
        Type::object(OTHERS.into_iter().chain(["ecs", "sts"]).map(|name| (name, Type::String)))
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        let read = |name: &str| {
            let path = path.clone().attribute(name);
            let value = value.get(name).ok_or(ModelError { path: path.clone(), expected: "an attribute" })?;
            Attr::from_value(value, &path)
        };
        Ok(Self { ecs: read("ecs")?, sts: read("sts")? })
    }

    fn to_value(&self) -> Value {
        let others = OTHERS.into_iter().map(|name| (name, Value::Null));
        Value::object(others.chain([("ecs", self.ecs.to_value()), ("sts", self.sts.to_value())]))
    }
}

pub(super) fn block() -> NestedBlock {
    let block = Block::new(
        "Hosts to call instead of the usual ones: `host`, `host:port`, or either with `http://` or `https://` before \
         it. Entries of other services than ECS and STS are accepted and not used.",
    )
    .attribute(
        "ecs",
        Attribute::string().optional().describe(
            "For ECS. Also from the environment: `ALIBABA_CLOUD_ENDPOINT_ECS`, `ECS_ENDPOINT`.",
        ),
    )
    .attribute(
        "sts",
        Attribute::string().optional().describe(
            "For STS. Also from the environment: `ALIBABA_CLOUD_ENDPOINT_STS`, `STS_ENDPOINT`.",
        ),
    );
    let block = OTHERS.into_iter().fold(block, |block, name| {
        block.attribute(name, Attribute::string().optional().describe("Not used."))
    });
    NestedBlock::new(Nesting::Set, block)
}
