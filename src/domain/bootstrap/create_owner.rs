//! The act behind a setup link: the first user, who is an owner.

use super::{SetupState, look, store};
use crate::domain::access::leases;
use crate::domain::credentials::NewPassword;
use crate::domain::users::{
    self, AuthenticationSource, CreateUser, ForceChange, Handover, User, UserError,
};
use crate::platform::app::App;
use crate::types::actor::{Actor, Origin, Role};
use crate::types::secret::Secret;

/// The first owner, as they describe themselves.
#[derive(Clone, Debug)]
pub struct CreateOwner {
    /// What the setup link carries.
    pub token: Secret,
    /// Name for signing in.
    pub username: String,
    /// Address. Counts as unverified: nobody has shown yet that mail reaches its owner there.
    pub email: String,
    /// Full name.
    pub name: Option<String>,
    /// The password, as typed.
    pub password: Secret,
}

/// Why there is no owner yet. The link still works unless `Link` says otherwise.
#[derive(Debug)]
pub enum SetupError {
    /// The link cannot be used.
    Link(SetupState),
    /// A name, the address or the password is not taken, or something broke.
    User(UserError),
}

impl<E: Into<UserError>> From<E> for SetupError {
    fn from(error: E) -> Self {
        Self::User(error.into())
    }
}

/// Makes the first owner and uses the setup link up. Every other setup link ends with it.
///
/// `Locks:` one such act at a time, over all processes; whoever comes second finds a user there.
pub async fn create_owner(
    app: &App,
    origin: Origin,
    command: CreateOwner,
) -> Result<User, SetupError> {
    let actor = Actor::setup_link(origin);
    require_ready(look(app, &command.token).await?)?;
    let token = command.token.clone();
    let prepared = users::prepare(app, &actor, &owner(command)).await?;

    let txn = app.db.begin_write().await?;
    leases::serialise(&txn, "bootstrap", app.clock.now()).await?;
    if users::any(&txn).await? {
        return Err(SetupError::Link(SetupState::Closed));
    }
    let now = app.clock.now();
    if !store::consume(&txn, app, &token).await? {
        txn.rollback().await?;
        return Err(SetupError::Link(look(app, &token).await?));
    }
    store::close_all(&txn, now).await?;
    let made = users::insert(&txn, app, &actor, prepared).await?;
    txn.commit().await?;
    Ok(made.user)
}

fn owner(command: CreateOwner) -> CreateUser {
    CreateUser {
        username: command.username,
        email: Some(command.email),
        email_verified: false,
        name: command.name,
        locale: None,
        time_zone: None,
        external_id: None,
        role: Role::Owner,
        authentication_source: AuthenticationSource::BuiltIn,
        password: Some(NewPassword::Typed(command.password)),
        handover: Handover::Caller,
        force_change: ForceChange::NotForced,
        actor_password: None,
        reason: None,
        once: None,
    }
}

fn require_ready(state: SetupState) -> Result<(), SetupError> {
    match state {
        SetupState::Ready { .. } => Ok(()),
        other => Err(SetupError::Link(other)),
    }
}
