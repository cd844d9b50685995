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
    pub(crate) proof: Proof,
}

/// What proves who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A signature with the access key's secret.
    Signature,
    /// The token of an identity provider, which the credentials carry as theirs; nothing is signed.
    OidcToken,
}

impl Operation {
    pub(crate) const fn idempotent(service: Service, name: &'static str) -> Self {
        Self { service, name, idempotent: true, proof: Proof::Signature }
    }

    /// The same, proved by the token of an identity provider.
    pub(crate) const fn by_oidc_token(self) -> Self {
        Self { proof: Proof::OidcToken, ..self }
    }

    pub(crate) const fn once(service: Service, name: &'static str) -> Self {
        Self { service, name, idempotent: false, proof: Proof::Signature }
    }
}
