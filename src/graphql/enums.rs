//! The enums of the schema, each the twin of one in `domain` or `types`.

use async_graphql::Enum;

/// What a person is allowed to do, as a fixed bundle of scopes with a rank. Nobody acts on someone
/// of the same or a higher rank, except an owner.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::types::actor::Role")]
pub(crate) enum Role {
    /// Everything, to anyone.
    Owner,
    /// Everything, to anyone below.
    Admin,
    /// Reads members, resets their passwords and unlocks them.
    Helpdesk,
    /// Reads everything, changes nothing.
    Auditor,
    /// Nothing beyond their own account.
    Member,
}

/// One permission of an API key or a role.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::types::actor::Permission")]
pub(crate) enum Scope {
    /// Read users and their sessions.
    UsersRead,
    /// Create, change, disable and enable users.
    UsersWrite,
    /// Lift the lock after failed sign-ins.
    UsersUnlock,
    /// Delete and restore users.
    UsersDelete,
    /// Reset passwords and tell users to change theirs.
    PasswordsReset,
    /// End sessions.
    SessionsRevoke,
    /// Ask whether a token is of a session that works (`POST /introspect`).
    SessionsIntrospect,
    /// Read API keys, without their secrets.
    ApiKeysRead,
    /// Create, change and revoke API keys.
    ApiKeysManage,
    /// Read the audit trail.
    AuditRead,
    /// Read mail deliveries and templates.
    MailRead,
    /// Retry and cancel mail, and send test mail.
    MailWrite,
    /// Change the texts of mail. For owners alone, whoever they are.
    MailTemplatesWrite,
    /// Read facts about the server.
    SettingsRead,
}

/// Whether an API key works.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::access::ApiKeyStatus")]
pub(crate) enum ApiKeyStatus {
    /// It works.
    Active,
    /// It rests: its creator is disabled, deleted or has to change their password. It works again
    /// afterwards.
    Suspended,
    /// Its time ran out.
    Expired,
    /// It was revoked.
    Revoked,
}

/// Whether a user can sign in; the gravest state that applies.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::users::UserStatus")]
pub(crate) enum UserStatus {
    /// Can sign in.
    Active,
    /// Has no password yet.
    Pending,
    /// Locked for a while after too many failed sign-ins.
    Locked,
    /// Disabled by an administrator.
    Disabled,
    /// Deleted. Listed only when this state is asked for.
    Deleted,
}

/// Where a user's password is kept.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::users::AuthenticationSource")]
pub(crate) enum AuthenticationSource {
    /// By this server.
    BuiltIn,
    /// In an LDAP or Active Directory server.
    Ldap,
    /// With an OpenID Connect provider.
    Oidc,
    /// With a SAML provider.
    Saml,
}

/// A field of a user that can be cleared.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::users::UserField")]
pub(crate) enum UserField {
    /// The e-mail address.
    Email,
    /// The full name.
    Name,
    /// The language for mail.
    Locale,
    /// The zone in which mail tells times.
    TimeZone,
    /// The identifier in some other system.
    ExternalId,
}

/// What users can be ordered by. Users without a value come last, whichever the direction.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::users::UserOrderField")]
pub(crate) enum UserOrderField {
    /// Time of creation.
    CreatedAt,
    /// E-mail address.
    Email,
    /// Time of last sign-in.
    LastSignInAt,
    /// Full name.
    Name,
    /// Time at which the password stops working.
    PasswordExpiresAt,
    /// Time of last change.
    UpdatedAt,
    /// Username.
    Username,
}

/// Which way round a list goes.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderDirection {
    /// Smallest, earliest or alphabetically first comes first.
    Asc,
    /// Largest, latest or alphabetically last comes first.
    Desc,
}

/// Kind of generated password.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::credentials::generator::Style")]
pub(crate) enum PasswordStyle {
    /// Random letters and digits without look-alikes such as `l`, `1`, `O` and `0`.
    Characters,
    /// Random words joined by hyphens, easier to read out over the telephone.
    Words,
}

/// One rule of the password policy.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::credentials::PasswordRule")]
pub(crate) enum PasswordRule {
    /// Too short.
    MinLength,
    /// Too long.
    MaxLength,
    /// Holds characters that cannot be typed reliably.
    InvalidCharacters,
    /// Too easy to guess.
    MinStrength,
    /// On the list of common passwords, or a decorated form of one.
    Common,
    /// On the operator's list of breached passwords.
    Breached,
    /// Resembles the user's names or address, or the site's.
    SimilarToUser,
    /// Used before.
    Reused,
}

