//! What is kept of a link that was made, for a repeated request; no secret.

use serde::{Deserialize, Serialize};

use crate::domain::mail::Delivery;
use crate::domain::one_time_links::OneTimeLink;
use crate::domain::users::User;
use crate::types::ids::{LinkId, MailDeliveryId, UserId};

/// A link that was made, by the names of what belongs to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredLink {
    user: String,
    link: String,
    delivery: Option<String>,
    /// Sessions that were ended.
    #[serde(default)]
    pub revoked_sessions: u64,
}

impl StoredLink {
    pub(super) fn of(user: &User, link: &OneTimeLink, delivery: Option<&Delivery>) -> Self {
        Self {
            user: user.id.to_string(),
            link: link.id.to_string(),
            delivery: delivery.map(|delivery| delivery.id.to_string()),
            revoked_sessions: 0,
        }
    }

    /// The user and the mail; `None` when the row was not written by this release.
    pub fn ids(&self) -> (Option<UserId>, Option<MailDeliveryId>) {
        (
            UserId::parse(&self.user),
            self.delivery.as_deref().and_then(MailDeliveryId::parse),
        )
    }

    /// The link; `None` when the row was not written by this release.
    pub fn link(&self) -> Option<LinkId> {
        LinkId::parse(&self.link)
    }
}
