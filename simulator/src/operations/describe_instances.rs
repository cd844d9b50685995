//! `DescribeInstances`, the part that concerns key pairs, with both of its ways to page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Context;
use super::instance_members::show;
use crate::error::ApiError;
use crate::gateway;
use crate::parameters::Parameters;
use crate::world::{Instance, tag};

const LARGEST_PAGE: usize = 100;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let region = context.region()?;
    let parameters = context.parameters;
    if parameters.flag("DryRun")? {
        // A refusal by RAM has come before this.
        let message = "Request validation has been passed with DryRun flag set.";
        return Err(ApiError::new(400, "DryRunOperation", message));
    }
    let ids = match parameters.get("InstanceIds") {
        None => None,
        Some(text) => {
            Some(Parameters::json_list(text).filter(|ids| ids.len() <= LARGEST_PAGE).ok_or_else(|| {
                ApiError::new(
                    400,
                    "InvalidInstanceIds.Malformed",
                    "The specified parameter \"InstanceIds\" is not valid.",
                )
            })?)
        }
    };
    let key_pair = parameters.get("KeyPairName");
    let status = parameters.get("Status");
    let group = parameters.get("ResourceGroupId");
    let tags = parameters.tags();
    let wanted = |instance: &Instance| {
        instance.region == region
            && !instance.slow_release.as_ref().is_some_and(|release| release.hidden)
            && ids.as_ref().is_none_or(|ids| ids.contains(&instance.id))
            && key_pair.is_none_or(|name| name == instance.key_pair_name)
            && status.is_none_or(|status| status == instance.status)
            && group.is_none_or(|group| group == instance.resource_group_id)
            && tag::matches(&instance.tags, &tags)
    };
    let page = Page::of(parameters)?;
    let hidden = gateway::denies(context.world, "DescribeInstances", parameters);
    let all = context.world.instances.values_mut();
    let found: Vec<&mut Instance> = all.filter(|instance| !hidden && wanted(instance)).collect();
    Ok(page.cut(found, |instance| {
        let shown = show(instance);
        finish_starting(instance);
        shown
    }))
}

/// Each look brings a rebooting instance nearer to its fall, and a starting one nearer to running.
fn finish_starting(instance: &mut Instance) {
    if let Some(left) = instance.going_down_looks.checked_sub(1) {
        instance.going_down_looks = left;
        if left == 0 {
            "Starting".clone_into(&mut instance.status);
        }
        return;
    }
    if instance.status != "Starting" {
        return;
    }
    match instance.starting_looks.checked_sub(1) {
        Some(left) if left > 0 => instance.starting_looks = left,
        _ => {
            instance.starting_looks = 0;
            "Running".clone_into(&mut instance.status);
        }
    }
}

/// The two ways to page.
#[derive(Clone, Copy)]
enum Page {
    /// By `MaxResults` and `NextToken`.
    After { skipped: usize, size: usize },
    /// By `PageNumber` and `PageSize`.
    Numbered { number: usize, size: usize },
}

impl Page {
    fn of(parameters: &Parameters) -> Result<Self, ApiError> {
        let token = parameters.get("NextToken");
        if let (None, None) = (parameters.number("MaxResults")?, token) {
            let number = parameters.number("PageNumber")?.unwrap_or(1);
            let size = parameters.number("PageSize")?.unwrap_or(10);
            if number == 0 {
                return Err(ApiError::invalid("PageNumber"));
            }
            if !(1..=LARGEST_PAGE).contains(&size) {
                return Err(ApiError::invalid("PageSize"));
            }
            return Ok(Self::Numbered { number, size });
        }
        let size = parameters.number("MaxResults")?.unwrap_or(10).clamp(10, LARGEST_PAGE);
        let skipped = match token {
            None => 0,
            Some(token) => read_token(token).ok_or_else(|| {
                ApiError::new(400, "InvalidParameter.NextToken", "The NextToken is not valid.")
            })?,
        };
        Ok(Self::After { skipped, size })
    }

    /// The answer with this page of what was found.
    fn cut<T>(self, found: Vec<T>, show: impl FnMut(T) -> Value) -> Value {
        let total = found.len();
        let (skipped, size) = match self {
            Self::Numbered { number, size } => (number.saturating_sub(1).saturating_mul(size), size),
            Self::After { skipped, size } => (skipped, size),
        };
        let page: Vec<Value> = found.into_iter().skip(skipped).take(size).map(show).collect();
        let (total, number, size, next) = match self {
            Self::Numbered { number, size } => (total, number, size, String::new()),
            // The other members are documented as meaningless in this way to page, so nobody shall find a
            // meaning in them.
            Self::After { skipped, size } => {
                let end = skipped.saturating_add(size);
                (0, 0, 0, if end < total { write_token(end) } else { String::new() })
            }
        };
        json!({
            "Instances": {"Instance": page}, "TotalCount": total,
            "PageNumber": number, "PageSize": size, "NextToken": next,
        })
    }
}

fn write_token(skipped: usize) -> String {
    STANDARD.encode(format!("after:{skipped}"))
}

fn read_token(token: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("after:")?.parse().ok()
}
