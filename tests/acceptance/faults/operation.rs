//! What is done while there is trouble.

use std::path::PathBuf;

use crate::harness::keys::A;
use crate::harness::{Case, Run};

use super::table::Outcome;

/// One of the things that Terraform asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    CreateWithPublicKey,
    CreateWithKeyFile,
    Read,
    ChangeTags,
    ChangeGroup,
    DeleteOne,
    DeleteTen,
}

use Operation::{
    ChangeGroup, ChangeTags, CreateWithKeyFile, CreateWithPublicKey, DeleteOne, DeleteTen, Read,
};

impl Operation {
    /// The columns of the table.
    pub(super) const ALL: [Self; 7] =
        [CreateWithPublicKey, CreateWithKeyFile, Read, ChangeTags, ChangeGroup, DeleteOne, DeleteTen];

    /// The command that deletes.
    pub(super) const DELETE: [&str; 5] = ["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"];

    pub(super) fn name(self) -> &'static str {
        match self {
            CreateWithPublicKey => "create with a public key",
            CreateWithKeyFile => "create with a key file",
            Read => "read",
            ChangeTags => "change tags",
            ChangeGroup => "change the group",
            DeleteOne => "delete one",
            DeleteTen => "delete ten",
        }
    }

    /// The call that does its work.
    pub(super) fn action(self) -> &'static str {
        match self {
            CreateWithPublicKey | CreateWithKeyFile => "ImportKeyPair",
            Read => "DescribeKeyPairs",
            ChangeTags => "TagResources",
            ChangeGroup => "JoinResourceGroup",
            DeleteOne | DeleteTen => "DeleteKeyPairs",
        }
    }

    pub(super) fn creates(self) -> bool {
        matches!(self, CreateWithPublicKey | CreateWithKeyFile)
    }

    pub(super) fn deletes(self) -> bool {
        matches!(self, DeleteOne | DeleteTen)
    }

    /// The names of the key pairs that it is about.
    pub(super) fn names(self) -> Vec<String> {
        if self == DeleteTen { (0..10).map(|n| format!("web-{n}")).collect() } else { vec!["web".to_owned()] }
    }

    /// The address of the key pair of this name.
    pub(super) fn address(self, name: &str) -> String {
        let index =
            if self == DeleteTen { format!("[{}]", name.trim_start_matches("web-")) } else { String::new() };
        format!("alicloud_key_pair.k{index}")
    }

    pub(super) fn key_file(self, case: &Case) -> Option<PathBuf> {
        (self == CreateWithKeyFile).then(|| case.key_path("web.pem"))
    }

    /// The configuration before it, and the one that asks for it.
    pub(super) fn configs(self, case: &Case, limit: Option<u32>) -> (String, String) {
        let name = if self == DeleteTen {
            "count = 10\n  key_pair_name = \"web-${count.index}\""
        } else {
            "key_pair_name = \"web\""
        };
        let key = self
            .key_file(case)
            .map_or("public_key = local.a".to_owned(), |path| format!("key_file = {path:?}"));
        let timeouts = limit.map_or(String::new(), |it| {
            format!("  timeouts {{\n    create = \"{it}s\"\n    update = \"{it}s\"\n    delete = \"{it}s\"\n  }}\n")
        });
        let config = |body: &str| {
            format!("resource \"alicloud_key_pair\" \"k\" {{\n  {name}\n  {key}\n{body}{timeouts}}}\n")
        };
        let before = "  tags = { kept = 1 }\n  resource_group_id = \"rg-default\"\n";
        let after = match self {
            ChangeTags => before.replace("kept = 1", "kept = 1, added = 1"),
            ChangeGroup => before.replace("rg-default", "rg-other"),
            _ => before.to_owned(),
        };
        (config(before), config(&after))
    }

    /// Does it.
    pub(super) fn run(self, case: &mut Case) -> Run {
        match self {
            // What goes wrong is to go wrong here, and not when the plan looks at the cloud.
            ChangeTags | ChangeGroup => case.run(&["apply", "-auto-approve", "-json", "-refresh=false"]),
            DeleteOne | DeleteTen => case.run(&Self::DELETE),
            Read => case.run(&["apply", "-refresh-only", "-auto-approve", "-json"]),
            CreateWithPublicKey | CreateWithKeyFile => case.apply_anyway(),
        }
    }

    /// The summary of the error about a key pair, and the place that it points at.
    pub(super) fn error(self, name: &str, outcome: Outcome) -> (String, &'static str) {
        match self {
            CreateWithPublicKey | CreateWithKeyFile if outcome.is_open() => {
                (format!("It is not known whether the key pair {name:?} was created"), "resource")
            }
            CreateWithPublicKey | CreateWithKeyFile => {
                (format!("Could not create the key pair {name:?}"), "resource")
            }
            Read => (format!("Could not read the key pair {name:?}"), "resource"),
            ChangeTags => (format!("Could not change the tags of the key pair {name:?}"), "tags"),
            ChangeGroup => {
                (format!("Could not move the key pair {name:?} to the resource group rg-other"), "resource")
            }
            DeleteOne | DeleteTen => (format!("Could not delete the key pair {name:?}"), ""),
        }
    }

    /// Whether there are key pairs once it is done, or before.
    fn exists(self, done: bool) -> bool {
        if done { !self.deletes() } else { !self.creates() }
    }

    /// Fails unless the key pair in the cloud is as this operation leaves it, or as it was before.
    pub(super) fn check_key_pair(self, case: &Case, name: &str, done: bool) {
        let found = case.simulator.world(|world| world.key_pair(crate::harness::REGION, name).cloned());
        if !self.exists(done) {
            assert_eq!(found, None);
            return;
        }
        let found = found.unwrap_or_else(|| panic!("{name} is not there"));
        let tags: Vec<&str> = found.tags.keys().map(String::as_str).collect();
        let expected = if self == ChangeTags && done { &["added", "kept"][..] } else { &["kept"] };
        assert_eq!(tags, expected, "{name}");
        assert_eq!(
            found.resource_group_id,
            if self == ChangeGroup && done { "rg-other" } else { "rg-default" },
            "{name}"
        );
        if let Some(path) = self.key_file(case) {
            let pem = std::fs::read(path).unwrap();
            let public = alicloud_provider::openssh::public_half(&pem).unwrap();
            assert_eq!(found.public_key, public.to_line());
        } else {
            assert_eq!(found.public_key, A);
        }
    }

    /// Fails unless the state tells of the key pair what this operation leaves, or what was before.
    pub(super) fn check_state(self, case: &Case, name: &str, done: bool) {
        let (state, address) = (case.state(), self.address(name));
        if !self.exists(done) {
            assert!(!state.addresses().contains(&address.as_str()), "{:?}", state.addresses());
            return;
        }
        assert!(!state.is_tainted(&address));
        assert_eq!(state.text(&address, "key_pair_name"), name);
        assert_eq!(
            state.text(&address, "resource_group_id"),
            if self == ChangeGroup && done { "rg-other" } else { "rg-default" }
        );
        let tags = state.get(&address, "tags").as_object().map_or(0, serde_json::Map::len);
        assert_eq!(tags, if self == ChangeTags && done { 2 } else { 1 });
    }
}
