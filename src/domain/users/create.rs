//! Creating a user, with a first password and a welcome mail where asked for.

use serde::{Deserialize, Serialize};

use super::handover::{ForceChange, Handover, check_password_mail, compose};
use super::input::{Reader, check_reason};
use super::noted::noting;
use super::target::{may_touch, require_standing};
use super::{AuthenticationSource, InvalidInput, User, UserError, alike, store};
use crate::domain::access::idempotency::{self, Answer, Once};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::credentials::{self, Chosen, NewHash, NewPassword};
use crate::domain::mail::{self, Delivery, MailKind, MailSecret};
use crate::domain::sessions::require_step_up;
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::ids::{MailDeliveryId, UserId};
use crate::types::secret::Secret;
use crate::types::username::Username;

/// A user to be created.
#[derive(Clone, Debug)]
pub struct CreateUser {
    /// Unique name for signing in.
    pub username: String,
    /// Address.
    pub email: Option<String>,
    /// Whether the address counts as verified.
    pub email_verified: bool,
    /// Full name.
    pub name: Option<String>,
    /// Language for mail.
    pub locale: Option<String>,
    /// Zone in which mail tells times, by its IANA name.
    pub time_zone: Option<String>,
    /// Identifier in some other system.
    pub external_id: Option<String>,
    /// What the user may do in the Admin API.
    pub role: Role,
    /// Where the password is kept.
    pub authentication_source: AuthenticationSource,
    /// First password, if any.
    pub password: Option<NewPassword>,
    /// Who gets to see it.
    pub handover: Handover,
    /// Whether it must be changed at the first sign-in.
    pub force_change: ForceChange,
    /// Note for the audit trail.
    pub reason: Option<String>,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Against creating twice.
    pub once: Option<Once>,
}

impl CreateUser {
    /// Whether the new user gets what others are kept from: a role, or the name under which the identity
    /// provider knows somebody.
    ///
    /// `Why:` a token finds its person by that name before any address, so a new account with it would
    /// take the place of the person who has used the address until now.
    fn takes_rights(&self) -> bool {
        self.role > Role::Member || self.external_id.is_some()
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct CreateOutcome {
    /// The new user.
    pub user: User,
    /// The generated password, if one was made and wanted back.
    pub generated: Option<Secret>,
    /// The welcome mail.
    pub delivery: Option<Delivery>,
}

/// What is kept of it for a repeated request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredCreation {
    /// The new user.
    pub user: String,
    /// The welcome mail.
    pub delivery: Option<String>,
}

impl StoredCreation {
    /// The ids inside; `None` when the row was not written by this release.
    pub fn ids(&self) -> (Option<UserId>, Option<MailDeliveryId>) {
        (
            UserId::parse(&self.user),
            self.delivery.as_deref().and_then(MailDeliveryId::parse),
        )
    }
}

/// Creates a user.
pub async fn create(
    app: &App,
    actor: &Actor,
    command: CreateUser,
) -> Result<Answer<CreateOutcome, StoredCreation>, UserError> {
    let act = Box::pin(create_noted(app, actor, command));
    noting(
        app,
        actor,
        (AuditAction::UserCreated, &super::UserRef::Nobody),
        act,
    )
    .await
}

async fn create_noted(
    app: &App,
    actor: &Actor,
    command: CreateUser,
) -> Result<Answer<CreateOutcome, StoredCreation>, UserError> {
    actor.require(Permission::UsersWrite)?;
    if command.takes_rights() || command.actor_password.is_some() {
        require_step_up(app, actor, command.actor_password.as_ref()).await?;
    }
    let once = command.once.clone();
    let act = Box::pin(create_once(app, actor, command));
    idempotency::once(app, once.as_ref(), act).await
}

async fn create_once(
    app: &App,
    actor: &Actor,
    command: CreateUser,
) -> Result<CreateOutcome, UserError> {
    let prepared = prepare(app, actor, &command).await?;
    let txn = app.db.begin_write().await?;
    require_standing(&txn, app, actor).await?;
    let outcome = insert(&txn, app, actor, prepared).await?;
    if let Some(once) = &command.once {
        let delivery = outcome.delivery.as_ref();
        let stored = StoredCreation {
            user: outcome.user.id.to_string(),
            delivery: delivery.map(|delivery| delivery.id.to_string()),
        };
        once.store(&txn, app, &stored).await?;
    }
    txn.commit().await?;
    Ok(outcome)
}

/// A user that was read and judged, with the hash of the first password: ready to be written.
#[derive(Debug)]
pub struct Prepared {
    user: User,
    first: Option<FirstPassword>,
    handover: Handover,
    reason: Option<String>,
}

struct FirstPassword {
    chosen: Chosen,
    hash: String,
}

/// `Why:` a hash is no secret to be shown either.
impl std::fmt::Debug for FirstPassword {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[password]")
    }
}

