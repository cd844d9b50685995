//! `RebootInstance`.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;

/// How many looks a rebooted instance shows `Starting`.
const LOOKS: u32 = 1;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let id = context.parameters.required("InstanceId")?;
    context.parameters.flag("ForceStop")?;
    let dry_run = context.parameters.flag("DryRun")?;
    let Some(instance) = context.world.instances.get_mut(id) else {
        return Err(ApiError::new(
            404,
            "InvalidInstanceId.NotFound",
            "The specified InstanceId does not exist.",
        ));
    };
    if instance.status != "Running" {
        return Err(ApiError::new(
            403,
            "IncorrectInstanceStatus",
            "The current status of the resource does not support this operation.",
        ));
    }
    if dry_run {
        return Err(ApiError::new(
            400,
            "DryRunOperation",
            "Request validation has been passed with DryRun flag set.",
        ));
    }
    instance.starting_looks = LOOKS;
    if instance.reboot_delay_looks == 0 {
        "Starting".clone_into(&mut instance.status);
    } else {
        instance.going_down_looks = instance.reboot_delay_looks;
    }
    instance.reboots += 1;
    context.changed = true;
    Ok(json!({}))
}
