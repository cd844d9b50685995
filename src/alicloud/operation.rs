//! What the client has to know of an operation to repeat it rightly.

use super::endpoint::Service;

/// An operation of an API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) service: Service,
    pub(crate) name: &'static str,
    /// Whether doing it twice is the same as doing it once, so that it may be sent again when it isn't known
    /// what became of the first request.
    pub(crate) idempotent: bool,
}

impl Operation {
    pub(crate) const fn idempotent(service: Service, name: &'static str) -> Self {
        Self { service, name, idempotent: true }
    }

    pub(crate) const fn once(service: Service, name: &'static str) -> Self {
        Self { service, name, idempotent: false }
    }
}
