//! The schema and the typed model: the official provider's, so that what refers to an attribute goes on to.

use std::collections::BTreeMap;

use crate::framework::schema::{Attribute, Block, Schema};
use crate::framework::{Attr, ModelValue};

/// Tags by key.
pub(super) type Tags = BTreeMap<String, Attr<String>>;

crate::model! {
    /// The question and the answer.
    pub(crate) struct KeyPairsModel {
        /// Of the answer as a whole.
        pub(super) id: Attr<String>,
        /// Names to choose from; then those that were found.
        pub(super) ids: Attr<Vec<Attr<String>>>,
        /// An expression that the name has to match.
        pub(super) name_regex: Attr<String>,
        /// The fingerprint.
        pub(super) finger_print: Attr<String>,
        /// The resource group.
        pub(super) resource_group_id: Attr<String>,
        /// Tags that a key pair has to have.
        pub(super) tags: Attr<Tags>,
        /// Where to write what was found.
        pub(super) output_file: Attr<String>,
        /// The names of what was found.
        pub(super) names: Attr<Vec<Attr<String>>>,
        /// What was found.
        pub(super) pairs: Attr<Vec<PairModel>>,
        /// The same under an old name.
        pub(super) key_pairs: Attr<Vec<PairModel>>,
    }
}

crate::model! {
    /// A key pair that was found.
    pub(crate) struct PairModel {
        /// The name.
        pub(super) id: Attr<String>,
        /// The name.
        pub(super) key_pair_name: Attr<String>,
        /// The name.
        pub(super) key_name: Attr<String>,
        /// The fingerprint.
        pub(super) finger_print: Attr<String>,
        /// The resource group.
        pub(super) resource_group_id: Attr<String>,
        /// The tags.
        pub(super) tags: Attr<Tags>,
        /// The instances that carry it.
        pub(super) instances: Attr<Vec<InstanceModel>>,
    }
}

crate::model! {
    /// An instance that carries a key pair.
    pub(crate) struct InstanceModel {
        /// The zone.
        pub(super) availability_zone: Attr<String>,
        /// What its owner says of it.
        pub(super) description: Attr<String>,
        /// The image it was made of.
        pub(super) image_id: Attr<String>,
        /// The id.
        pub(super) instance_id: Attr<String>,
        /// The display name.
        pub(super) instance_name: Attr<String>,
        /// The type.
        pub(super) instance_type: Attr<String>,
        /// The key pair.
        pub(super) key_name: Attr<String>,
        /// The address in the network.
        pub(super) private_ip: Attr<String>,
        /// The public address.
        pub(super) public_ip: Attr<String>,
        /// The region.
        pub(super) region_id: Attr<String>,
        /// What it is doing.
        pub(super) status: Attr<String>,
        /// The switch.
        pub(super) vswitch_id: Attr<String>,
    }
}

pub(super) fn schema() -> Schema {
    let pairs = || Attribute::of(Vec::<PairModel>::ty()).computed();
    Schema::new(
        Block::new(
            "The SSH key pairs of the region that fit all arguments that are set, with the instances that carry them.",
        )
        .attribute("id", Attribute::string().optional().computed().describe("A number made of the names found."))
        .attribute(
            "ids",
            Attribute::of(Vec::<Attr<String>>::ty())
                .optional()
                .computed()
                .describe(
                    "Names to choose from. Holds the names that were found; where the data source is read during \
                     apply, refer to `names` instead (see above).",
                ),
        )
        .attribute(
            "name_regex",
            Attribute::string().optional().describe(
                "A regular expression that a name has to match somewhere, in the syntax of the Go language.",
            ),
        )
        .attribute("finger_print", Attribute::string().optional().describe("The fingerprint."))
        .attribute("resource_group_id", Attribute::string().optional().describe("The resource group."))
        .attribute(
            "tags",
            Attribute::of(Tags::ty()).optional().describe("Tags that a key pair has to have, all of them."),
        )
        .attribute(
            "output_file",
            Attribute::string().optional().describe(
                "A file to write `pairs` to, as JSON; a `~` at the start is the home directory. What is there is overwritten and \
                 keeps its owner and mode; links are followed. Files of the configuration and the state (`.tf`, `.tofu`, \
                 `.tfvars`, `.tfstate`), pipes and block devices are refused.",
            ),
        )
        .attribute(
            "names",
            Attribute::of(Vec::<Attr<String>>::ty()).computed().describe("The names that were found."),
        )
        .attribute(
            "pairs",
            pairs().describe(
                "The key pairs that were found, each with `id`, `key_pair_name` and `key_name` (all three the name), \
                 `finger_print`, `resource_group_id`, `tags` and `instances`.",
            ),
        )
        .attribute(
            "key_pairs",
            pairs().deprecated("Use pairs instead.").describe("The same as `pairs`, under an old name."),
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
        assert_eq!(check_model::<KeyPairsModel>(&schema()), Vec::<String>::new());
    }
}
