//! The database's shape as SeaORM sees it: one table a file, no behaviour.
//!
//! These types never leave a `store.rs`.

pub(crate) mod api_key;
pub(crate) mod audit_event;
pub(crate) mod counter;
pub(crate) mod credential;
pub(crate) mod idempotency_key;
pub(crate) mod lease;
pub(crate) mod one_time_link;
pub(crate) mod outbox_email;
pub(crate) mod password_history;
pub(crate) mod server_key;
pub(crate) mod session;
pub(crate) mod user;
