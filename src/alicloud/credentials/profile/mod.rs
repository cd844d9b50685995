//! A profile in the file of the official command line tool, or a section in that of the official SDKs.

mod file;
mod ini;
mod modes;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(super) use self::file::{FileError, ProfileFile};
use self::modes::Reading;
use super::Credentials;
use super::logins::Given;
use super::source::{Loading, NotLoaded, Source};
use super::world::World;

/// The profile that was current when it was first asked for. It stays the one, whatever becomes current in the file: in
/// the middle of an apply, another one may be that of another account. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current(Arc<OnceLock<String>>);

/// The credentials of one profile. The file is read when they are needed, and again when they are refreshed.
#[derive(Debug)]
pub(crate) struct Profile {
    world: World,
    path: PathBuf,
    /// The profile; the file's current one if there is none.
    name: Option<String>,
    current: Current,
    /// Whether somebody named the profile or the file.
    chosen: bool,
    given: Given,
    made: Mutex<Option<Made>>,
}

/// What was made of the file when it was last read. It is used again while the file says the same: it keeps the
/// credentials that the profile stands on, which may hold for longer than what is got with them.
#[derive(Debug)]
struct Made {
    digest: u64,
    source: Arc<dyn Source>,
}

impl Current {
    /// The first one to be current: this one, if none was before.
    fn first(&self, name: &str) -> String {
        self.0.get_or_init(|| name.to_owned()).clone()
    }
}

impl Profile {
    /// The profile of this name in this file, or its current one; named by somebody.
    pub(crate) fn chosen(world: &World, path: PathBuf, name: Option<String>, current: &Current) -> Self {
        Self { name, chosen: true, ..Self::current(world, path, current) }
    }

    /// The current profile of a file that nobody named.
    pub(crate) fn current(world: &World, path: PathBuf, current: &Current) -> Self {
        let (world, current) = (world.clone(), current.clone());
        Self {
            world,
            path,
            name: None,
            current,
            chosen: false,
            given: Given::default(),
            made: Mutex::default(),
        }
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
        if !self.chosen && reading.is_blank() {
            return Ok(None);
        }
        Ok(reading.text("region_id").map(|region| (region, reading.origin())))
    }

    fn source(&self) -> Result<Arc<dyn Source>, NotLoaded> {
        let (file, name) = self.read()?;
        let digest = file.digest();
        let mut last = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = last.as_ref().filter(|made| made.digest == digest) {
            return Ok(Arc::clone(&made.source));
        }
        let reading = Reading::new(&self.world, &file, &name, &self.given)?;
        if !self.chosen && reading.is_blank() {
            return Err(NotLoaded::Absent(format!("its profile {name:?} is blank")));
        }
        let source = Arc::from(reading.source()?);
        *last = Some(Made { digest, source: Arc::clone(&source) });
        Ok(source)
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
        let pinned = self.name.as_ref().or_else(|| self.current.0.get()).cloned();
        match pinned.or_else(|| file.current().map(|name| self.current.first(name))) {
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
