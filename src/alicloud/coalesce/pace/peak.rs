//! How many names the host can have outstanding.
//!
//! That is learnt when it stands still. A host also pauses for reasons of its own, which looks the same from here: so one
//! standstill proves nothing.

/// A batch waits for more than the known peak after so many that didn't.
const PROBE_AFTER: u32 = 4;

/// And after so many times as many when none came.
const PROBE_LESS: u32 = 3;

/// So many times in a row the host has to stand still below the peak before that is lowered.
const DOUBTS: u32 = 3;

/// The most names outstanding, as far as seen.
#[derive(Debug)]
pub(super) struct Peak {
    most: usize,
    /// Whether that is all the host can; if not, more are waited for.
    is_known: bool,
    /// Whether it is more than when the host last stood still.
    raised: bool,
    /// How often in a row the host stood still below it, and with how many at most.
    doubts: (u32, usize),
    /// Batches since one last waited for more, and after how many the next one does: batches that leave before the host
    /// stands still never show that it can do more.
    probe: (u32, u32),
}

impl Default for Peak {
    fn default() -> Self {
        Self { most: 0, is_known: false, raised: false, doubts: (0, 0), probe: (0, PROBE_AFTER) }
    }
}

impl Peak {
    /// The most names outstanding.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether that is all the host can.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    /// Whether the next batch is to see if there are more than known.
    pub(super) fn is_to_be_probed(&self) -> bool {
        self.is_known && self.probe.0 >= self.probe.1
    }

    /// So many are outstanding.
    pub(super) fn see(&mut self, outstanding: usize) {
        if outstanding > self.most {
            *self = Self { most: outstanding, raised: true, ..Self::default() };
        }
    }

    /// A batch left that can't be larger.
    pub(super) fn filled_a_batch(&mut self) {
        self.is_known = true;
        self.raised = false;
        self.doubts = (0, 0);
        self.probe.0 = 0;
    }

    /// A batch left before the host stood still.
    pub(super) fn left_early(&mut self) {
        self.doubts = (0, 0);
        self.probe.0 = self.probe.0.saturating_add(1);
    }

    /// Nobody came for long, with so many outstanding.
    pub(super) fn stood_still(&mut self, outstanding: usize) {
        if self.is_to_be_probed() {
            self.probe = (0, self.probe.1.saturating_mul(PROBE_LESS));
        }
        if std::mem::take(&mut self.raised) {
            // It grew until now, and may again.
            return;
        }
        if outstanding >= self.most {
            self.is_known = true;
            self.doubts = (0, 0);
            return;
        }
        self.doubts = (self.doubts.0 + 1, self.doubts.1.max(outstanding));
        if self.doubts.0 >= DOUBTS {
            let most = self.doubts.1.max(self.most / 2);
            *self = Self { most, is_known: true, ..Self::default() };
        }
    }
}
