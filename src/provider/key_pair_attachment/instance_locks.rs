//! One change of an instance's key pair at a time.
//!
//! An instance can move from one attachment to another in a single apply. A detach looks first and then takes off what
//! it saw; an attach that came between the two would be undone by it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The instances that somebody changes.
#[derive(Debug, Default)]
pub(in crate::provider) struct InstanceLocks(Mutex<HashMap<String, Weak<AsyncMutex<()>>>>);

impl InstanceLocks {
    /// Waits until nobody else changes any of these instances; nobody does, until the result is dropped.
    pub(super) async fn lock(&self, instance_ids: &BTreeSet<String>) -> Vec<OwnedMutexGuard<()>> {
        let locks: Vec<Arc<AsyncMutex<()>>> = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, lock| lock.strong_count() > 0);
            let mut lock_of = |id: &String| {
                all.get(id).and_then(Weak::upgrade).unwrap_or_else(|| {
                    let new = Arc::new(AsyncMutex::new(()));
                    all.insert(id.clone(), Arc::downgrade(&new));
                    new
                })
            };
            instance_ids.iter().map(&mut lock_of).collect()
        };
        // All take them in the order of the ids, so that no two wait for each other.
        let mut held = Vec::with_capacity(locks.len());
        for (id, lock) in instance_ids.iter().zip(locks) {
            let guard = if let Ok(guard) = Arc::clone(&lock).try_lock_owned() {
                guard
            } else {
                tracing::info!(instance_id = id, "Another attachment changes this instance: waiting");
                lock.lock_owned().await
            };
            held.push(guard);
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_the_same_instance_is_waited_for() {
        let locks = InstanceLocks::default();
        let lock = async |ids: &[&str]| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect();
            tokio::time::timeout(Duration::from_secs(1), locks.lock(&ids)).await.ok()
        };
        let first = lock(&["i-1", "i-2"]).await;
        assert!(first.is_some());
        assert!(lock(&["i-2", "i-3"]).await.is_none());
        assert!(lock(&["i-3", "i-4"]).await.is_some(), "a wait that was given up holds nothing");
        drop(first);
        assert!(lock(&["i-2", "i-3"]).await.is_some());
    }
}
