//! `DescribeRegions`.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;

#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature that operations share; this one has nothing to refuse"
)]
pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let show = |region: &String| {
        json!({
            "RegionId": region, "LocalName": region, "Status": "available",
            "RegionEndpoint": format!("ecs.{region}.aliyuncs.com"),
        })
    };
    let regions: Vec<Value> = context.world.regions.iter().map(show).collect();
    Ok(json!({"Regions": {"Region": regions}}))
}
