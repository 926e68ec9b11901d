//! The caller's own account, as its owner sees it.

use super::AccountError;
use crate::actor::{Actor, Denied};
use crate::app::App;
use crate::users::{self, AuthenticationSource, User};

/// An account, to its owner.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user behind it.
    pub user: User,
}

impl Account {
    /// Whether the password can be changed here.
    pub fn can_change_password(&self) -> bool {
        self.user.authentication_source == AuthenticationSource::BuiltIn
    }
}

/// The caller's own account; a restricted session may see it too.
pub async fn read(app: &App, actor: &Actor) -> Result<Account, AccountError> {
    let (id, _session) = actor.require_session()?;
    let user = users::find_by_id(app, id).await?;
    let user = user.ok_or(Denied::Unauthenticated)?;
    Ok(Account { user })
}
