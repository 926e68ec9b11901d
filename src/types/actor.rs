//! Who acts, and what they may do. Pure: no database, no transport.
//!
//! The table in `actor/role.rs` is the whole of the access rules; every act asks it in its first
//! lines, and on the user it is about.

mod origin;
mod role;

use std::fmt;

use uuid::Uuid;

use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{ApiKeyId, SessionId, UserId};

pub use origin::{Origin, Via};
pub use role::{Permission, Role};

/// What an actor is, with its identity where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person who signed in here or whose portal vouches for them.
    User(UserId),
    /// A program with an API key.
    ApiKey(ApiKeyId),
    /// Somebody at the machine's own command line.
    Operator,
    /// The server itself: scheduled work.
    System,
    /// Whoever holds a link that was given to one person.
    LinkHolder,
    /// Nobody known.
    Anonymous,
}

/// How a person who acts has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nobody is asked: programs by their scopes, the command line, the server.
    NotAsked,
    /// A session of this server.
    Session {
        /// Which.
        id: SessionId,
        /// Until when the person's own password, given again, counts.
        confirmed_until: Option<Timestamp>,
        /// Whether it serves for nothing but choosing a new password.
        is_restricted: bool,
        /// Whether a browser holds on to it by a cookie.
        is_in_cookie: bool,
    },
    /// A token of the portal's own issuer.
    Token {
        /// When the person last signed in there.
        authenticated_at: Option<Timestamp>,
    },
}

/// Who acts: an identity, a rank, rights, and where the request came from.
#[derive(Clone, Debug)]
pub struct Actor {
    /// What acts.
    pub kind: ActorKind,
    /// Its name at this time, for the audit trail.
    pub label: String,
    /// Its rank over users.
    pub role: Role,
    /// Its rights.
    pub permissions: Vec<Permission>,
    /// The person behind it: the one who acts, or who made the key.
    pub person: Option<UserId>,
    /// How a person has shown who they are.
    pub proof: Proof,
    /// Where the act came from.
    pub origin: Origin,
}

/// The refusal of an act to this actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is signed in.
    Unauthenticated,
    /// The right is missing.
    Missing(Permission),
    /// Only the machine's own command line may do this.
    OperatorOnly,
    /// Only a person who signed in may do this.
    PersonOnly,
    /// A new password must be chosen first.
    PasswordChangeRequired,
}

impl Denied {
    /// The code under which every interface knows the refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Missing(_) | Self::OperatorOnly | Self::PersonOnly => "FORBIDDEN",
            Self::PasswordChangeRequired => "PASSWORD_CHANGE_REQUIRED",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated => formatter
                .write_str("Nobody is signed in. Send `Authorization: Bearer` with an API key or a session token."),
            Self::Missing(permission) => {
                write!(formatter, "This needs the scope {}.", permission.name())
            }
            Self::OperatorOnly => formatter.write_str("This is done on the command line only."),
            Self::PersonOnly => {
                formatter.write_str("This is for people who signed in; API keys cannot do it.")
            }
            Self::PasswordChangeRequired => formatter.write_str(
                "A new password has to be chosen first; this session is good for changePassword, \
                 signOut and account only.",
            ),
        }
    }
}

/// Why something is not shown.
#[derive(Debug)]
pub enum ReadError {
    /// Not to this actor.
    Denied(Denied),
    /// Broken.
    Internal(Internal),
}

impl From<Denied> for ReadError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Internal> for ReadError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl Actor {
    /// Nobody known.
    pub fn anonymous(origin: Origin) -> Self {
        Self {
            kind: ActorKind::Anonymous,
            label: "anonymous".to_owned(),
            role: Role::Member,
            permissions: Vec::new(),
            person: None,
            proof: Proof::NotAsked,
            origin,
        }
    }

    /// A person, for an event that is theirs before they have a session.
    pub fn person(username: &str, id: UserId, origin: Origin) -> Self {
        Self {
            kind: ActorKind::User(id),
            label: username.to_owned(),
            person: Some(id),
            ..Self::anonymous(origin)
        }
    }

    /// Somebody at the machine's command line; whoever reads the server key may do everything.
    pub fn operator(os_user: &str) -> Self {
        Self {
            kind: ActorKind::Operator,
            label: format!("operator {os_user}"),
            role: Role::Owner,
            permissions: Permission::ALL.to_vec(),
            person: None,
            proof: Proof::NotAsked,
            origin: Origin::local(Via::Cli),
        }
    }

