//! The file that a data source writes its answer to, in the form that the official provider gives it.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};

use super::schema::{InstanceModel, PairModel};
use crate::framework::{Attr, Diagnostic};
use crate::provider::files::{self, DirectoryError, check_directory};

/// Why the answer is not written.
#[derive(Debug, thiserror::Error)]
enum OutputError {
    #[error("a file of that name is part of the configuration or the state")]
    Configuration,
    #[error("it is neither a file nor a character device")]
    NotAFile,
    #[error("{0}")]
    Directory(DirectoryError),
    #[error("{}", files::reason(.0))]
    Io(#[from] io::Error),
}

/// Ends of the names of files that hold configuration, variables or state of Terraform and OpenTofu.
const CONFIGURATION: [&str; 11] = [
    ".tf",
    ".tf.json",
    ".tofu",
    ".tofu.json",
    ".tfvars",
    ".tfvars.json",
    ".tfstate",
    ".tfstate.backup",
    ".tftest.hcl",
    ".tfquery.hcl",
    ".terraform.lock.hcl",
];

/// An error if the argument names a file of the configuration.
pub(super) fn validate(path: &str) -> Option<Diagnostic> {
    is_configuration(Path::new(path)).then(|| refused(path, &OutputError::Configuration))
}

/// Writes the answer to `path`. A `~` at the start is the home directory. A new file is there whole or not at all; what
/// is there already is written into, so that links, owner and mode stay.
pub(super) async fn write(path: &str, pairs: &[PairModel]) -> Result<(), Diagnostic> {
    let text = text(pairs).map_err(|error| refused(path, &error))?;
    let file = files::path(path);
    match tokio::task::spawn_blocking(move || put(&file, text.as_bytes())).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(refused(path, &error)),
        Err(error) => Err(refused(path, &error)),
    }
}

fn refused(path: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(
        "The output file cannot be written",
        format!("The key pairs cannot be written to {path}: {error}. Change output_file, or remove it."),
    )
    .at("output_file")
}

/// Whether the path, or what a link there leads to, is a file of the configuration.
fn is_configuration(path: &Path) -> bool {
    let names = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
        name.is_some_and(|name| CONFIGURATION.iter().any(|end| name.ends_with(end)))
    };
    names(path)
        || fs::canonicalize(path).is_ok_and(|real| names(&real))
        || fs::read_link(path).is_ok_and(|target| names(&target))
}

fn put(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    if is_configuration(path) {
        return Err(OutputError::Configuration);
    }
    let mut options = File::options();
    // Through a link to nothing, a file is made, as programs do it.
    options.write(true).create(path.is_symlink());
    // A pipe that nobody reads must not keep this waiting.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    match options.open(path) {
        Ok(file) => write_into(file, content),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            check_directory(path).map_err(OutputError::Directory)?;
            Ok(make(path, content)?)
        }
        Err(_) if fs::metadata(path).is_ok_and(|metadata| !is_writable_kind(&metadata)) => {
            Err(OutputError::NotAFile)
        }
        Err(error) => Err(error.into()),
    }
}

fn write_into(mut file: File, content: &[u8]) -> Result<(), OutputError> {
    let metadata = file.metadata()?;
    if !is_writable_kind(&metadata) {
        return Err(OutputError::NotAFile);
    }
    if metadata.is_file() {
        file.set_len(0)?;
    }
    Ok(file.write_all(content)?)
}

/// Block devices hold file systems; pipes and sockets can keep a writer waiting for ever.
fn is_writable_kind(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_char_device(&metadata.file_type()) {
        return true;
    }
    metadata.is_file()
}

