//! A profile in the file of the official command line tool, or a section in that of the official SDKs.

mod file;
mod ini;
mod modes;

use std::path::PathBuf;

pub(super) use self::file::{FileError, ProfileFile};
use self::modes::Reading;
use super::Credentials;
use super::logins::Given;
use super::source::{Loading, NotLoaded, Source};
use super::world::World;

/// The credentials of one profile. The file is read when they are needed, and again when they are refreshed.
#[derive(Debug)]
pub(crate) struct Profile {
    world: World,
    path: PathBuf,
    /// The profile; the file's current one if there is none.
    name: Option<String>,
    /// Whether somebody named the profile or the file.
    chosen: bool,
    given: Given,
}

impl Profile {
    /// The profile of this name in this file, or its current one; named by somebody.
    pub(crate) fn chosen(world: &World, path: PathBuf, name: Option<String>) -> Self {
        Self { world: world.clone(), path, name, chosen: true, given: Given::default() }
    }

    /// The current profile of a file that nobody named.
    pub(crate) fn current(world: &World, path: PathBuf) -> Self {
        Self { world: world.clone(), path, name: None, chosen: false, given: Given::default() }
    }

    async fn get(&self) -> Result<Credentials, NotLoaded> {
        // The source borrows nothing: the file's content is wiped before anybody is asked.
        let source = self.source()?;
        source.load().await
    }

    /// The region that the profile says to work in, and where it says so, which completes "from …".
    pub(crate) fn region(&self) -> Result<Option<(String, String)>, NotLoaded> {
        let (file, name) = self.read()?;
        let reading = Reading::new(&self.world, &file, &name, &self.given)?;
        Ok(reading.text("region_id").map(|region| (region, reading.origin())))
    }

    fn source(&self) -> Result<Box<dyn Source>, NotLoaded> {
        let (file, name) = self.read()?;
        let reading = Reading::new(&self.world, &file, &name, &self.given)?;
        if !self.chosen && reading.is_blank() {
            return Err(NotLoaded::Absent(format!("its profile {name:?} is blank")));
        }
        reading.source()
    }

    /// The file, and the name of the profile in it.
    fn read(&self) -> Result<(ProfileFile, String), NotLoaded> {
        let shown = self.path.display();
        let file = match ProfileFile::read(&self.path) {
            Ok(file) => file,
            Err(FileError::Absent) if self.chosen => {
                let what =
                    self.name.as_ref().map_or_else(String::new, |name| format!(" for the profile {name:?}"));
                return Err(NotLoaded::failed(
                    format!("There is no file {shown}{what}."),
                    "Make it with `aliyun configure`, or correct profile, shared_credentials_file, or the variable \
                     that names them.",
                ));
            }
            Err(FileError::Absent) => return Err(NotLoaded::Absent("there is no such file".to_owned())),
            Err(FileError::Unusable(why, fix)) => return Err(NotLoaded::failed(why, fix)),
        };
        let why = "names no current profile";
        match self.name.as_deref().or(file.current()).map(str::to_owned) {
            Some(name) => Ok((file, name)),
            None if self.chosen => {
                let fix = format!("Name one with profile. {}.", file.names());
                Err(NotLoaded::failed(format!("The file {shown} {why}."), fix))
            }
            None => Err(NotLoaded::Absent(format!("the file {why}"))),
        }
    }
}

impl Source for Profile {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.get())
    }
}
