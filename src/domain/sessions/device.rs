//! A browser or network that an account knows.

use std::time::Duration;

use uuid::Uuid;

use crate::types::clock::Timestamp;
use crate::types::ids::{DeviceId, UserId};

/// How long a browser is known after it last signed in.
pub const KNOWN_FOR: Duration = Duration::from_hours(90 * 24);
/// Accounts that one browser is known to at a time.
pub const MOST_IN_COOKIE: usize = 5;
/// Browsers that one account knows; the oldest are forgotten beyond.
pub(super) const MOST_OF_USER: u64 = 50;

/// A browser that has signed in to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name in the API.
    pub id: DeviceId,
    /// The account.
    pub user: UserId,
    /// The address it last signed in from.
    pub ip_address: Option<String>,
    /// The program, as it named itself then.
    pub user_agent: Option<String>,
    /// When it first signed in.
    pub created_at: Timestamp,
    /// When it last did.
    pub last_used_at: Timestamp,
    /// Until when it is known.
    pub expires_at: Timestamp,
}

/// What an account knows the client of a request by, with its failed tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: Uuid,
    /// Whether it is a browser; else the network of the last sign-in.
    pub is_device: bool,
    /// Failed tries since it last signed in.
    pub failures: i64,
    /// Until when its next try waits. `Units:` Unix milliseconds.
    pub locked_until: Option<i64>,
}
