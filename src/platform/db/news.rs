//! Telling other processes that rows changed, and hearing it. PostgreSQL alone can do that; SQLite
//! is looked at now and then.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::sqlx::{self, Acquire as _, Connection as _};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::Db;
use super::connection::Connection;
use super::postgres::{Servers, no_answer};
use crate::types::error::Internal;

/// The channel's name; each database has channels of its own.
const CHANNEL: &str = "keydesk_news";
/// Waits between tries to listen. The last one is repeated.
const WAITS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];
/// How long to wait for the listening connection, and for its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may be silent before it is asked whether it lives.
const SILENCE: Duration = Duration::from_secs(10);

/// Says that rows changed. Inside a transaction it is heard when that commits, and only then.
///
/// `Why:` it carries nothing. Whoever hears it reads the rows again, with the rights of whoever asks.
pub async fn announce(db: &impl ConnectionTrait) -> Result<(), Internal> {
    if db.get_database_backend() == DatabaseBackend::Postgres {
        db.execute_unprepared(&format!("NOTIFY {CHANNEL}")).await?;
    }
    Ok(())
}

impl Db {
    /// Rings whenever another process may have changed rows. Never ends.
    ///
    /// `Order:` rings after each reconnection too, since something may have been missed meanwhile. The log has
    /// one line when listening is lost, however often it is tried again.
    pub async fn listen(&self, bell: &Notify) {
        let Connection::Postgres(pool) = &self.read else {
            return std::future::pending().await;
        };
        let mut waits = WAITS.into_iter();
        let mut wait = Duration::ZERO;
        let mut was_told = false;
        loop {
            let error = match Listening::begin(pool.servers()).await {
                Ok(listening) => {
                    waits = WAITS.into_iter();
                    was_told = false;
                    listening.ring_until_broken(bell).await
                }
                Err(error) => error,
            };
            wait = waits.next().unwrap_or(wait);
            if !was_told {
                tracing::warn!(%error, "not listening to the database; it is looked at every second");
                was_told = true;
            }
            sleep(wait).await;
        }
    }
}

/// A connection that listens.
///
/// `Why:` one of its own. One taken from the pool would be missing there for good.
struct Listening {
    listener: Option<PgListener>,
    servers: Arc<Servers>,
}

impl Listening {
    async fn begin(servers: &Arc<Servers>) -> Result<Self, sqlx::Error> {
        let server = servers.connect(PATIENCE).await?.options;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(server);
        let mut listening = Self {
            listener: Some(PgListener::connect_with(&pool).await?),
            servers: Arc::clone(servers),
        };
        if let Some(listener) = &mut listening.listener {
            listener.eager_reconnect(false);
            let begun = timeout(PATIENCE, listener.listen(CHANNEL)).await;
            begun.unwrap_or_else(|_elapsed| Err(no_answer(PATIENCE)))?;
        }
        Ok(listening)
    }

    /// `Why:` a connection whose server died is silent, like one that has nothing to say, so it is asked.
    async fn ring_until_broken(mut self, bell: &Notify) -> sqlx::Error {
        let Some(listener) = &mut self.listener else {
            return sqlx::Error::PoolClosed;
        };
        loop {
            bell.notify_one();
            let heard = loop {
                match timeout(SILENCE, listener.try_recv()).await {
                    Ok(heard) => break heard,
                    Err(_elapsed) => {
                        if let Err(error) = ask(listener).await {
                            break Err(error);
                        }
                    }
                }
            };
            match heard {
                Ok(Some(_news)) => {}
                Ok(None) => return sqlx::Error::PoolClosed,
                Err(error) => return error,
            }
        }
    }
}

/// Asks whether the connection lives.
async fn ask(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    let asking = async { listener.acquire().await?.ping().await };
    let answer = timeout(PATIENCE, asking).await;
    answer.unwrap_or_else(|_elapsed| Err(no_answer(PATIENCE)))
}

impl Drop for Listening {
    /// `Why:` the driver says goodbye on a connection and waits for the answer without a limit. Where nobody
    /// answers, a living connection is put into its place first, and the dead one is closed by dropping it.
    fn drop(&mut self) {
        let (Some(mut listener), Ok(runtime)) = (self.listener.take(), Handle::try_current())
        else {
            return;
        };
        let servers = Arc::clone(&self.servers);
        drop(runtime.spawn(async move {
            while ask(&mut listener).await.is_err() {
                if let Ok(fresh) = servers.connect(PATIENCE).await
                    && let Ok(connection) = listener.acquire().await
                {
                    drop(std::mem::replace(connection, fresh.connection));
                }
                sleep(PATIENCE).await;
            }
        }));
    }
}
