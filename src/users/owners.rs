//! The last owner stays: somebody must always be able to do everything.

use super::{UserError, store};
use crate::access::leases;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Txn;
use crate::error::Internal;
use crate::ids::UserId;

/// Lets one act at a time take an owner away.
///
/// `Locks:` taken before the user's row. Two owners demoting each other at once would otherwise each
/// still see the other.
pub(super) async fn serialise(txn: &Txn, app: &App) -> Result<(), Internal> {
    leases::serialise(txn, "owners", app.clock.now()).await
}

/// Errors: `LastOwner` when nobody else is an owner who can act.
pub(super) async fn require_another(
    txn: &Txn,
    except: UserId,
    now: Timestamp,
) -> Result<(), UserError> {
    match store::other_active_owners(txn, except, now).await? {
        0 => Err(UserError::LastOwner),
        _ => Ok(()),
    }
}
