//! A transaction on PostgreSQL.

use std::fmt;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::Mutex;

use super::errors::{asking, is_worth_repeating, lost};
use super::idle::Shared;
use super::lease::Lease;
use super::statement::{Ask, Got, Seen};
use super::{PING, STATEMENT};
use crate::platform::db::outage::Proof;

/// An open transaction. Dropped without `commit`, it is rolled back in the background, within a limit.
pub struct Transaction {
    state: Mutex<State>,
    shared: Arc<Shared>,
    begin: &'static str,
    seen: Option<Seen>,
}

struct State {
    lease: Lease,
    /// Whether a statement was answered. Until then a connection that turns out to be dead is replaced.
    has_begun: bool,
}

impl Transaction {
    /// Begins. A connection that died while it was idle is found out here, before anything was asked of it.
    pub(super) async fn begin(
        shared: &Arc<Shared>,
        begin: &'static str,
        seen: Option<Seen>,
    ) -> Result<Self, DbErr> {
        let mut lease = Lease::take(shared).await.map_err(lost)?;
        let limit = if lease.is_reused { PING } else { STATEMENT };
        lease.in_transaction = true;
        if let Err(error) = lease.ask(Ask::Text(begin), limit).await {
            if !lease.is_reused {
                return Err(asking(error));
            }
            begin_anew(&mut lease, begin).await?;
        }
        let state = State {
            lease,
            has_begun: false,
        };
        Ok(Self {
            state: Mutex::new(state),
            shared: Arc::clone(shared),
            begin,
            seen,
        })
    }

    /// Makes everything permanent.
    ///
    /// `Errors:` where the answer was lost, it may be permanent all the same.
    pub(in crate::platform::db) async fn commit(self) -> Result<(), DbErr> {
        self.end("COMMIT").await
    }

    /// Undoes everything.
    pub(in crate::platform::db) async fn rollback(self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(self, sql: &'static str) -> Result<(), DbErr> {
        let mut lease = self.state.into_inner().lease;
        let answer = lease.ask(Ask::Text(sql), STATEMENT).await;
        self.shared
            .judged(answer.map_err(asking), Proof::Answered)?;
        lease.in_transaction = false;
        lease.give_back();
        Ok(())
    }

    async fn run(&self, ask: Ask<'_>) -> Result<Got, DbErr> {
        let answer = self.answer(ask).await;
        self.shared.judged(answer, ask.proof())
    }

    async fn answer(&self, ask: Ask<'_>) -> Result<Got, DbErr> {
        let mut state = self.state.lock().await;
        let mut answer = state.lease.ask(ask, STATEMENT).await;
        // What was not committed is nowhere, so the first statement may be sent twice.
        if let Err(error) = &answer
            && !state.has_begun
            && is_worth_repeating(error)
        {
            begin_anew(&mut state.lease, self.begin).await?;
            answer = state.lease.ask(ask, STATEMENT).await;
        }
        state.has_begun = true;
        answer.map_err(asking)
    }
}

async fn begin_anew(lease: &mut Lease, begin: &'static str) -> Result<(), DbErr> {
    lease.renew().await.map_err(lost)?;
    lease.in_transaction = true;
    lease
        .ask(Ask::Text(begin), STATEMENT)
        .await
        .map_err(asking)?;
    Ok(())
}

statements_by_run!(Transaction);

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transaction")
            .finish_non_exhaustive()
    }
}
