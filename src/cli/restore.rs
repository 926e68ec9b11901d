//! `keydesk restore`.

use std::path::PathBuf;

use clap::Args;

use super::backup::key_place;
use super::failure::Failure;
use super::output::{note, print};
use crate::platform::db;
use crate::platform::settings::Settings;
use crate::types::clock::Clock;

/// Puts a backup in the place of the database (SQLite). No server and no other command may be running.
#[derive(Args, Debug)]
pub(super) struct Restore {
    /// A file that `keydesk backup` made.
    file: PathBuf,
}

impl Restore {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let Some(database) = settings.database.sqlite_path() else {
            return Err(Failure::Refused(
                "the database is PostgreSQL, which brings its own program: createdb NEW && pg_restore \
                 -d NEW FILE, then point database.url at it. Put the server key of that time back too"
                    .to_owned(),
            ));
        };
        let aside = db::restore(&database, &self.file, Clock::system().now()).await?;
        if let Some(aside) = aside {
            note(&format!(
                "The database before is kept as {}; delete it when you no longer need it.",
                aside.display()
            ));
        }
        note(&format!(
            "The server key is not part of a backup. Make sure that {} is the key that this database was \
             made with; with another one nothing starts. Then: keydesk migrate up, keydesk doctor, \
             keydesk serve.",
            key_place(settings)
        ));
        print(&database.display().to_string())
    }
}
