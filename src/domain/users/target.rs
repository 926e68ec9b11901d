//! Whom an actor may act on: the one guard that every act on a user passes, twice.

use super::{Sought, User, UserError, UserRef, store};
use crate::domain::sessions;
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, ActorKind, Denied, Proof, Role};
use crate::types::ids::UserId;

/// Whether an act may be about the actor's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// It is refused; what people may do to themselves has acts of its own.
    Refused,
    /// It is taken, whatever the rank.
    Taken,
}

/// The user an act is about, before its transaction: exists, is not deleted, and may be acted on.
pub async fn get(app: &App, actor: &Actor, reference: &UserRef) -> Result<User, UserError> {
    get_or_own(app, actor, reference, Own::Refused).await
}

/// The same for an act that may be about the actor's own account.
pub(super) async fn get_or_own(
    app: &App,
    actor: &Actor,
    reference: &UserRef,
    own: Own,
) -> Result<User, UserError> {
    let user = present(store::find(app.db.read(), reference).await?)?;
    check(app, actor, &user, own)?;
    Ok(user)
}

/// The same inside the transaction, holding the user's row until it ends and raising its version.
///
/// `Locks:` the user's row. Whatever was judged before the transaction must be judged again on what
/// this returns, because another act may have come between.
pub async fn lock_target(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    id: UserId,
) -> Result<User, UserError> {
    lock_or_own(txn, app, actor, (id, Own::Refused)).await
}

/// The same for an act that may be about the actor's own account.
pub(super) async fn lock_or_own(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (id, own): (UserId, Own),
) -> Result<User, UserError> {
    let user = present(store::lock(txn, id, app.clock.now()).await?)?;
    require_standing(txn, app, actor).await?;
    check(app, actor, &user, own)?;
    Ok(user)
}

/// Whether the person behind the actor may still act, inside the transaction of the act.
///
/// `Why:` who calls was asked when the request came in. A hash later they may be disabled, demoted or
/// signed out, and what they were stopped from must not happen after that.
pub async fn require_standing(txn: &Txn, app: &App, actor: &Actor) -> Result<(), UserError> {
    let Some(id) = actor.person else {
        return Ok(());
    };
    let now = app.clock.now();
    let person = store::find(txn, &UserRef::Id(id)).await?;
    let person = person.filter(|person| {
        person.deleted_at.is_none()
            && !person.is_disabled(now)
            && person.password_blocked_at.is_none()
            && person.role >= actor.role
    });
    let person = person.ok_or(Denied::Unauthenticated)?;
    if person.must_change_password {
        return Err(Denied::PasswordChangeRequired.into());
    }
    if let Proof::Session { id, .. } = actor.proof
        && !sessions::stands(txn, id, now).await?
    {
        return Err(Denied::Unauthenticated.into());
    }
    Ok(())
}

/// A row that is there and not deleted.
pub(super) fn present(user: Option<User>) -> Result<User, UserError> {
    user.filter(|user| user.deleted_at.is_none())
        .ok_or(UserError::NotFound)
}

/// Whether the actor may act on others of this role, and hand it out.
///
/// `Why:` one sentence for both. A key that is kept from admins could otherwise make one of its own.
pub(super) fn may_touch(app: &App, actor: &Actor, role: Role) -> bool {
    let is_kept_from_keys = matches!(actor.kind, ActorKind::ApiKey(_))
        && !app.settings.security.api_keys_may_manage_admins
        && role >= Role::Admin;
    !is_kept_from_keys && actor.manages(role)
}

/// Whether the actor may act on this user at all.
///
/// Errors: `OwnAccount` when it is the actor's own, `NotManageable` when the user is not below, `NotVisible`
/// when the actor does not even see such users.
pub fn check(app: &App, actor: &Actor, user: &User, own: Own) -> Result<(), UserError> {
    if actor.is(user.id) {
        return match own {
            Own::Refused => Err(UserError::OwnAccount),
            Own::Taken => Ok(()),
        };
    }
    if may_touch(app, actor, user.role) {
        Ok(())
    } else if actor.role.sees(user.role) {
        Err(UserError::NotManageable)
    } else {
        Err(UserError::NotVisible(Sought::User))
    }
}
