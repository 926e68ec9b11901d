//! Writing many made-up users at once, for `keydesk demo`. No audit events: nobody did anything.

use super::{User, UserError, store};
use crate::address::EmailAddress;
use crate::app::App;
use crate::credentials;
use crate::error::Internal;
use crate::username::Username;

/// Writes users as they are; those with a password get this hash.
pub async fn seed(app: &App, users: &[User], password_hash: &str) -> Result<(), UserError> {
    let txn = app.db.begin_write().await?;
    for user in users {
        let broken = |text: String| Internal::new("making up a user", text);
        let username =
            Username::parse(&user.username).map_err(|error| broken(error.to_string()))?;
        let email = match &user.email {
            Some(text) => Some(EmailAddress::parse(text).map_err(|e| broken(e.to_string()))?),
            None => None,
        };
        store::insert(&txn, user, (&username, email.as_ref())).await?;
        if let Some(changed_at) = user.password_changed_at {
            let hash = password_hash.to_owned();
            credentials::replace(&txn, app, user.id, hash, changed_at).await?;
        }
    }
    txn.commit().await?;
    Ok(())
}
