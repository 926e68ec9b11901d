//! The last owner stays: somebody must always be able to do everything.

use super::{UserError, store};
use crate::domain::access::leases;
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// Lets one act at a time take an owner away.
///
/// `Locks:` taken before the user's row. Two owners demoting each other at once would otherwise each
/// still see the other.
pub(super) async fn serialise(txn: &Txn, app: &App) -> Result<(), Internal> {
    leases::serialise(txn, "owners", app.clock.now()).await
}

/// Whether an owner whose password is kept elsewhere can act here: only by a token of the identity provider.
pub(super) fn may_come_from_elsewhere(app: &App) -> bool {
    app.issuer.is_some()
}

/// Errors: `LastOwner` when nobody else is an owner who can act.
pub(super) async fn require_another(txn: &Txn, app: &App, except: UserId) -> Result<(), UserError> {
    let now = app.clock.now();
    let only_built_in = !may_come_from_elsewhere(app);
    match store::other_active_owners(txn, except, now, only_built_in).await? {
        0 => Err(UserError::LastOwner),
        _ => Ok(()),
    }
}
