//! Making a link for choosing a new password, for whoever hands it over in person; no mail goes out.

use std::time::Duration;

use crate::actor::{Actor, ActorKind, Permission};
use crate::app::App;
use crate::audit::{self, AuditAction, Change, Event, Refusal};
use crate::clock::Timestamp;
use crate::ids::LinkId;
use crate::links::{Base, Page};
use crate::one_time_links::{
    self, LinkOrigin, LinkPurpose, MAX_LIFETIME, MIN_LIFETIME, Minted, NewLink,
};
use crate::secret::Secret;
use crate::sessions::require_step_up;
use crate::users::{self, AuthenticationSource, InvalidInput, User, UserError, UserRef};

/// How long a link works when nothing else is said.
const LIFETIME: Duration = Duration::from_hours(1);

/// A link to be made.
#[derive(Clone, Debug)]
pub struct CreateLink {
    /// For whom.
    pub user: UserRef,
    /// How long it works: one minute to 24 hours, or one hour.
    pub expires: Option<Duration>,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Note for the audit trail.
    pub reason: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct CreatedLink {
    /// The link's name, which is no secret.
    pub id: LinkId,
    /// For whom it is.
    pub user: User,
    /// The whole address, this one time.
    pub url: Secret,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Why no link was made.
#[derive(Debug)]
pub enum CreateLinkError {
    /// Nobody has said at which address people reach the server (`server.public_url`).
    PublicUrlMissing,
    /// Anything that can be refused about a user.
    User(UserError),
}

impl Refusal for CreateLinkError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::PublicUrlMissing => None,
            Self::User(error) => error.denial(),
        }
    }
}

impl<E: Into<UserError>> From<E> for CreateLinkError {
    fn from(error: E) -> Self {
        Self::User(error.into())
    }
}

/// Makes a link by which its holder chooses a new password, once. Earlier ones stop working.
///
/// Errors: `PublicUrlMissing`, `UserDisabled` and `NotBuiltIn` besides those of every act on a user.
pub async fn create_link(
    app: &App,
    actor: &Actor,
    command: CreateLink,
) -> Result<CreatedLink, CreateLinkError> {
    let user = command.user.clone();
    let act = Box::pin(create_noted(app, actor, command));
    let what = (AuditAction::PasswordLinkCreated, &user);
    users::noting(app, actor, what, act).await
}

async fn create_noted(
    app: &App,
    actor: &Actor,
    command: CreateLink,
) -> Result<CreatedLink, CreateLinkError> {
    actor.require(Permission::PasswordsReset)?;
    require_step_up(app, actor, command.actor_password.as_ref()).await?;
    let reason = users::check_reason(command.reason.as_deref())?;
    let lifetime = check_lifetime(command.expires.unwrap_or(LIFETIME))?;
    let base = base(app, actor).ok_or(CreateLinkError::PublicUrlMissing)?;
    let target = users::get(app, actor, &command.user).await?;
    check_target(app, &target)?;

    let txn = app.db.begin_write().await?;
    let user = users::lock_target(&txn, app, actor, target.id).await?;
    check_target(app, &user)?;
    let now = app.clock.now();
    let kind = (LinkPurpose::PasswordReset, LinkOrigin::AdminHandover);
    let new = NewLink::plain(user.id, kind, lifetime);
    let Minted { link, token, .. } = one_time_links::mint(&txn, app, actor, new, now).await?;
    let event = Event {
        action: AuditAction::PasswordLinkCreated,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![
            Change::to("link", &link.id),
            Change::to("expiresAt", &link.expires_at.to_rfc3339()),
        ],
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    Ok(CreatedLink {
        id: link.id,
        user,
        url: base.link(Page::Reset, &token),
        expires_at: link.expires_at,
    })
}

fn check_lifetime(lifetime: Duration) -> Result<Duration, InvalidInput> {
    if (MIN_LIFETIME..=MAX_LIFETIME).contains(&lifetime) {
        return Ok(lifetime);
    }
    let message = "Must be from 1 minute to 24 hours.";
    Err(InvalidInput::at("expires", message))
}

/// At the command line a server that listens on this machine alone needs no public address.
fn base(app: &App, actor: &Actor) -> Option<Base> {
    let server = &app.settings.server;
    if actor.kind == ActorKind::Operator {
        Base::here(server)
    } else {
        Base::public(server)
    }
}

/// What the user's own state forbids.
fn check_target(app: &App, user: &User) -> Result<(), UserError> {
    if user.authentication_source != AuthenticationSource::BuiltIn {
        return Err(UserError::NotBuiltIn(user.authentication_source));
    }
    if user.is_disabled(app.clock.now()) {
        return Err(UserError::UserDisabled);
    }
    Ok(())
}
