//! Errors that pass: the same request may succeed in a moment.

use std::error::Error as _;

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::error::Internal;

use super::storage;

/// Codes of PostgreSQL that say so: a statement or lock took too long, two changes crossed, too many
/// connections, a server that stops or starts. `Source:` PostgreSQL manual, appendix A.
const POSTGRES: [&str; 8] = [
    "40001", "40P01", "53300", "55P03", "57014", "57P01", "57P02", "57P03",
];

/// `SQLITE_BUSY`, whatever its extended code says. `Source:` <https://www.sqlite.org/rescode.html>.
const SQLITE_BUSY: u32 = 5;

/// Whether PostgreSQL refused something with this code.
pub(super) fn has_code(error: &Internal, wanted: &str) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|cause: &DbErr| match cause {
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => match error {
            RuntimeErr::SqlxError(error) => error
                .as_database_error()
                .and_then(|error| error.code())
                .is_some_and(|code| code == wanted),
            RuntimeErr::Internal(_) => false,
        },
        _ => false,
    })
}

/// Whether the database was busy or gone, rather than asked something wrong.
pub fn is_passing(error: &Internal) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|cause: &DbErr| storage::fault(cause).is_some() || passes(cause))
}

fn passes(cause: &DbErr) -> bool {
    match cause {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => runtime(error),
        _ => false,
    }
}

fn runtime(error: &RuntimeErr) -> bool {
    let RuntimeErr::SqlxError(error) = error else {
        return false;
    };
    match error.as_ref() {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            POSTGRES.contains(&code.as_ref())
                || code
                    .parse::<u32>()
                    .is_ok_and(|code| code & 0xff == SQLITE_BUSY && code < 4096)
        }),
        _ => false,
    }
}
