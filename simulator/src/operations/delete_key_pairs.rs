//! `DeleteKeyPairs`.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::world::BatchDelete;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let region = context.region()?;
    let names = Parameters::json_list(context.parameters.required("KeyPairNames")?)
        .filter(|names| !names.is_empty())
        .ok_or_else(|| {
            ApiError::new(
                400,
                "InvalidKeyPairNames.ValueNotSupported",
                "The specified parameter \"KeyPairNames\" is not valid.",
            )
        })?;
    if names.len() > context.world.delete_limit {
        return Err(ApiError::new(
            403,
            "InstanceKeyPairLimitExceeded",
            "Exceeding the allowed amount of instance which will be deleted.",
        ));
    }
    let (bound, free): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| {
        context.world.key_pair(&region, name).is_some()
            && !context.world.bound_instances(&region, name).is_empty()
    });
    if bound.is_empty() || context.world.batch_delete == BatchDelete::DeleteWhatItCan {
        for name in &free {
            // A name that is not there counts as deleted.
            context.changed |= context.world.remove_key_pair(&region, name).is_some();
        }
    }
    if bound.is_empty() {
        return Ok(json!({}));
    }
    context.world.count_refusal(&region, &bound);
    Err(ApiError::new(
        400,
        "InvalidParameter.KeypairAlreadyAttachedInstance",
        "The specified parameter \"KeyPairNames\" attached to instances can not be deleted.",
    ))
}
