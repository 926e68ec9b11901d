//! Access: API keys, keys against doing a thing twice, leases of workers, limits of rates, and which replicas
//! run.
//!
//! What an actor may do is decided in `actor.rs`; this module turns a presented key into an actor.

mod api_keys;
mod authenticate;
pub mod cleanup;
pub mod idempotency;
pub mod leases;
pub mod rate_limit;
pub mod replicas;
mod server_key;
mod store;
mod tokens;

pub use api_keys::{
    ApiKey, ApiKeyError, ApiKeyFilter, ApiKeyPatch, ApiKeyStatus, CreateApiKey, Creator, KeyFault,
    Networks, NewApiKey, StoredKey, UpdateApiKey, all, count, create, create_own, find_actors,
    find_many, list, made, require_key_manager, revoke, revoke_keys_of, update,
};
pub use authenticate::authenticate;
pub use leases::try_writing;
pub use server_key::{ServerKeyError, check_server_key, compare_server_key};

/// The order's name in cursors of keys.
pub const API_KEY_ORDER: &str = "api_keys";
