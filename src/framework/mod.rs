//! The provider protocol (tfplugin6, version 6.11), as a library.
//!
//! An author writes a [`Provider`], its [`Resource`]s and its [`DataSource`]s: a [`schema`], a typed [`Model`] declared
//! by [`model!`](crate::model), and the steps of a life. [`service`] makes of them the gRPC service
//! that hosts call. The planning that every resource shares, the mapping of values, private data,
//! cancellation, panics and logging are done here; nothing here knows any cloud.

mod adapter;
mod context;
mod data_source;
mod deprecation;
mod diagnostic;
pub mod duration;
mod fit;
mod model;
mod planning;
mod private;
mod proto;
mod provider;
mod replacement;
mod resource;
pub mod schema;
mod secret;
mod server;
mod set;
mod stored_state;
mod untouched;
mod write_only;

pub use context::Context;
pub use data_source::DataSource;
pub use diagnostic::{Cause, Diagnostic, Diagnostics, Severity, one_line};
pub use model::{Attr, Model, ModelError, ModelValue, attribute_name, part};
pub use private::Private;
pub use provider::{Host, Provider, Types};
pub use resource::{
    ChangeResponse, CreateRequest, DeleteRequest, DestroyPlanRequest, ImportSource, MoveSource, Moved,
    PlanRequest, PlanResponse, ReadRequest, Resource, UpdateRequest,
};
pub use secret::Secret;
pub use server::service;
pub use set::Set;
pub use stored_state::{StoredState, StoredStateError};
