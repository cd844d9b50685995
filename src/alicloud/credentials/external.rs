//! Credentials from a program: the mode External of profiles.

#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::command_line;
use super::environment::of_the_plugin;
use super::secret_json::SecretObject;
use super::source::{Loading, NotLoaded, Source};
use super::world::World;
use super::{Credentials, Environment, expiration, not_text, stray};
use crate::alicloud::json;
use crate::alicloud::printable::is_hidden;

/// Forbids running programs, and asking credentials URIs, that profiles name (`1` or `true`).
pub(super) const FORBIDDEN_BY: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";

/// How long the program may take; as in the official SDKs.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long after the program's end its output is read on: something that it left behind may hold the pipes open.
const GRACE: Duration = Duration::from_secs(1);

/// The most that is read of what the program prints. Credentials are a few kilobytes.
const LARGEST_OUTPUT: usize = 64 * 1024;

/// The most that is shown of what the program says on its standard error, in characters from the end.
const LONGEST_COMPLAINT: usize = 1000;

/// Runs a program, without a shell, which prints credentials as JSON: with the fields of a profile (`mode`,
/// `access_key_id`, `access_key_secret`, `sts_token`, `expiration`), or with those of a credentials URI (`AccessKeyId`,
/// `AccessKeySecret`, `SecurityToken`, `Expiration`). Its environment and directory are this process's, but for the
/// variables that only a plugin needs. What it printed is neither shown nor written to any file.
pub(crate) struct External {
    world: World,
    /// Its arguments may hold a password.
    command: SecretString,
    /// The profile, in words that complete "from …".
    profile: String,
}

/// What the program did.
struct Run {
    status: ExitStatus,
    output: Zeroizing<Vec<u8>>,
    complaint: String,
}

impl External {
    /// `profile` names the profile that holds the command, in words that complete "from …".
    pub(super) fn new(world: &World, command: SecretString, profile: String) -> Self {
        Self { world: world.clone(), command, profile }
    }

    async fn get(&self) -> Result<Credentials, NotLoaded> {
        if let Some((why, fix)) = forbidden(&*self.world.environment) {
            return Err(self.failed(&format!("may not be run: {why}."), &fix));
        }
        // The words are not wiped: they are there for no longer than it takes to start the program, and so are the
        // copies that the system's own call needs, which nobody can wipe.
        let words = command_line::split(self.command.expose_secret(), cfg!(windows))
            .map_err(|why| self.failed(&format!("{}.", why.text()), "Correct it in the profile."))?;
        let (program, arguments) =
            words.split_first().map_or(("", [].as_slice()), |(first, rest)| (first, rest));
        let mut command = Command::new(program);
        for variable in of_the_plugin() {
            command.env_remove(variable);
        }
        #[cfg(unix)]
        command.process_group(0);
        let child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.not_started(program, &error))?;
        // When the time is up, or nobody waits any more, the child is dropped, and so killed with all that it started.
        let run = tokio::time::timeout(PATIENCE, finish(child)).await.map_err(|_| {
            let why = format!("was stopped, since it ran for more than {} s.", PATIENCE.as_secs());
            self.failed(&why, "Run it by hand to see what it waits for; it must not ask for anything.")
        })?;
        let run =
            run.map_err(|why| self.failed(&format!("{why}."), "Run it by hand to see what it prints."))?;
        if !run.status.success() {
            let said = if run.complaint.is_empty() {
                " It said nothing on its standard error.".to_owned()
            } else {
                format!(" It said:\n{}", run.complaint)
            };
            let why = format!("failed ({}).{said}", run.status);
            return Err(self.failed(&why, "Run it by hand to see what is wrong."));
        }
        self.read(&run.output)
    }

    /// Why there is no such program. Of a word that was to set a variable, the value is not shown: it may be a password;
    /// nor is what follows the program in a command line that was taken for one word.
    fn not_started(&self, program: &str, error: &io::Error) -> NotLoaded {
        let is_name = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && text.chars().all(|other| other.is_ascii_alphanumeric() || other == '_')
        };
        match program.split_once('=').filter(|(name, _)| is_name(name)) {
            None if program.contains(char::is_whitespace) => {
                let first = program.split_whitespace().next().unwrap_or_default();
                self.failed(
                    &format!("could not be started: {first} …: {error}."),
                    "Since it stands in quotes, all of it is taken for the program's name. Check that the program is there; \
                     its arguments do not belong into its quotes.",
                )
            }
            None => self.failed(
                &format!("could not be started: {program}: {error}."),
                "Check that the program is there, on the PATH or by its whole path, and may be run.",
            ),
            Some((name, _)) => self.failed(
                &format!(
                    "could not be started: {error}. It begins with {name}=…, and since it is run without a shell, that \
                     sets no variable, but is taken for the program's name."
                ),
                "Let it begin with the program; one that needs a variable is run by `env NAME=value program`.",
            ),
        }
    }

    /// Reads what the program printed.
    fn read(&self, output: &[u8]) -> Result<Credentials, NotLoaded> {
        let unfit = |why: &str| {
            self.failed(
                &format!("printed something else than credentials: {why}."),
                "Let it print one JSON object on its standard output, with access_key_id and access_key_secret, and \
                 with sts_token and expiration if they are temporary.",
            )
        };
        let printed = SecretObject::parse(output).map_err(|why| unfit(&why))?;
        let text = |names: [&str; 2]| names.iter().find_map(|name| json::non_empty_text(&printed, name));
        let mode = json::non_empty_text(&printed, "mode");
        let is_temporary = match mode.as_deref() {
            None => false,
            Some(mode) if mode.eq_ignore_ascii_case("AK") => false,
            Some(mode) if mode.eq_ignore_ascii_case("StsToken") => true,
            Some(_) => return Err(unfit("its mode is neither AK nor StsToken")),
        };
        let required =
            |names: [&str; 2]| text(names).ok_or_else(|| unfit(&format!("it has no {}", names[0])));
        let id = required(["access_key_id", "AccessKeyId"])?;
        let secret = SecretString::from(required(["access_key_secret", "AccessKeySecret"])?);
        let token = ["sts_token", "SecurityToken"];
        let token = if is_temporary { Some(required(token)?) } else { text(token) };
        let texts = [
            ("access_key_id", Some(id.as_str())),
            ("access_key_secret", Some(secret.expose_secret())),
            ("sts_token", token.as_deref()),
        ];
        for (field, text) in texts {
            if let Some(stray) = text.and_then(stray) {
                return Err(unfit(&format!("its {field} {stray}")));
            }
        }
        let token = token.map(SecretString::from);
        let expires = match text(["expiration", "Expiration"]) {
            None => None,
            Some(time) => Some(
                expiration::parse(&time)
                    .ok_or_else(|| unfit("its expiration is not a time like 2026-01-31T08:30:00Z"))?,
            ),
        };
        let origin = format!("the process_command of {}", self.profile);
        Ok(Credentials::new(id, secret, token, origin).until(expires))
    }

    /// A failure; `why` completes "The process_command of … ".
    fn failed(&self, why: &str, fix: &str) -> NotLoaded {
        NotLoaded::failed(format!("The process_command of {} {why}", self.profile), fix)
    }
}

