//! What a user is, and in which state.

use crate::types::actor::Role;
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::username::Username;

/// Where a user's password is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationSource {
    /// By this server.
    BuiltIn,
    /// In an LDAP or Active Directory server.
    Ldap,
    /// With an OpenID Connect provider.
    Oidc,
    /// With a SAML provider.
    Saml,
}

impl AuthenticationSource {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::BuiltIn, Self::Ldap, Self::Oidc, Self::Saml];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "BUILT_IN",
            Self::Ldap => "LDAP",
            Self::Oidc => "OIDC",
            Self::Saml => "SAML",
        }
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BuiltIn => "this server",
            Self::Ldap => "an LDAP directory",
            Self::Oidc => "an OpenID Connect provider",
            Self::Saml => "a SAML provider",
        }
    }

    /// Reads a name, letter case aside.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|source| source.name().eq_ignore_ascii_case(name))
    }
}

/// Whether a user can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserStatus {
    /// Can sign in.
    Active,
    /// Has no password yet.
    Pending,
    /// Locked for a while after too many failed sign-ins.
    Locked,
    /// Disabled by an administrator.
    Disabled,
    /// Deleted; can still be restored.
    Deleted,
}

impl UserStatus {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Pending,
        Self::Locked,
        Self::Disabled,
        Self::Deleted,
    ];

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Pending => "PENDING",
            Self::Locked => "LOCKED",
            Self::Disabled => "DISABLED",
            Self::Deleted => "DELETED",
        }
    }
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name in the API.
    pub id: UserId,
    /// Unique name for signing in, as typed.
    pub username: String,
    /// Address as typed.
    pub email: Option<String>,
    /// The same, folded for comparing.
    pub email_key: Option<String>,
    /// When the address was shown to reach the user.
    pub email_verified_at: Option<Timestamp>,
    /// Full name.
    pub name: Option<String>,
    /// Language for mail.
    pub locale: Option<String>,
    /// Zone in which mail tells times, by its IANA name; UTC without one.
    pub time_zone: Option<String>,
    /// Identifier in some other system.
    pub external_id: Option<String>,
    /// What the user may do in the Admin API.
    pub role: Role,
    /// Where the password is kept.
    pub authentication_source: AuthenticationSource,
    /// Since when the user is disabled.
    pub disabled_at: Option<Timestamp>,
    /// When a temporary disabling ends.
    pub disabled_until: Option<Timestamp>,
    /// Why an administrator disabled the user.
    pub disabled_reason: Option<String>,
    /// When the lock after failed sign-ins ends.
    pub locked_until: Option<Timestamp>,
    /// When the user was deleted.
    pub deleted_at: Option<Timestamp>,
    /// When the deleted user was anonymised.
    pub purged_at: Option<Timestamp>,
    /// Failed sign-ins in a row.
    pub failed_sign_ins: i64,
    /// When the password was last set. `None` when there is none.
    pub password_changed_at: Option<Timestamp>,
    /// Whether a new one must be chosen at the next sign-in.
    pub must_change_password: bool,
    /// When the present one stops working.
    pub password_expires_at: Option<Timestamp>,
    /// Since when the present one opens nothing, because its owner or an administrator said so; until a
    /// reset.
    pub password_blocked_at: Option<Timestamp>,
    /// When the user last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

impl User {
    /// Full name, or else the username.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.username)
    }

    /// Whether the user is disabled at that time.
    pub fn is_disabled(&self, now: Timestamp) -> bool {
        Timestamp::goes_on(self.disabled_at, self.disabled_until, now)
    }

    /// The state at that time; the gravest that applies.
    pub fn status(&self, now: Timestamp) -> UserStatus {
        if self.deleted_at.is_some() {
            UserStatus::Deleted
        } else if self.is_disabled(now) {
            UserStatus::Disabled
        } else if self.locked_until.is_some_and(|end| end > now) {
            UserStatus::Locked
        } else if self.authentication_source == AuthenticationSource::BuiltIn
            && self.password_changed_at.is_none()
        {
            UserStatus::Pending
        } else {
            UserStatus::Active
        }
    }

    /// Username and address with their keys, read again from what is stored.
    ///
    /// Errors: what is stored breaks the rules by which it came in.
    pub(super) fn names(&self) -> Result<(Username, Option<EmailAddress>), Internal> {
        let username = Username::parse(&self.username)
            .map_err(Internal::while_doing("reading a stored username again"))?;
        let email = self.email.as_deref().map(EmailAddress::parse).transpose();
        let email = email.map_err(Internal::while_doing("reading a stored address again"))?;
        Ok((username, email))
    }

    /// Words that the user's password may not resemble.
    pub fn words(&self) -> Vec<&str> {
        let texts = [
            Some(self.username.as_str()),
            self.email.as_deref(),
            self.name.as_deref(),
        ];
        texts.into_iter().flatten().collect()
    }
}
