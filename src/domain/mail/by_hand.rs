//! Changing one mail by hand, while a worker may be about to send it.

use super::{Delivery, DeliveryError, noted, store};
use crate::domain::audit::AuditAction;
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::MailDeliveryId;

/// How often a mail that a worker moves meanwhile is looked at again.
const LOOKS: usize = 3;

/// What is done to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::mail) enum Change {
    /// It waits for its next try anyway; that is now.
    DueNow,
    /// It ended: it is queued once more, with a lifetime and a number of tries as if it were new.
    Renewed,
    /// It is taken off the queue, and what it carries is erased.
    Ended,
}

/// An act on one mail.
pub(super) struct ByHand {
    pub(super) id: MailDeliveryId,
    pub(super) action: AuditAction,
    pub(super) reason: Option<String>,
    /// What it means for the mail as it is at that time.
    pub(super) judge: fn(&Delivery, Timestamp) -> Result<Change, DeliveryError>,
    /// The refusal when a worker moves the mail at every look.
    pub(super) held: DeliveryError,
}

impl ByHand {
    /// Does it, and writes it down in the same transaction.
    ///
    /// `Why:` judged and written by one compare-and-swap, so that a worker that takes the mail at the same
    /// moment either comes first, and then the mail is looked at again, or not at all.
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<Delivery, DeliveryError> {
        let now = app.clock.now();
        let txn = app.db.begin_write().await?;
        for _look in 0..LOOKS {
            let seen = store::by_hand::read(&txn, self.id).await?;
            let seen = seen.ok_or(DeliveryError::NotFound)?;
            let change = (self.judge)(&seen, now)?;
            if store::by_hand::write(&txn, &seen, change, now).await? {
                let after = store::by_hand::read(&txn, self.id).await?;
                let after = after.ok_or(DeliveryError::NotFound)?;
                let what = (self.action, &seen, &after);
                noted::record(&txn, app, actor, what, self.reason).await?;
                txn.commit().await.map_err(Internal::from)?;
                return Ok(after);
            }
        }
        Err(self.held)
    }
}
