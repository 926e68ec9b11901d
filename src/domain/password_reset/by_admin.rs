//! The reset by an administrator: a typed or generated password replaces the old one at once.

use serde::{Deserialize, Serialize};

use super::replace::{Replacement, notify, replace};
use crate::domain::access;
use crate::domain::access::idempotency::{self, Answer, Once};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::credentials::{self, NewHash, NewPassword};
use crate::domain::mail::{self, Delivery, MailKind, MailSecret};
use crate::domain::sessions::{self, require_step_up};
use crate::domain::users::{
    self, AuthenticationSource, ForceChange, Handover, Own, User, UserError, UserRef,
};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::clock::Timestamp;
use crate::types::ids::{MailDeliveryId, UserId};
use crate::types::secret::Secret;

/// What becomes of the user's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsAfter {
    /// All end.
    Revoked,
    /// They go on.
    Kept,
}

/// What becomes of the API keys that the user made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysAfter {
    /// All are revoked.
    Revoked,
    /// They stay; none works while a new password must be chosen.
    Kept,
}

/// A reset.
#[derive(Clone, Debug)]
pub struct ResetPassword {
    /// Whose password.
    pub user: UserRef,
    /// Where the new one comes from.
    pub new: NewPassword,
    /// Who gets to see it.
    pub handover: Handover,
    /// Whether it must be changed at the next sign-in.
    pub force_change: ForceChange,
    /// What becomes of sessions.
    pub sessions: SessionsAfter,
    /// What becomes of API keys.
    pub keys: KeysAfter,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Note for the audit trail.
    pub reason: Option<String>,
    /// Against resetting twice.
    pub once: Option<Once>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ResetOutcome {
    /// The user after the reset.
    pub user: User,
    /// The generated password, if one was made and wanted back.
    pub generated: Option<Secret>,
    /// The mail that carries the password.
    pub delivery: Option<Delivery>,
    /// Sessions that were ended.
    pub revoked_sessions: u64,
    /// One-time links that were made useless.
    pub revoked_links: u64,
    /// API keys that were revoked.
    pub revoked_keys: u64,
}

/// What is kept of it for a repeated request; no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredReset {
    user: String,
    delivery: Option<String>,
    /// Sessions that were ended.
    pub revoked_sessions: u64,
    /// One-time links that were made useless.
    pub revoked_links: u64,
    /// API keys that were revoked.
    #[serde(default)]
    pub revoked_keys: u64,
    works_until_millis: Option<i64>,
}

impl StoredReset {
    /// The ids inside; `None` when the row was not written by this release.
    pub fn ids(&self) -> (Option<UserId>, Option<MailDeliveryId>) {
        (
            UserId::parse(&self.user),
            self.delivery.as_deref().and_then(MailDeliveryId::parse),
        )
    }

    /// When the temporary password stops working.
    pub fn works_until(&self) -> Option<Timestamp> {
        self.works_until_millis.map(Timestamp::from_millis)
    }
}

/// Replaces the user's password and ends what the old one could still open.
///
/// `Order:` hashing runs before the write transaction, since SQLite has one writer; what was judged
/// before it is judged again inside, on the locked row.
pub async fn reset_password(
    app: &App,
    actor: &Actor,
    command: ResetPassword,
) -> Result<Answer<ResetOutcome, StoredReset>, UserError> {
    let user = command.user.clone();
    let act = Box::pin(reset_noted(app, actor, command));
    users::noting(app, actor, (AuditAction::PasswordReset, &user), act).await
}

async fn reset_noted(
    app: &App,
    actor: &Actor,
    command: ResetPassword,
) -> Result<Answer<ResetOutcome, StoredReset>, UserError> {
    actor.require(Permission::PasswordsReset)?;
    require_step_up(app, actor, command.actor_password.as_ref()).await?;
    let once = command.once.clone();
    let act = Box::pin(reset_once(app, actor, command));
    idempotency::once(app, once.as_ref(), act).await
}

