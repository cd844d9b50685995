//! The key pair's schema and the typed model of its state.

use std::collections::BTreeMap;

use crate::cty::Value;
use crate::framework::duration::timeouts_block;
use crate::framework::schema::{Attribute, Block, Schema};
use crate::framework::{Attr, ModelValue};
use crate::openssh::PublicKey;

use super::{key_file, tags};

/// Tags by key. A value may still be unknown in a plan.
pub(super) type Tags = BTreeMap<String, Attr<String>>;

crate::model! {
    /// A key pair's attributes.
    pub(crate) struct KeyPairModel {
        /// The name.
        pub(crate) id: Attr<String>,
        /// The name.
        pub(crate) key_pair_name: Attr<String>,
        /// The name, under its old argument.
        pub(crate) key_name: Attr<String>,
        /// What a generated name starts with.
        pub(crate) key_name_prefix: Attr<String>,
        /// The public key in OpenSSH's one-line form.
        pub(crate) public_key: Attr<String>,
        /// The file that holds, or is to hold, the private key.
        pub(crate) key_file: Attr<String>,
        /// The resource group.
        pub(crate) resource_group_id: Attr<String>,
        /// The tags.
        pub(crate) tags: Attr<Tags>,
        /// The fingerprint as the cloud computes it.
        pub(crate) finger_print: Attr<String>,
        /// When it was made.
        pub(crate) create_time: Attr<String>,
        /// How long a destroy waits for live instances to let go of it.
        pub(crate) wait_for_unbind: Attr<String>,
        /// How long each operation may take.
        pub(crate) timeouts: Attr<TimeoutsModel>,
    }
}

crate::model! {
    /// How long each operation may take.
    pub(crate) struct TimeoutsModel {
        /// Creating.
        pub(crate) create: Attr<String>,
        /// Updating.
        pub(crate) update: Attr<String>,
        /// Deleting.
        pub(crate) delete: Attr<String>,
    }
}

impl KeyPairModel {
    /// The name that the configuration gives, under either argument.
    pub(super) fn configured_name(&self) -> &Attr<String> {
        if self.key_pair_name.is_null() { &self.key_name } else { &self.key_pair_name }
    }

    /// The name of the object that this state describes; `id` alone right after an import.
    pub(super) fn name(&self) -> &str {
        self.id.as_str().or(self.key_pair_name.as_str()).unwrap_or_default()
    }

    /// The resource group, if there is one to ask for. An empty text means "whichever it is".
    pub(super) fn wanted_group(&self) -> Option<&str> {
        self.resource_group_id.as_str().filter(|id| !id.is_empty())
    }
}

