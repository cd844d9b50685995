//! The bindings that a plan removes, so that the plan does not warn of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::alicloud::ecs::Instance;

/// What the attachments of one plan will detach: instance ids by key pair name. Hosts plan an
/// attachment before the key pair that it refers to, when both are destroyed.
#[derive(Debug, Default)]
pub(super) struct PlannedUnbindings(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl PlannedUnbindings {
    /// Notes that the plan takes the key pair off these instances.
    pub(super) fn note(&self, key_pair: &str, instance_ids: impl IntoIterator<Item = String>) {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        planned.entry(key_pair.to_owned()).or_default().extend(instance_ids);
    }

    /// Whether the plan takes the key pair off the instance.
    pub(super) fn detaches(&self, key_pair: &str, instance_id: &str) -> bool {
        let planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        planned.get(key_pair).is_some_and(|ids| ids.contains(instance_id))
    }

    /// Leaves only the instances that keep the key pair.
    pub(super) fn retain_others(&self, key_pair: &str, instances: &mut Vec<Instance>) {
        let planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(planned) = planned.get(key_pair) {
            instances.retain(|instance| !planned.contains(&instance.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_plan_detaches_is_no_binding() {
        let instance = |id: &str| Instance {
            id: id.to_owned(),
            key_pair_name: Some("web".to_owned()),
            ..Instance::default()
        };
        let planned = PlannedUnbindings::default();
        planned.note("web", ["i-1".to_owned()]);
        planned.note("db", ["i-2".to_owned()]);
        let detaches = |id| planned.detaches("web", id);
        assert!(detaches("i-1") && !detaches("i-2"));
        let mut bound = vec![instance("i-1"), instance("i-2")];
        planned.retain_others("web", &mut bound);
        assert_eq!(bound, [instance("i-2")]);
    }
}
