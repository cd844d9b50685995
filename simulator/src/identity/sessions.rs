//! Sessions: temporary access keys, and the record of every secret that was given away.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::clock;
use crate::world::hex;

/// A temporary access key, as the services hand it out.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) key: AccessKey,
    pub(crate) expires: OffsetDateTime,
}

impl Session {
    /// When it ends, as answers tell it.
    pub(crate) fn expiration(&self) -> String {
        clock::seconds(self.expires)
    }

    /// The token that goes with it.
    pub(crate) fn token(&self) -> &str {
        self.key.token.as_deref().unwrap_or_default()
    }
}

/// All sessions that were ever begun, by the id of their access key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    keys: BTreeMap<String, AccessKey>,
    issued: Vec<String>,
    /// How long sessions last, whatever was asked for.
    pub(crate) lifetime: Option<Duration>,
}

impl Sessions {
    /// The access key of this id.
    pub(crate) fn key(&self, id: &str) -> Option<&AccessKey> {
        self.keys.get(id)
    }

    /// Begins a session of a role.
    pub(crate) fn begin(
        &mut self,
        account: &str,
        role: &str,
        name: &str,
        seconds: i64,
        now: OffsetDateTime,
    ) -> Session {
        let asked = time::Duration::seconds(seconds);
        let lifetime = self.lifetime.and_then(|lifetime| lifetime.try_into().ok()).unwrap_or(asked);
        // Answers tell whole seconds, and a session is good until then.
        let expires = now.replace_nanosecond(0).unwrap_or(now).checked_add(lifetime).unwrap_or(now);
        let (secret, token) = (self.secret("simsecret"), self.secret("CAIS"));
        let mut key =
            AccessKey::new(&format!("STS.{}", random(12)), &secret, account).of_user(role).with_token(&token);
        key.session = Some(name.to_owned());
        key.expires = Some(expires);
        self.keys.insert(key.id.clone(), key.clone());
        Session { key, expires }
    }

    /// A new secret, which is remembered as given away.
    pub(crate) fn secret(&mut self, prefix: &str) -> String {
        // It ends in characters that a query encodes, as real tokens hold them, and is the same in every encoding
        // before those, so that it can be searched for.
        let mut bytes = [0_u8; 30];
        let _ = aws_lc_rs::rand::fill(&mut bytes);
        let secret = format!("{prefix}{}+/=", URL_SAFE_NO_PAD.encode(bytes));
        self.issued.push(secret.clone());
        secret
    }

    /// Remembers a secret that came from elsewhere.
    pub(crate) fn note_secret(&mut self, secret: &str) {
        self.issued.push(secret.to_owned());
    }

    /// Every secret that was given away.
    pub(crate) fn issued(&self) -> &[String] {
        &self.issued
    }

    /// Ends all sessions, whatever their holders believe.
    pub(crate) fn expire(&mut self) {
        for key in self.keys.values_mut() {
            key.expires = Some(OffsetDateTime::UNIX_EPOCH);
        }
    }
}

/// So many random bytes, in hexadecimal digits.
fn random(bytes: usize) -> String {
    let mut random = vec![0_u8; bytes];
    // What comes of a failure is told apart by nobody, and no test would pass with it.
    let _ = aws_lc_rs::rand::fill(&mut random);
    hex(&random, "")
}
