//! Errors that pass: the same request may succeed in a moment.

use std::error::Error;

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::types::error::Internal;

use super::storage;

/// Codes of PostgreSQL that say so: a statement or lock took too long, two changes crossed, too many
/// connections. `Source:` PostgreSQL manual, appendix A.
const BUSY: [&str; 5] = ["40001", "40P01", "53300", "55P03", "57014"];

/// The connection is over: it broke, or the server stops, starts, or ended it.
const LOST: [&str; 13] = [
    "08000", "08001", "08003", "08004", "08006", "08P01", "25P03", "25P04", "57P01", "57P02",
    "57P03", "57P04", "57P05",
];

/// The server takes no changes: a standby, or a primary that has not been told yet that it is one.
const READ_ONLY: &str = "25006";

/// `SQLITE_BUSY`, whatever its extended code says. `Source:` <https://www.sqlite.org/rescode.html>.
const SQLITE_BUSY: u32 = 5;

/// Whether PostgreSQL refused something with this code.
pub(super) fn has_code(error: &Internal, wanted: &str) -> bool {
    let refused = |error: &RuntimeErr| match error {
        RuntimeErr::SqlxError(error) => error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code == wanted),
        RuntimeErr::Internal(_) => false,
    };
    cause(error).is_some_and(|cause| match cause {
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => refused(error),
        _ => false,
    })
}

/// What keeps a database server from serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not answer, or no connection to it is free.
    Unreachable,
    /// It answers and takes no changes.
    ReadOnly,
}

/// Whether the database was busy or gone, rather than asked something wrong.
pub fn is_passing(error: &Internal) -> bool {
    cause(error).is_some_and(|cause| {
        storage::fault(cause).is_some() || fault(cause).is_some() || is_busy(cause)
    })
}

/// Whether the error is one of an outage, whose begin and end the log tells in one line each.
pub fn is_outage(error: &Internal) -> bool {
    cause(error).is_some_and(|cause| fault(cause).is_some())
}

/// `Why:` what was being done may have been said more than once.
fn cause(error: &Internal) -> Option<&DbErr> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(cause) = error.downcast_ref() {
            return Some(cause);
        }
        source = error.source();
    }
    None
}

/// What an error says about the server, if it is about that. Errors of SQLite never are.
pub(super) fn fault(error: &DbErr) -> Option<Fault> {
    match error {
        // Whatever it is that keeps us from connecting.
        DbErr::Conn(_) => Some(Fault::Unreachable),
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_ref() {
                sqlx::Error::Database(error) => match error.code()?.as_ref() {
                    READ_ONLY => Some(Fault::ReadOnly),
                    code if is_lost_code(code) => Some(Fault::Unreachable),
                    _ => None,
                },
                sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => {
                    Some(Fault::Unreachable)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

pub(super) fn is_lost_code(code: &str) -> bool {
    LOST.contains(&code)
}

pub(super) fn is_read_only_code(code: &str) -> bool {
    code == READ_ONLY
}

fn is_busy(error: &DbErr) -> bool {
    let error = match error {
        DbErr::ConnectionAcquire(_) => return true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_ref()
        }
        _ => return false,
    };
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            BUSY.contains(&code.as_ref())
                || code
                    .parse::<u32>()
                    .is_ok_and(|code| code & 0xff == SQLITE_BUSY && code < 4096)
        }),
        _ => false,
    }
}
