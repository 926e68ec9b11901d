//! Writing many made-up users at once, for `keydesk demo`. No audit events: nobody did anything.

use super::{User, UserError, store};
use crate::domain::credentials::{self, NewHash, PasswordOrigin};
use crate::platform::app::App;

/// Writes users as they are; those with a password get this hash.
pub async fn seed(app: &App, users: &[User], password_hash: &str) -> Result<(), UserError> {
    let txn = app.db.begin_write().await?;
    for user in users {
        store::insert(&txn, user).await?;
        store::claim(&txn, user).await?;
        if let Some(changed_at) = user.password_changed_at {
            let new = NewHash {
                hash: password_hash.to_owned(),
                origin: PasswordOrigin::Chosen,
            };
            credentials::replace(&txn, app, user.id, new, changed_at).await?;
        }
    }
    txn.commit().await?;
    Ok(())
}
