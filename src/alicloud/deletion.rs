//! Deleting a key pair for certain: a lost reply is settled by looking.

use super::call::Call;
use super::client::Client;
use super::error::{Error, ErrorKind};

impl Client {
    /// Deletes the key pair of this name. That there is none is success, and a clean answer is final, since the
    /// service deletes before it answers. After a lost reply the exact name is asked for: if it is shown, the
    /// deletion is sent again while there is time.
    pub async fn delete_key_pair(&self, call: &Call, name: &str) -> Result<(), Error> {
        let mut failures = 0;
        loop {
            let lost = match self.delete_key_pairs(call, &[name]).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ReplyLost => error,
                Err(error) => return Err(error),
            };
            match self.describe_key_pair(&call.to_settle(), name).await {
                Ok(None) => return Ok(()),
                Ok(Some(_)) => {}
                Err(look) => return Err(lost.with_last(Some(look))),
            }
            failures += 1;
            call.pause(failures).await;
            if call.is_over() {
                return Err(lost);
            }
            tracing::info!(
                key_pair_name = name,
                "The reply was lost and the key pair is still there: deleting again"
            );
        }
    }
}
