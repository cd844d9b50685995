//! Taking over a key pair that exists, by its name or its identity.

use super::identity;
use super::schema::KeyPairModel;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostic, Diagnostics, ImportSource};
use crate::provider::cloud::Cloud;

/// The stub that the host then reads. Whether the key pair exists shows there.
pub(super) fn import(
    type_name: &str,
    context: &Context<Cloud>,
    source: ImportSource,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let name = match source {
        ImportSource::Id(name) => name,
        ImportSource::Identity(given) => identity::name_in(&given, context.client.client()?.region())?,
    };
    if name.trim().is_empty() || name.contains('*') || name != name.trim() {
        return Err(Diagnostic::error(
            "Not the name of a key pair",
            format!(
                "A key pair is imported by its name, and {name:?} cannot be one. Give the name as the console shows \
                 it, for example: terraform import {type_name}.web my-key-pair"
            ),
        )
        .into());
    }
    response.state = Some(KeyPairModel { id: Attr::Known(name), ..KeyPairModel::default() });
    Ok(())
}
