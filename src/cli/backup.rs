//! `keydesk backup`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output::{note, print};
use crate::platform::db::{CopyError, Db};
use crate::platform::settings::Settings;

/// Writes a copy of the database while servers use it (SQLite).
#[derive(Args, Debug)]
pub(super) struct Backup {
    /// The new file. Nothing is overwritten.
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let Some(database) = settings.database.sqlite_path() else {
            return Err(Failure::Refused(
                "the database is PostgreSQL, which brings its own program: pg_dump -Fc NAME > FILE. \
                 Keep the server key too, in another place"
                    .to_owned(),
            ));
        };
        if !database.exists() {
            return Err(Failure::Refused(format!(
                "there is no {}; look at database.url (--settings)",
                database.display()
            )));
        }
        let db = Db::connect(&settings.database).await?;
        let size = db.back_up(&self.file).await?;
        db.close().await?;
        note(&format!(
            "{size} bytes, checked. {}",
            about_the_key(settings)
        ));
        print(&self.file.display().to_string())
    }
}

/// Where the server key is, which is in no backup.
fn about_the_key(settings: &Settings) -> String {
    let place = key_place(settings);
    format!("The server key is not in it; keep that too, in another place: {place}")
}

/// The name of what holds the server key.
pub(super) fn key_place(settings: &Settings) -> String {
    let path = settings.key_path();
    path.map_or_else(
        || "security.key".to_owned(),
        |path| path.display().to_string(),
    )
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Internal(cause) => cause.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}
