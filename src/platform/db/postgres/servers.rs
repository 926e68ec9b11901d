//! Connecting: the servers in their order, each for its share of the time.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use tokio::time::{Instant, sleep, timeout};

use super::errors::{may_connect_soon, no_answer};
use super::statement::is_read_only;
use super::{IDLE_ON_SERVER, STATEMENT_ON_SERVER};
use crate::platform::settings::PostgresServers;

/// Wait before connecting is tried again; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(400);
/// The shortest limit of one try.
const SHORTEST_TRY: Duration = Duration::from_secs(1);

/// The servers of one database, of which one takes changes.
pub(in crate::platform::db) struct Servers {
    each: Vec<PgConnectOptions>,
    wants_writable: bool,
    /// The one that took the last connection; it is asked first.
    last: AtomicUsize,
}

/// A fresh connection, and how its server was reached.
pub(in crate::platform::db) struct Opened {
    pub(in crate::platform::db) connection: PgConnection,
    pub(in crate::platform::db) options: PgConnectOptions,
}

impl Servers {
    /// Reads the addresses.
    pub(in crate::platform::db) fn read(servers: &PostgresServers) -> Result<Self, sqlx::Error> {
        let each = servers.urls.iter().map(|url| {
            let options: PgConnectOptions = url.expose().parse()?;
            let options = options.options([
                ("statement_timeout", STATEMENT_ON_SERVER),
                ("idle_in_transaction_session_timeout", IDLE_ON_SERVER),
            ]);
            // Statements carry password hashes as values.
            Ok::<_, sqlx::Error>(options.disable_statement_logging())
        });
        Ok(Self {
            each: each.collect::<Result<_, _>>()?,
            wants_writable: servers.wants_writable,
            last: AtomicUsize::new(0),
        })
    }

    /// Connects to the first server that answers and, where the address asks for that, takes changes.
    ///
    /// `Order:` tries again until `within` is over, as long as an error may pass: a server that starts anew is
    /// waited for.
    pub(in crate::platform::db) async fn connect(
        &self,
        within: Duration,
    ) -> Result<Opened, sqlx::Error> {
        let end = Instant::now() + within;
        let one_try = (within / 2).max(SHORTEST_TRY);
        let mut wait = FIRST_WAIT;
        loop {
            let error = match self.try_each(end, one_try).await {
                Ok(opened) => return Ok(opened),
                Err(error) => error,
            };
            if !may_connect_soon(&error) || Instant::now() + wait >= end {
                return Err(error);
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Asks each server once.
    async fn try_each(&self, end: Instant, one_try: Duration) -> Result<Opened, sqlx::Error> {
        let count = self.each.len();
        let first = self.last.load(Ordering::Relaxed);
        let in_order = self.each.iter().enumerate().cycle().skip(first).take(count);
        let mut fault = None;
        for (turn, (index, options)) in in_order.enumerate() {
            let left = end.saturating_duration_since(Instant::now());
            let others = u32::try_from(count - turn).unwrap_or(1);
            match self.try_one(options, one_try.min(left / others)).await {
                Ok(connection) => {
                    self.last.store(index, Ordering::Relaxed);
                    return Ok(Opened {
                        connection,
                        options: options.clone(),
                    });
                }
                Err(error)
                    if fault
                        .as_ref()
                        .is_some_and(|known| tells(known) > tells(&error)) => {}
                Err(error) => fault = Some(error),
            }
        }
        Err(fault.unwrap_or(sqlx::Error::PoolTimedOut))
    }

    async fn try_one(
        &self,
        options: &PgConnectOptions,
        limit: Duration,
    ) -> Result<PgConnection, sqlx::Error> {
        let opening = async {
            let mut connection = PgConnection::connect_with(options).await?;
            if self.wants_writable && is_read_only(&mut connection).await? {
                return Err(takes_no_changes());
            }
            Ok(connection)
        };
        timeout(limit, opening)
            .await
            .unwrap_or_else(|_elapsed| Err(no_answer(limit)))
    }
}

impl fmt::Debug for Servers {
    /// Without the addresses, which hold passwords.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Servers({})", self.each.len())
    }
}

fn takes_no_changes() -> sqlx::Error {
    let text = "the server takes no changes: it is a standby or read-only";
    sqlx::Error::Io(io::Error::new(io::ErrorKind::Unsupported, text))
}

/// Of the errors of several servers, the one that says most about what to mend.
fn tells(error: &sqlx::Error) -> u8 {
    match error {
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::Unsupported => 1,
        error if may_connect_soon(error) => 0,
        _ => 2,
    }
}
