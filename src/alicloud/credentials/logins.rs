//! Profiles of a user who has logged in: the modes CloudSSO and OAuth. The official command line logs in; what it was
//! given is in the file of profiles, together with the last session that came of it, and is used and kept up to date by
//! all tools in turn.

#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::answer::Reply;
use super::files::apart;
use super::profile::{FileError, ProfileFile};
use super::profile_edit::New;
use super::secret_json::SecretObject;
use super::source::{CredentialsError, Loading, NotLoaded, Source};
use super::world::World;
use super::write_back::{Held, NotHeld};
use super::{Credentials, cloud_sso, expiration, login_service, oauth};
use crate::alicloud::json::{self, Object};

/// A session in the file is used as it is if it holds for longer than this.
const WORTHWHILE: Duration = Duration::from_mins(3);

/// How long to wait for another run to be done: as long as its requests may take, OAuth's being the most, and a while to
/// write. Who gives up sooner goes without what the other one is about to write.
const PATIENCE: Duration =
    login_service::LONGEST_ASKING.saturating_mul(oauth::MOST_ASKINGS).saturating_add(Duration::from_secs(10));

/// What is kept in a profile as sessions and tokens are renewed.
const KEPT: [&str; 7] = [
    "access_key_id",
    "access_key_secret",
    "sts_token",
    "sts_expiration",
    "oauth_access_token",
    "oauth_refresh_token",
    "oauth_access_token_expire",
];

/// Whether a field of the profile is no more than what a login keeps there.
pub(super) fn keeps(profile: &Object, field: &str) -> bool {
    let mode = json::text(profile, "mode");
    let of_login = [Mode::CloudSso, Mode::Oauth].iter().any(|it| mode.as_deref() == Some(it.name()));
    of_login && KEPT.contains(&field)
}

/// How somebody logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    CloudSso,
    Oauth,
}

impl Mode {
    /// As a profile calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CloudSso => "CloudSSO",
            Self::Oauth => "OAuth",
        }
    }
}

/// The ids of the access keys that this process took from files of profiles and services. One that comes back here to be
/// refreshed is not taken from the file again.
#[derive(Clone, Default)]
pub(crate) struct Given(Arc<Mutex<BTreeSet<String>>>);

impl Given {
    fn note(&self, credentials: &Credentials) {
        let id = credentials.access_key_id().to_owned();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    fn has(&self, credentials: &Credentials) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(credentials.access_key_id())
    }
}

/// Ids of access keys are not shown whole.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}

/// The sessions of a login.
#[derive(Debug)]
pub(crate) struct Login {
    pub(super) world: World,
    mode: Mode,
    path: PathBuf,
    pub(super) name: String,
    given: Given,
}

/// What a login service was asked for.
pub(super) struct Session {
    pub(super) access_key_id: String,
    pub(super) access_key_secret: SecretString,
    pub(super) security_token: SecretString,
    pub(super) expires: SystemTime,
}

impl Session {
    /// Reads a session in a part of an answer; the names are those of the id, the secret, the token and the end. The
    /// error completes "The answer …".
    pub(super) fn read(
        part: &Object,
        names: [&str; 4],
        reply: &Reply,
        now: SystemTime,
    ) -> Result<Self, String> {
        let text = |name: &str| json::non_empty_text(part, name).ok_or_else(|| format!("holds no {name}"));
        let [id, secret, token, end] = names;
        let expires =
            expiration::parse(&text(end)?).ok_or_else(|| format!("holds no {end} that can be read"))?;
        Ok(Self {
            access_key_id: text(id)?,
            access_key_secret: text(secret)?.into(),
            security_token: text(token)?.into(),
            expires: reply.local(expires, now),
        })
    }
}

impl Login {
    /// `name` is that of the profile, in the file at `path`.
    pub(super) fn new(world: &World, mode: Mode, path: PathBuf, name: String, given: &Given) -> Self {
        Self { world: world.clone(), mode, path, name, given: given.clone() }
    }

    async fn get(&self) -> Result<Credentials, NotLoaded> {
        let profile = self.profile().await?;
        if let Some(kept) = self.worthwhile(&profile) {
            return Ok(self.give(kept));
        }
        // From here on one process after the other: what the one gets, the next one finds in the file.
        let held = Held::wait(&self.path, PATIENCE).await;
        let outcome = self.with(held.as_ref()).await;
        if let Ok(held) = held {
            held.release().await;
        }
        outcome
    }

    /// Gets a session where the file is held, or is not to be had.
    async fn with(&self, held: Result<&Held, &NotHeld>) -> Result<Credentials, NotLoaded> {
        let profile = self.profile().await?;
        if let Some(kept) = self.worthwhile(&profile) {
            tracing::debug!(profile = self.name, "another process has got a new session meanwhile");
            return Ok(self.give(kept));
        }
        match self.fetch(&profile, held).await {
            Ok(new) => Ok(self.give(new)),
            Err(NotLoaded::Failed(error)) => self.without_new(profile, error).await,
            Err(absent) => Err(absent),
        }
    }

