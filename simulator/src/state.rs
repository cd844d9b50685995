//! What the server, the tests and the admin API share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::access_key::AccessKey;
use crate::calls::Call;
use crate::clock::Clock;
use crate::config::Config;
use crate::faults::Faults;
use crate::gateway::{Nonces, Rates};
use crate::identity::Identity;
use crate::store::{Store, StoreError};
use crate::world::World;

/// Everything that changes, behind one lock: a call is done whole before the next one is looked at.
pub(crate) struct State {
    /// By account.
    pub(crate) worlds: BTreeMap<String, World>,
    /// By id.
    pub(crate) keys: BTreeMap<String, AccessKey>,
    pub(crate) identity: Identity,
    /// The roles and tokens that there were at the start.
    pub(crate) first_identity: Identity,
    pub(crate) calls: Vec<Call>,
    /// Every signature that has come, good or not. They outlive the record of the calls.
    pub(crate) signatures: BTreeSet<String>,
    /// How many calls have arrived and are not done with.
    pub(crate) under_way: usize,
    pub(crate) faults: Faults,
    pub(crate) nonces: Nonces,
    pub(crate) rates: Rates,
    pub(crate) latency: Duration,
    /// Raised when calls are forgotten, so that a late answer is not noted on another call.
    pub(crate) epoch: u64,
    store: Option<Store>,
}

impl State {
    /// The world of an account, made when it is first asked for.
    pub(crate) fn world(&mut self, account: &str) -> &mut World {
        self.worlds.entry(account.to_owned()).or_default()
    }

    /// Forgets the calls.
    pub(crate) fn forget_calls(&mut self) {
        self.calls.clear();
        self.epoch += 1;
    }

    /// Writes the worlds to the state file, if there is one.
    pub(crate) fn save(&self) -> Result<(), StoreError> {
        self.store.as_ref().map_or(Ok(()), |store| store.save(&self.worlds))
    }

    /// The same, for when nobody is there to be told but the terminal.
    pub(crate) fn save_or_report(&self) {
        if let Err(error) = self.save() {
            eprintln!("{error}");
        }
    }
}

/// The state, the clock, and the bell that rings when a call arrives.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) arrived: Condvar,
    pub(crate) clock: Clock,
    /// The default account.
    pub(crate) account: String,
}

impl Shared {
    /// Sets up the state; reads the state file, if there is one.
    pub(crate) fn new(config: Config) -> Result<Self, StoreError> {
        let store = config.state_file.map(Store::new);
        let mut worlds = store.as_ref().map_or_else(|| Ok(BTreeMap::new()), Store::load)?;
        worlds.values_mut().for_each(World::give_addresses);
        let mut identity = Identity::default();
        for role in config.roles {
            identity.add_role(role);
        }
        for (provider, token) in config.oidc_tokens {
            identity.add_oidc_token(&provider, &token);
        }
        let account = config.access_keys.first().map_or(crate::DEFAULT_ACCOUNT, |key| &key.account);
        let account = account.to_owned();
        let state = State {
            worlds,
            keys: config.access_keys.into_iter().map(|key| (key.id.clone(), key)).collect(),
            first_identity: identity.clone(),
            identity,
            calls: Vec::new(),
            signatures: BTreeSet::new(),
            under_way: 0,
            faults: Faults::default(),
            nonces: Nonces::default(),
            rates: Rates::new(config.rate_window),
            latency: config.latency,
            epoch: 0,
            store,
        };
        Ok(Self { state: Mutex::new(state), arrived: Condvar::new(), clock: Clock::default(), account })
    }

    /// The state. A panic of a test that held it is that test's, so what it left is taken as it is.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a condition holds or the time is over; tells whether it holds.
    pub(crate) fn wait_until(&self, at_most: Duration, holds: impl Fn(&State) -> bool) -> bool {
        let waited = self.arrived.wait_timeout_while(self.lock(), at_most, |state| !holds(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