/// Kinds of mail the server sends.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::mail::MailKind")]
pub(crate) enum MailKind {
    /// To a new user, with the first password.
    Welcome,
    /// With a new password set by an administrator.
    NewPassword,
    /// With a link, and perhaps a code, by which the user chooses a new password.
    PasswordResetLink,
    /// Says that the password was changed, by an administrator or with a link; carries none.
    PasswordChanged,
    /// Says that the user changed the password; carries none.
    PasswordChangedByYou,
    /// Says where to sign in, to somebody who asked for a link and has no password here.
    SignInElsewhere,
    /// Says that sign-ins failed, and that the account waits or its password is stopped.
    AccountLocked,
    /// Says that the password is blocked, because the user said that somebody else had changed it.
    NotMeConfirmation,
    /// Says that an administrator disabled the account.
    AccountDisabled,
    /// Says, at the old address, that mail goes to another one now.
    EmailChanged,
    /// Says that an administrator changed the username, the role, or by what the account is recognised.
    AccountChanged,
    /// For trying out the mail settings.
    Test,
}

/// How far a mail has got.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::mail::DeliveryStatus")]
pub(crate) enum MailDeliveryStatus {
    /// Waiting for its first or next attempt.
    Queued,
    /// Being handed to the mail server.
    Sending,
    /// Taken by the mail server.
    Sent,
    /// Given up.
    Failed,
    /// Taken off the queue by an administrator, or because the user was deleted.
    Cancelled,
    /// Not sent in time: what it carries would no longer work.
    Expired,
    /// The mail server's last answer was lost; it may or may not have arrived. While `nextAttemptAt` is
    /// set, it is tried once more under the same `Message-ID`; afterwards it stays so.
    Unknown,
}

/// Where the text of a mail comes from. An API text goes before a file, a file before a built-in text.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::mail::TemplateSource")]
pub(crate) enum MailTemplateSource {
    /// The program.
    BuiltIn,
    /// A file in the folder of the setting `mail.templates_dir`.
    File,
    /// `updateMailTemplate`, or an import on the command line.
    Api,
}

/// One of the three templates of a mail.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::mail::TemplatePart")]
pub(crate) enum MailTemplatePart {
    /// The subject.
    Subject,
    /// The text part.
    Text,
    /// The HTML part.
    Html,
}

/// What can be found in the audit trail.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::audit::AuditAction")]
pub(crate) enum AuditAction {
    /// A user was created.
    UserCreated,
    /// A user was changed.
    UserUpdated,
    /// A user was disabled.
    UserDisabled,
    /// A user was enabled.
    UserEnabled,
    /// The lock after failed sign-ins was lifted.
    UserUnlocked,
    /// A user was deleted.
    UserDeleted,
    /// A deleted user was restored.
    UserRestored,
    /// A deleted user was anonymised.
    UserPurged,
    /// Somebody signed in, or failed to.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
    /// A person gave their own password again, for sensitive changes.
    IdentityConfirmed,
    /// A user changed their own password.
    PasswordChanged,
    /// One session was ended.
    SessionRevoked,
    /// Every session of a user was ended.
    SessionsRevoked,
    /// An account no longer knows a browser.
    DeviceRevoked,
    /// An administrator reset a password.
    PasswordReset,
    /// A link for resetting a password was made, without a mail.
    PasswordLinkCreated,
    /// A link for resetting a password was mailed to its user.
    PasswordLinkSent,
    /// Links for resetting a password were made useless.
    PasswordLinksRevoked,
    /// Whoever held a link for resetting a password chose a new one.
    PasswordResetByLink,
    /// Somebody asked for a link, because they forgot a password.
    PasswordResetRequested,
    /// A user said that somebody else changed their password, which is blocked since.
    PasswordChangeDisputed,
    /// A user was told, or no longer told, to change their password.
    PasswordChangeRequirementSet,
    /// An API key was created.
    ApiKeyCreated,
    /// An API key was changed.
    ApiKeyUpdated,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// A kind of mail was given another text.
    MailTemplateUpdated,
    /// A kind of mail got back the text of its file, or the built-in one.
    MailTemplateReset,
    /// An administrator had a mail tried again.
    MailDeliveryRetried,
    /// An administrator took a mail off the queue.
    MailDeliveryCancelled,
    /// An administrator sent a mail with made-up values to an address.
    MailTestSent,
    /// An administrator said that mail to an address arrives after all.
    MailAddressCleared,
    /// Something was not shown, because the caller may not see it.
    AccessDenied,
    /// The oldest events were removed, because settings keep them no longer.
    AuditPruned,
    /// The chain of events began, and took in events from before it.
    AuditChainStarted,
}

/// What came of an attempt.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::audit::Outcome")]
pub(crate) enum AuditOutcome {
    /// It was done.
    Success,
    /// It was refused, because the actor may not do it.
    Denied,
    /// It was allowed and did not work.
    Failed,
}

/// How a client holds on to a session.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sessions::Transport")]
pub(crate) enum SessionTransport {
    /// The token is in the payload; send it as `Authorization: Bearer`.
    Token,
    /// The server sets a cookie that scripts cannot read; the payload has no token. For web pages of
    /// this server's own address.
    Cookie,
}

/// Whether a session works.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sessions::SessionStatus")]
pub(crate) enum SessionStatus {
    /// It works.
    Active,
    /// Its time ran out.
    Expired,
    /// It was ended, or its user or password is no longer what it was.
    Revoked,
}
