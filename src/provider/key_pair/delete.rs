//! Destroying a key pair.

use std::time::Duration;

use tokio::time::Instant;

use super::memory::Memory;
use super::schema::KeyPairModel;
use super::unbinding::{Unbinding, Verdict};
use super::{bound, call, refused};
use crate::alicloud::{Call, Client, Error, ErrorKind};
use crate::framework::duration::or_default;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostic, Diagnostics};
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::Attempt;

/// As in the official provider.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(20);

pub(super) async fn delete(
    context: &Context<Cloud>,
    prior: &KeyPairModel,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let client = context.client.client()?;
    let name = prior.name();
    // In the wrong region or account, the key pair of this name would be somebody else's, and none
    // of this name would pass for a success.
    let memory = Memory::load(&response.private);
    memory.check_region(name, client.region())?;
    memory.check_account(name, context).await?;
    let timeout = prior.timeouts.known().map_or(&Attr::Null, |timeouts| &timeouts.delete);
    let call = call(context, or_default(timeout, DEFAULT_TIMEOUT));
    let patience = or_default(&prior.wait_for_unbind, context.client.wait_for_unbind());
    let account_id = memory.account_id.as_deref();
    let attempt = Attempt { key_pair: name, account_id, timeout: Some("delete") };
    delete_unbound(client, &call, patience, &attempt).await?;
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
) -> Result<(), Diagnostic> {
    let name = attempt.key_pair;
    let mut unbinding = Unbinding::new(Instant::now(), patience);
    let mut refused = 0;
    loop {
        let asked = Instant::now();
        let refusal = match client.delete_key_pair(call, name).await {
            Ok(()) => return Ok(()),
            Err(refusal) if is_bound(&refusal) => refusal,
            Err(error) => return Err(refused::error(attempt, &error)),
        };
        refused += 1;
        // The message is worth a look even when the time for the delete is used up.
        let look = client.bindings(&call.to_explain(), name, asked).await;
        let verdict = match &look {
            Ok(instances) => unbinding.judge(Instant::now(), instances),
            Err(_) => Verdict::GiveUp,
        };
        let Verdict::Wait(reason) = verdict else { return Err(bound::error(attempt, &refusal, &look)) };
        tracing::info!(
            key_pair_name = name,
            reason,
            refused,
            "The key pair is still bound: waiting to try again"
        );
        call.pause(refused).await;
        if call.is_over() {
            return Err(bound::error(attempt, &refusal, &look));
        }
    }
}

/// Whether the service refused because instances carry the key pair.
fn is_bound(error: &Error) -> bool {
    error.kind() == ErrorKind::Bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::testing::{Act, Script, code, within};

    const ATTEMPT: Attempt<'_> = Attempt { key_pair: "web", account_id: None, timeout: Some("delete") };

    fn bound() -> Act {
        code(400, "InvalidParameter.KeypairAlreadyAttachedInstance")
    }

    #[tokio::test(start_paused = true)]
    async fn the_diagnostic_comes_when_the_instances_can_not_be_looked_up() {
        for look in [Act::Hang, code(503, "ServiceUnavailable")] {
            let script = Script::new([bound(), look.clone()]);
            let (call, started) = (within(1200), Instant::now());
            let told = delete_unbound(&script.client(), &call, Duration::ZERO, &ATTEMPT).await.unwrap_err();
            assert!(told.detail.contains("Which ones could not be looked up"), "{told:?}");
            assert!(started.elapsed() <= Duration::from_secs(11), "{:?}", started.elapsed());

            // An interrupt ends the look at once.
            let script = Script::new([bound(), look]);
            let (call, started) = (within(1200), Instant::now());
            let client = script.client();
            let delete = delete_unbound(&client, &call, Duration::ZERO, &ATTEMPT);
            let cancelling = async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                call.cancel.cancel();
            };
            let (told, ()) = tokio::join!(delete, cancelling);
            assert!(told.unwrap_err().summary.contains("is bound to instances"));
            assert_eq!(started.elapsed(), Duration::from_secs(2));
        }
    }
}
