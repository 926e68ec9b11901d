//! One-time links: a token, one purpose, one use.
//!
//! Knows what a link is and in which state; only the hash of its token is stored. Whether its user
//! may still use it is for the rooms above to say. A new password makes every outstanding link of the
//! user useless, in the same transaction.

mod client;
mod code;
mod exchange;
mod list;
mod mint;
mod spoken;
mod store;

pub use client::ClientClass;
pub use exchange::{Claimed, exchange};
pub use list::{LinkFilter, ORDER, count_by_user, find_many, list_by_user, note_opened, revoke};
pub use mint::{Asked, LinkForm, MAX_LIFETIME, MIN_LIFETIME, Minted, NewLink, mint};
pub use spoken::{SpokenError, parse as parse_spoken};
pub use store::{consume, look, revoke_all, sweep};

use uuid::Uuid;

use crate::types::clock::Timestamp;
use crate::types::ids::{LinkId, MailDeliveryId, UserId};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// Choosing a new password.
    PasswordReset,
    /// Saying that somebody else changed the password.
    NotMe,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::PasswordReset, Self::NotMe];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "PASSWORD_RESET",
            Self::NotMe => "NOT_ME",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// How a link came about and how it reaches its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkOrigin {
    /// The user asked for it.
    SelfService,
    /// An administrator had it mailed.
    AdminEmail,
    /// An administrator made it, here or at the command line, to hand it over.
    AdminHandover,
    /// It stands in a notice of a change.
    Notice,
}

impl LinkOrigin {
    /// Every origin.
    pub const ALL: [Self; 4] = [
        Self::SelfService,
        Self::AdminEmail,
        Self::AdminHandover,
        Self::Notice,
    ];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelfService => "SELF_SERVICE",
            Self::AdminEmail => "ADMIN_EMAIL",
            Self::AdminHandover => "ADMIN_HANDOVER",
            Self::Notice => "NOTICE",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }
}

/// What made a link useless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevokedWhy {
    /// An administrator revoked it.
    Administrator,
    /// The password was changed, or blocked.
    NewPassword,
    /// The address, the username or the rights changed.
    AccountChanged,
    /// The account was disabled or deleted.
    AccountClosed,
}

impl RevokedWhy {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::Administrator,
        Self::NewPassword,
        Self::AccountChanged,
        Self::AccountClosed,
    ];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "ADMINISTRATOR",
            Self::NewPassword => "NEW_PASSWORD",
            Self::AccountChanged => "ACCOUNT_CHANGED",
            Self::AccountClosed => "ACCOUNT_CLOSED",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }

    /// Which links it makes useless.
    ///
    /// `Why:` whoever took an account over changes its address next. The notice that went to the old
    /// address must still be of use, until a new password says that somebody has the account again.
    const fn purposes(self) -> &'static [LinkPurpose] {
        match self {
            Self::NewPassword => &LinkPurpose::ALL,
            Self::Administrator | Self::AccountChanged | Self::AccountClosed => {
                &[LinkPurpose::PasswordReset]
            }
        }
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
    /// Something else made it useless.
    Revoked {
        /// When.
        at: Timestamp,
        /// What; unknown of links from before it was written down.
        why: Option<RevokedWhy>,
    },
}

/// The same without times, for conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkStatus {
    /// Can be used.
    Active,
    /// Was used.
    Used,
    /// Its time is over.
    Expired,
    /// A newer one took its place.
    Superseded,
    /// Something else made it useless.
    Revoked,
}

impl LinkStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Used,
        Self::Expired,
        Self::Superseded,
        Self::Revoked,
    ];

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Used => "USED",
            Self::Expired => "EXPIRED",
            Self::Superseded => "SUPERSEDED",
            Self::Revoked => "REVOKED",
        }
    }
}

impl From<LinkState> for LinkStatus {
    fn from(state: LinkState) -> Self {
        match state {
            LinkState::Active => Self::Active,
            LinkState::Used { .. } => Self::Used,
            LinkState::Expired { .. } => Self::Expired,
            LinkState::Superseded { .. } => Self::Superseded,
            LinkState::Revoked { .. } => Self::Revoked,
        }
    }
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
    /// By what.
    pub revoked_why: Option<RevokedWhy>,
    /// How it came about.
    pub origin: LinkOrigin,
    /// Whether its user is signed in once the new password is accepted.
    pub sign_in_on_use: bool,
    /// Where the user may go on to afterwards.
    pub redirect_url: Option<String>,
    /// When it was first opened in a browser, or by a program that looks into mail.
    pub opened_at: Option<Timestamp>,
    /// By what class of program.
    pub opened_by: Option<ClientClass>,
    /// The mail it went out with.
    pub mail: Option<MailDeliveryId>,
}

impl OneTimeLink {
    /// The status at that time.
    pub fn status(&self, now: Timestamp) -> LinkStatus {
        self.state(now).into()
    }

    /// The state at that time. What happened to a link while it worked comes before its end.
    pub fn state(&self, now: Timestamp) -> LinkState {
        if let Some(at) = self.used_at {
            LinkState::Used { at }
        } else if let Some(at) = self.superseded_at {
            LinkState::Superseded { at }
        } else if let Some(at) = self.revoked_at {
            LinkState::Revoked {
                at,
                why: self.revoked_why,
            }
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
