//! `DescribeKeyPairs`: one key pair by its exact name, or all of a region in pages.

use std::collections::BTreeMap;

use super::paging::Paging;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::{Error, ErrorKind};
use crate::alicloud::json::{self, Object};
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;
use crate::alicloud::retry::Answer;

pub(in crate::alicloud) const DESCRIBE: Operation = Operation::idempotent(Service::Ecs, "DescribeKeyPairs");

/// The most key pairs in a page.
pub(in crate::alicloud) const PAGE_SIZE: u64 = 50;

/// A key pair, as the service shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The name, unique in the region.
    pub name: String,
    /// As the service computes it; empty if it shows none.
    pub fingerprint: String,
    /// When it was made, as the service writes it (`2023-09-04T08:33Z`); empty if it doesn't say.
    pub creation_time: String,
    /// The resource group; empty if the service shows none.
    pub resource_group_id: String,
    /// The public key in OpenSSH's one-line form; services of an older date don't return it.
    pub public_key: Option<String>,
    /// All tags, those of the system included.
    pub tags: BTreeMap<String, String>,
}

/// A page of the key pairs of a region. Pages have no stable order, and permissions may filter them: that a pair is not
/// in any page does not prove that it doesn't exist.
#[derive(Clone, Debug)]
pub struct KeyPairPage {
    /// The pairs in this page, 50 at most.
    pub key_pairs: Vec<KeyPair>,
    /// How many there are in all pages; `None` if the service doesn't say.
    pub total_count: Option<u64>,
}

impl Client {
    /// The key pair of exactly this name, or `None` if the service, asked for just this name (in this resource group),
    /// shows none. Always asks.
    pub(in crate::alicloud) async fn describe_exact_key_pair(
        &self,
        call: &Call,
        name: &str,
        group: Option<&str>,
    ) -> Result<Option<KeyPair>, Error> {
        let parameters = Parameters::new()
            .set("KeyPairName", name)
            .set_some("ResourceGroupId", group)
            .set("IncludePublicKey", "true");
        // The filter may not tell upper from lower case, so that one name could fill more than a page.
        let (mut paging, mut another) = (Paging::default(), None);
        for page_number in 1.. {
            let (page, answer) = self.describe_page(call, parameters.clone(), page_number).await?;
            paging.take(&answer, page.names())?;
            let is_empty = page.key_pairs.is_empty();
            for key_pair in page.key_pairs {
                if key_pair.name == name {
                    return Ok(Some(key_pair));
                }
                if another.is_none() && !key_pair.name.eq_ignore_ascii_case(name) {
                    another = Some(key_pair.name);
                }
            }
            if paging.is_whole(&answer, is_empty, page.total_count)? {
                // An answer to another question doesn't prove that there is none.
                return another.map_or(Ok(None), |another| {
                    let why = format!("The answer to the question for {name:?} lists {another:?}.");
                    Err(answer.unexpected(&why))
                });
            }
        }
        Ok(None)
    }

    /// A page of all key pairs of the region; `page_number` counts from 1.
    pub async fn describe_key_pairs(&self, call: &Call, page_number: u64) -> Result<KeyPairPage, Error> {
        let parameters = Parameters::new().set("IncludePublicKey", "true");
        Ok(self.describe_page(call, parameters, page_number).await?.0)
    }

    /// An error if this can't be a name: `*` is a wildcard to this operation and never part of a name; an empty filter
    /// is no filter.
    pub(in crate::alicloud) fn check_name(&self, name: &str) -> Result<(), Error> {
        if !name.is_empty() && !name.contains('*') {
            return Ok(());
        }
        let why = format!("`{name}` can't be the name of a key pair.");
        let host = &self.shared.endpoint(Service::Ecs).host;
        Err(Error::new(ErrorKind::InvalidInput, why).with_operation(DESCRIBE.name, host, self.region()))
    }

    pub(super) async fn describe_page(
        &self,
        call: &Call,
        parameters: Parameters,
        page_number: u64,
    ) -> Result<(KeyPairPage, Answer), Error> {
        let parameters =
            parameters.set("PageNumber", page_number.to_string()).set("PageSize", PAGE_SIZE.to_string());
        let answer = self.execute(DESCRIBE, parameters, call).await?;
        Ok((read_page(&answer, page_number)?, answer))
    }
}

impl KeyPairPage {
    /// The names of its key pairs.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.key_pairs.iter().map(|key_pair| key_pair.name.as_str())
    }
}

/// Reads a page. Whatever is not plainly a page is an error, since a missing list must not pass for an empty one.
fn read_page(answer: &Answer, page_number: u64) -> Result<KeyPairPage, Error> {
    let key_pairs = json::list(&answer.body, "KeyPairs", "KeyPair")
        .and_then(|items| items.into_iter().map(read_key_pair).collect::<Option<Vec<_>>>())
        .ok_or_else(|| answer.unexpected("The answer has no list of key pairs that can be read."))?;
    let total_count = json::count(&answer.body, "TotalCount");
    if let Some(total_count) =
        total_count.filter(|total| key_pairs.is_empty() && page_number == 1 && *total > 0)
    {
        let why = format!("The answer counts {total_count} key pairs but lists none.");
        return Err(answer.unexpected(&why));
    }
    Ok(KeyPairPage { key_pairs, total_count })
}

fn read_key_pair(object: &Object) -> Option<KeyPair> {
    let text = |field| json::text(object, field).unwrap_or_default();
    Some(KeyPair {
        name: json::non_empty_text(object, "KeyPairName")?,
        fingerprint: text("KeyPairFingerPrint"),
        creation_time: text("CreationTime"),
        resource_group_id: text("ResourceGroupId"),
        public_key: json::non_empty_text(object, "PublicKey"),
        tags: read_tags(object)?,
    })
}

/// The tags of a resource. No list means no tags; a list that can't be read is `None`.
fn read_tags(object: &Object) -> Option<BTreeMap<String, String>> {
    if object.get("Tags").is_none_or(serde_json::Value::is_null) {
        return Some(BTreeMap::new());
    }
    let tag =
        |tag: &Object| Some((json::text(tag, "TagKey")?, json::text(tag, "TagValue").unwrap_or_default()));
    json::list(object, "Tags", "Tag")?.into_iter().map(tag).collect()
}
