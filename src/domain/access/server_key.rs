//! Noticing a wrong server key before it does harm.

use super::store;
use crate::platform::app::App;
use crate::platform::keyring::Purpose;
use crate::types::error::Internal;

/// Why the server must not work on this database.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    /// Another key made what is in the database.
    #[error(
        "the server key is not the one this database was made with, so nothing sealed in it would \
         open; put the right key back (security.key_file, or the .key file beside a SQLite database)"
    )]
    Another,
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Compares the key with the fingerprint in the database; the first key to come leaves its own.
///
/// `Why:` a lost key would otherwise show only when waiting mails fail one by one.
pub async fn check_server_key(app: &App) -> Result<(), ServerKeyError> {
    let fingerprint = app.keys.tag(Purpose::Fingerprint, b"server key");
    let known = store::server_key(app.db.write(), fingerprint, app.clock.now()).await?;
    if known == fingerprint {
        Ok(())
    } else {
        Err(ServerKeyError::Another)
    }
}

/// The same without leaving anything: a database that knows no key yet takes any.
pub async fn compare_server_key(app: &App) -> Result<(), ServerKeyError> {
    let fingerprint = app.keys.tag(Purpose::Fingerprint, b"server key");
    match store::known_server_key(app.db.read()).await? {
        Some(known) if known != fingerprint => Err(ServerKeyError::Another),
        _ => Ok(()),
    }
}
