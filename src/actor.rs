//! Who acts, and what they may do. Pure: no database, no transport.
//!
//! The two tables of this file, rank by order of `Role` and `Role::permissions`, are the whole of
//! the access rules; every act asks them in its first lines.

use std::fmt;

use uuid::Uuid;

use crate::error::Internal;
use crate::ids::{ApiKeyId, UserId};

/// One right. On an API key the same thing is called a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Read users.
    UsersRead,
    /// Create, change, disable and enable users.
    UsersWrite,
    /// Reset passwords and tell users to change theirs.
    PasswordsReset,
    /// Read the audit trail.
    AuditRead,
    /// Read mail deliveries.
    MailRead,
    /// Read facts about the server.
    SettingsRead,
    /// Read which API keys there are.
    ApiKeysRead,
    /// Make, change and revoke API keys; persons and the command line only.
    ApiKeysManage,
}

impl Permission {
    /// Every right, in the order in which they are listed everywhere.
    pub const ALL: [Self; 8] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::PasswordsReset,
        Self::AuditRead,
        Self::MailRead,
        Self::SettingsRead,
        Self::ApiKeysRead,
        Self::ApiKeysManage,
    ];

    /// The name used in the API, on the command line and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsersRead => "USERS_READ",
            Self::UsersWrite => "USERS_WRITE",
            Self::PasswordsReset => "PASSWORDS_RESET",
            Self::AuditRead => "AUDIT_READ",
            Self::MailRead => "MAIL_READ",
            Self::SettingsRead => "SETTINGS_READ",
            Self::ApiKeysRead => "API_KEYS_READ",
            Self::ApiKeysManage => "API_KEYS_MANAGE",
        }
    }

    /// Reads a name, letter case aside.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.name().eq_ignore_ascii_case(name))
    }
}

/// What a person may do, as a bundle of permissions with a rank; the order is the rank, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Nothing beyond their own account.
    Member,
    /// Reads everything, changes nothing.
    Auditor,
    /// Reads members and resets their passwords.
    Helpdesk,
    /// Everything, to anyone below.
    Admin,
    /// Everything, to anyone.
    Owner,
}

impl Role {
    /// Every role, highest rank first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Helpdesk,
        Self::Auditor,
        Self::Member,
    ];

    /// The name used in the API, on the command line and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Helpdesk => "HELPDESK",
            Self::Auditor => "AUDITOR",
            Self::Member => "MEMBER",
        }
    }

    /// Reads a name, letter case aside.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(name))
    }

    /// The rights that come with the role.
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Owner | Self::Admin => &Permission::ALL,
            Self::Helpdesk => &[Permission::UsersRead, Permission::PasswordsReset],
            Self::Auditor => &[
                Permission::UsersRead,
                Permission::AuditRead,
                Permission::MailRead,
                Permission::SettingsRead,
                Permission::ApiKeysRead,
            ],
            Self::Member => &[],
        }
    }

    /// Whether someone of this role may act on someone of the other.
    ///
    /// `Why:` a lower rank alone is not enough. An auditor reads what a helpdesk may not, so whoever
    /// resets the auditor's password would gain rights (`docs/security.md`).
    pub fn manages(self, target: Self) -> bool {
        if self == Self::Owner {
            return true;
        }
        self > target
            && target
                .permissions()
                .iter()
                .all(|held| self.permissions().contains(held))
    }
}

/// What an actor is, with its identity where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A program with an API key.
    ApiKey(ApiKeyId),
    /// Somebody at the machine's own command line.
    Operator,
    /// The server itself: scheduled work.
    System,
    /// Nobody known.
    Anonymous,
}

/// Through which door an act came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The GraphQL endpoint.
    GraphQl,
    /// A page of the server.
    Web,
    /// The command line.
    Cli,
    /// A worker of the server.
    Worker,
}

impl Via {
    /// The name in the audit trail.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GraphQl => "GRAPHQL",
            Self::Web => "WEB",
            Self::Cli => "CLI",
            Self::Worker => "WORKER",
        }
    }
}

/// Where an act came from, for the audit trail.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The door.
    pub via: Via,
    /// As in the `x-request-id` header and in the log.
    pub request_id: Option<String>,
    /// The client's network address.
    pub ip_address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

impl Origin {
    /// An act without a network request.
    pub const fn local(via: Via) -> Self {
        Self {
            via,
            request_id: None,
            ip_address: None,
            user_agent: None,
        }
    }
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
    /// The person behind it: the user themselves, or whoever made the key. Acts on them are acts on
    /// oneself.
    pub person: Option<UserId>,
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
    /// Only a person may do this, and no API key, whatever its scopes.
    PersonOnly,
}

impl Denied {
    /// The code under which it is audited.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Missing(_) | Self::OperatorOnly | Self::PersonOnly => "FORBIDDEN",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated => formatter
                .write_str("Nobody is signed in. Send an API key as `Authorization: Bearer kd_…`."),
            Self::Missing(permission) => {
                write!(formatter, "This needs the scope {}.", permission.name())
            }
            Self::OperatorOnly => formatter.write_str("This is done on the command line only."),
            Self::PersonOnly => formatter.write_str(
                "Only a person may do this, not an API key: sign in, or use the command line.",
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
            origin,
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
            origin: Origin::local(Via::Worker),
        }
    }

    /// Whether somebody known is calling.
    pub fn is_known(&self) -> bool {
        self.kind != ActorKind::Anonymous
    }

    /// Errors: `Unauthenticated` for nobody known, `Missing` when the right is not held.
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        if !self.is_known() {
            Err(Denied::Unauthenticated)
        } else if self.permissions.contains(&permission) {
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

    /// Errors: `Unauthenticated` for nobody known.
    pub fn require_known(&self) -> Result<(), Denied> {
        if self.is_known() {
            Ok(())
        } else {
            Err(Denied::Unauthenticated)
        }
    }

    /// What kind of actor it is, as stored.
    pub const fn kind_name(&self) -> &'static str {
        match self.kind {
            ActorKind::ApiKey(_) => "API_KEY",
            ActorKind::Operator => "OPERATOR",
            ActorKind::System => "SYSTEM",
            ActorKind::Anonymous => "ANONYMOUS",
        }
    }

    /// Its identity as stored, where it has one.
    pub const fn id(&self) -> Option<Uuid> {
        match self.kind {
            ActorKind::ApiKey(id) => Some(id.uuid()),
            ActorKind::Operator | ActorKind::System | ActorKind::Anonymous => None,
        }
    }

    /// What separates this actor's idempotency keys from those of others.
    pub fn key(&self) -> String {
        match self.kind {
            ActorKind::ApiKey(id) => id.to_string(),
            ActorKind::Operator => "operator".to_owned(),
            ActorKind::System => "system".to_owned(),
            ActorKind::Anonymous => "anonymous".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_manages_an_equal_or_higher_rank_but_an_owner() {
        for actor in Role::ALL {
            for target in Role::ALL {
                let allowed = actor.manages(target);
                if actor == Role::Owner {
                    assert!(allowed);
                } else if actor <= target {
                    assert!(!allowed, "{actor:?} on {target:?}");
                }
            }
        }
    }

    #[test]
    fn a_helpdesk_manages_members_and_no_auditor() {
        assert!(Role::Helpdesk.manages(Role::Member));
        assert!(!Role::Helpdesk.manages(Role::Auditor));
        assert!(Role::Admin.manages(Role::Auditor));
    }

    #[test]
    fn names_are_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(&role.name().to_lowercase()), Some(role));
        }
    }
}
