//! Acts whose denial stands in the audit trail.

use super::{UserError, UserRef, store};
use crate::actor::{Actor, Permission};
use crate::app::App;
use crate::audit::{self, Attempt, AuditAction, Refusal};

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
    let Some(code) = refusal.denial() else {
        return result;
    };
    let target = if actor.is_known() {
        store::find(app.db.read(), user).await.ok().flatten()
    } else {
        None
    };
    let attempt = Attempt {
        action,
        user: target.as_ref().map(|user| user.id),
        target_label: target.map(|user| user.username),
        subject: None,
    };
    audit::denied(app, actor, attempt, code).await;
    result
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