/// What creating a user needs before a transaction begins. Asks for no right: the caller has.
pub async fn prepare(
    app: &App,
    actor: &Actor,
    command: &CreateUser,
) -> Result<Prepared, UserError> {
    let now = app.clock.now();
    let mut user = read(command, now)?;
    let reason = check_reason(command.reason.as_deref())?;
    check(app, actor, command, &user)?;
    let mut first = None;
    if let Some(new) = command.password.clone() {
        let chosen = credentials::choose(app, actor, new, &user.words(), None).await?;
        user.password_expires_at = command.force_change.works_until(app, actor, now)?;
        user.password_changed_at = Some(now);
        user.must_change_password = matches!(command.force_change, ForceChange::Forced { .. });
        let hash = credentials::hash(app, &chosen.password).await?;
        first = Some(FirstPassword { chosen, hash });
    }
    Ok(Prepared {
        user,
        first,
        handover: command.handover,
        reason,
    })
}

/// Writes a prepared user, with the welcome mail and the audit event.
pub async fn insert(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    prepared: Prepared,
) -> Result<CreateOutcome, UserError> {
    let Prepared {
        user,
        first,
        handover,
        reason,
    } = prepared;
    let now = user.created_at;
    store::insert(txn, &user).await?;
    alike::claim(txn, &user).await?;
    let chosen = match first {
        Some(FirstPassword { chosen, hash }) => {
            let origin = chosen.origin(user.must_change_password);
            credentials::replace(txn, app, user.id, NewHash { hash, origin }, now).await?;
            Some(chosen)
        }
        None => None,
    };
    let delivery = match &chosen {
        Some(chosen) if handover.is_mailed() => {
            let secret = Some(MailSecret::Password(chosen.password.clone()));
            let works_until = user.password_expires_at;
            let welcome = compose(&user, MailKind::Welcome, secret, works_until, now)
                .ok_or(UserError::EmailMissing)?;
            Some(mail::enqueue(txn, app, actor, welcome).await?)
        }
        _ => None,
    };
    let event = created(&user, chosen.as_ref(), reason);
    audit::record(txn, app, actor, event).await?;
    let generated = chosen
        .filter(|chosen| chosen.generated && handover.is_returned())
        .map(|chosen| chosen.password);
    Ok(CreateOutcome {
        user,
        generated,
        delivery,
    })
}

fn read(command: &CreateUser, now: Timestamp) -> Result<User, UserError> {
    let mut reader = Reader::of_input();
    let username = reader.username(&command.username);
    let email = command.email.as_deref().and_then(|text| reader.email(text));
    reader.one_script("username", username.as_ref().map(Username::key));
    let local = email.as_ref().map(|email| email.key().split('@').next());
    reader.one_script("email", local.flatten());
    let name = command.name.as_deref().and_then(|text| reader.name(text));
    let locale = command
        .locale
        .as_deref()
        .and_then(|text| reader.locale(text));
    let time_zone = command
        .time_zone
        .as_deref()
        .and_then(|text| reader.time_zone(text));
    let external_id = command
        .external_id
        .as_deref()
        .and_then(|text| reader.external_id(text));
    if command.email_verified && command.email.is_none() {
        reader.fault("emailVerified", "There is no address to take as verified.");
    }
    reader.finish()?;
    let username = username.ok_or_else(|| InvalidInput::at("username", "Is missing."))?;
    let user = User {
        id: UserId::new(now),
        username: username.as_str().to_owned(),
        email: email.as_ref().map(|email| email.as_str().to_owned()),
        email_key: email.as_ref().map(|email| email.key().to_owned()),
        email_verified_at: command.email_verified.then_some(now),
        name,
        locale,
        time_zone,
        external_id,
        role: command.role,
        authentication_source: command.authentication_source,
        disabled_at: None,
        disabled_until: None,
        disabled_reason: None,
        locked_until: None,
        deleted_at: None,
        purged_at: None,
        failed_sign_ins: 0,
        password_changed_at: None,
        must_change_password: false,
        password_expires_at: None,
        password_blocked_at: None,
        last_sign_in_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Ok(user)
}

/// What can be refused before anything slow is done.
fn check(app: &App, actor: &Actor, command: &CreateUser, user: &User) -> Result<(), UserError> {
    if !may_touch(app, actor, command.role) {
        return Err(UserError::RoleNotGrantable);
    }
    let source = command.authentication_source;
    if command.password.is_some() && source != AuthenticationSource::BuiltIn {
        return Err(UserError::NotBuiltIn(source));
    }
    if command.handover.is_mailed() {
        if command.password.is_none() {
            let message = "There is no password to mail; give one or set `generate`.";
            return Err(InvalidInput::at("welcomeEmail", message).into());
        }
        check_password_mail(app)?;
        if user.email.is_none() {
            return Err(UserError::EmailMissing);
        }
    }
    Ok(())
}

fn created(user: &User, chosen: Option<&Chosen>, reason: Option<String>) -> Event {
    let mut changes = vec![
        Change::to("username", &&user.username),
        Change::new("email", None, user.email.clone()),
        Change::to("role", &user.role.name()),
        Change::to("authenticationSource", &user.authentication_source.name()),
    ];
    if let Some(chosen) = chosen {
        changes.push(Change::to(
            "password",
            &if chosen.generated {
                "generated"
            } else {
                "typed"
            },
        ));
    }
    Event {
        action: AuditAction::UserCreated,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes,
        reason,
    }
}