/// Version 0 is the official provider's shape, which this one keeps.
pub(super) fn schema() -> Schema {
    Schema::new(
        Block::new(
            "An SSH key pair of ECS. Only the public key ever reaches the cloud: where there is none in the \
             configuration, the key is made on this machine. No private key is kept in the state, the plan or the log.",
        )
        .attribute("id", Attribute::string().computed().keeps_prior().describe("The key pair's name."))
        .attribute(
            "key_pair_name",
            Attribute::string().optional().computed().keeps_prior().requires_replace().describe(
                "The name, unique in the region. 2 to 128 characters: a letter first, then letters, digits, `:`, \
                 `_`, `-` and `.`; it cannot start with `http://` or `https://`. Without a name, a unique one is \
                 made. Another name replaces the key pair.",
            ),
        )
        .attribute(
            "key_name",
            Attribute::string()
                .optional()
                .computed()
                .keeps_prior()
                .requires_replace()
                .deprecated("Use key_pair_name instead.")
                .describe("The name, under its old argument."),
        )
        .attribute(
            "key_name_prefix",
            Attribute::string().optional().describe(
                "Makes a unique name that starts with this, at most 100 characters. Conflicts with \
                 `key_pair_name`. Another prefix replaces the key pair; adding one to a key pair that has a name \
                 (after an import, say) or taking it away only records it.",
            ),
        )
        .attribute(
            "public_key",
            Attribute::string().optional().computed().keeps_null().requires_replace().same_if(same_key).describe(
                "The public key in OpenSSH's one-line form, `type base64 [comment]`. Another key replaces the \
                 key pair; another comment or white space is no change. Read from the cloud when the \
                 configuration does not set it, or sets it to `\"\"`.",
            ),
        )
        .attribute(
            "key_file",
            Attribute::string().optional().same_if(same_file).describe(
                "A file on the machine that runs Terraform, for the private key; a `~` at the start is the home \
                 directory. If it holds an unencrypted RSA private key, that key is used; if there is no such file, an \
                 RSA key of 2048 bits is made and written to it, readable by its owner only, before the cloud is asked. \
                 Not used together with `public_key`. Another file replaces the key pair, unless it holds the same key; \
                 adding one to a key pair that exists, or taking it away, only records it. Destroying the key pair \
                 leaves the file.",
            ),
        )
        .attribute(
            "resource_group_id",
            Attribute::string()
                .optional()
                .computed()
                .keeps_prior()
                .same_if(|_, config| config.as_str() == Some(""))
                .describe("The resource group. Changed in place. The account's default group if not set."),
        )
        .attribute(
            "tags",
            Attribute::of(Tags::ty()).optional().computed().keeps_prior().same_if(tags::same_tags).describe(
                "Up to 20 tags. Changed in place. A null value stands for no such tag. Tags that the cloud's own services set (`acs:…`, `aliyun…`) are \
                 left alone and not shown.",
            ),
        )
        .attribute(
            "finger_print",
            Attribute::string().computed().keeps_prior().describe("The fingerprint, as the cloud computes it."),
        )
        .attribute(
            "create_time",
            Attribute::string()
                .computed()
                .keeps_null()
                .describe("When the key pair was made, to the minute, for example `2026-01-31T08:33Z`."),
        )
        .attribute(
            "wait_for_unbind",
            Attribute::string().optional().describe(
                "How long a destroy waits for instances that carry the key pair to let go of it, as a duration such \
                 as `10m`, within the `delete` timeout. For instances that something else destroys in the same run. \
                 By default what the provider block says, and `0s` if it says nothing: the destroy fails at once and \
                 names the instances.",
            ),
        )
        .block(
            "timeouts",
            timeouts_block(
                "How long an operation may take, as durations such as `90s`, `10m` or `1h30m`.",
                [
                    ("create", "Creating; `5m` by default."),
                    ("update", "Changing tags or the resource group; `5m` by default."),
                    ("delete", "Destroying; `20m` by default."),
                ],
            ),
        ),
    )
}

/// Another name of the same file is no change.
fn same_file(prior: &Value, config: &Value) -> bool {
    match (prior.as_str(), config.as_str()) {
        (Some(""), _) | (_, Some("")) => false,
        (Some(prior), Some(config)) => key_file::same_file(prior, config),
        _ => false,
    }
}

/// Another comment or white space around the same key is no change. An empty text asks for no key.
fn same_key(prior: &Value, config: &Value) -> bool {
    match (prior.as_str(), config.as_str()) {
        (Some(_), Some("")) => true,
        (Some(prior), Some(config)) if prior == config => true,
        (Some(prior), Some(config)) => match (PublicKey::parse(prior), PublicKey::parse(config)) {
            (Ok(prior), Ok(config)) => prior.same_key(&config),
            _ => prior.trim() == config.trim(),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{check, check_model};

    #[test]
    fn hosts_accept_the_schema_and_the_model_fits_it() {
        assert_eq!(check(&schema()), Vec::<String>::new());
        assert_eq!(check_model::<KeyPairModel>(&schema()), Vec::<String>::new());
    }

    #[test]
    fn only_another_key_is_another_key() {
        let same = |a: &str, b: &str| same_key(&a.into(), &b.into());
        assert!(same("ssh-rsa AAAAB3NzaC1yc2E= a@b", "ssh-rsa  AAAAB3NzaC1yc2E=\n"));
        assert!(!same("ssh-rsa AAAAB3NzaC1yc2E=", "ssh-rsa AAAAB3NzaC1yc2I="));
        assert!(!same("ssh-rsa AAAAB3NzaC1yc2E=", "ssh-dss AAAAB3NzaC1yc2E="));
        assert!(same("what even is this", " what even is this "));
        assert!(same("ssh-rsa AAAAB3NzaC1yc2E=", "\u{feff}ssh-rsa AAAAB3NzaC1yc2E="));
        assert!(same("ssh-rsa AAAAB3NzaC1yc2E=", "") && !same("", "ssh-rsa AAAAB3NzaC1yc2E="));
    }

    #[test]
    fn only_another_file_is_another_file() {
        let same = |a: &str, b: &str| same_file(&a.into(), &b.into());
        assert!(same("k.pem", "./k.pem") && !same("k.pem", "j.pem"));
        assert!(!same("", "k.pem") && !same("k.pem", ""));
    }
}
