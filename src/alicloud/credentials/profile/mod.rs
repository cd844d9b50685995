//! A profile in the file of the official command line tool, or a section in that of the official SDKs.

mod file;
mod ini;
mod modes;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(crate) use self::file::Format;
pub(super) use self::file::{FileError, ProfileFile};
use self::modes::Reading;
use super::Credentials;
use super::environment::{NO_HOME, needs_home};
use super::files::apart;
use super::logins::Given;
use super::source::{Loading, NotLoaded, Source};
use super::world::{StsHost, World};

/// The file and the profile that were found first. They stay the ones, whatever becomes current in the file or turns up
/// in another one: in the middle of an apply, that may be of another account. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current(Arc<OnceLock<Found>>);

#[derive(Clone, Debug)]
struct Found {
    path: PathBuf,
    format: Format,
    name: String,
}

/// The credentials of one profile. The file is read when they are needed, and again when they are refreshed. Clones share
/// what is made of it.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    world: World,
    /// Where a named profile is looked for, in this order; for the current one, one file.
    files: Vec<(PathBuf, Format)>,
    /// The profile; the file's current one if there is none.
    name: Option<String>,
    current: Current,
    /// Whether somebody named the profile or the file, so that it has to be there.
    chosen: bool,
    /// Why another file is not looked into, in a sentence, and what to do about it.
    passed_over: Option<(String, String)>,
    given: Given,
    made: Arc<Mutex<Option<Made>>>,
}

/// What was made of the file when it was last read. It is used again while the file says the same: it keeps the
/// credentials that the profile stands on, which may hold for longer than what is got with them.
#[derive(Debug)]
struct Made {
    digest: u64,
    source: Arc<dyn Source>,
}

/// What a profile says of the calls that are made with its credentials.
#[derive(Debug, Default)]
pub(crate) struct ProfileSettings {
    pub(crate) region: Option<String>,
    pub(crate) sts: StsHost,
    /// The profile, in words that complete "from …".
    pub(crate) origin: String,
}

impl Profile {
    /// The profile of this name in the first of these files that has it, or the current one of the only file; named by
    /// somebody.
    pub(crate) fn chosen(
        world: &World,
        files: Vec<(PathBuf, Format)>,
        name: Option<String>,
        current: &Current,
    ) -> Self {
        let (world, current) = (world.clone(), current.clone());
        Self {
            world,
            files,
            name,
            current,
            chosen: true,
            passed_over: None,
            given: Given::default(),
            made: Arc::default(),
        }
    }

    /// The current profile of a file that nobody named.
    pub(crate) fn current(world: &World, file: (PathBuf, Format), current: &Current) -> Self {
        Self { chosen: false, ..Self::chosen(world, vec![file], None, current) }
    }

    /// The same, where another file is not looked into: a sentence for the reason, and one for what to do about it.
    pub(crate) fn passing_over(self, why: String, fix: String) -> Self {
        Self { passed_over: Some((why, fix)), ..self }
    }

    /// The same, where it is no error if it is not there.
    pub(crate) fn if_there(self) -> Self {
        Self { chosen: false, ..self }
    }

    async fn get(&self) -> Result<Credentials, NotLoaded> {
        let profile = self.clone();
        // The source borrows nothing: the file's content is wiped before anybody is asked.
        let source = apart(move || profile.source()).await.map_err(NotLoaded::Failed)??;
        source.load().await
    }

