//! Telling other processes that rows changed, and hearing it. PostgreSQL alone can do that; SQLite
//! is looked at now and then.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::Db;
use crate::error::Internal;

/// The channel's name; each database has channels of its own.
const CHANNEL: &str = "keydesk_news";
/// Waits between tries to listen. The last one is repeated.
const WAITS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];
/// How long to wait for the listening connection.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// `Order:` rings after each reconnection too, since something may have been missed meanwhile.
    pub async fn listen(&self, bell: &Notify) {
        if self.read.get_database_backend() != DatabaseBackend::Postgres {
            return std::future::pending().await;
        }
        let mut waits = WAITS.into_iter();
        let mut wait = Duration::ZERO;
        loop {
            let error = match listener(&self.read).await {
                Ok(listener) => {
                    waits = WAITS.into_iter();
                    ring_until_broken(listener, bell).await
                }
                Err(error) => error,
            };
            wait = waits.next().unwrap_or(wait);
            tracing::warn!(%error, "not listening to the database; it is looked at every second");
            sleep(wait).await;
        }
    }
}

/// `Why:` a connection of its own. One taken from the pool would be missing there for good.
async fn listener(db: &DatabaseConnection) -> Result<PgListener, sea_orm::sqlx::Error> {
    let server = db.get_postgres_connection_pool().connect_options();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(server.as_ref().clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

async fn ring_until_broken(mut listener: PgListener, bell: &Notify) -> sea_orm::sqlx::Error {
    loop {
        bell.notify_one();
        // `None` tells of a connection that was lost and is there again.
        if let Err(error) = listener.try_recv().await {
            return error;
        }
    }
}
