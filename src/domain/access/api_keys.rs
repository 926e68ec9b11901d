//! API keys: with what a program proves who it is.
//!
//! A key that a person made acts with that person's present role and never with more than the person
//! may do now; it rests while the person may not act. A key made on the command line belongs to the
//! installation, and no user's state touches it. Only the hash of a key's secret is kept.

mod create;
mod create_own;
mod error;
mod list;
mod networks;
mod revoke;
mod rules;
mod update;

pub use create::{NewApiKey, create};
pub use create_own::{CreateApiKey, StoredKey, create_own};
pub use error::{ApiKeyError, KeyFault};
pub use list::{ApiKeyFilter, all, count, find_actors, find_many, list, made};
pub use networks::Networks;
pub use revoke::{revoke, revoke_keys_of};
pub use rules::require_manager as require_key_manager;
pub use update::{ApiKeyPatch, UpdateApiKey, update};

use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::ids::{ApiKeyId, UserId};

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiKeyStatus {
    /// It works.
    Active,
    /// It rests, because its creator may not act now.
    Suspended,
    /// Its time ran out.
    Expired,
    /// It was revoked.
    Revoked,
}

impl ApiKeyStatus {
    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
        }
    }
}

/// The person who made a key, as far as the key depends on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creator {
    /// Who.
    pub id: UserId,
    /// Their present role. `None` for one this release does not know, and for users who are gone.
    pub role: Option<Role>,
    /// Whether they were deleted.
    pub is_deleted: bool,
    /// Since when they are disabled.
    pub disabled_at: Option<Timestamp>,
    /// When a temporary disabling ends.
    pub disabled_until: Option<Timestamp>,
    /// Whether they have to choose another password first.
    pub must_change_password: bool,
    /// Whether their password is blocked until a reset.
    pub is_blocked: bool,
}

impl Creator {
    /// Whether their keys work at that time.
    pub fn may_act(&self, now: Timestamp) -> bool {
        let is_disabled = Timestamp::goes_on(self.disabled_at, self.disabled_until, now);
        let must_reset = self.must_change_password || self.is_blocked;
        !self.is_deleted && !is_disabled && !must_reset
    }
}

/// A program's key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name in the API.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it was given; what it may do is `permissions`.
    pub scopes: Vec<Permission>,
    /// The rank of a key of the installation.
    pub rank: Role,
    /// Who made it. `None` for a key of the installation.
    pub creator: Option<Creator>,
    /// From where it may be used.
    pub networks: Networks,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From which address that was.
    pub last_used_ip_address: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
}

impl ApiKey {
    /// Whether it works at that time; the gravest reason that applies.
    pub fn status(&self, now: Timestamp) -> ApiKeyStatus {
        if self.revoked_at.is_some() {
            ApiKeyStatus::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            ApiKeyStatus::Expired
        } else if self.creator.as_ref().is_some_and(|who| !who.may_act(now)) {
            ApiKeyStatus::Suspended
        } else {
            ApiKeyStatus::Active
        }
    }

    /// Its rank over users: its creator's present role, or its own.
    pub fn role(&self) -> Role {
        match &self.creator {
            Some(creator) => creator.role.unwrap_or(Role::Member),
            None => self.rank,
        }
    }

    /// What it may do now: its scopes, as far as its creator has them.
    pub fn permissions(&self) -> Vec<Permission> {
        let scopes = self.scopes.iter().copied();
        match &self.creator {
            Some(_) => {
                let held = self.role().permissions();
                scopes.filter(|scope| held.contains(scope)).collect()
            }
            None => scopes.collect(),
        }
    }

    /// Whether somebody may change or revoke it: their own, those of users they manage, and as an
    /// owner those of the installation.
    pub(super) fn is_manageable_by(&self, actor: &Actor) -> bool {
        match &self.creator {
            None => actor.role == Role::Owner,
            Some(creator) => match creator.role {
                None => actor.role == Role::Owner,
                // Not by a token that stands for less than the person behind it.
                Some(role) if actor.person == Some(creator.id) => role <= actor.role,
                Some(role) => actor.manages(role),
            },
        }
    }
}

/// Scopes as one text, comma-separated.
pub(super) fn scope_names(scopes: &[Permission]) -> String {
    let names: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
    names.join(",")
}
