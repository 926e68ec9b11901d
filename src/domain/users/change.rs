//! Changing a user's fields.

use super::input::{Reader, check_reason};
use super::noted::noting;
use super::target::{Own, get_or_own, lock_or_own, may_touch};
use super::{
    AuthenticationSource, InvalidInput, User, UserError, UserRef, alike, notices, owners, store,
};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::sessions::{self, require_step_up};
use crate::domain::{credentials, mail};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;
use crate::types::username::Username;

/// A field that can be cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserField {
    /// The address.
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

/// New values; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UserPatch {
    /// Name for signing in.
    pub username: Option<String>,
    /// Address; counts as unverified unless said otherwise.
    pub email: Option<String>,
    /// Whether the address counts as verified.
    pub email_verified: Option<bool>,
    /// Full name.
    pub name: Option<String>,
    /// Language for mail.
    pub locale: Option<String>,
    /// Zone in which mail tells times, by its IANA name.
    pub time_zone: Option<String>,
    /// Identifier in some other system.
    pub external_id: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Where the password is kept; leaving this server erases it.
    pub authentication_source: Option<AuthenticationSource>,
}

/// A change to a user.
#[derive(Clone, Debug)]
pub struct UpdateUser {
    /// Whom to change.
    pub user: UserRef,
    /// New values.
    pub patch: UserPatch,
    /// Fields to clear.
    pub clear: Vec<UserField>,
    /// The version that must still be the present one.
    pub if_version: Option<i64>,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Note for the audit trail.
    pub reason: Option<String>,
}

impl UpdateUser {
    /// Whether it changes who the user is to this server: how they sign in, what they may do, and by what a
    /// token or a mail finds them. Then the actor must be confirmed, and it cannot be their own account.
    ///
    /// `Why:` whoever binds somebody else's account to a name of their own acts as that person.
    fn binds_identity(&self) -> bool {
        let patch = &self.patch;
        patch.username.is_some() || patch.role.is_some() || self.moves_proof()
    }

    /// Whether somebody else may be taken for the user afterwards without knowing their password. That is
    /// as good as a reset, so it needs the right to reset passwords too.
    fn moves_proof(&self) -> bool {
        let patch = &self.patch;
        patch.email.is_some()
            || patch.email_verified.is_some()
            || patch.external_id.is_some()
            || patch.authentication_source.is_some()
            || self.clear.contains(&UserField::Email)
            || self.clear.contains(&UserField::ExternalId)
    }

    fn own(&self) -> Own {
        if self.binds_identity() {
            Own::Refused
        } else {
            Own::Taken
        }
    }
}

struct Parsed {
    username: Option<Username>,
    email: Option<EmailAddress>,
    name: Option<String>,
    locale: Option<String>,
    time_zone: Option<String>,
    external_id: Option<String>,
}

/// Changes a user. A change that changes nothing is none: no new version, no audit event.
pub async fn update(app: &App, actor: &Actor, command: UpdateUser) -> Result<User, UserError> {
    let user = command.user.clone();
    let act = Box::pin(update_noted(app, actor, command));
    noting(app, actor, (AuditAction::UserUpdated, &user), act).await
}