    /// What to use when there is no new session. The official command line asks for no lock: it may have got one
    /// meanwhile, with the very token that the service then said was used up.
    async fn without_new(
        &self,
        profile: SecretObject,
        error: CredentialsError,
    ) -> Result<Credentials, NotLoaded> {
        let profile = self.profile().await.unwrap_or(profile);
        if let Some(kept) = self.worthwhile(&profile) {
            tracing::debug!(
                profile = self.name,
                why = error.reason(),
                "there is no new session, but another process has got one meanwhile"
            );
            return Ok(self.give(kept));
        }
        match self.kept(&profile) {
            Some(kept) if !self.given.has(&kept) => {
                tracing::warn!(
                    profile = self.name,
                    why = error.reason(),
                    expires = expiration::in_words(kept.expires(), self.world.clock.now()),
                    "there is no new session; the one in the file of profiles holds for a while yet"
                );
                Ok(self.give(kept))
            }
            _ => Err(NotLoaded::Failed(error)),
        }
    }

    /// Asks the service for a session, and keeps it in the file for other processes. One that can't be kept there, since
    /// the file is read-only, is used all the same: the others get sessions of their own.
    async fn fetch(&self, profile: &Object, held: Result<&Held, &NotHeld>) -> Result<Credentials, NotLoaded> {
        let session = match self.mode {
            Mode::CloudSso => cloud_sso::session(self, profile).await?,
            Mode::Oauth => oauth::session(self, profile, held).await?,
        };
        let values = [
            ("access_key_id", New::Text(session.access_key_id.as_str().into())),
            ("access_key_secret", New::Text(session.access_key_secret.clone())),
            ("sts_token", New::Text(session.security_token.clone())),
            ("sts_expiration", New::Number(expiration::unix(session.expires))),
        ];
        let kept = match held {
            Ok(held) => match held.draft(&self.name).await {
                Ok(draft) => draft.put(&self.name, values).await,
                Err(why) => Err(why.why()),
            },
            Err(why) => Err(why.why()),
        };
        if let Err(why) = kept {
            tracing::warn!(
                profile = self.name,
                "the new session is not kept for other runs: the file {} {why}",
                self.path.display()
            );
        }
        let Session { access_key_id, access_key_secret, security_token, expires } = session;
        let new = Credentials::new(access_key_id, access_key_secret, Some(security_token), self.origin());
        Ok(new.until(Some(expires)))
    }

    fn give(&self, credentials: Credentials) -> Credentials {
        self.given.note(&credentials);
        credentials
    }

    /// The session in the file, if it is worth using.
    fn worthwhile(&self, profile: &Object) -> Option<Credentials> {
        let until = self.world.clock.now() + WORTHWHILE;
        self.kept(profile).filter(|kept| kept.expires() > Some(until) && !self.given.has(kept))
    }

    /// The session in the file, if it still holds.
    fn kept(&self, profile: &Object) -> Option<Credentials> {
        let text = |field: &str| json::non_empty_text(profile, field);
        let expires = Self::end(profile, "sts_expiration")?;
        let secret = SecretString::from(text("access_key_secret")?);
        let token = SecretString::from(text("sts_token")?);
        let kept = Credentials::new(text("access_key_id")?, secret, Some(token), self.origin());
        (expires > self.world.clock.now()).then(|| kept.until(Some(expires)))
    }

    /// A time in the profile; `None` if none is set.
    pub(super) fn end(profile: &Object, field: &str) -> Option<SystemTime> {
        json::count(profile, field)
            .filter(|seconds| *seconds > 0)
            .and_then(|at| expiration::from_unix(i64::try_from(at).ok()?))
    }

    /// The profile as the file has it now.
    async fn profile(&self) -> Result<SecretObject, NotLoaded> {
        let path = self.path.clone();
        let file = apart(move || ProfileFile::read(&path)).await.map_err(NotLoaded::Failed)?;
        let file = file.map_err(|error| match error {
            FileError::Absent => {
                NotLoaded::failed(format!("The file {} is gone.", self.path.display()), self.log_in())
            }
            FileError::Unusable(why, fix) => NotLoaded::failed(why, fix),
        })?;
        file.profile(&self.name).cloned().ok_or_else(|| self.failed("is gone", self.log_in()))
    }

    /// The profile, in words that complete "from …".
    fn origin(&self) -> String {
        format!("the profile {:?} in {}", self.name, self.path.display())
    }

    /// A failure; `why` completes "The profile … ".
    pub(super) fn failed(&self, why: &str, fix: impl Into<String>) -> NotLoaded {
        NotLoaded::failed(format!("The profile {:?} in {} {why}.", self.name, self.path.display()), fix)
    }

    /// The refresh token, which is good once, is not used, since the file is not to be had or to be written.
    pub(super) fn not_kept(&self, why: &NotHeld) -> NotLoaded {
        let told = format!(
            "needs new OAuth tokens, and its refresh token is good once; it is not used, since the next one could not be \
             kept: the file {}",
            why.why()
        );
        self.failed(&told, why.fix())
    }

    /// How to log in again.
    pub(super) fn log_in(&self) -> String {
        format!("Log in again: {}.", self.command())
    }

    /// The command that logs in.
    pub(super) fn command(&self) -> String {
        format!("`aliyun configure --profile {} --mode {}`", self.name, self.mode.name())
    }
}

impl Source for Login {
    fn load(&self) -> Loading<'_> {
        Box::pin(self.get())
    }
}
