//! The reference pages in `docs/`, made from the schemas that the built provider gives, the
//! templates in `templates/` and the examples in `examples/`.

mod reference;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::reference::Description;
use crate::host::Host;
use crate::project_root;
use crate::workdir::{SOURCE, Workdir};

/// The folders of `docs/` whose pages are all made here, by what the schema calls their types.
const FOLDERS: [(&str, &str); 2] =
    [("resource_schemas", "resources"), ("data_source_schemas", "data-sources")];

/// The pages, by their path below the project's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages(BTreeMap<PathBuf, String>);

impl Pages {
    /// Asks `host` for the schemas of the provider in `provider_directory`, and makes the pages.
    /// The error says what is missing, or what the host said.
    pub fn generate(host: &Host, provider_directory: &Path) -> Result<Self, String> {
        let schemas = schemas(host, provider_directory)?;
        let mut pages = BTreeMap::new();
        let mut add = |page: PathBuf, description: &Description<'_>| {
            let template = Path::new("templates").join(&page);
            pages.insert(Path::new("docs").join(&page), template::fill(&template, description)?);
            Ok::<(), String>(())
        };
        add("index.md".into(), &Description::of("provider", &schemas["provider"])?)?;
        for (kind, folder) in FOLDERS {
            for (name, schema) in schemas[kind].as_object().into_iter().flatten() {
                let file = name.strip_prefix("alicloud_").unwrap_or(name);
                add(Path::new(folder).join(format!("{file}.md")), &Description::of(name, schema)?)?;
            }
        }
        Ok(Self(pages))
    }

    /// Writes the pages that are not there as they should be, and removes those of types that are no
    /// more. Returns the paths that changed.
    pub fn write(&self) -> Result<BTreeSet<PathBuf>, String> {
        let different = self.differences()?;
        for path in &different {
            let whole = project_root().join(path);
            let done = match self.0.get(path) {
                Some(text) => {
                    whole.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&whole, text))
                }
                None => fs::remove_file(&whole),
            };
            done.map_err(|error| format!("{} cannot be changed: {error}.", whole.display()))?;
        }
        Ok(different)
    }

    /// The paths of the pages that are missing, differ, or belong to no type.
    pub fn differences(&self) -> Result<BTreeSet<PathBuf>, String> {
        let mut different = BTreeSet::new();
        for (path, text) in &self.0 {
            if read(path)?.as_ref() != Some(text) {
                different.insert(path.clone());
            }
        }
        for (_, folder) in FOLDERS {
            let folder = Path::new("docs").join(folder);
            for entry in fs::read_dir(project_root().join(&folder)).into_iter().flatten().flatten() {
                let path = folder.join(entry.file_name());
                if !self.0.contains_key(&path) {
                    different.insert(path);
                }
            }
        }
        Ok(different)
    }
}

/// The text of a file of the project; `None` if it is not there.
fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(project_root().join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} cannot be read: {error}.", path.display())),
    }
}

/// What `providers schema -json` says of the provider.
fn schemas(host: &Host, provider_directory: &Path) -> Result<Value, String> {
    let failed = |error: io::Error| format!("The host cannot be asked for the schemas: {error}.");
    let directory = tempfile::tempdir().map_err(failed)?;
    let workdir = Workdir::prepare(host, directory.path(), provider_directory).map_err(failed)?;
    let configuration = format!(
        "terraform {{\n  required_providers {{\n    alicloud = {{ source = \"{SOURCE}\" }}\n  }}\n}}\n"
    );
    workdir.write("main.tf", &configuration).map_err(failed)?;
    let output = workdir.run(&["providers", "schema", "-json"]).map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let mut answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{host} gave no schemas ({error}). It said: {}", said.trim()))?;
    // The host's own registry is part of the address.
    let of_providers = answer["provider_schemas"].as_object_mut();
    of_providers
        .into_iter()
        .flatten()
        .find(|(address, _)| address.ends_with(SOURCE))
        .map(|(_, schemas)| schemas.take())
        .ok_or_else(|| format!("{host} gave no schemas of {SOURCE}. It said: {}", said.trim()))
}
