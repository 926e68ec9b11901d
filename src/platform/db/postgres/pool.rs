//! The pool as everybody else sees it: a connection for statements and for beginning transactions.

use std::fmt;
use std::sync::Arc;

use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, ExecResult, QueryResult,
    SqlxPostgresConnector, Statement,
};

use super::STATEMENT;
use super::errors::{asking, is_worth_repeating, lost};
use super::idle::Shared;
use super::lease::Lease;
use super::servers::{Opened, Servers};
use super::statement::{Ask, Got, READ_ONLY, Seen};
use super::transaction::Transaction;
use crate::platform::db::outage::Proof;
use crate::platform::settings::DatabaseSettings;

/// What statements on a connection do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::platform::db) enum Use {
    /// Reading: a statement that met a dead connection is sent by another one.
    Reading,
    /// Changing: a connection is asked whether it lives before a statement is sent by it.
    Changing,
}

/// A pool of connections.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    uses: Use,
    seen: Option<Seen>,
}

impl Pool {
    /// A pool with its first connection.
    pub(in crate::platform::db) fn new(
        servers: Servers,
        settings: &DatabaseSettings,
        first: Opened,
    ) -> Self {
        let shared = Shared::new(servers, settings.max_connections, settings.acquire_timeout);
        shared.keep(shared.hold(first.connection));
        Self {
            shared: Arc::new(shared),
            uses: Use::Reading,
            seen: None,
        }
    }

    /// The same pool for another use.
    pub(in crate::platform::db) fn with_use(&self, uses: Use) -> Self {
        Self {
            uses,
            ..self.clone()
        }
    }

    /// Where connections of other kinds lead to as well.
    pub(in crate::platform::db) fn servers(&self) -> &Arc<Servers> {
        &self.shared.servers
    }

    /// Calls back with every statement.
    pub(in crate::platform::db) fn set_seen(&mut self, seen: Seen) {
        self.seen = Some(seen);
    }

    /// Whether the server takes no changes. Tells the log too.
    ///
    /// `Order:` then the connection is closed with the idle ones of its age, since what it says may be true of it
    /// alone.
    pub(in crate::platform::db) async fn is_read_only(&self) -> Result<bool, DbErr> {
        let statement = Statement::from_string(DatabaseBackend::Postgres, READ_ONLY);
        let answer = self.answer(Ask::First(&statement)).await;
        let (lease, got) = self.shared.judged(answer, Proof::Answered)?;
        let row = got.rows.into_iter().next().map(QueryResult::from);
        let is_read_only = row.is_none_or(|row| row.try_get_by_index(0).unwrap_or(true));
        self.shared.outage.heard(is_read_only);
        if is_read_only {
            lease.close();
        } else {
            lease.give_back();
        }
        Ok(is_read_only)
    }

    /// A connection of its own for migrations, which want one of SeaORM's.
    pub(in crate::platform::db) async fn for_migrations(
        &self,
    ) -> Result<DatabaseConnection, DbErr> {
        let opened = self.shared.servers.connect(self.shared.wait).await;
        let options = opened.map_err(lost)?.options;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.shared.wait)
            .connect_lazy_with(options);
        Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
    }

    /// Begins a transaction by this statement.
    pub(in crate::platform::db) async fn begin(
        &self,
        sql: &'static str,
    ) -> Result<Transaction, DbErr> {
        let begun = Transaction::begin(&self.shared, sql, self.seen.clone()).await;
        self.shared.judged(begun, Proof::Answered)
    }

    /// Waits until nobody uses a connection, and closes all. Afterwards there are none.
    pub(in crate::platform::db) async fn close(&self) {
        self.shared.close().await;
    }

    async fn run(&self, ask: Ask<'_>) -> Result<Got, DbErr> {
        let answer = self.answer(ask).await;
        let (lease, got) = self.shared.judged(answer, ask.proof())?;
        lease.give_back();
        Ok(got)
    }

    /// The answer, and the connection that it came by. A statement that is wrong leaves that as it was.
    async fn answer(&self, ask: Ask<'_>) -> Result<(Lease, Got), DbErr> {
        let mut lease = Lease::take(&self.shared).await.map_err(lost)?;
        if self.uses == Use::Changing && lease.is_reused && lease.ping().await.is_err() {
            lease.renew().await.map_err(lost)?;
        }
        let mut answer = lease.ask(ask, STATEMENT).await;
        if let Err(error) = &answer
            && self.uses == Use::Reading
            && lease.is_reused
            && is_worth_repeating(error)
        {
            lease.renew().await.map_err(lost)?;
            answer = lease.ask(ask, STATEMENT).await;
        }
        match answer {
            Ok(got) => Ok((lease, got)),
            Err(error) => {
                lease.give_back();
                Err(asking(error))
            }
        }
    }
}

statements_by_run!(Pool);

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("shared", &self.shared)
            .field("uses", &self.uses)
            .finish_non_exhaustive()
    }
}
