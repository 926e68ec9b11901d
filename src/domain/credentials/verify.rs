//! Checking a typed password against the stored one, at the same cost whether there is one or not.

use super::{Password, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::hasher::HashError;
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::secret::Secret;

/// What came of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one.
    Right {
        /// The version that was checked; whatever is written because of it must find this one still.
        version: i64,
        /// Whether the stored hash is of another cost than settings ask for now.
        is_outdated: bool,
    },
    /// It is not, or there is none.
    Wrong,
}

/// Checks a typed password. Without a user something is hashed all the same.
///
/// `Why:` the dummy hash costs what a real one costs, and nobody's is looked for all the same, so that time
/// does not tell who exists.
pub async fn verify(app: &App, user: Option<UserId>, typed: &Secret) -> Result<Verdict, HashError> {
    let asked = user.unwrap_or_else(|| UserId::new(app.clock.now()));
    let stored = store::find(app.db.read(), asked).await?;
    let password = Password::parse(typed.clone());
    let (Some(stored), Ok(password)) = (stored, password) else {
        app.hasher.verify_nothing().await?;
        return Ok(Verdict::Wrong);
    };
    let password = Secret::new(password.expose().to_owned());
    let is_outdated = app.hasher.is_outdated(&stored.password_hash);
    match app.hasher.verify(&password, stored.password_hash).await {
        Ok(true) => Ok(Verdict::Right {
            version: stored.version,
            is_outdated,
        }),
        Ok(false) => Ok(Verdict::Wrong),
        // A damaged or planted hash lets nobody in and breaks nothing (RUSTSEC-2026-0199).
        Err(HashError::Internal(error)) => {
            tracing::error!(%error, "a stored password hash does not read");
            app.hasher.verify_nothing().await?;
            Ok(Verdict::Wrong)
        }
        Err(overloaded) => Err(overloaded),
    }
}

/// The same password hashed at the present cost.
///
/// Errors: the typed text is no password, which a verified one always is.
pub async fn hash_again(app: &App, typed: &Secret) -> Result<String, HashError> {
    let password = Password::parse(typed.clone())
        .map_err(|violation| Internal::new("hashing a password again", violation.message()))?;
    app.hasher
        .hash(&Secret::new(password.expose().to_owned()))
        .await
}

/// Stores a hash of the same password, unless the password was changed since it was verified.
pub async fn refresh(
    txn: &Txn,
    user: UserId,
    version: i64,
    password_hash: String,
) -> Result<(), Internal> {
    store::refresh(txn, user, version, password_hash).await
}

/// The version of the present password. `None` when there is none.
pub async fn version(txn: &Txn, user: UserId) -> Result<Option<i64>, Internal> {
    Ok(store::find(txn, user).await?.map(|stored| stored.version))
}
