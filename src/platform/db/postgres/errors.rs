//! What an error says about the connection it came by.

use std::io;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgDatabaseError, PgSeverity};
use sea_orm::sqlx::{self, error::DatabaseError};
use sea_orm::{DbErr, RuntimeErr};

use crate::platform::db::passing::{is_lost_code, is_read_only_code};

/// What a step that hit its time limit answers.
pub(in crate::platform::db) fn no_answer(limit: Duration) -> sqlx::Error {
    let text = format!("no answer within {limit:?}; the connection was closed");
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
}

/// What a connection answers that was closed after an earlier error.
pub(super) fn closed() -> sqlx::Error {
    let text = "the connection was closed after an earlier error";
    sqlx::Error::Io(io::Error::new(io::ErrorKind::NotConnected, text))
}

/// Whether the connection has to be closed: it is broken, or its server takes no changes.
pub(super) fn spoils_connection(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return is_connection_lost(error);
    };
    is_fatal(error.as_ref())
        || error
            .code()
            .is_some_and(|code| is_lost_code(&code) || is_read_only_code(&code))
}

/// Whether the connection is gone, rather than a statement wrong.
fn is_connection_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_lost_code(&code)),
        _ => false,
    }
}

/// Whether the same statement may be sent by another connection at once: this one was closed, not slow.
pub(super) fn is_worth_repeating(error: &sqlx::Error) -> bool {
    let is_slow =
        matches!(error, sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::TimedOut);
    is_connection_lost(error) && !is_slow
}

/// Whether connecting may succeed in a moment: nobody listens, a proxy without a server closes at once, the
/// server starts or has no place.
pub(super) fn may_connect_soon(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| is_lost_code(&code) || code == "53300"),
        _ => false,
    }
}

fn is_fatal(error: &dyn DatabaseError) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// An error of getting a connection.
pub(in crate::platform::db) fn lost(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

/// An error of a statement.
pub(super) fn asking(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
