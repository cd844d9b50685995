//! `AttachKeyPair` and `DetachKeyPair`.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;
use crate::parameters::Parameters;

/// Instances of one call at most.
const INSTANCES_PER_CALL: usize = 50;

pub(super) fn attach(context: &mut Context<'_>) -> Result<Value, ApiError> {
    run(context, true)
}

pub(super) fn detach(context: &mut Context<'_>) -> Result<Value, ApiError> {
    run(context, false)
}

fn run(context: &mut Context<'_>, attach: bool) -> Result<Value, ApiError> {
    let region = context.region()?;
    let name = context.parameters.required("KeyPairName")?.to_owned();
    let ids = Parameters::json_list(context.parameters.required("InstanceIds")?)
        .filter(|ids| !ids.is_empty())
        .ok_or_else(|| not_valid("InvalidInstanceIds.ValueNotSupported"))?;
    if ids.len() > INSTANCES_PER_CALL {
        return Err(ApiError::new(
            403,
            "InstanceKeyPairLimitExceeded",
            "The specified instances are beyond the permitted range.",
        ));
    }
    if context.world.key_pair(&region, &name).is_none() {
        return Err(ApiError::new(
            400,
            "InvalidKeyPairName.NotFound",
            "The specified KeyPairName does not exist in our records.",
        ));
    }
    let known = ids.iter().filter_map(|id| context.world.instances.get(id)).filter(|i| i.region == region);
    for instance in known {
        if instance.os_type == "windows" {
            return Err(ApiError::new(
                403,
                "DependencyViolation.WindowsInstance",
                "The instance creating is windows, cannot use ssh key pair to login",
            ));
        }
        if attach && !instance.io_optimized {
            return Err(not_valid("DependencyViolation.IoOptimize"));
        }
    }
    let mut failed = 0;
    let mut results = Vec::new();
    for id in &ids {
        let instance = context.world.instances.get_mut(id).filter(|i| i.region == region);
        let Some(instance) = instance else {
            failed += 1;
            // What the service says of one unknown instance is not documented; RebootInstance says this.
            results.push(json!({
                "InstanceId": id, "Success": false, "Code": "InvalidInstanceId.NotFound",
                "Message": "The specified InstanceId does not exist.",
            }));
            continue;
        };
        if attach && instance.key_pair_name != name {
            name.clone_into(&mut instance.key_pair_name);
            context.changed = true;
        } else if !attach && (instance.key_pair_name == name || context.world.detach_takes_any) {
            instance.key_pair_name.clear();
            context.changed = true;
        }
        results.push(json!({"InstanceId": id, "Success": true, "Code": "200", "Message": "successful"}));
    }
    Ok(json!({
        "KeyPairName": name, "TotalCount": ids.len(), "FailCount": failed, "Results": {"Result": results},
    }))
}

fn not_valid(code: &str) -> ApiError {
    ApiError::new(400, code, "The specified parameter InstanceIds is not valid.")
}
