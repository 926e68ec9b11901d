//! What a session is, and when it ends.

use crate::platform::settings::SessionSettings;
use crate::types::actor::Role;
use crate::types::clock::Timestamp;
use crate::types::ids::{SessionId, UserId};

/// How a client holds on to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// By a token it was given.
    Token,
    /// By a cookie that scripts cannot read.
    Cookie,
}

impl Transport {
    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "TOKEN",
            Self::Cookie => "COOKIE",
        }
    }

    /// `Why:` a way that this release does not know is no cookie, so nothing is sent by itself.
    pub(super) fn parse(name: &str) -> Self {
        if name == Self::Cookie.name() {
            Self::Cookie
        } else {
            Self::Token
        }
    }
}

/// Whether a session works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionStatus {
    /// It works.
    Active,
    /// Its time ran out.
    Expired,
    /// It was ended, or what it stood on is gone.
    Revoked,
}

/// A signed-in browser or program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name in the API.
    pub id: SessionId,
    /// Who is signed in.
    pub user: UserId,
    /// The present role of that user, which decides how long it lasts.
    pub role: Role,
    /// Whether it serves for nothing but choosing a new password.
    pub is_restricted: bool,
    /// Whether user and password still stand behind it.
    pub is_valid: bool,
    /// How the client holds on to it.
    pub transport: Transport,
    /// The address it began from.
    pub ip_address: Option<String>,
    /// The program it began with, as that program named itself.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When it was ended early.
    pub ended_at: Option<Timestamp>,
    /// Until when the person's password, given again, counts.
    pub confirmed_until: Option<Timestamp>,
    pub(super) expires_at: Timestamp,
}

impl Session {
    /// When it ends by itself if it is not used again.
    pub fn expires_at(&self, settings: &SessionSettings) -> Timestamp {
        let limits = settings.of(self.role);
        let idle = self.last_used_at.plus(limits.idle);
        self.ends_at(settings).min(idle)
    }

    /// When it ends however much it is used. A browser keeps its cookie as long; the server alone knows
    /// how long it was not used.
    pub fn ends_at(&self, settings: &SessionSettings) -> Timestamp {
        let limits = settings.of(self.role);
        self.expires_at.min(self.created_at.plus(limits.absolute))
    }

    /// Whether it works at that time.
    pub fn status(&self, settings: &SessionSettings, now: Timestamp) -> SessionStatus {
        if self.ended_at.is_some() || !self.is_valid {
            SessionStatus::Revoked
        } else if self.expires_at(settings) <= now {
            SessionStatus::Expired
        } else {
            SessionStatus::Active
        }
    }
}
