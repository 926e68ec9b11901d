//! What the audit trail says of acts on users: that they were done, and that they were denied.

use super::{User, UserError, UserRef, login_subject, store};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event, Refusal};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Permission, Role};

/// Runs an act on a user, and notes it when it was denied.
///
/// `Why:` whom it was about is looked up only then, and never for a stranger, who would learn by the
/// time it takes whether there is such a user.
pub async fn noting<T, E: Refusal>(
    app: &App,
    actor: &Actor,
    (action, user): (AuditAction, &UserRef),
    act: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let result = act.await;
    let Err(refusal) = &result else {
        return result;
    };
    let Some(code) = refusal.denial().or_else(|| probe(actor, refusal)) else {
        return result;
    };
    let target = if actor.is_known() {
        store::find(app.db.read(), user).await.ok().flatten()
    } else {
        None
    };
    let subject = target.is_none().then(|| asked(user)).flatten();
    let attempt = Attempt {
        action,
        user: target.as_ref().map(|user| user.id),
        target_label: target.map(|user| user.username),
        subject: subject.filter(|_| actor.is_known()),
    };
    audit::denied(app, actor, attempt, code).await;
    result
}

/// The code under which a name that nobody has is a denial: for those who see but some users.
///
/// `Why:` a try at somebody whom they may not see is noted, and that takes time. If one at nobody were not,
/// the time would tell which of the two it was. And whoever tries names leaves a trace.
fn probe<E: Refusal>(actor: &Actor, refusal: &E) -> Option<&'static str> {
    let sees_all = Role::ALL.into_iter().all(|role| actor.role.sees(role));
    refusal
        .not_found()
        .filter(|_| actor.is_known() && !sees_all)
}

/// What tells one name that nobody has from another.
fn asked(user: &UserRef) -> Option<String> {
    match user {
        UserRef::Id(id) => Some(id.to_string()),
        UserRef::Login(login) => Some(login_subject(login)),
        UserRef::Nobody => None,
    }
}

/// The right to an act, asked for before its input is judged, so that a stranger learns nothing by trying
/// inputs.
pub async fn require_noted(
    app: &App,
    actor: &Actor,
    permission: Permission,
    what: (AuditAction, &UserRef),
) -> Result<(), UserError> {
    let asked = async { actor.require(permission).map_err(UserError::from) };
    noting(app, actor, what, asked).await
}

/// Writes down that an act on a user was done, under the name the user has now.
pub(super) async fn record(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (action, user, changes, reason): (AuditAction, &User, Vec<Change>, Option<String>),
) -> Result<(), UserError> {
    let event = Event {
        action,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes,
        reason,
    };
    audit::record(txn, app, actor, event).await?;
    Ok(())
}
