//! The caller's own account, as its owner sees it.

use super::AccountError;
use crate::domain::sessions::Session;
use crate::domain::users::{self, AuthenticationSource, User};
use crate::platform::app::App;
use crate::types::actor::{Actor, Denied};
use crate::types::ids::SessionId;

/// An account, to its owner.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user behind it.
    pub user: User,
    /// The session in which it is looked at.
    pub session: SessionId,
    /// Whether that session serves for nothing but choosing a new password.
    pub is_restricted: bool,
}

impl Account {
    /// Whether the password can be changed here.
    pub fn can_change_password(&self) -> bool {
        self.user.authentication_source == AuthenticationSource::BuiltIn
    }
}

impl From<(User, &Session)> for Account {
    fn from((user, session): (User, &Session)) -> Self {
        Self {
            user,
            session: session.id,
            is_restricted: session.is_restricted,
        }
    }
}

/// The caller's own account; a restricted session may see it too.
pub async fn read(app: &App, actor: &Actor) -> Result<Account, AccountError> {
    let (id, session) = actor.require_session()?;
    let user = users::find_by_id(app, id).await?;
    let user = user.ok_or(Denied::Unauthenticated)?;
    Ok(Account {
        user,
        session,
        is_restricted: actor.is_restricted(),
    })
}
