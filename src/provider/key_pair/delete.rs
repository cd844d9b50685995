//! Destroying a key pair.

use std::time::Duration;

use tokio::time::Instant;

use super::bound::Ending;
use super::memory::take_replaced;
use super::schema::KeyPairModel;
use super::unbinding::{End, Unbinding, Verdict};
use super::{bound, call, refused};
use crate::alicloud::ecs::Instance;
use crate::alicloud::{Call, Client, Error, ErrorKind};
use crate::framework::duration::or_default;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostic, Diagnostics};
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::Attempt;
use crate::provider::place::Place;

/// As in the official provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(20);

pub(super) async fn delete(
    context: &Context<Cloud>,
    prior: &KeyPairModel,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    context.client.begins_to_apply();
    let ending = if take_replaced(&mut response.private) { Ending::Replacement } else { Ending::Destroy };
    let client = context.client.client()?;
    let name = prior.name();
    // In the wrong region or account, the key pair of this name would be somebody else's, and none
    // of this name would pass for a success.
    let place = Place::load(&response.private);
    place.check_region(name, client)?;
    place.prove_account(name, context).await?;
    client.note_group(name, prior.wanted_group());
    let timeout = prior.timeouts.known().map_or(&Attr::Null, |timeouts| &timeouts.delete);
    let call = call(context, or_default(timeout, DEFAULT_TIMEOUT));
    let patience = or_default(&prior.wait_for_unbind, context.client.wait_for_unbind());
    let account_id = place.account_id.as_deref();
    let attempt = Attempt { key_pair: name, account_id, timeout: Some("delete") };
    delete_unbound(client, &call, patience, &attempt, ending).await?;
    response.state = None;
    Ok(())
}

/// Deletes the key pair. While it is bound, tries again for as long as there is a reason to think
/// that it will not stay so.
async fn delete_unbound(
    client: &Client,
    call: &Call,
    patience: Duration,
    attempt: &Attempt<'_>,
    ending: Ending,
) -> Result<(), Diagnostic> {
    let name = attempt.key_pair;
    let mut unbinding = Unbinding::new(Instant::now(), patience);
    let mut refused = 0;
    // The last refusal, and what the last look that succeeded has shown, or else why the last one failed.
    let mut before: Option<(Error, Result<Vec<Instance>, Error>)> = None;
    loop {
        let refusal = match client.delete_key_pair(call, name).await {
            Ok(()) => return Ok(()),
            Err(refusal) if is_bound(&refusal) => refusal,
            Err(error) => {
                return Err(match (before, end_of_wait(&error)) {
                    // That it is bound is what was last true.
                    (Some((refusal, seen)), Some(end)) => {
                        let last = error.last().unwrap_or(&error).clone();
                        bound::error(attempt, &refusal.with_last(Some(last)), &seen, &unbinding, end, ending)
                    }
                    _ => refused::error(attempt, &error),
                });
            }
        };
        refused += 1;
        // The message is worth a look even when the time for the delete is used up. What was seen before the refusal, for
        // another key pair of the run, may be over by now.
        let look = client.bindings(&call.to_explain(), name, refusal.at()).await;
        let now = Instant::now();
        let (verdict, until) = match &look {
            Ok(instances) => (unbinding.judge(now, instances), unbinding.ends()),
            Err(error) if error.kind() == ErrorKind::Cancelled => (Verdict::GiveUp(End::Cancelled), now),
            // The look decides; where the service only asks to be asked later, it has not decided yet.
            Err(error) if error.comes_of_throttling() => (unbinding.wait_for_a_look(), call.deadline),
            Err(error) if error.kind() == ErrorKind::Deadline && now < unbinding.ends() => {
                (unbinding.wait_for_a_look(), unbinding.ends())
            }
            Err(_) => (Verdict::GiveUp(End::Blind), now),
        };
        // What was seen before says more than why it could not be seen again.
        let seen = match before {
            Some((_, seen @ Ok(_))) if look.is_err() => seen,
            _ => look,
        };
        let reason = match verdict {
            Verdict::Wait(reason) => reason,
            Verdict::GiveUp(end) => {
                return Err(bound::error(attempt, &refusal, &seen, &unbinding, end, ending));
            }
        };
        tracing::info!(
            key_pair_name = name,
            reason,
            refused,
            "The key pair is still bound: waiting to try again"
        );
        // The last try comes when the reason to wait ends, not somewhat later.
        Call { deadline: call.deadline.min(until), ..call.clone() }.pause(refused).await;
        if call.is_over() {
            let end = if call.cancel.is_cancelled() { End::Cancelled } else { End::Deadline };
            return Err(bound::error(attempt, &refusal, &seen, &unbinding, end, ending));
        }
        before = Some((refusal, seen));
    }
}

