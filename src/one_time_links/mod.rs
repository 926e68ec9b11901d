//! One-time links: a token, one purpose, one use.
//!
//! Knows what a link is and in which state; only the hash of its token is stored. Whether its user
//! may still use it is for the rooms above to say. A new password makes every outstanding link of the
//! user useless, in the same transaction.

mod mint;
mod store;

pub use mint::{MAX_LIFETIME, MIN_LIFETIME, NewLink, mint};
pub use store::{consume, look, revoke_all, sweep};

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ids::{LinkId, UserId};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// Choosing a new password; made by an administrator or at the command line, without a mail.
    PasswordReset,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 1] = [Self::PasswordReset];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "PASSWORD_RESET",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// What has become of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Can be used.
    Active,
    /// Was used.
    Used {
        /// When.
        at: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// A newer link of the same purpose took its place.
    Superseded {
        /// When the newer one was made.
        at: Timestamp,
    },
    /// Something else made it useless: a new password, another address, the account disabled.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

/// Who made a link, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maker {
    /// What kind of actor.
    pub kind: Option<String>,
    /// Which one, where it has an identity.
    pub id: Option<Uuid>,
    /// Its name at that time.
    pub label: Option<String>,
}

/// A link, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeLink {
    /// Its name.
    pub id: LinkId,
    /// For whom it is.
    pub user: UserId,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// Who made it.
    pub made_by: Maker,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When a newer one took its place.
    pub superseded_at: Option<Timestamp>,
    /// When it was made useless.
    pub revoked_at: Option<Timestamp>,
}

impl OneTimeLink {
    /// The state at that time. What happened to a link while it worked comes before its end.
    pub fn state(&self, now: Timestamp) -> LinkState {
        if let Some(at) = self.used_at {
            LinkState::Used { at }
        } else if let Some(at) = self.superseded_at {
            LinkState::Superseded { at }
        } else if let Some(at) = self.revoked_at {
            LinkState::Revoked { at }
        } else if self.expires_at <= now {
            LinkState::Expired {
                at: self.expires_at,
            }
        } else {
            LinkState::Active
        }
    }
}

#[cfg(test)]
mod tests;
