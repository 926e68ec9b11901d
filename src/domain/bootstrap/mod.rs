//! The first start: an installation without any user gets its first owner by a setup link.
//!
//! Knows one thing, whether anybody is there yet. There is no default account and no default
//! password: whoever reads the server's log, or has its command line, makes the first owner.

mod create_owner;
mod open;
mod store;

pub use create_owner::{CreateOwner, SetupError, create_owner};
pub use open::{LIFETIME, SetupLink, open};
pub use store::sweep;

use crate::domain::users;
use crate::platform::app::App;
use crate::platform::db;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// What whoever opens a setup link is told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// It can be used.
    Ready {
        /// When it stops working.
        expires_at: Timestamp,
    },
    /// No link has this token.
    Unknown,
    /// It made the first owner.
    Used {
        /// When.
        at: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// Somebody has an account already, so there is nothing left to set up.
    Closed,
}

/// A link as it is stored, without its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stored {
    end: Timestamp,
    used: Option<Timestamp>,
    closed: Option<Timestamp>,
}

impl Stored {
    fn state(self, now: Timestamp) -> SetupState {
        if let Some(at) = self.used {
            SetupState::Used { at }
        } else if self.closed.is_some() {
            SetupState::Closed
        } else if self.end <= now {
            SetupState::Expired { at: self.end }
        } else {
            SetupState::Ready {
                expires_at: self.end,
            }
        }
    }
}

/// What has become of a setup link. Changes nothing.
pub async fn look(app: &App, token: &Secret) -> Result<SetupState, Internal> {
    db::catch_up(app.db.read(), &app.clock).await?;
    let Some(link) = store::find(app.db.read(), token).await? else {
        return Ok(SetupState::Unknown);
    };
    match link.state(app.clock.now()) {
        SetupState::Ready { .. } if users::any(app.db.read()).await? => Ok(SetupState::Closed),
        state => Ok(state),
    }
}