async fn update_noted(app: &App, actor: &Actor, command: UpdateUser) -> Result<User, UserError> {
    actor.require(Permission::UsersWrite)?;
    if command.moves_proof() {
        actor.require(Permission::PasswordsReset)?;
    }
    if command.binds_identity() || command.actor_password.is_some() {
        require_step_up(app, actor, command.actor_password.as_ref()).await?;
    }
    let parsed = parse(&command)?;
    let reason = check_reason(command.reason.as_deref())?;
    let own = command.own();
    let target = get_or_own(app, actor, &command.user, own).await?;

    let txn = app.db.begin_write().await?;
    if command.patch.role.is_some() || command.patch.authentication_source.is_some() {
        owners::serialise(&txn, app).await?;
    }
    let before = lock_or_own(&txn, app, actor, (target.id, own)).await?;
    check(app, actor, &command, &before)?;
    let now = app.clock.now();
    let after = apply(&command, &parsed, before.clone(), now);
    let mut changes = changes(&before, &after);
    if changes.is_empty() {
        txn.rollback().await?;
        return Ok(target);
    }
    if takes_owner_away(app, &before, &after) {
        owners::require_another(&txn, app, before.id).await?;
    }
    alike::check_changed(&before, &after)?;
    store::save(&txn, &after).await?;
    alike::exchange(&txn, &before, &after).await?;
    changes.extend(after_effects(&txn, &before, &after, now).await?);
    notices::notify_of_address(&txn, app, actor, (&before, &after), now).await?;
    notices::notify_of_account(&txn, app, actor, (&before, &after), now).await?;
    let event = Event {
        action: AuditAction::UserUpdated,
        user: Some(after.id),
        target_label: Some(after.username.clone()),
        changes,
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    Ok(after)
}

/// What is malformed or contradictory in a change, without looking at any user. `update` refuses it.
pub fn faults(command: &UpdateUser) -> Vec<InvalidInput> {
    let reason = check_reason(command.reason.as_deref()).err();
    let others = match parse(command) {
        Err(UserError::Invalid(faults)) => faults,
        _ => Vec::new(),
    };
    others.into_iter().chain(reason).collect()
}

/// Whether an owner is none afterwards, or one who cannot sign in here.
fn takes_owner_away(app: &App, before: &User, after: &User) -> bool {
    let leaves = before.authentication_source == AuthenticationSource::BuiltIn
        && after.authentication_source != AuthenticationSource::BuiltIn
        && !owners::may_come_from_elsewhere(app);
    before.role == Role::Owner && (after.role != Role::Owner || leaves)
}

fn parse(command: &UpdateUser) -> Result<Parsed, UserError> {
    let patch = &command.patch;
    let mut reader = Reader::of_patch();
    for (field, name, given) in [
        (UserField::Email, "email", patch.email.is_some()),
        (UserField::Name, "name", patch.name.is_some()),
        (UserField::Locale, "locale", patch.locale.is_some()),
        (UserField::TimeZone, "timeZone", patch.time_zone.is_some()),
        (
            UserField::ExternalId,
            "externalId",
            patch.external_id.is_some(),
        ),
    ] {
        if given && command.clear.contains(&field) {
            reader.fault(name, "Is set and cleared at once; leave one out.");
        }
    }
    if patch.email_verified == Some(true) && command.clear.contains(&UserField::Email) {
        reader.fault(
            "emailVerified",
            "The address is cleared; there is nothing to verify.",
        );
    }
    let parsed = Parsed {
        username: patch
            .username
            .as_deref()
            .and_then(|text| reader.username(text)),
        email: patch.email.as_deref().and_then(|text| reader.email(text)),
        name: patch.name.as_deref().and_then(|text| reader.name(text)),
        locale: patch.locale.as_deref().and_then(|text| reader.locale(text)),
        time_zone: patch
            .time_zone
            .as_deref()
            .and_then(|text| reader.time_zone(text)),
        external_id: patch
            .external_id
            .as_deref()
            .and_then(|text| reader.external_id(text)),
    };
    reader.finish()?;
    Ok(parsed)
}

/// Errors: `VersionConflict` when the locked row is not of the version the caller has seen.
pub(super) fn check_version(wanted: Option<i64>, locked: &User) -> Result<(), UserError> {
    // Taking the lock has raised the version by one.
    let seen = locked.version - 1;
    match wanted {
        Some(wanted) if wanted != seen => Err(UserError::VersionConflict(seen)),
        _ => Ok(()),
    }
}

fn check(app: &App, actor: &Actor, command: &UpdateUser, before: &User) -> Result<(), UserError> {
    check_version(command.if_version, before)?;
    if command
        .patch
        .role
        .is_some_and(|role| !may_touch(app, actor, role))
    {
        return Err(UserError::RoleNotGrantable);
    }
    let has_email = before.email.is_some() || command.patch.email.is_some();
    if command.patch.email_verified == Some(true) && !has_email {
        let message = "The user has no address to verify.";
        return Err(InvalidInput::in_patch("emailVerified", message).into());
    }
    Ok(())
}

fn apply(command: &UpdateUser, parsed: &Parsed, mut user: User, now: Timestamp) -> User {
    let patch = &command.patch;
    if let Some(username) = &parsed.username {
        username.as_str().clone_into(&mut user.username);
    }
    if let Some(email) = &parsed.email {
        if user.email_key.as_deref() != Some(email.key()) {
            user.email_verified_at = None;
        }
        user.email = Some(email.as_str().to_owned());
        user.email_key = Some(email.key().to_owned());
    }
    match patch.email_verified {
        Some(true) => user.email_verified_at = user.email_verified_at.or(Some(now)),
        Some(false) => user.email_verified_at = None,
        None => {}
    }
    for (field, value) in [
        (&mut user.name, &parsed.name),
        (&mut user.locale, &parsed.locale),
        (&mut user.time_zone, &parsed.time_zone),
        (&mut user.external_id, &parsed.external_id),
    ] {
        if value.is_some() {
            field.clone_from(value);
        }
    }
    user.role = patch.role.unwrap_or(user.role);
    if let Some(source) = patch.authentication_source
        && source != user.authentication_source
    {
        user.authentication_source = source;
        user.password_changed_at = None;
        user.password_expires_at = None;
        user.password_blocked_at = None;
        user.must_change_password = false;
    }
    for field in &command.clear {
        match field {
            UserField::Email => {
                (user.email, user.email_key, user.email_verified_at) = (None, None, None);
            }
            UserField::Name => user.name = None,
            UserField::Locale => user.locale = None,
            UserField::TimeZone => user.time_zone = None,
            UserField::ExternalId => user.external_id = None,
        }
    }
    user
}

/// `Source:` `docs/security.md`: a changed login, address, role or external identifier voids every
/// outstanding link; where the proof of who somebody is changed hands, their sessions end; and a password
/// that is now kept elsewhere is gone here.
async fn after_effects(
    txn: &crate::platform::db::Txn,
    before: &User,
    after: &User,
    now: Timestamp,
) -> Result<Option<Change>, UserError> {
    let renamed = before.username != after.username || before.email != after.email;
    let doubted = before.email_verified_at.is_some() && after.email_verified_at.is_none();
    let moved = before.authentication_source != after.authentication_source;
    let is_another_mailbox = before.email_key != after.email_key;
    let changed_hands = moved || is_another_mailbox || before.external_id != after.external_id;
    if renamed || changed_hands || doubted || before.role != after.role {
        one_time_links::revoke_all(txn, after.id, RevokedWhy::AccountChanged, now).await?;
    }
    if let Some(left) = before.email_key.as_ref().filter(|_| is_another_mailbox) {
        mail::clear_failure(txn, left).await?;
        mail::withdraw_secrets(txn, after.id, left, now).await?;
    }
    if moved {
        credentials::erase(txn, after.id).await?;
    }
    if !changed_hands {
        return Ok(None);
    }
    sessions::forget_devices(txn, after.id).await?;
    let ended = sessions::revoke_all(txn, after.id, now).await?;
    Ok((ended > 0).then(|| Change::to("revokedSessions", &ended)))
}

fn changes(before: &User, after: &User) -> Vec<Change> {
    let verified = |user: &User| Some(user.email_verified_at.is_some().to_string());
    let text = |text: &str| Some(text.to_owned());
    [
        ("username", text(&before.username), text(&after.username)),
        ("email", before.email.clone(), after.email.clone()),
        ("emailVerified", verified(before), verified(after)),
        ("name", before.name.clone(), after.name.clone()),
        ("locale", before.locale.clone(), after.locale.clone()),
        (
            "timeZone",
            before.time_zone.clone(),
            after.time_zone.clone(),
        ),
        (
            "externalId",
            before.external_id.clone(),
            after.external_id.clone(),
        ),
        ("role", text(before.role.name()), text(after.role.name())),
        (
            "authenticationSource",
            text(before.authentication_source.name()),
            text(after.authentication_source.name()),
        ),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(field, before, after)| Change::new(field, before, after))
    .collect()
}
