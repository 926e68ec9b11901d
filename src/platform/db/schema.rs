//! How the schema of a database stands to what this program knows.

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, Statement};

use crate::types::error::Internal;

use super::{Db, store};

/// What has been done to the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaState {
    /// Steps applied that this program knows.
    pub applied: usize,
    /// Steps still to do.
    pub pending: usize,
    /// Steps applied by a newer release, which this program does not know.
    pub unknown: usize,
    /// The oldest step that a program must know to work on the schema; asked for only when there are steps
    /// that this program does not know.
    pub min_reader: Option<String>,
    knows_min_reader: bool,
}

/// Whether this program can work on a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaFit {
    /// Every step it knows was applied, and no other.
    Exact,
    /// A newer release has gone on, and left what this program needs.
    Newer,
    /// Steps are missing.
    Pending,
    /// A newer release has removed or changed what this program needs.
    TooNew,
}

impl SchemaState {
    /// How a schema stands to a program that knows these steps. `min_reader` counts only where the schema has
    /// steps that the program does not know.
    pub(super) fn of(known: &[String], done: &[String], min_reader: Option<String>) -> Self {
        let is_known = |step: &String| known.contains(step);
        let applied = done.iter().filter(|step| is_known(step)).count();
        Self {
            applied,
            pending: known.len() - applied,
            unknown: done.len() - applied,
            knows_min_reader: min_reader.as_ref().is_some_and(is_known),
            min_reader,
        }
    }

    /// Whether this program can work on the database.
    ///
    /// `Why:` a schema with unknown steps that does not say who may use it is left alone.
    pub fn fit(&self) -> SchemaFit {
        match self {
            Self {
                unknown: 1..,
                knows_min_reader: false,
                ..
            } => SchemaFit::TooNew,
            Self { pending: 1.., .. } => SchemaFit::Pending,
            Self { unknown: 1.., .. } => SchemaFit::Newer,
            _ => SchemaFit::Exact,
        }
    }

    /// For the log, `doctor` and whoever is refused: what the database is ahead by.
    pub fn unknown_in_words(&self) -> String {
        let needed = self.min_reader.as_deref();
        format!(
            "{} migration(s) of a newer release are applied; programs have to know {}",
            self.unknown,
            needed.unwrap_or("them")
        )
    }
}

impl Db {
    /// The same database to a program that does not know the newest steps. For tests of upgrades: there is no
    /// older program to start.
    #[must_use]
    pub fn without_newest_steps(mut self, hidden: usize) -> Self {
        self.hidden_steps = hidden;
        self
    }

    /// How far the schema is.
    pub async fn schema_state(&self) -> Result<SchemaState, Internal> {
        Ok(self.state_in(&self.read).await?)
    }

    /// Whether there is such a table.
    pub async fn has_table(&self, name: &str) -> Result<bool, Internal> {
        Ok(has_table(&self.read, name).await?)
    }

    pub(super) async fn schema_state_within(
        &self,
        txn: &DatabaseTransaction,
    ) -> Result<SchemaState, Internal> {
        Ok(self.state_in(txn).await?)
    }

    /// `Why:` the migrator's own list fails where it finds a step that it does not know.
    async fn state_in(&self, db: &impl ConnectionTrait) -> Result<SchemaState, DbErr> {
        let mut known = known_steps();
        known.truncate(known.len().saturating_sub(self.hidden_steps));
        let done = if has_table(db, "seaql_migrations").await? {
            steps_done(db).await?
        } else {
            Vec::new()
        };
        let mut min_reader = None;
        let is_unknown = |step: &String| !known.contains(step);
        if done.iter().any(is_unknown) && has_table(db, "schema_requirements").await? {
            min_reader = store::min_reader(db).await?;
        }
        Ok(SchemaState::of(&known, &done, min_reader))
    }
}

/// The names of the steps that this program knows, in order.
pub(super) fn known_steps() -> Vec<String> {
    let steps = Migrator::migrations();
    steps.iter().map(|step| step.name().to_owned()).collect()
}

/// `Why:` the migrator's own way to ask wants one of SeaORM's connections.
async fn has_table(db: &impl ConnectionTrait, name: &str) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    let sql = if backend == DatabaseBackend::Postgres {
        "SELECT 1 FROM information_schema.tables \
         WHERE table_schema = current_schema() AND table_name = $1"
    } else {
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1"
    };
    let query = Statement::from_sql_and_values(backend, sql, [name.into()]);
    Ok(db.query_one_raw(query).await?.is_some())
}

async fn steps_done(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT version FROM seaql_migrations";
    let query = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(query).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(pending: usize, unknown: usize, knows_min_reader: bool) -> SchemaFit {
        SchemaState {
            applied: 1,
            pending,
            unknown,
            min_reader: None,
            knows_min_reader,
        }
        .fit()
    }

    #[test]
    fn a_newer_schema_is_fit_as_long_as_it_says_so() {
        assert_eq!(state(0, 0, false), SchemaFit::Exact);
        assert_eq!(state(2, 0, false), SchemaFit::Pending);
        assert_eq!(state(0, 1, true), SchemaFit::Newer);
        assert_eq!(state(0, 1, false), SchemaFit::TooNew);
        assert_eq!(state(1, 1, true), SchemaFit::Pending);
        assert_eq!(state(1, 1, false), SchemaFit::TooNew);
    }
}
