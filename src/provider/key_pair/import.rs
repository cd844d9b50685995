//! Taking over a key pair that exists, by its name.

use super::schema::KeyPairModel;
use crate::framework::{Attr, ChangeResponse, Diagnostic, Diagnostics, ImportSource};

/// The stub that the host then reads. Whether the key pair exists shows there.
pub(super) fn import(
    source: ImportSource,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let ImportSource::Id(name) = source else {
        return Err(invalid("A key pair is imported by its name, given as the id.".to_owned()));
    };
    if name.trim().is_empty() || name.contains('*') || name != name.trim() {
        return Err(invalid(format!(
            "A key pair is imported by its name, and {name:?} cannot be one. Give the name as the console shows it, \
             for example: terraform import alicloud_key_pair.web my-key-pair"
        )));
    }
    response.state = Some(KeyPairModel { id: Attr::Known(name), ..KeyPairModel::default() });
    Ok(())
}

fn invalid(detail: String) -> Diagnostics {
    Diagnostic::error("Not the name of a key pair", detail).into()
}
