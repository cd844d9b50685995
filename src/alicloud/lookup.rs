//! Looking things up: key pairs by name, and instances by the key pair they carry. Many look-ups share pages.

use tokio::time::Instant;

use super::call::{Call, Interrupted};
use super::client::Client;
use super::coalesce::{Page, Question, Source};
use super::ecs::describe_key_pairs::{self, PAGE_SIZE};
use super::ecs::{Instance, InstanceFilter, KeyPair, describe_instances};
use super::error::Error;
use super::operation::Operation;
use super::retry::SharedWait;

impl Client {
    /// The key pair of exactly this name, or `None` if the service, asked for just this name, shows none. What a page
    /// of all key pairs showed within the last minute is an answer too, unless this client has changed the pair since.
    pub async fn describe_key_pair(&self, call: &Call, name: &str) -> Result<Option<KeyPair>, Error> {
        self.check_name(name)?;
        let question = Question { proof: true, ..Question::default() };
        self.shared.key_pairs.get(&KeyPairs(self.clone()), call, name, question).await
    }

    /// Like [`describe_key_pair`](Self::describe_key_pair), for those who can be wrong: `None` may also mean that a page
    /// of all key pairs, which permissions may filter, doesn't show it. Where there are few pairs, a thousand names
    /// cost a call or two. After a failure it is `None` for a minute, at no call.
    pub async fn glance_at_key_pair(&self, call: &Call, name: &str) -> Result<Option<KeyPair>, Error> {
        self.check_name(name)?;
        self.shared.key_pairs.glance(&KeyPairs(self.clone()), call, name, Question::default()).await
    }

    /// The instances that carry the key pair of this name, as seen at `since` or later: for explaining why a deletion
    /// was refused. Where pages would not tell all of them for certain, instances are asked for by the key pair's name.
    /// [`ErrorKind::Forbidden`](super::ErrorKind::Forbidden) if there seem to be none because the
    /// credentials may not list instances.
    pub async fn bindings(&self, call: &Call, name: &str, since: Instant) -> Result<Vec<Instance>, Error> {
        let question = Question { since: Some(since), proof: true, ..Question::default() };
        let bound = self.shared.bindings.get(&Bindings(self.clone()), call, name, question).await?;
        match bound {
            Some(instances) => Ok(instances),
            None => self.may_describe_instances(call).await.map(|()| Vec::new()),
        }
    }

    /// The instances that seem to carry the key pair of this name, as seen within the last minute: for warnings. An
    /// empty list may also mean that the instances can't be listed. However many such questions come within a minute,
    /// they cost no more calls than there are pages of 100 instances; after a failure, none.
    pub async fn glance_at_bindings(&self, call: &Call, name: &str) -> Result<Vec<Instance>, Error> {
        let question = Question { pages_only: true, ..Question::default() };
        let bound = self.shared.bindings.glance(&Bindings(self.clone()), call, name, question).await?;
        Ok(bound.unwrap_or_default())
    }

    /// The instances that seem to carry the key pair of this name, as seen within the last minute: for those who ask for
    /// what is missing in another way. An empty list may also mean that the credentials may not list instances.
    pub async fn bindings_on_pages(&self, call: &Call, name: &str) -> Result<Vec<Instance>, Error> {
        let bound =
            self.shared.bindings.get(&Bindings(self.clone()), call, name, Question::default()).await?;
        Ok(bound.unwrap_or_default())
    }
}

/// The key pairs of a region.
#[derive(Clone)]
pub(super) struct KeyPairs(pub(super) Client);

impl Source for KeyPairs {
    type Item = KeyPair;

    // One read, or two, shall stay what they are.
    const SINGLES_FIRST: usize = 2;
    const WHOLE_IN_A_PAGE: bool = true;

    async fn exact(&self, call: &Call, name: &str) -> Result<Option<KeyPair>, Error> {
        self.0.find_exact_key_pair(call, name).await
    }

    async fn page(&self, call: &Call, number: u64) -> Result<Page<KeyPair>, Error> {
        let page = self.0.describe_key_pairs(call, number).await?;
        let ids = page.key_pairs.iter().map(|key_pair| key_pair.name.clone()).collect();
        let items = page.key_pairs.into_iter().map(|key_pair| (key_pair.name.clone(), key_pair)).collect();
        Ok(Page { items, ids, pages: page.total_count.map(|total| total.div_ceil(PAGE_SIZE)) })
    }

    fn merge(known: &mut KeyPair, more: KeyPair) {
        *known = more;
    }

    fn given_up(&self, call: &Call, started: Instant, why: Interrupted) -> Error {
        given_up(&self.0, describe_key_pairs::DESCRIBE, call, started, why)
    }
}

/// The instances of a region, by the key pair they carry.
#[derive(Clone)]
pub(super) struct Bindings(pub(super) Client);

impl Source for Bindings {
    type Item = Vec<Instance>;

    // The first page tells as much as a single question: all, if there are no more than a hundred instances.
    const SINGLES_FIRST: usize = 0;
    const WHOLE_IN_A_PAGE: bool = false;

    async fn exact(&self, call: &Call, name: &str) -> Result<Option<Vec<Instance>>, Error> {
        let instances = self.0.list_instances(call, InstanceFilter::KeyPair(name)).await?;
        let carrying: Vec<_> = instances.into_iter().filter(|instance| instance.carries(name)).collect();
        Ok(Some(carrying).filter(|instances| !instances.is_empty()))
    }

    async fn page(&self, call: &Call, number: u64) -> Result<Page<Vec<Instance>>, Error> {
        let (instances, pages) = self.0.describe_instances_numbered(call, number).await?;
        let ids = instances.iter().map(|instance| instance.id.clone()).collect();
        let items = instances.into_iter().filter_map(|instance| {
            let name = instance.key_pair_name.clone()?;
            Some((name, vec![instance]))
        });
        Ok(Page { items: items.collect(), ids, pages })
    }

    fn merge(known: &mut Vec<Instance>, more: Vec<Instance>) {
        // An instance may move from one page to the next while they are read.
        for instance in more {
            if known.iter().all(|known| known.id != instance.id) {
                known.push(instance);
            }
        }
    }

    fn given_up(&self, call: &Call, started: Instant, why: Interrupted) -> Error {
        given_up(&self.0, describe_instances::DESCRIBE, call, started, why)
    }
}

fn given_up(client: &Client, operation: Operation, call: &Call, started: Instant, why: Interrupted) -> Error {
    client.left(
        operation,
        SharedWait { started, tries: 0, unconnected: 0, under_way: false, reason: None },
        why,
        call,
    )
}
