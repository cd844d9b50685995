//! `DescribeInstances`, as far as key pairs have to do with it.

use std::collections::BTreeSet;

use super::instance::Instance;
use super::paging::Paging;
use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::{Error, ErrorKind};
use crate::alicloud::json;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;
use crate::alicloud::retry::Answer;

pub(in crate::alicloud) const DESCRIBE: Operation = Operation::idempotent(Service::Ecs, "DescribeInstances");

/// The most instances in a page, and the most ids in a question for some.
pub const MOST_INSTANCES: usize = 100;

/// Which instances to list.
#[derive(Clone, Copy, Debug)]
pub enum InstanceFilter<'a> {
    /// Those that carry this key pair.
    KeyPair(&'a str),
    /// Those with one of these ids, [`MOST_INSTANCES`] at most. Of those that don't exist nothing is said.
    Ids(&'a [String]),
}

impl Client {
    /// All instances that fit, in the service's order, from one call for each 100.
    pub async fn list_instances(
        &self,
        call: &Call,
        filter: InstanceFilter<'_>,
    ) -> Result<Vec<Instance>, Error> {
        let mut instances = self.instance_pages(call, Some(filter), usize::MAX).await?.unwrap_or_default();
        // Where the filter is not applied, the others are no answer.
        match filter {
            InstanceFilter::Ids(ids) => instances.retain(|instance| ids.contains(&instance.id)),
            InstanceFilter::KeyPair(_) => {}
        }
        Ok(instances)
    }

    /// All instances of the region, unless there are more than fit in so many pages of 100; then `None`.
    pub async fn list_all_instances(
        &self,
        call: &Call,
        most_pages: usize,
    ) -> Result<Option<Vec<Instance>>, Error> {
        self.instance_pages(call, None, most_pages).await
    }

    async fn instance_pages(
        &self,
        call: &Call,
        filter: Option<InstanceFilter<'_>>,
        most_pages: usize,
    ) -> Result<Option<Vec<Instance>>, Error> {
        let parameters = match filter {
            Some(InstanceFilter::KeyPair(name)) => Parameters::new().set("KeyPairName", name),
            Some(InstanceFilter::Ids(ids)) => {
                let ids: serde_json::Value = ids.iter().map(String::as_str).collect();
                Parameters::new().set("InstanceIds", ids.to_string())
            }
            None => Parameters::new(),
        }
        .set("MaxResults", MOST_INSTANCES.to_string());
        let (mut listed, mut ids) = (Vec::new(), BTreeSet::new());
        let (mut paging, mut tokens) = (Paging::default(), BTreeSet::new());
        let mut token: Option<String> = None;
        for _ in 0..most_pages {
            let page = parameters.clone().set_some("NextToken", token.as_deref());
            let answer = self.execute(DESCRIBE, page, call).await;
            let answer = answer.inspect_err(|error| self.note_denial(filter.is_none(), error))?;
            let instances = read_list(&answer)?;
            let following = json::non_empty_text(&answer.body, "NextToken");
            if following.is_some() && instances.is_empty() {
                return Err(answer.unexpected("The answer lists no instances and names a next page."));
            }
            paging.take(&answer, instances.iter().map(|instance| instance.id.as_str()))?;
            listed.extend(instances.into_iter().filter(|instance| ids.insert(instance.id.clone())));
            let Some(following) = following else { return Ok(Some(listed)) };
            if !tokens.insert(following.clone()) {
                return Err(answer.unexpected("The answer names a next page that was read before."));
            }
            token = Some(following);
        }
        Ok(None)
    }

    /// A page of all instances of the region, by its number from 1, and how many pages there are, if the service tells.
    /// This older way to page is the one that counts.
    pub(in crate::alicloud) async fn describe_instances_numbered(
        &self,
        call: &Call,
        page_number: u64,
    ) -> Result<(Vec<Instance>, Option<u64>), Error> {
        let parameters = Parameters::new()
            .set("PageNumber", page_number.to_string())
            .set("PageSize", MOST_INSTANCES.to_string());
        let answer = self.execute(DESCRIBE, parameters, call).await;
        let answer = answer.inspect_err(|error| self.note_denial(true, error))?;
        let instances: Vec<_> = read_list(&answer)?;
        let total = json::count(&answer.body, "TotalCount");
        let plausible = total.filter(|total| *total > 0 || instances.is_empty());
        Ok((instances, plausible.map(|total| total.div_ceil(MOST_INSTANCES as u64))))
    }

    /// Remembers that a list of all instances was refused: a dry run would be refused too.
    fn note_denial(&self, of_all: bool, error: &Error) {
        if of_all && error.kind() == ErrorKind::Forbidden {
            // Whoever asks right now hears the same, and what is known already stays.
            let _ = self.shared.may_describe_instances.set(Err(error.clone()));
        }
    }

    /// The refusal that says that the credentials may not list instances, as far as that is known without a call.
    pub fn instances_denied(&self) -> Option<&Error> {
        self.shared.may_describe_instances.get()?.as_ref().err()
    }

    /// Whether the credentials may list instances: for those who would conclude something from an empty list. Since
    /// December 2025 a list without the permission is refused; before, and in private clouds perhaps still, it is empty,
    /// so that only a dry run tells. `Err` with [`ErrorKind::Forbidden`] says that they may not; asked at most once.
    pub async fn may_describe_instances(&self, call: &Call) -> Result<(), Error> {
        let ask = async {
            let parameters = Parameters::new().set("DryRun", "true");
            match self.execute(DESCRIBE, parameters, call).await {
                Ok(_) => Ok(Ok(())),
                Err(error) if error.code() == Some("DryRunOperation") => Ok(Ok(())),
                Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Err(error)),
                Err(error) => Err(error),
            }
        };
        self.shared.may_describe_instances.get_or_try_init(|| ask).await?.clone()
    }
}