async fn reset_once(
    app: &App,
    actor: &Actor,
    command: ResetPassword,
) -> Result<ResetOutcome, UserError> {
    let reason = users::check_reason(command.reason.as_deref())?;
    if command.handover.is_mailed() {
        users::check_password_mail(app)?;
    }
    command
        .force_change
        .works_until(app, actor, app.clock.now())?;
    let target = users::get(app, actor, &command.user).await?;
    check_target(app, &target, command.handover)?;
    let chosen =
        credentials::choose(app, actor, command.new, &target.words(), Some(target.id)).await?;
    let hash = credentials::hash(app, &chosen.password).await?;

    let txn = app.db.begin_write().await?;
    let mut user = users::lock_target(&txn, app, actor, target.id).await?;
    check_target(app, &user, command.handover)?;
    let now = app.clock.now();
    let works_until = command.force_change.works_until(app, actor, now)?;
    let must_change = matches!(command.force_change, ForceChange::Forced { .. });
    let origin = chosen.origin(must_change);
    let new = Replacement {
        hash: NewHash { hash, origin },
        must_change,
        works_until,
        sessions: command.sessions,
    };
    let ended = replace(&txn, app, &mut user, new, now).await?;
    if command.sessions == SessionsAfter::Revoked {
        // Perhaps the reset is because somebody else had the account.
        sessions::forget_devices(&txn, user.id).await?;
    }
    let revoked_keys = match command.keys {
        KeysAfter::Revoked => access::revoke_keys_of(&txn, user.id, now).await?,
        KeysAfter::Kept => 0,
    };
    let delivery = if command.handover.is_mailed() {
        let secret = Some(MailSecret::Password(chosen.password.clone()));
        let new = users::compose(&user, MailKind::NewPassword, secret, works_until, now)
            .ok_or(UserError::EmailMissing)?;
        Some(mail::enqueue(&txn, app, actor, new).await?)
    } else {
        notify(&txn, app, actor, &user, now).await?;
        None
    };
    let outcome = ResetOutcome {
        generated: (chosen.generated && command.handover.is_returned())
            .then(|| chosen.password.clone()),
        user,
        delivery,
        revoked_sessions: ended.sessions,
        revoked_links: ended.links,
        revoked_keys,
    };
    let event = reset(&outcome, chosen.generated, command.handover, reason);
    audit::record(&txn, app, actor, event).await?;
    if let Some(once) = &command.once {
        once.store(&txn, app, &stored(&outcome)).await?;
    }
    txn.commit().await?;
    Ok(outcome)
}

/// What the user's own state forbids, the first of it.
fn check_target(app: &App, user: &User, handover: Handover) -> Result<(), UserError> {
    match obstacles(app, user, handover).into_iter().next() {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

/// Everything the user's own state forbids.
fn obstacles(app: &App, user: &User, handover: Handover) -> Vec<UserError> {
    let mut found = Vec::new();
    if user.authentication_source != AuthenticationSource::BuiltIn {
        found.push(UserError::NotBuiltIn(user.authentication_source));
    }
    if !handover.is_mailed() {
        return found;
    }
    if user.is_disabled(app.clock.now()) {
        found.push(UserError::UserDisabled);
    }
    if user.email.is_none() {
        found.push(UserError::EmailMissing);
    } else if app.settings.security.require_verified_email && user.email_verified_at.is_none() {
        found.push(UserError::EmailNotVerified);
    }
    found
}

/// Why a reset that generates a password would be refused to this actor, in the order in which the
/// reset would say so; step-up aside, which comes with the reset itself.
pub fn blockers(app: &App, actor: &Actor, user: &User, send_email: bool) -> Vec<UserError> {
    let handover = if send_email {
        Handover::CallerAndMail
    } else {
        Handover::Caller
    };
    let mut found = Vec::new();
    found.extend(
        actor
            .require(Permission::PasswordsReset)
            .err()
            .map(UserError::from),
    );
    if send_email {
        found.extend(users::check_password_mail(app).err());
    }
    if user.deleted_at.is_some() {
        found.push(UserError::NotFound);
        return found;
    }
    found.extend(users::check_target(app, actor, user, Own::Refused).err());
    found.extend(obstacles(app, user, handover));
    found.extend(
        credentials::may_generate(app, actor)
            .err()
            .map(UserError::from),
    );
    found
}

fn reset(
    outcome: &ResetOutcome,
    generated: bool,
    handover: Handover,
    reason: Option<String>,
) -> Event {
    let user = &outcome.user;
    let changes = vec![
        Change::to("password", &if generated { "generated" } else { "typed" }),
        Change::to("mailed", &handover.is_mailed()),
        Change::to("mustChangePassword", &user.must_change_password),
        Change::new(
            "temporaryUntil",
            None,
            user.password_expires_at.map(Timestamp::to_rfc3339),
        ),
        Change::to("revokedSessions", &outcome.revoked_sessions),
        Change::to("revokedLinks", &outcome.revoked_links),
        Change::to("revokedApiKeys", &outcome.revoked_keys),
    ];
    Event {
        action: AuditAction::PasswordReset,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes,
        reason,
    }
}

fn stored(outcome: &ResetOutcome) -> StoredReset {
    StoredReset {
        user: outcome.user.id.to_string(),
        delivery: outcome
            .delivery
            .as_ref()
            .map(|delivery| delivery.id.to_string()),
        revoked_sessions: outcome.revoked_sessions,
        revoked_links: outcome.revoked_links,
        revoked_keys: outcome.revoked_keys,
        works_until_millis: outcome.user.password_expires_at.map(Timestamp::as_millis),
    }
}
