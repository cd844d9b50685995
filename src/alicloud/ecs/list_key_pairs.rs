//! All key pairs of a region that pass the service's own filters.

use std::collections::{BTreeMap, BTreeSet};

use super::KeyPair;
use super::paging::Paging;
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
        let parameters = Parameters::new()
            .set_some("KeyPairFingerPrint", filter.fingerprint.as_deref())
            .set_some("ResourceGroupId", filter.resource_group_id.as_deref())
            .set_tags(&filter.tags);
        let (mut listed, mut names) = (Vec::new(), BTreeSet::new());
        let mut paging = Paging::default();
        for page_number in 1.. {
            let (page, answer) = self.describe_page(call, parameters.clone(), page_number).await?;
            paging.take(&answer, page.names())?;
            let is_empty = page.key_pairs.is_empty();
            // A pair may move from one page to the next while they are read.
            listed.extend(page.key_pairs.into_iter().filter(|key_pair| names.insert(key_pair.name.clone())));
            if paging.is_whole(&answer, is_empty, page.total_count)? {
                break;
            }
        }
        Ok(listed)
    }
}