fn read_list(answer: &Answer) -> Result<Vec<Instance>, Error> {
    json::list(&answer.body, "Instances", "Instance")
        .and_then(|items| items.into_iter().map(Instance::read).collect())
        .ok_or_else(|| answer.unexpected("The answer has no list of instances that can be read."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Script, answer, within};

    fn page(ids: &[&str], token: &str) -> crate::alicloud::testing::Act {
        let instances: Vec<_> = ids.iter().map(|id| serde_json::json!({"InstanceId": id})).collect();
        let body = serde_json::json!({"Instances": {"Instance": instances}, "NextToken": token});
        answer(200, &body.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn pages_follow_each_other_up_to_a_limit() {
        let script = Script::new([page(&["i-1", "i-2"], "x"), page(&["i-2", "i-3"], "")]);
        let listed = script.client().list_all_instances(&within(60), 2).await.unwrap().unwrap();
        assert_eq!(listed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["i-1", "i-2", "i-3"]);
        let script = Script::new([page(&["i-1"], "x"), page(&["i-2"], "y")]);
        assert_eq!(script.client().list_all_instances(&within(60), 2).await.unwrap(), None);
        assert_eq!(script.seen()[1].form["NextToken"], "x");
        // The same page, pages in a circle, pages without anything, pages without end.
        for (acts, calls) in [
            (vec![page(&["i-1"], "x")], 2),
            (vec![page(&["i-1"], "x"), page(&["i-2"], "y"), page(&["i-3"], "x")], 3),
            (vec![page(&["i-1"], "x"), page(&[], "y")], 2),
            ((0..2000).map(|n| page(&[&format!("i-{n}")], &format!("t{n}"))).collect(), 1000),
        ] {
            let script = Script::new(acts);
            let error =
                script.client().list_instances(&within(60), InstanceFilter::KeyPair("k")).await.unwrap_err();
            assert_eq!((error.kind(), script.seen().len()), (ErrorKind::UnexpectedAnswer, calls));
        }
        // A filter that is not applied shows no instance that was asked for.
        let script = Script::new([page(&["i-1", "i-2"], "")]);
        let ids = ["i-2".to_owned(), "i-3".to_owned()];
        let listed = script.client().list_instances(&within(60), InstanceFilter::Ids(&ids)).await.unwrap();
        assert_eq!(listed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["i-2"]);
        let script = Script::new([page(&["i-1"], "x")]);
        assert!(script.client().list_instances(&within(60), InstanceFilter::KeyPair("k")).await.is_err());
    }
}
