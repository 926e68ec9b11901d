//! How far mails have got, for those who wait for them.

use super::{Delivery, DeliveryStatus, store};
use crate::platform::app::App;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::MailDeliveryId;

/// Most ids in one statement; SQLite takes 32 766 values.
const AT_ONCE: usize = 1_000;

/// What changes when something happens to a mail.
///
/// `Why:` the tries are counted in, so that a try between two looks is noticed although the mail is
/// queued before it and after it; and the next one, because an administrator may move or cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far it has got.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub tries: u32,
    /// When it will be tried again.
    pub next_attempt_at: Option<Timestamp>,
}

impl Delivery {
    /// How far it has got.
    pub const fn progress(&self) -> Progress {
        Progress {
            status: self.status,
            tries: self.attempt_count,
            next_attempt_at: self.next_attempt_at,
        }
    }

    /// Whether nothing will happen to it any more.
    pub const fn is_over(&self) -> bool {
        match self.status {
            DeliveryStatus::Queued | DeliveryStatus::Sending => false,
            DeliveryStatus::Unknown => self.next_attempt_at.is_none(),
            DeliveryStatus::Sent
            | DeliveryStatus::Failed
            | DeliveryStatus::Cancelled
            | DeliveryStatus::Expired => true,
        }
    }
}

/// How far these mails have got, without a check of rights: for the change poller. Unknown ones are absent.
pub async fn progress(
    app: &App,
    ids: &[MailDeliveryId],
) -> Result<Vec<(MailDeliveryId, Progress)>, Internal> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        found.extend(store::progress(app.db.read(), ids).await?);
    }
    Ok(found)
}
