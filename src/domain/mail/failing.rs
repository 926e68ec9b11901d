//! Addresses that a mail server said nobody reads, so that administrators know before they mail.

use std::collections::HashMap;

use super::DeliveryError;
use super::store::failing;
use crate::domain::audit::{self, AuditAction, Event};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Permission};
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Most keys in one statement; SQLite takes 32 766 values.
const AT_ONCE: usize = 1_000;

/// What is known of an address at which nobody reads mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressFailure {
    /// The mail server's words.
    pub reason: String,
    /// When it said so last.
    pub at: Timestamp,
}

/// What failed at these addresses, by their keys, without a check of rights. Good ones are absent.
pub async fn failures(
    app: &App,
    address_keys: &[&str],
) -> Result<HashMap<String, AddressFailure>, Internal> {
    let mut found = HashMap::with_capacity(address_keys.len());
    for keys in address_keys.chunks(AT_ONCE) {
        let rows = failing::marked(app.db.read(), keys).await?;
        found.extend(rows.into_iter().map(|row| {
            let at = Timestamp::from_millis(row.failed_at);
            let reason = row.reason;
            (row.address_key, AddressFailure { reason, at })
        }));
    }
    Ok(found)
}

/// Takes the mark off an address, in the transaction of the act that says so. `false` when it had
/// none.
pub async fn clear_failure(txn: &Txn, address_key: &str) -> Result<bool, Internal> {
    failing::clear(txn, address_key).await
}

/// Takes the mark off an address that perhaps nobody has any more. `false` when it had none.
pub async fn clear_address(
    app: &App,
    actor: &Actor,
    address: &EmailAddress,
    reason: Option<&str>,
) -> Result<bool, DeliveryError> {
    actor.require(Permission::UsersWrite)?;
    let reason = audit::read_reason(reason)?;
    let txn = app.db.begin_write().await?;
    let is_cleared = clear_failure(&txn, address.key()).await?;
    if is_cleared {
        let event = Event {
            action: AuditAction::MailAddressCleared,
            user: None,
            target_label: Some(address.masked()),
            changes: Vec::new(),
            reason,
        };
        audit::record(&txn, app, actor, event).await?;
    }
    txn.commit().await.map_err(Internal::from)?;
    Ok(is_cleared)
}
