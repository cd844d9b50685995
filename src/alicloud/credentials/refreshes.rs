//! The refreshes under way, whose end the process waits for: a refresh token that is good once may be used up already,
//! and the next one not be written yet.

use std::sync::{Arc, LazyLock};

use tokio::sync::watch;

/// Counts refreshes. Clones count together.
#[derive(Clone)]
pub(crate) struct Refreshes(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    under_way: usize,
    ending: bool,
}

/// One refresh under way, until it is dropped.
pub(super) struct UnderWay(Refreshes);

impl Refreshes {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }

    /// Those of this process, whatever configuration they belong to.
    pub(crate) fn of_process() -> Self {
        static ALL: LazyLock<Refreshes> = LazyLock::new(Refreshes::new);
        ALL.clone()
    }

    /// Begins a refresh; `None` if no more are begun.
    pub(super) fn begin(&self) -> Option<UnderWay> {
        let begun = self.0.send_if_modified(|state| {
            if !state.ending {
                state.under_way += 1;
            }
            !state.ending
        });
        begun.then(|| UnderWay(self.clone()))
    }

    /// Begins no more of them, and waits for those under way.
    pub(crate) async fn end(&self) {
        self.0.send_modify(|state| state.ending = true);
        // The sender is here, so there is an answer.
        let _ = self.0.subscribe().wait_for(|state| state.under_way == 0).await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.under_way = state.under_way.saturating_sub(1));
    }
}
