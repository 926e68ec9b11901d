//! PostgreSQL: connections, a pool of them and transactions, each step bounded by a time limit.
//!
//! `Why:` the driver offers neither TCP keepalives nor `TCP_USER_TIMEOUT`, and its own pool waits without a
//! limit for the connections that are given back. A server that dies without closing its connections would be
//! waited for until the kernel gives up, which takes a quarter of an hour. Here no step is without a limit, and
//! whatever hit one closes its connection. `docs/decisions/0057-time-limits-on-postgresql.md`.

/// Statements of a pool or of a transaction: each runs by `run`, and whoever watches sees it afterwards.
macro_rules! statements_by_run {
    ($asked:ty) => {
        impl $asked {
            /// Calls back with a statement that was run, as SeaORM does.
            fn show(&self, statement: &Statement) {
                if let Some(seen) = &self.seen {
                    seen(statement);
                }
            }
        }

        #[async_trait::async_trait]
        impl ConnectionTrait for $asked {
            fn get_database_backend(&self) -> DatabaseBackend {
                DatabaseBackend::Postgres
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                let got = self.run(Ask::Count(&statement)).await;
                self.show(&statement);
                Ok(got?.count.into())
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                Ok(self.run(Ask::Text(sql)).await?.count.into())
            }

            async fn query_one_raw(
                &self,
                statement: Statement,
            ) -> Result<Option<QueryResult>, DbErr> {
                let got = self.run(Ask::First(&statement)).await;
                self.show(&statement);
                Ok(got?.rows.into_iter().next().map(Into::into))
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                let got = self.run(Ask::All(&statement)).await;
                self.show(&statement);
                Ok(got?.rows.into_iter().map(Into::into).collect())
            }
        }
    };
}

mod errors;
mod idle;
mod lease;
mod pool;
mod servers;
mod statement;
mod transaction;

use std::time::Duration;

pub(super) use errors::{lost, no_answer};
pub(super) use pool::{Pool, Use};
pub(super) use servers::Servers;
pub(super) use transaction::Transaction;

/// For statements on the server's side, as it reads it.
const STATEMENT_ON_SERVER: &str = "4s";
/// For a transaction without a statement on the server's side. Where we died or cannot be reached, that is how
/// long others wait for the rows it holds.
const IDLE_ON_SERVER: &str = "10s";
/// For statements. Longer than the server's own limit, so that a server that lives answers first.
const STATEMENT: Duration = Duration::from_millis(4_800);
/// For what a server that lives does at once: a ping, a `BEGIN` on a connection that was used before.
const PING: Duration = Duration::from_secs(1);
/// For a connection whose caller went away to become usable again.
const RECOVERY: Duration = Duration::from_secs(2);