    /// The server itself.
    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            label: "Keydesk".to_owned(),
            role: Role::Owner,
            permissions: Permission::ALL.to_vec(),
            person: None,
            proof: Proof::NotAsked,
            origin: Origin::local(Via::Worker),
        }
    }

    /// Whoever holds a link for resetting a password. It has no rank and no rights: the act that
    /// takes it concerns the link's own user and nobody else.
    pub fn link_holder(origin: Origin) -> Self {
        Self {
            kind: ActorKind::LinkHolder,
            label: "holder of a reset link".to_owned(),
            ..Self::anonymous(origin)
        }
    }

    /// Whoever holds the link of a notice, and says that somebody else changed the password.
    pub fn notice_holder(origin: Origin) -> Self {
        Self {
            kind: ActorKind::LinkHolder,
            label: "holder of a notice".to_owned(),
            ..Self::anonymous(origin)
        }
    }

    /// Whoever holds the setup link of an empty installation, and makes its first owner.
    pub fn setup_link(origin: Origin) -> Self {
        Self {
            kind: ActorKind::LinkHolder,
            label: "setup link".to_owned(),
            role: Role::Owner,
            permissions: Permission::ALL.to_vec(),
            ..Self::anonymous(origin)
        }
    }

    /// Whether somebody known is calling.
    pub fn is_known(&self) -> bool {
        self.kind != ActorKind::Anonymous
    }

    /// Errors: `Unauthenticated` for nobody known, `PasswordChangeRequired` for a session that serves
    /// for nothing else, `Missing` when the right is not held.
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        self.require_known()?;
        if self.permissions.contains(&permission) {
            Ok(())
        } else {
            Err(Denied::Missing(permission))
        }
    }

    /// Errors: `OperatorOnly` for everyone but the command line.
    pub fn require_operator(&self) -> Result<(), Denied> {
        if self.kind == ActorKind::Operator {
            Ok(())
        } else {
            Err(Denied::OperatorOnly)
        }
    }

    /// Errors: `Unauthenticated` for nobody known, `PasswordChangeRequired` for a restricted session.
    pub fn require_known(&self) -> Result<(), Denied> {
        if !self.is_known() {
            Err(Denied::Unauthenticated)
        } else if self.is_restricted() {
            Err(Denied::PasswordChangeRequired)
        } else {
            Ok(())
        }
    }

    /// The session a person came with, be it restricted or not: for what concerns their own account.
    ///
    /// Errors: `Unauthenticated` for nobody known, `PersonOnly` for everyone without a session.
    pub fn require_session(&self) -> Result<(UserId, SessionId), Denied> {
        match (self.kind, self.proof) {
            (ActorKind::User(user), Proof::Session { id, .. }) => Ok((user, id)),
            (ActorKind::Anonymous, _) => Err(Denied::Unauthenticated),
            _ => Err(Denied::PersonOnly),
        }
    }

    /// Whether the session serves for nothing but choosing a new password.
    pub fn is_restricted(&self) -> bool {
        matches!(
            self.proof,
            Proof::Session {
                is_restricted: true,
                ..
            }
        )
    }

    /// Whether this user is who acts, or who made the key that acts.
    pub fn is(&self, user: UserId) -> bool {
        self.person == Some(user)
    }

    /// Whether it may act on others of that role.
    pub fn manages(&self, target: Role) -> bool {
        self.role.manages(&self.permissions, target)
    }

    /// What kind of actor it is, as stored.
    pub const fn kind_name(&self) -> &'static str {
        match self.kind {
            ActorKind::User(_) => "USER",
            ActorKind::ApiKey(_) => "API_KEY",
            ActorKind::Operator => "OPERATOR",
            ActorKind::System => "SYSTEM",
            ActorKind::LinkHolder => "LINK_HOLDER",
            ActorKind::Anonymous => "ANONYMOUS",
        }
    }

    /// Its identity as stored, where it has one.
    pub const fn id(&self) -> Option<Uuid> {
        match self.kind {
            ActorKind::User(id) => Some(id.uuid()),
            ActorKind::ApiKey(id) => Some(id.uuid()),
            ActorKind::Operator
            | ActorKind::System
            | ActorKind::LinkHolder
            | ActorKind::Anonymous => None,
        }
    }

    /// What separates this actor's idempotency keys from those of others.
    pub fn key(&self) -> String {
        match self.kind {
            ActorKind::User(id) => id.to_string(),
            ActorKind::ApiKey(id) => id.to_string(),
            ActorKind::Operator => "operator".to_owned(),
            ActorKind::System => "system".to_owned(),
            ActorKind::LinkHolder => "link holder".to_owned(),
            ActorKind::Anonymous => "anonymous".to_owned(),
        }
    }
}
