//! What tells a key pair from every other in an account: the region and the name.

use super::schema::KeyPairModel;
use crate::cty::{Type, Value};
use crate::framework::schema::{IdentityAttribute, IdentitySchema};
use crate::framework::{Diagnostic, Diagnostics};
use crate::provider::cloud::Cloud;

const REGION: &str = "region";
const NAME: &str = "key_pair_name";

/// Version 0 stays: hosts of all ages share one state.
pub(super) fn schema() -> IdentitySchema {
    let attribute = |required_for_import, description| IdentityAttribute {
        ty: Type::String,
        required_for_import,
        description,
    };
    IdentitySchema {
        version: 0,
        attributes: [
            (REGION, attribute(false, "The region. The provider's own if left out.")),
            (NAME, attribute(true, "The key pair's name.")),
        ]
        .into(),
    }
}

/// The identity of the key pair of this state or plan, once its name is known.
pub(super) fn of(cloud: &Cloud, state: &KeyPairModel) -> Option<Value> {
    let region = cloud.client().ok()?.region();
    let name = Some(state.name()).filter(|name| !name.is_empty())?;
    Some(Value::object([(REGION, Value::string(region)), (NAME, Value::string(name))]))
}

/// The name in an identity that the user gave, which has to be of the provider's region.
pub(super) fn name_in(identity: &Value, our_region: &str) -> Result<String, Diagnostics> {
    let text = |attribute| identity.get(attribute).and_then(Value::as_str).unwrap_or_default();
    let (region, name) = (text(REGION), text(NAME));
    if !region.is_empty() && region != our_region {
        return Err(Diagnostic::error(
            format!("The key pair {name:?} is in another region"),
            format!(
                "The identity says {region}, and the provider is configured for {our_region}. Import the key pair \
                 with a provider whose region is {region}, for example by a second provider block with an alias."
            ),
        )
        .into());
    }
    Ok(name.to_owned())
}
