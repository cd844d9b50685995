//! A client of Alibaba Cloud's ECS and STS APIs, as far as SSH key pairs need them.
//!
//! [`Client`] signs, sends and repeats calls; each operation is a method on it, kept with its request
//! and answer under [`ecs`] or [`sts`]. All of them take a [`Call`], which says until when the caller
//! will wait, and fail with an [`Error`], whose [`ErrorKind`] names the user's next step.
//!
//! Nothing here knows of Terraform.

mod attempt;
mod backoff;
mod call;
mod client;
mod clock;
mod coalesce;
pub mod credentials;
mod deletion;
mod denial;
pub mod ecs;
mod endpoint;
mod error;
mod error_code;
mod groups;
mod json;
mod limiter;
mod lookup;
mod operation;
pub(crate) mod printable;
mod proxy;
mod redact;
mod reply;
mod request;
mod retry;
mod signature;
pub mod sts;
#[cfg(test)]
pub(crate) mod testing;
mod transport;
mod trust;

pub use call::Call;
pub(crate) use call::Interrupted;
pub use client::{Client, Config};
pub(crate) use clock::{Clock, SystemClock};
pub use denial::Denial;
pub use endpoint::{ConfigError, Endpoints, Scheme, Service};
pub use error::{Error, ErrorKind};
pub(crate) use transport::{Http, Transport};
#[cfg(test)]
pub(crate) use transport::{HttpReply, HttpRequest, SendError, SendFuture};
