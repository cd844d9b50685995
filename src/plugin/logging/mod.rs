//! Log lines as hosts read them: one JSON object per line of stderr, in hclog's keys.
//!
//! Log with the macros of `tracing`. The target says to which of four modules an event belongs, and each has its own
//! level; events of other crates are left out, since they may hold what must not be logged.
//!
//! | target | `@module` | level |
//! |---|---|---|
//! | this crate, or `provider` | `provider` | `TF_LOG_PROVIDER_NAME` |
//! | `framework` and `cty` of this crate, or `sdk` | `sdk` | `TF_LOG_SDK` |
//! | `sdk.proto` | `sdk.proto` | `TF_LOG_SDK_PROTO`, else that of `sdk` |
//! | `plugin` of this crate | `sdk.plugin` | that of `sdk` |
//!
//! What is unset follows `TF_LOG_PROVIDER`, then `TF_LOG`; if they are unset too, it is off. Fields of all spans around
//! an event are part of its line.

mod layer;
mod levels;
mod line;

use std::io::{self, Write as _};

use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use self::layer::HclogLayer;
use self::levels::Levels;
use super::environment::Lookup;

/// Starts logging for the whole process, if any log variable asks for it. `name` is the provider's short name.
pub(super) fn start(name: &str, lookup: Lookup<'_>) {
    let levels = Levels::read(name, lookup);
    if levels.all_off() {
        return;
    }
    let layer = HclogLayer::new(levels, |line: &[u8]| {
        // A host that no longer listens must not stop the work.
        let _ = io::stderr().lock().write_all(line);
    });
    // Fails only if somebody else already collects the events of this process.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}
