//! The database's shape as SeaORM sees it: one table a file, no behaviour.
//!
//! These types never leave a `store.rs`.

pub(crate) mod api_key;
pub(crate) mod audit_event;
pub(crate) mod cleanup_step;
pub(crate) mod counter;
pub(crate) mod credential;
pub(crate) mod failing_address;
pub(crate) mod idempotency_key;
pub(crate) mod lease;
pub(crate) mod mail_template_version;
pub(crate) mod name_skeleton;
pub(crate) mod one_time_link;
pub(crate) mod outbox_email;
pub(crate) mod password_history;
pub(crate) mod password_reset_request;
pub(crate) mod rate_limit;
pub(crate) mod replica;
pub(crate) mod schema_requirement;
pub(crate) mod server_key;
pub(crate) mod session;
pub(crate) mod setup_link;
pub(crate) mod trusted_client;
pub(crate) mod user;

use serde::{Deserialize, Deserializer, de::Error};

/// Bytes that `keyset` reads as hexadecimal digits.
pub(crate) fn bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<u8>>, D::Error> {
    let Some(digits) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| {
        let pair = std::str::from_utf8(pair).map_err(D::Error::custom)?;
        u8::from_str_radix(pair, 16).map_err(D::Error::custom)
    };
    pairs.map(byte).collect::<Result<_, _>>().map(Some)
}

/// The same for a column that is never null.
pub(crate) fn some_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Ok(bytes(deserializer)?.unwrap_or_default())
}
