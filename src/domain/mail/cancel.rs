//! Taking a mail off the queue by hand.

use super::by_hand::{ByHand, Change};
use super::{Delivery, DeliveryError, DeliveryStatus};
use crate::domain::audit::{self, AuditAction};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::ids::MailDeliveryId;

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

    fn cancel(&self) -> Result<Change, Uncancellable> {
        if self.is_cancellable() {
            Ok(Change::Ended)
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
    let act = ByHand {
        id,
        action: AuditAction::MailDeliveryCancelled,
        reason: audit::read_reason(reason)?,
        judge: |mail, _now| mail.cancel().map_err(DeliveryError::NotCancellable),
        held: DeliveryError::NotCancellable(Uncancellable::BeingSent),
    };
    act.run(app, actor).await
}
