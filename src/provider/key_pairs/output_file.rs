//! The file that a data source writes its answer to, in the form that the official provider gives it.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};

use super::schema::{InstanceModel, PairModel};
use crate::alicloud::credentials::{Environment, ProcessEnvironment};
use crate::framework::{Attr, Diagnostic};

/// Writes the answer to `path`, whole or not at all. A `~` at the start is the home directory.
pub(super) async fn write(path: &str, pairs: &[PairModel]) -> Result<(), Diagnostic> {
    let failed = |error: &dyn std::fmt::Display| {
        Diagnostic::error(
            "The output file cannot be written",
            format!(
                "What was found cannot be written to {path}: {error}. A file that was there is as it was."
            ),
        )
        .at("output_file")
    };
    let text = text(pairs).map_err(|error| failed(&error))?;
    let file = ProcessEnvironment.expand_home(path);
    let written = tokio::task::spawn_blocking(move || replace(&file, text.as_bytes())).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".output_file-");
    // As any file that a program writes: the user's mask decides who may read it.
    if let Some(permissions) = usual_permissions() {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn usual_permissions() -> Option<Permissions> {
    Some(std::os::unix::fs::PermissionsExt::from_mode(0o666))
}

#[cfg(not(unix))]
fn usual_permissions() -> Option<Permissions> {
    None
}

/// The answer as Go's JSON encoder writes it: keys sorted, a tab for each level, and escapes for what means something
/// in HTML. A key pair without instances has `null` there.
fn text(pairs: &[PairModel]) -> serde_json::Result<String> {
    let value: Vec<Value> = pairs.iter().map(pair).collect();
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"\t")))?;
    // Outside of strings, JSON has none of these.
    Ok(String::from_utf8_lossy(&bytes)
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

fn pair(pair: &PairModel) -> Value {
    let tags = pair.tags.known().into_iter().flatten();
    let tags: serde_json::Map<String, Value> =
        tags.map(|(key, value)| (key.clone(), Value::from(string(value)))).collect();
    let instances: Vec<Value> = pair.instances.known().into_iter().flatten().map(instance).collect();
    json!({
        "finger_print": string(&pair.finger_print),
        "id": string(&pair.id),
        "instances": if instances.is_empty() { Value::Null } else { Value::from(instances) },
        "key_name": string(&pair.key_name),
        "key_pair_name": string(&pair.key_pair_name),
        "resource_group_id": string(&pair.resource_group_id),
        "tags": tags,
    })
}

fn instance(instance: &InstanceModel) -> Value {
    json!({
        "availability_zone": string(&instance.availability_zone),
        "description": string(&instance.description),
        "image_id": string(&instance.image_id),
        "instance_id": string(&instance.instance_id),
        "instance_name": string(&instance.instance_name),
        "instance_type": string(&instance.instance_type),
        "key_name": string(&instance.key_name),
        "private_ip": string(&instance.private_ip),
        "public_ip": string(&instance.public_ip),
        "region_id": string(&instance.region_id),
        "status": string(&instance.status),
        "vswitch_id": string(&instance.vswitch_id),
    })
}

fn string(text: &Attr<String>) -> &str {
    text.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_replaced_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.json");
        std::fs::write(&path, "before").unwrap();
        let pairs = [PairModel { id: "<&>\u{2028}".into(), ..PairModel::default() }];
        write(path.to_str().unwrap(), &pairs).await.unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written.contains(r#""id": "\u003c\u0026\u003e\u2028""#), "{written}");
        write(path.to_str().unwrap(), &[]).await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[]");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");

        let nowhere = directory.path().join("no/such/out.json");
        let error = write(nowhere.to_str().unwrap(), &[]).await.unwrap_err();
        assert_eq!(error.path.unwrap().to_string(), "output_file");
    }
}
