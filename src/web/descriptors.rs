//! How many files this process may have open, and how many connections that leaves.
//!
//! `Why:` a connection is an open file. A caller who opens many would take the ones that mail, the database and
//! key files need, and then nothing works until they go.

use crate::platform::settings::Settings;

/// Fewer are worth a warning: one busy proxy may keep as many.
const FEW: u32 = 1024;
/// Connections that are taken in any case.
const AT_LEAST: u32 = 8;
/// Open files besides mail and database: standard streams, the runtime's, the listener, signals, and what is
/// read and written for a moment.
const BASE: u32 = 32;
/// Files of the readers and the writer of a SQLite database, or what PostgreSQL needs besides its pool.
const DATABASE: u32 = 16;
/// For each mail sent at once: its connection, one that is kept, and a lookup of a name.
const PER_MAIL: u32 = 3;

/// Raises the limit of open files as far as the system allows, and gives how many connections may be taken: as
/// many as wanted, or as the limit leaves beside the reserve for everything else.
pub(super) fn connections(settings: &Settings, wanted: u32) -> u32 {
    let Some(limit) = raise() else {
        return wanted;
    };
    let reserve = reserve(settings);
    let connections = allowed(limit, reserve, wanted);
    tracing::info!(limit, reserve, connections, "open files");
    if connections < FEW.min(wanted) {
        tracing::warn!(
            limit,
            reserve,
            connections,
            "the system lets this process open few files, so it takes few connections at once; raise the hard \
             limit (LimitNOFILE=16384 with systemd)"
        );
    }
    connections
}

fn allowed(limit: u64, reserve: u32, wanted: u32) -> u32 {
    let left = limit.saturating_sub(u64::from(reserve));
    u32::try_from(left)
        .unwrap_or(u32::MAX)
        .clamp(AT_LEAST.min(wanted), wanted)
}

/// Files that connections may not take.
fn reserve(settings: &Settings) -> u32 {
    let mail = settings.mail.parallel.saturating_mul(PER_MAIL);
    let database = settings.database.max_connections.saturating_add(DATABASE);
    BASE.saturating_add(mail).saturating_add(database)
}

/// The limit after it was raised to what the system allows at most. `None` where there is none.
#[cfg(target_os = "linux")]
fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let present = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: present.maximum,
        maximum: present.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => present.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            present.current
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn raise() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_the_reserve_alone() {
        assert_eq!(allowed(1_048_576, 82, 10_000), 10_000);
        assert_eq!(allowed(1024, 82, 10_000), 942);
        assert_eq!(allowed(128, 82, 10_000), 46);
        assert_eq!(allowed(64, 82, 10_000), AT_LEAST);
        assert_eq!(allowed(64, 82, 2), 2);
    }

    #[test]
    fn more_mails_and_more_connections_to_the_database_need_more() {
        let reserve = |text: &str| reserve(&Settings::from_toml(text).unwrap());
        let usual = reserve("");
        assert_eq!(reserve("[mail]\nparallel = 18"), usual + 30);
        assert_eq!(reserve("[database]\nmax_connections = 30"), usual + 20);
    }
}