/// Without the command, not even masked.
impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl Source for External {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.get())
    }
}

/// Why programs that a profile names may not be run, nor addresses that one names be asked, which completes "It may not
/// be: …"; and what to do.
pub(super) fn forbidden(environment: &dyn Environment) -> Option<(String, String)> {
    // Who has set it to something unreadable meant to forbid.
    if environment.is_garbled(FORBIDDEN_BY) {
        let (_, fix) = not_text(FORBIDDEN_BY);
        return Some((format!("{FORBIDDEN_BY} is set to something that is not text (UTF-8)"), fix));
    }
    environment.first_true(&[FORBIDDEN_BY])?;
    let fix = format!("Unset {FORBIDDEN_BY}, or use a profile of another mode.");
    Some((format!("{FORBIDDEN_BY} is set"), fix))
}

/// The program and all that it starts, as far as that stays together. Killed when this is dropped: at the end of the
/// program, when its time is up, and with this process.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    /// The group of a program that was just started, which leads it.
    fn of(child: &Child) -> Self {
        #[cfg(not(unix))]
        let _ = child;
        Self {
            #[cfg(unix)]
            leader: child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            // Most often there is nothing left of it.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// Waits for the end of the program, and reads what it writes. The error completes "The process_command … ".
async fn finish(mut child: Child) -> Result<Run, String> {
    let _group = Group::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // Room for all of it at once, so that no half of it is left behind when the buffer grows.
    let mut output = Zeroizing::new(Vec::with_capacity(LARGEST_OUTPUT + 1));
    let mut complaint = Vec::new();
    let status = {
        let reading = async {
            tokio::try_join!(read_output(stdout, &mut output), read_complaint(stderr, &mut complaint))
        };
        tokio::pin!(reading);
        let ended = tokio::select! {
            status = child.wait() => Some(status),
            read = &mut reading => {
                read?;
                None
            }
        };
        match ended {
            None => child.wait().await,
            Some(status) => {
                if let Ok(read) = tokio::time::timeout(GRACE, reading).await {
                    read?;
                }
                status
            }
        }
        .map_err(|error| cannot(&error))?
    };
    Ok(Run { status, output, complaint: shown(&complaint) })
}

fn cannot(error: &io::Error) -> String {
    format!("could not be read from: {error}")
}

/// Takes in all that comes, unless it is too much.
async fn read_output(from: Option<impl AsyncRead + Unpin>, output: &mut Vec<u8>) -> Result<(), String> {
    let Some(mut from) = from else { return Ok(()) };
    while output.len() <= LARGEST_OUTPUT {
        if from.read_buf(output).await.map_err(|error| cannot(&error))? == 0 {
            return Ok(());
        }
    }
    Err("printed more than 64 KiB".to_owned())
}

/// Takes in the end of what comes.
async fn read_complaint(from: Option<impl AsyncRead + Unpin>, end: &mut Vec<u8>) -> Result<(), String> {
    let Some(mut from) = from else { return Ok(()) };
    let mut chunk = [0; 4096];
    loop {
        let read = from.read(&mut chunk).await.map_err(|error| cannot(&error))?;
        if read == 0 {
            return Ok(());
        }
        end.extend_from_slice(chunk.get(..read).unwrap_or_default());
        // Four bytes to a character, at most.
        let surplus = end.len().saturating_sub(4 * LONGEST_COMPLAINT);
        end.drain(..surplus);
    }
}

/// A complaint, fit to be shown.
fn shown(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let text: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let text = text.trim();
    match text.char_indices().nth_back(LONGEST_COMPLAINT - 1) {
        Some((start, _)) if start > 0 => format!("…{}", text.get(start..).unwrap_or_default()),
        _ => text.to_owned(),
    }
}
