//! The attachment's schema and the typed model of its state.

use std::collections::BTreeSet;

use super::id;
use crate::framework::duration::timeouts_block;
use crate::framework::schema::{Attribute, Block, Schema};
use crate::framework::{Attr, ModelValue, Set};

crate::model! {
    /// An attachment's attributes.
    pub(crate) struct AttachmentModel {
        /// The name and the instances.
        pub(super) id: Attr<String>,
        /// The key pair.
        pub(super) key_pair_name: Attr<String>,
        /// The key pair, under its old argument.
        pub(super) key_name: Attr<String>,
        /// The instances.
        pub(super) instance_ids: Attr<Set<Attr<String>>>,
        /// Whether to reboot instances so that they take the key.
        pub(super) force: Attr<bool>,
        /// How long each operation may take.
        pub(super) timeouts: Attr<TimeoutsModel>,
    }
}

crate::model! {
    /// How long each operation may take.
    pub(crate) struct TimeoutsModel {
        /// Creating and changing.
        pub(super) create: Attr<String>,
        /// Deleting.
        pub(super) delete: Attr<String>,
    }
}

impl AttachmentModel {
    /// The key pair's name, under either argument. In a plan, the one that is not set may be unknown while the other is
    /// known.
    pub(super) fn name(&self) -> &Attr<String> {
        if self.key_pair_name.is_null()
            || (self.key_pair_name.is_unknown() && self.key_name.known().is_some())
        {
            &self.key_name
        } else {
            &self.key_pair_name
        }
    }

    /// The instances whose ids are known.
    pub(super) fn known_ids(&self) -> BTreeSet<String> {
        let ids = self.instance_ids.known().into_iter().flatten();
        ids.filter_map(Attr::as_str).map(str::to_owned).collect()
    }

    /// Makes this the state of these instances carrying the key pair. An id that says the same stays.
    pub(super) fn holds(&mut self, name: &str, instance_ids: &BTreeSet<String>) {
        let says_so = |id: &str| id::parse(id).is_some_and(|(n, ids)| n == name && ids == *instance_ids);
        if !self.id.as_str().is_some_and(says_so) {
            self.id = Attr::Known(id::format(name, instance_ids));
        }
        self.key_pair_name = Attr::Known(name.to_owned());
        self.key_name = Attr::Known(name.to_owned());
        self.instance_ids = Attr::Known(instance_ids.iter().cloned().map(Attr::Known).collect());
    }
}

/// Version 0 is the official provider's shape, which this one keeps.
pub(super) fn schema() -> Schema {
    let name = || Attribute::string().optional().computed().keeps_prior().requires_replace();
    Schema::new(
        Block::new(
            "Binds an SSH key pair to instances. An instance carries one key pair: binding another takes its place. A \
             running instance takes the key when it is rebooted, and password logins are switched off then.",
        )
        .attribute(
            "id",
            Attribute::string().computed().keeps_prior().describe(
                "The name and the instances: `NAME:[\"i-1\",\"i-2\"]`. Known after apply when `instance_ids` changes.",
            ),
        )
        .attribute("key_pair_name", name().describe("The key pair. Another one replaces the attachment."))
        .attribute(
            "key_name",
            name().deprecated("Use key_pair_name instead.").describe("The key pair, under its old argument."),
        )
        .attribute(
            "instance_ids",
            Attribute::of(Set::<Attr<String>>::ty()).required().describe(
                "The instances, Linux only. Changed in place: only those that are added are bound, and only those \
                 that are taken out and still carry this key pair are unbound.",
            ),
        )
        .attribute(
            "force",
            Attribute::bool().optional().describe(
                "Whether to reboot each running instance that the key pair is newly bound to, so that it takes the \
                 key, and to wait until it runs again. **This cuts the power of an instance that does not stop by \
                 itself.** The plan warns which ones. `false` by default.",
            ),
        )
        .block(
            "timeouts",
            timeouts_block(
                "How long an operation may take, as durations such as `90s`, `10m` or `1h30m`.",
                [
                    ("create", "Binding, and rebooting with `force`; `5m` by default. Holds for changes, too."),
                    ("delete", "Unbinding; `5m` by default."),
                ],
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{check, check_model};

    #[test]
    fn hosts_accept_the_schema_and_the_model_fits_it() {
        assert_eq!(check(&schema()), Vec::<String>::new());
        assert_eq!(check_model::<AttachmentModel>(&schema()), Vec::<String>::new());
    }
}
