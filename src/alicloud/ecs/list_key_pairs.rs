//! All key pairs of a region that pass the service's own filters.

use std::collections::{BTreeMap, BTreeSet};

use super::describe_key_pairs::{DESCRIBE, PAGE_SIZE, read_page};
use super::{KeyPair, KeyPairPage};
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::error::Error;
use crate::alicloud::request::Parameters;

/// Which key pairs to list: those that fit all that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPairFilter {
    /// The fingerprint, as the service writes it.
    pub fingerprint: Option<String>,
    /// The resource group.
    pub resource_group_id: Option<String>,
    /// Tags that the key pair has, 20 at most.
    pub tags: BTreeMap<String, String>,
}

impl Client {
    /// All key pairs that fit, in the service's order, from one call for each 50.
    pub async fn list_key_pairs(&self, call: &Call, filter: &KeyPairFilter) -> Result<Vec<KeyPair>, Error> {
        let (mut listed, mut names) = (Vec::new(), BTreeSet::new());
        let mut page_number = 1;
        loop {
            let page = self.filtered_page(call, filter, page_number).await?;
            let shown = page.key_pairs.len();
            // A pair may move from one page to the next while they are read.
            listed.extend(page.key_pairs.into_iter().filter(|key_pair| names.insert(key_pair.name.clone())));
            if shown == 0 || page_number * PAGE_SIZE >= page.total_count {
                return Ok(listed);
            }
            page_number += 1;
        }
    }

    async fn filtered_page(
        &self,
        call: &Call,
        filter: &KeyPairFilter,
        page_number: u64,
    ) -> Result<KeyPairPage, Error> {
        let parameters = Parameters::new()
            .set_some("KeyPairFingerPrint", filter.fingerprint.as_deref())
            .set_some("ResourceGroupId", filter.resource_group_id.as_deref())
            .set_tags(&filter.tags)
            .set("PageNumber", page_number.to_string())
            .set("PageSize", PAGE_SIZE.to_string());
        let answer = self.execute(DESCRIBE, parameters, call).await?;
        read_page(&answer, page_number)
    }
}
