//! The resource groups that key pairs are known to be in, for users who may act in one group only: questions without the
//! group show them nothing, or are refused.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::call::Call;
use super::client::Client;
use super::ecs::KeyPair;
use super::error::{Error, ErrorKind};

/// What is known of resource groups.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By the name of the key pair.
    of_key_pairs: HashMap<String, String>,
    /// Those that have shown a key pair which the question without a group hides.
    hidden: HashSet<String>,
}

impl Groups {
    fn of(&self, name: &str) -> Option<(String, bool)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let group = known.of_key_pairs.get(name)?;
        Some((group.clone(), known.hidden.contains(group)))
    }

    fn is_hidden(&self, group: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).hidden.insert(group);
    }
}

impl Client {
    /// Notes that this key pair is, or is to be, in this resource group. From then on no key pair counts as missing
    /// before it was asked for in its group, too.
    pub fn note_group(&self, name: &str, group: Option<&str>) {
        if let Some(group) = group.filter(|group| !group.is_empty()) {
            let mut known = self.shared.groups.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.of_key_pairs.insert(name.to_owned(), group.to_owned());
        }
    }

    /// The key pair of exactly this name, or `None` if neither the question for the name nor the same in the resource
    /// group that it is known to be in shows one.
    pub(super) async fn find_exact_key_pair(
        &self,
        call: &Call,
        name: &str,
    ) -> Result<Option<KeyPair>, Error> {
        let Some((group, is_hidden)) = self.shared.groups.of(name) else {
            return self.describe_exact_key_pair(call, name, None).await;
        };
        let mut in_group = None;
        if is_hidden {
            match self.describe_exact_key_pair(call, name, Some(&group)).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Err(error) if !refuses_the_filter(&error) => return Err(error),
                answer => in_group = Some(answer),
            }
        }
        let plain = self.describe_exact_key_pair(call, name, None).await;
        let may_be_hidden = match &plain {
            Ok(found) => found.is_none(),
            Err(error) => error.kind() == ErrorKind::Forbidden,
        };
        if !may_be_hidden {
            return plain;
        }
        let in_group = match in_group {
            Some(answer) => answer,
            None => self.describe_exact_key_pair(call, name, Some(&group)).await,
        };
        match in_group {
            Ok(Some(found)) => {
                tracing::info!(
                    key_pair_name = name,
                    group,
                    "The key pair is shown only in its resource group"
                );
                self.shared.groups.is_hidden(group);
                Ok(Some(found))
            }
            Ok(None) => Ok(None),
            Err(error) if refuses_the_filter(&error) => plain,
            Err(error) => Err(error),
        }
    }
}

/// Whether the service does not take the question for a group, which says nothing of the key pair.
fn refuses_the_filter(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Forbidden | ErrorKind::ResourceGroupNotFound | ErrorKind::InvalidInput | ErrorKind::Other
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, answer, code, within};

    fn shows(names: &[&str]) -> Act {
        let pairs: Vec<_> = names.iter().map(|name| serde_json::json!({"KeyPairName": name})).collect();
        answer(
            200,
            &serde_json::json!({"TotalCount": pairs.len(), "KeyPairs": {"KeyPair": pairs}}).to_string(),
        )
    }

    /// Looks for `web`, known to be in `rg-1`; what was found or why not, and the groups that were asked.
    async fn find(acts: Vec<Act>, times: usize) -> (Result<bool, ErrorKind>, Vec<Option<String>>) {
        let script = Script::new(acts);
        let client = script.client();
        client.note_group("web", Some("rg-1"));
        client.note_group("web", None);
        client.note_group("web", Some(""));
        let mut found = Ok(false);
        for _ in 0..times {
            found = client
                .describe_key_pair(&within(60), "web")
                .await
                .map(|it| it.is_some())
                .map_err(|error| error.kind());
        }
        (found, script.seen().iter().map(|it| it.form.get("ResourceGroupId").cloned()).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_pair_is_asked_for_in_its_group_before_it_is_missing() {
        let (nothing, web) = (|| shows(&[]), || shows(&["web"]));
        let denied = || code(403, "Forbidden.RAM");
        let (plain, group) = (None, Some("rg-1".to_owned()));
        let both = vec![plain.clone(), group.clone()];
        for (acts, times, expected, asked) in [
            (vec![web()], 1, Ok(true), vec![plain.clone()]),
            (vec![nothing(), nothing()], 1, Ok(false), both.clone()),
            (vec![nothing(), web()], 1, Ok(true), both.clone()),
            (vec![denied(), web()], 1, Ok(true), both.clone()),
            (vec![denied(), nothing()], 1, Ok(false), both.clone()),
            // The group has shown what the other question hides: it is asked first.
            (vec![nothing(), web()], 2, Ok(true), vec![plain.clone(), group.clone(), group.clone()]),
            (
                vec![nothing(), web(), nothing(), web()],
                2,
                Ok(true),
                vec![plain.clone(), group.clone(), group.clone(), plain.clone()],
            ),
            // To refuse the filter is no answer.
            (vec![nothing(), denied()], 1, Ok(false), both.clone()),
            (vec![nothing(), code(404, "InvalidResourceGroup.NotFound")], 1, Ok(false), both.clone()),
            (vec![denied(), code(400, "InvalidParameter")], 1, Err(ErrorKind::Forbidden), both.clone()),
            // Any other error leaves it open.
            (vec![nothing(), answer(200, "{}")], 1, Err(ErrorKind::UnexpectedAnswer), Vec::new()),
            (
                vec![code(404, "InvalidAccessKeyId.NotFound")],
                1,
                Err(ErrorKind::AccessKeyNotFound),
                vec![plain],
            ),
        ] {
            let (found, seen) = find(acts, times).await;
            assert_eq!(found, expected, "{asked:?}");
            assert!(asked.is_empty() || seen == asked, "{seen:?}, not {asked:?}");
        }
    }
}