/// How an error of a later try has ended the waiting for a bound key pair, if the binding is still what matters.
fn end_of_wait(error: &Error) -> Option<End> {
    match error.kind() {
        ErrorKind::Deadline => Some(End::Deadline),
        ErrorKind::Throttled => Some(End::Retries),
        ErrorKind::Cancelled => Some(End::Cancelled),
        _ => None,
    }
}

/// Whether the service refused because instances carry the key pair.
fn is_bound(error: &Error) -> bool {
    error.kind() == ErrorKind::Bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, answer, code, with_header, within};
    use crate::provider::golden_tests::golden;

    const ATTEMPT: Attempt<'_> = Attempt { key_pair: "web", account_id: None, timeout: Some("delete") };

    fn bound() -> Act {
        code(400, "InvalidParameter.KeypairAlreadyAttachedInstance")
    }

    fn shows(instances: &[(&str, &str)]) -> Act {
        let instance = |(id, status): &(&str, &str)| serde_json::json!({"InstanceId": id, "Status": status, "KeyPairName": "web"});
        let list: Vec<_> = instances.iter().map(instance).collect();
        let list = serde_json::json!({"TotalCount": list.len(), "Instances": {"Instance": list}});
        answer(200, &list.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_out_of_reach_until_the_deadline_is_what_is_to_be_seen_to() {
        fastrand::seed(7);
        let refused = Act::Fail(crate::alicloud::SendError::NotSent("connection refused".into()));
        let client = Script::new([refused]).client();
        let told =
            delete_unbound(&client, &within(4), Duration::ZERO, &ATTEMPT, Ending::Destroy).await.unwrap_err();
        for part in [
            "No try of this operation reached the service, so that it changed nothing. Check first that region and endpoints",
            "raise delete in the resource's timeouts block",
            "Last failure: DeleteKeyPairs: No connection to ecs.cn-beijing.aliyuncs.com: connection refused.",
        ] {
            assert!(told.detail.contains(part), "{}", told.detail);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_ends_the_wait_the_bindings_are_told() {
        let throttled = with_header(code(400, "Throttling.User"), "x-acs-retry-after", "60000");
        let stopping = || shows(&[("i-1", "Stopping")]);
        let again_and_again = |look: Act| (0..100).flat_map(|_| [bound(), look.clone()]).collect::<Vec<_>>();
        let mut gone = vec![bound(), stopping(), bound(), shows(&[]), code(400, "DryRunOperation")];
        gone.extend(again_and_again(shows(&[])));
        for (file, acts, seconds, patience) in [
            ("bound-then-throttled", vec![bound(), stopping(), throttled], 30, 0),
            ("bound-until-the-deadline", again_and_again(stopping()), 60, 0),
            ("bound-for-too-long", again_and_again(stopping()), 1200, 0),
            ("bound-and-gone", gone, 1200, 0),
            ("bound-beyond-patience", again_and_again(shows(&[("i-1", "Running")])), 1200, 60),
        ] {
            fastrand::seed(7);
            let script = Script::new(acts);
            let (call, started) = (within(seconds), Instant::now());
            let told = delete_unbound(
                &script.client(),
                &call,
                Duration::from_secs(patience),
                &ATTEMPT,
                Ending::Destroy,
            )
            .await;
            let told = told.unwrap_err();
            assert!(started.elapsed() <= Duration::from_secs(seconds + 1), "{file}: {:?}", started.elapsed());
            golden(file, &told);
        }
    }

    /// Looks that decide: throttled ones have not decided yet, and others that fail have for as long as a binding that was
    /// seen may still go away.
    #[tokio::test(start_paused = true)]
    async fn a_look_that_is_throttled_is_made_again() {
        let throttled = || with_header(code(400, "Throttling.User"), "x-acs-retry-after", "60000");
        let stopping = || shows(&[("i-1", "Stopping")]);
        let (call, started) = (within(1200), Instant::now());
        // By when the gate opens, some deletes have been refused: the look that follows is played for all.
        let cloud = Script::by_action([
            ("DeleteKeyPairs", vec![bound()]),
            ("DescribeInstances", vec![throttled(), shows(&[("i-1", "Running")])]),
        ]);
        let told = delete_unbound(&cloud.client(), &call, Duration::ZERO, &ATTEMPT, Ending::Destroy)
            .await
            .unwrap_err();
        assert!(told.summary.contains("1 instance") && told.detail.contains("i-1"), "{told:?}");
        assert!((60..90).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());

        // Never answered, after the instance was seen stopping: as long as that may last.
        let (call, started) = (within(1200), Instant::now());
        let cloud = Script::by_action([
            ("DeleteKeyPairs", vec![bound()]),
            ("DescribeInstances", vec![stopping(), Act::Hang]),
        ]);
        let told = delete_unbound(&cloud.client(), &call, Duration::ZERO, &ATTEMPT, Ending::Destroy)
            .await
            .unwrap_err();
        assert!(told.detail.contains("Then the instances could not be looked at."), "{told:?}");
        assert!((120..135).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());

        // Throttled for ever.
        let (call, started) = (within(300), Instant::now());
        let cloud =
            Script::by_action([("DeleteKeyPairs", vec![bound()]), ("DescribeInstances", vec![throttled()])]);
        let told = delete_unbound(&cloud.client(), &call, Duration::ZERO, &ATTEMPT, Ending::Destroy)
            .await
            .unwrap_err();
        assert!((290..=301).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
        golden("bound-look-throttled", &told);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_before_the_refusal_decides_nothing() {
        let seconds = Duration::from_secs;
        let refused_late = Act::After(seconds(2), Box::new(bound()));
        let acts =
            [refused_late, shows(&[("i-1", "Running")]), shows(&[("i-1", "Stopping")]), answer(200, "{}")];
        let client = Script::new(acts).client();
        let call = within(60);
        let looking = async {
            // The delete is under way, and another key pair of the run is looked up.
            tokio::time::sleep(seconds(1)).await;
            let seen = client.glance_at_bindings(&call, "web").await.unwrap();
            assert_eq!(seen.len(), 1);
        };
        let (deleted, ()) =
            tokio::join!(delete_unbound(&client, &call, Duration::ZERO, &ATTEMPT, Ending::Destroy), looking);
        assert!(deleted.is_ok(), "{deleted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_tries_become_fewer() {
        fastrand::seed(7);
        let script = Script::new((0..500).flat_map(|_| [bound(), shows(&[("i-1", "Stopping")])]));
        delete_unbound(&script.client(), &within(1200), Duration::ZERO, &ATTEMPT, Ending::Destroy)
            .await
            .unwrap_err();
        let deletes = script.seen().into_iter().filter(|seen| seen.form["Action"] == "DeleteKeyPairs");
        let at: Vec<Instant> = deletes.map(|seen| seen.at).collect();
        assert!((8..=25).contains(&at.len()), "{} in two minutes", at.len());
        let gaps: Vec<Duration> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps[0] <= Duration::from_secs(1), "{gaps:?}");
        assert!(gaps.iter().any(|gap| *gap > Duration::from_secs(8)), "{gaps:?}");
        assert_eq!((*at.last().unwrap() - at[0]).as_secs(), 120, "the last try comes at the end");
    }

    #[tokio::test(start_paused = true)]
    async fn the_diagnostic_comes_when_the_instances_can_not_be_looked_up() {
        for look in [Act::Hang, code(503, "ServiceUnavailable")] {
            let script = Script::new([bound(), look.clone()]);
            let (call, started) = (within(1200), Instant::now());
            let told = delete_unbound(&script.client(), &call, Duration::ZERO, &ATTEMPT, Ending::Destroy)
                .await
                .unwrap_err();
            assert!(told.detail.contains("Which ones could not be looked up"), "{told:?}");
            assert!(started.elapsed() <= Duration::from_secs(11), "{:?}", started.elapsed());

            // An interrupt ends the look at once.
            let script = Script::new([bound(), look]);
            let (call, started) = (within(1200), Instant::now());
            let client = script.client();
            let delete = delete_unbound(&client, &call, Duration::ZERO, &ATTEMPT, Ending::Destroy);
            let cancelling = async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                call.cancel.cancel();
            };
            let (told, ()) = tokio::join!(delete, cancelling);
            assert!(told.unwrap_err().summary.contains("is bound to instances"));
            assert!(started.elapsed() <= Duration::from_secs(2), "{:?}", started.elapsed());
        }
    }
}
