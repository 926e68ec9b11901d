//! Mails to users, changed by hand: the rank of the user counts, as in every act on them.

use super::target::{Own, check};
use super::{UserError, UserRef, store};
use crate::domain::audit::{self, Attempt, AuditAction};
use crate::domain::mail::{self, Delivery, DeliveryError};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::ids::MailDeliveryId;

/// Has a mail tried again; one's own too.
pub async fn retry_delivery(
    app: &App,
    actor: &Actor,
    id: Option<MailDeliveryId>,
    reason: Option<&str>,
) -> Result<Delivery, DeliveryError> {
    let act = async {
        let id = reach(app, actor, id, Own::Taken).await?;
        mail::retry(app, actor, id, reason).await
    };
    let attempt = attempt(AuditAction::MailDeliveryRetried, id);
    audit::noting(app, actor, attempt, act).await
}

/// Takes a mail off the queue.
///
/// `Why:` never one's own. Whoever took over an administrator's session would keep from them what they
/// are told about their account.
pub async fn cancel_delivery(
    app: &App,
    actor: &Actor,
    id: Option<MailDeliveryId>,
    reason: Option<&str>,
) -> Result<Delivery, DeliveryError> {
    let act = async {
        let id = reach(app, actor, id, Own::Refused).await?;
        mail::cancel(app, actor, id, reason).await
    };
    let attempt = attempt(AuditAction::MailDeliveryCancelled, id);
    audit::noting(app, actor, attempt, act).await
}

fn attempt(action: AuditAction, id: Option<MailDeliveryId>) -> Attempt {
    Attempt {
        action,
        user: None,
        target_label: id.map(|id| id.to_string()),
        subject: None,
    }
}

/// A mail that is there, to a user whom the actor may act on, or to none. Whom a mail goes to never
/// changes.
async fn reach(
    app: &App,
    actor: &Actor,
    id: Option<MailDeliveryId>,
    own: Own,
) -> Result<MailDeliveryId, DeliveryError> {
    actor.require(Permission::MailWrite)?;
    let id = id.ok_or(DeliveryError::NotFound)?;
    let delivery = mail::find_by_id(app, id).await?;
    let delivery = delivery.ok_or(DeliveryError::NotFound)?;
    let user = match delivery.user {
        Some(user) => store::find(app.db.read(), &UserRef::Id(user)).await?,
        None => None,
    };
    let Some(user) = user else {
        return Ok(id);
    };
    match check(app, actor, &user, own) {
        Ok(()) => Ok(id),
        Err(UserError::OwnAccount) => Err(DeliveryError::OwnMail),
        Err(_out_of_reach) => Err(DeliveryError::NotManageable),
    }
}