fn make(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".output_file-");
    // As any file that a program writes: the user's mask decides who may read it.
    if let Some(permissions) = usual_permissions() {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(files::directory(path))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
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

    /// What is told of a path, in one line; nothing if it is written.
    async fn told(path: &Path, pairs: &[PairModel]) -> String {
        match write(path.to_str().unwrap(), pairs).await {
            Ok(()) => String::new(),
            Err(error) => {
                assert_eq!(error.summary, "The output file cannot be written");
                assert_eq!(error.path.unwrap().to_string(), "output_file");
                error.detail
            }
        }
    }

    fn detail(path: &Path, why: &str) -> String {
        let path = path.display();
        format!("The key pairs cannot be written to {path}: {why}. Change output_file, or remove it.")
    }

    #[tokio::test]
    async fn a_new_file_is_whole_and_the_directory_at_fault_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.json");
        let pairs = [PairModel { id: "<&>\u{2028}".into(), ..PairModel::default() }];
        assert_eq!(told(&path, &pairs).await, "");
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.contains(r#""id": "\u003c\u0026\u003e\u2028""#), "{written}");
        // A shorter answer leaves nothing of a longer one.
        assert_eq!(told(&path, &[]).await, "");
        assert_eq!(fs::read_to_string(&path).unwrap(), "[]");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");

        let nowhere = directory.path().join("no/such/out.json");
        let missing = format!("the directory {} does not exist", nowhere.parent().unwrap().display());
        assert_eq!(told(&nowhere, &[]).await, detail(&nowhere, &missing));
        let below = path.join("out.json");
        assert_eq!(
            told(&below, &[]).await,
            detail(&below, &format!("{} is not a directory", path.display()))
        );
        let why = "it is neither a file nor a character device";
        assert_eq!(told(directory.path(), &[]).await, detail(directory.path(), why));
    }

    #[tokio::test]
    async fn configuration_and_state_are_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let why = "a file of that name is part of the configuration or the state";
        for name in ["main.tf", "x.tofu", "a.tf.json", "terraform.tfvars", "terraform.tfstate", "MAIN.TF"] {
            let path = directory.path().join(name);
            fs::write(&path, "before").unwrap();
            assert_eq!(told(&path, &[]).await, detail(&path, why));
            assert_eq!(fs::read_to_string(&path).unwrap(), "before");
            let one = validate(name).unwrap();
            assert_eq!(one.detail, detail(Path::new(name), why));
        }
        assert!(validate("out.json").is_none() && validate("/tmp/tf/pairs.txt").is_none());
        #[cfg(unix)]
        for target in ["main.tf", "not-there.tf"] {
            let link = directory.path().join(format!("{target}.json"));
            std::os::unix::fs::symlink(directory.path().join(target), &link).unwrap();
            assert_eq!(told(&link, &[]).await, detail(&link, why));
        }
        assert!(!directory.path().join("not-there.tf").exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_there_is_written_into_or_refused() {
        use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let here = |name: &str| directory.path().join(name);
        fs::write(here("own"), "a longer text than the answer").unwrap();
        fs::set_permissions(here("own"), Permissions::from_mode(0o640)).unwrap();
        fs::hard_link(here("own"), here("other-name")).unwrap();
        symlink(here("own"), here("link")).unwrap();
        let before = fs::metadata(here("own")).unwrap();
        assert_eq!(told(&here("link"), &[]).await, "");
        let after = fs::metadata(here("own")).unwrap();
        assert_eq!((after.ino(), after.mode(), after.uid()), (before.ino(), before.mode(), before.uid()));
        assert_eq!(fs::read_to_string(here("other-name")).unwrap(), "[]");
        assert!(here("link").is_symlink());
        // A link to nothing.
        symlink(here("target"), here("dangling")).unwrap();
        assert_eq!(told(&here("dangling"), &[]).await, "");
        assert_eq!(fs::read_to_string(here("target")).unwrap(), "[]");
        // A device, by a link: nothing takes its place.
        symlink("/dev/null", here("null")).unwrap();
        assert_eq!(told(&here("null"), &[]).await, "");
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        // A pipe, with nobody at its other end, and with somebody.
        let pipe = here("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let why = "it is neither a file nor a character device";
        assert_eq!(told(&pipe, &[]).await, detail(&pipe, why));
        let reader = File::options().read(true).write(true).open(&pipe).unwrap();
        assert_eq!(told(&pipe, &[]).await, detail(&pipe, why));
        drop(reader);
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
}