    /// What the profile says of calls.
    pub(crate) fn settings(&self) -> Result<ProfileSettings, NotLoaded> {
        let (file, name) = self.read()?;
        let reading = Reading::new(&self.world, &file, &name, &self.given)?;
        if !self.chosen && self.name.is_none() && reading.is_blank() {
            return Err(blank(&name));
        }
        Ok(ProfileSettings {
            region: reading.text("region_id"),
            sts: reading.sts_host(),
            origin: reading.origin(),
        })
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
            return Err(blank(&name));
        }
        let source = Arc::from(reading.source()?);
        *last = Some(Made { digest, source: Arc::clone(&source) });
        Ok(source)
    }

    /// The file, and the name of the profile in it.
    fn read(&self) -> Result<(ProfileFile, String), NotLoaded> {
        if let Some(Found { path, format, name }) = self.current.0.get() {
            let file = Self::open(path, *format)?.ok_or_else(|| self.no_file(&[path]))?;
            return Ok((file, name.clone()));
        }
        let (file, format, name) = match &self.name {
            Some(name) => self.look_for(name)?,
            None => self.look_for_current()?,
        };
        let found = Found { path: file.path().to_owned(), format, name: name.clone() };
        // Whoever is first is right; the same file is read at the same time at most.
        let name = self.current.0.get_or_init(|| found).name.clone();
        Ok((file, name))
    }

    /// The first file that has the profile.
    fn look_for(&self, name: &str) -> Result<(ProfileFile, Format, String), NotLoaded> {
        let mut others = Vec::new();
        for (path, format) in &self.files {
            match Self::open(path, *format)? {
                Some(file) if file.profile(name).is_some() => return Ok((file, *format, name.to_owned())),
                other => others.extend(other),
            }
        }
        if !self.chosen {
            return Err(NotLoaded::Absent("there is no such profile".to_owned()));
        }
        let paths: Vec<&Path> = self.files.iter().map(|(path, _)| path.as_path()).collect();
        let why_not = if others.is_empty() { self.no_file(&paths) } else { lacking(name, &others) };
        Err(match (why_not, &self.passed_over) {
            (NotLoaded::Failed(error), Some((why, fix))) => {
                NotLoaded::failed(format!("{why} {}", error.reason()), fix)
            }
            (why_not, _) => why_not,
        })
    }

    fn look_for_current(&self) -> Result<(ProfileFile, Format, String), NotLoaded> {
        let Some((path, format)) = self.files.first() else { return Err(self.no_file(&[])) };
        let file = Self::open(path, *format)?.ok_or_else(|| self.no_file(&[path]))?;
        let why = "names no current profile";
        match file.current().map(str::to_owned) {
            Some(name) => Ok((file, *format, name)),
            None if self.chosen => {
                let fix = format!("Name one with profile. {}.", file.names());
                Err(NotLoaded::failed(format!("The file {} {why}.", path.display()), fix))
            }
            None => Err(NotLoaded::Absent(format!("the file {why}"))),
        }
    }

    /// The file, if there is one.
    fn open(path: &Path, format: Format) -> Result<Option<ProfileFile>, NotLoaded> {
        if needs_home(path) {
            return Ok(None);
        }
        match ProfileFile::read_as(path, format) {
            Ok(file) => Ok(Some(file)),
            Err(FileError::Absent) => Ok(None),
            Err(FileError::Unusable(why, fix)) => Err(NotLoaded::failed(why, fix)),
        }
    }

    /// None of the files is there.
    fn no_file(&self, paths: &[&Path]) -> NotLoaded {
        let has_no_home = paths.iter().any(|path| needs_home(path));
        if !self.chosen {
            let why = if has_no_home { NO_HOME } else { "there is no such file" };
            return NotLoaded::Absent(why.to_owned());
        }
        let what = self.name.as_ref().map_or_else(String::new, |name| format!(" for the profile {name:?}"));
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        if has_no_home {
            return NotLoaded::failed(
                format!("The file {}{what} cannot be found: {NO_HOME}.", alternatives(&paths)),
                "Set HOME to the home directory, or name the file with shared_credentials_file \
                 (ALIBABA_CLOUD_CREDENTIALS_FILE), by its whole path.",
            );
        }
        NotLoaded::failed(
            format!("There is no file {}{what}.", alternatives(&paths)),
            "Make it with `aliyun configure`, or correct profile, shared_credentials_file, or the variable \
             that names them.",
        )
    }
}

/// Nobody named the profile, and it has never been filled in.
fn blank(name: &str) -> NotLoaded {
    NotLoaded::Absent(format!("its profile {name:?} is blank"))
}

/// None of these files has the profile.
fn lacking(name: &str, files: &[ProfileFile]) -> NotLoaded {
    let told: Vec<String> = files
        .iter()
        .map(|file| format!("The file {} has no profile {name:?}. {}.", file.path().display(), file.names()))
        .collect();
    let fix = if files.iter().all(ProfileFile::is_empty) {
        "Make it with `aliyun configure --profile`, or name another file."
    } else {
        "Name one of those, or make this one with `aliyun configure --profile`."
    };
    NotLoaded::failed(told.join(" "), fix)
}

/// `a, b or c`.
fn alternatives(all: &[String]) -> String {
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

impl Source for Profile {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.get())
    }

    fn check(&self) -> Result<(), NotLoaded> {
        self.source().map(|_| ())
    }

    fn found(&self) -> Option<String> {
        let Found { path, format, name } = self.current.0.get()?;
        match (&self.name, format) {
            (Some(_), _) => Some(format!("the profile {name:?} in {}", path.display())),
            (None, Format::Json | Format::Either) => {
                Some(format!("the current profile {name:?} in {}", path.display()))
            }
            // That file's default is always of one name.
            (None, Format::Ini) => None,
        }
    }
}
