//! A backup of a SQLite database while servers use it.

use std::io;
use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

use crate::types::error::Internal;

use super::Db;
use super::copy::{CopyError, Draft, check, sync_folder};
use super::storage::{self, StorageState};

impl Db {
    /// Writes everything that is committed now into a new file, checks it, and gives its size in bytes.
    ///
    /// `Order:` written and checked under another name, so that whatever has the given name is whole.
    /// `Why:` `VACUUM INTO` reads one snapshot and holds up no writer.
    pub async fn back_up(&self, to: &Path) -> Result<u64, CopyError> {
        if to.exists() {
            return Err(CopyError::Exists(to.to_owned()));
        }
        let draft = Draft::create(to)?;
        let Some(name) = draft.path().to_str() else {
            let cause = io::Error::new(io::ErrorKind::InvalidFilename, "not UTF-8");
            return Err(CopyError::file(to)(cause));
        };
        let copy = Statement::from_sql_and_values(
            DatabaseBackend::Sqlite,
            "VACUUM INTO $1",
            [name.to_owned().into()],
        );
        let copied = self.read().execute_raw(copy).await;
        copied.map_err(|error| failed(error, to))?;
        draft.sync()?;
        check(&draft, to).await?;
        let size = std::fs::metadata(draft.path()).map_err(CopyError::file(to))?;
        place(&draft, to)?;
        sync_folder(to)?;
        Ok(size.len())
    }
}

fn failed(error: DbErr, to: &Path) -> CopyError {
    if storage::fault(&error) == Some(StorageState::Full) {
        CopyError::NoRoom(to.to_owned())
    } else {
        Internal::new("copying the database", error).into()
    }
}

/// Gives a draft its name, and overwrites nothing.
fn place(draft: &Draft, to: &Path) -> Result<(), CopyError> {
    match std::fs::hard_link(draft.path(), to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(CopyError::Exists(to.to_owned()))
        }
        // Some file systems have one name for each file.
        Err(_) => std::fs::rename(draft.path(), to).map_err(CopyError::file(to)),
    }
}
