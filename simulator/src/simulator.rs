//! A running simulator, as tests hold it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fmt, io};

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::access_key::AccessKey;
use crate::calls::Call;
use crate::config::Config;
use crate::faults::Fault;
use crate::identity::Identity;
use crate::state::Shared;
use crate::world::World;
use crate::{server, services};

/// No test waits longer for a call.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A simulator that runs on a thread of its own and stops when this is dropped. One process may hold many.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    access_key: AccessKey,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Starts one. It answers from when this returns.
    ///
    /// # Errors
    /// The address cannot be listened on, the state file cannot be read or written, no access key is given, or the
    /// system gives no thread.
    pub fn start(config: Config) -> io::Result<Self> {
        let (bind_to, access_key) = (config.address, config.access_keys.first().cloned());
        let access_key = access_key.ok_or_else(|| io::Error::other("A simulator needs an access key."))?;
        let shared = Arc::new(Shared::new(config).map_err(io::Error::other)?);
        // At once, so that a file that cannot be written is found out now and not at the first change.
        shared.lock().save().map_err(io::Error::other)?;
        let listener = std::net::TcpListener::bind(bind_to)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let of_thread = Arc::clone(&shared);
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new().name("ecs-simulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    never = server::serve(listener, of_thread) => match never {},
                    // Dropped or told: both mean the end.
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { shared, address, access_key, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, for every service.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id of the first access key.
    pub fn access_key_id(&self) -> &str {
        &self.access_key.id
    }

    /// The secret of the first access key.
    pub fn access_key_secret(&self) -> &str {
        &self.access_key.secret
    }

    /// The account of the first access key.
    pub fn account(&self) -> &str {
        &self.shared.account
    }

    /// Where it is and which access key to use, as one line of JSON.
    pub fn introduction(&self) -> String {
        json!({
            "url": self.url(),
            "address": self.address.to_string(),
            "access_key_id": self.access_key.id,
            "access_key_secret": self.access_key.secret,
            "account": self.account(),
            "admin": format!("{}/admin/", self.url()),
            "environment": self.environment("cn-hangzhou").into_iter().collect::<BTreeMap<_, _>>(),
        })
        .to_string()
    }

    /// The variables to set so that the provider, or another client that reads them, uses this simulator with the first
    /// access key, in this region.
    pub fn environment(&self, region: &str) -> [(&'static str, String); 5] {
        [
            ("ALICLOUD_REGION", region.to_owned()),
            ("ALICLOUD_ACCESS_KEY", self.access_key.id.clone()),
            ("ALICLOUD_SECRET_KEY", self.access_key.secret.clone()),
            ("ALIBABA_CLOUD_ENDPOINT_ECS", self.url()),
            ("ALIBABA_CLOUD_ENDPOINT_STS", self.url()),
        ]
    }

    /// The same as commands of a shell, with those for each RAM user.
    pub fn instructions(&self) -> String {
        let export = |name: &str, value: &str| format!("  export {name}={}\n", quoted(value));
        let mut text = vec!["\nTo use it, set in another shell:\n\n".to_owned()];
        text.extend(self.environment("cn-hangzhou").iter().map(|(name, value)| export(name, value)));
        for key in self.shared.lock().keys.values() {
            let Some(user) = key.ram_user() else { continue };
            text.push(format!("\nTo be the RAM user {user}, who can assume roles, instead:\n\n"));
            text.push(export("ALICLOUD_ACCESS_KEY", &key.id));
            text.push(export("ALICLOUD_SECRET_KEY", &key.secret));
        }
        text.concat()
    }

    /// Runs until the process is stopped.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }

    /// Looks at or changes the default account's world. Calls wait meanwhile; call nothing of this simulator
    /// inside.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        self.world_of(&self.shared.account, look)
    }

    /// The same for another account.
    pub fn world_of<T>(&self, account: &str, look: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.shared.lock();
        let seen = look(state.world(account));
        state.save_or_report();
        seen
    }

    /// Looks at or changes the roles, logins, tokens and sessions. Calls wait meanwhile; call nothing of this simulator
    /// inside.
    pub fn identity<T>(&self, look: impl FnOnce(&mut Identity) -> T) -> T {
        look(&mut self.shared.lock().identity)
    }

    /// Where the credentials URI is.
    pub fn credentials_uri(&self) -> String {
        format!("{}{}", self.url(), services::CREDENTIALS_URI)
    }

    /// Adds an access key, in place of one with the same id.
    pub fn add_access_key(&self, key: AccessKey) {
        self.shared.lock().keys.insert(key.id.clone(), key);
    }

    /// The calls that have arrived, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// How many calls of an action have arrived.
    pub fn count(&self, action: &str) -> usize {
        self.shared.lock().calls.iter().filter(|call| call.action == action).count()
    }

    /// Forgets the calls that have arrived.
    pub fn forget_calls(&self) {
        self.shared.lock().forget_calls();
    }

    /// Every signature that a call has carried, good or not, forgotten calls included: what no log may hold.
    pub fn signatures(&self) -> Vec<String> {
        self.shared.lock().signatures.iter().cloned().collect()
    }

    /// Waits until so many calls of an action have arrived; false if they have not after a minute.
    #[must_use = "false means that the calls did not come"]
    pub fn wait_for_call(&self, action: &str, calls: usize) -> bool {
        self.shared.wait_until(LONGEST_WAIT, |state| {
            state.calls.iter().filter(|call| call.action == action).count() >= calls
        })
    }

    /// Waits until so many calls have changed the world; false if they have not after a minute.
    #[must_use = "false means that the changes were not made"]
    pub fn wait_for_change(&self, changes: usize) -> bool {
        self.shared.wait_until(LONGEST_WAIT, |state| {
            state.calls.iter().filter(|call| call.changed).count() >= changes
        })
    }

    /// Waits until no call is under way, whether its client still waits for it or not; false if one still is after a
    /// minute.
    #[must_use = "false means that there still are calls"]
    pub fn wait_until_idle(&self) -> bool {
        self.shared.wait_until(LONGEST_WAIT, |state| state.under_way == 0)
    }

    /// Sets a fault. It stays when what this returns is dropped.
    pub fn fail(&self, fault: Fault) -> FaultHandle {
        let id = self.shared.lock().faults.add(fault);
        FaultHandle { shared: Arc::clone(&self.shared), id }
    }

    /// Takes all faults out, and releases what waits.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// How long each call takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Allows so many calls of an action in each window; `None`: any number.
    pub fn set_rate_limit(&self, action: &str, calls: Option<u32>) {
        self.shared.lock().rates.limit(action, calls);
    }

    /// Whether a throttled call is told how long to wait, in the `x-ratelimit` headers. It is, by default.
    pub fn set_rate_headers(&self, shown: bool) {
        self.shared.lock().rates.with_headers = shown;
    }

    /// Sets the simulator's clock ahead of the machine's by so many seconds (negative: behind).
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
    }
}

/// A value as a shell reads it.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+,".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// A fault that has been set.
pub struct FaultHandle {
    shared: Arc<Shared>,
    id: u64,
}

impl fmt::Debug for FaultHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl FaultHandle {
    /// How many calls have met it; 0 after it was removed.
    pub fn hits(&self) -> u32 {
        self.shared.lock().faults.hits(self.id)
    }

    /// Waits until a call has met it; false if none has after a minute.
    #[must_use = "false means that no such call came"]
    pub fn wait_for_hit(&self) -> bool {
        self.shared.wait_until(LONGEST_WAIT, |state| state.faults.hits(self.id) > 0)
    }

    /// Waits until every call that has met it is over; false if one is not after a minute.
    #[must_use = "false means that there still are calls"]
    pub fn wait_until_over(&self) -> bool {
        self.shared.wait_until(LONGEST_WAIT, |state| state.faults.under_way(self.id) == 0)
    }

    /// Lets go the calls that are held or hang, those that are yet to come included.
    pub fn release(&self) {
        self.shared.lock().faults.release(self.id);
    }

    /// Takes the fault out, and lets go the calls that wait for it.
    pub fn remove(&self) {
        self.shared.lock().faults.remove(self.id);
    }
}
