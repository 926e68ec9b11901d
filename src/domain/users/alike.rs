//! Refusing names that mix alphabets, or that look like another user's.

use super::store::{self, NameKind};
use super::{InvalidInput, User, UserError};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::look_alikes::{MIXED, TAKEN, is_one_script};

fn field(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Username => "username",
        NameKind::Address => "email",
    }
}

/// Takes a new user's names, so that no other can look like them.
pub(super) async fn claim(txn: &Txn, user: &User) -> Result<(), UserError> {
    match store::claim(txn, user).await? {
        Some(kind) => Err(InvalidInput::at(field(kind), TAKEN).into()),
        None => Ok(()),
    }
}

/// The same for names that are changed; the old ones are free again.
pub(super) async fn exchange(txn: &Txn, before: &User, after: &User) -> Result<(), UserError> {
    match store::exchange(txn, before, after).await? {
        Some(kind) => Err(InvalidInput::in_patch(field(kind), TAKEN).into()),
        None => Ok(()),
    }
}

/// Refuses a change to a name that mixes alphabets; one that was there before this rule may stay.
pub(super) fn check_changed(before: &User, after: &User) -> Result<(), UserError> {
    let (old, new) = (before.names()?, after.names()?);
    let mut faults = Vec::new();
    if old.0.key() != new.0.key() && !is_one_script(new.0.key()) {
        faults.push(InvalidInput::in_patch("username", MIXED));
    }
    let local = |address: &str| address.split('@').next().map(is_one_script);
    if before.email_key != after.email_key
        && after.email_key.as_deref().and_then(local) == Some(false)
    {
        faults.push(InvalidInput::in_patch("email", MIXED));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(UserError::Invalid(faults))
    }
}

/// Names that look like another user's all the same, because they were there before this rule: whose, and
/// the name. At most so many.
pub async fn look_alikes(app: &App, most: usize) -> Result<Vec<(UserId, String)>, Internal> {
    store::unheld(app.db.read(), most).await
}
