//! Taking a mail off the queue by hand.

use super::retry::LOOKS;
use super::{Delivery, DeliveryError, DeliveryStatus, noted, store};
use crate::actor::{Actor, Permission};
use crate::app::App;
use crate::audit::{self, AuditAction};
use crate::error::Internal;
use crate::ids::MailDeliveryId;

/// Why a mail cannot be taken off the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncancellable {
    /// A worker holds it.
    #[error(
        "This mail is being sent right now. If the mail server does not take it, it can be cancelled \
         afterwards."
    )]
    BeingSent,
    /// It is no longer on the queue.
    #[error("This mail is over: {}.", .0.name())]
    Over(DeliveryStatus),
}

impl Delivery {
    /// Whether `cancel` would do something with it.
    pub const fn is_cancellable(&self) -> bool {
        !self.is_over() && !matches!(self.status, DeliveryStatus::Sending)
    }

    fn cancel(&self) -> Result<(), Uncancellable> {
        if self.is_cancellable() {
            Ok(())
        } else if self.is_over() {
            Err(Uncancellable::Over(self.status))
        } else {
            Err(Uncancellable::BeingSent)
        }
    }
}

/// Takes a waiting mail off the queue and erases what it carries, in one statement. One of which nobody
/// knows whether it arrived is not tried again, and stays `UNKNOWN`.
pub async fn cancel(
    app: &App,
    actor: &Actor,
    id: MailDeliveryId,
    reason: Option<&str>,
) -> Result<Delivery, DeliveryError> {
    actor.require(Permission::MailWrite)?;
    let reason = audit::read_reason(reason)?;
    let now = app.clock.now();
    let txn = app.db.begin_write().await?;
    for _look in 0..LOOKS {
        let seen = store::by_hand::read(&txn, id).await?;
        let seen = seen.ok_or(DeliveryError::NotFound)?;
        seen.cancel().map_err(DeliveryError::NotCancellable)?;
        if store::by_hand::cancel(&txn, &seen, now).await? {
            let after = store::by_hand::read(&txn, id).await?;
            let after = after.ok_or(DeliveryError::NotFound)?;
            let what = (AuditAction::MailDeliveryCancelled, &seen, &after);
            noted::record(&txn, app, actor, what, reason).await?;
            txn.commit().await.map_err(Internal::from)?;
            return Ok(after);
        }
    }
    Err(DeliveryError::NotCancellable(Uncancellable::BeingSent))
}
