//! Access: API keys, keys against doing a thing twice, leases of workers, and limits of rates.
//!
//! What an actor may do is decided in `actor.rs`; this room turns a presented key into an actor.

mod api_keys;
mod authenticate;
pub mod idempotency;
pub mod leases;
pub mod rate_limit;
mod server_key;
mod store;

pub use api_keys::{ApiKey, ApiKeyError, ApiKeyStatus, NewApiKey, create, find_many, list, revoke};
pub use authenticate::authenticate;
pub use server_key::{ServerKeyError, check_server_key};
