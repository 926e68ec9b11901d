//! `[security]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::jwt::{self, JwtSettings};
use super::recovery::{self, RecoverySettings};
use super::sessions::{self, SessionSettings};
use super::{SettingsError, in_range, read_secret};
use crate::platform::hasher::Cost;
use crate::types::secret::Secret;

/// Keys, hashing, and who may know passwords.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "an operator's switches, each independent of the others"
)]
pub struct SecuritySettings {
    /// The server key as 64 hexadecimal digits, if given.
    pub key: Option<Secret>,
    /// Whether a new password may go by mail.
    pub mail_passwords: MailPasswords,
    /// Who may choose passwords through the API.
    pub admin_passwords: AdminPasswords,
    /// Whether resets must force a change.
    pub always_force_change: bool,
    /// Whether API keys may touch users of rank ADMIN and above.
    pub api_keys_may_manage_admins: bool,
    /// Whether mail goes only to verified addresses.
    pub require_verified_email: bool,
    /// Whether users are told by mail of a reset.
    pub notify_on_reset: bool,
    /// How long a password that must be changed works.
    pub temporary_password: Duration,
    /// Threads that hash; 0 means one for each core.
    pub hashing_threads: usize,
    /// How far the hashing threads stand back, 0 to 19.
    pub hashing_nice: u8,
    /// Cost of a hash.
    pub hashing_cost: Cost,
    /// Sign-ins that one network may try in a minute.
    pub sign_ins_per_minute: u32,
    /// Passwords that one network may have judged in a minute.
    pub password_checks_per_minute: u32,
    /// Whose tokens are taken, where any are.
    pub jwt: Option<JwtSettings>,
    /// How long sessions last.
    pub sessions: SessionSettings,
    /// How people come by a new password themselves.
    pub recovery: RecoverySettings,
}

/// Shortest and longest life of a temporary password, in seconds.
///
/// `Source:` ASVS 6.4.1, initial passwords expire; one hour to one week is our range.
pub const TEMPORARY_SECONDS: std::ops::RangeInclusive<u64> = 3_600..=604_800;

/// Whether a new password may go by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailPasswords {
    /// It may.
    Allow,
    /// It may not; send a link instead.
    Forbid,
}

/// Who may choose passwords through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminPasswords {
    /// Administrators type or generate them.
    Any,
    /// Only generated ones.
    Generated,
    /// None; users choose theirs by link (ASVS 6.4.6).
    LinksOnly,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "an operator's switches, each independent of the others"
)]
pub(super) struct Raw {
    key: Option<String>,
    key_file: Option<PathBuf>,
    mail_passwords: MailPasswords,
    admin_passwords: AdminPasswords,
    always_force_change: bool,
    api_keys_may_manage_admins: bool,
    require_verified_email: bool,
    notify_on_reset: bool,
    temporary_password_seconds: u64,
    hashing_threads: usize,
    hashing_nice: u8,
    hashing_memory_kib: u32,
    hashing_passes: u32,
    hashing_lanes: u32,
    sign_ins_per_minute: u32,
    password_checks_per_minute: u32,
    jwt: jwt::Raw,
    sessions: sessions::Raw,
    recovery: recovery::Raw,
}

impl Raw {
    pub(super) fn check(self) -> Result<SecuritySettings, SettingsError> {
        let hashing_cost = Cost {
            memory_kib: self.hashing_memory_kib,
            passes: self.hashing_passes,
            lanes: self.hashing_lanes,
        };
        check_cost(hashing_cost)?;
        Ok(SecuritySettings {
            key: read_secret("security.key", self.key, self.key_file)?,
            mail_passwords: self.mail_passwords,
            admin_passwords: self.admin_passwords,
            always_force_change: self.always_force_change,
            api_keys_may_manage_admins: self.api_keys_may_manage_admins,
            require_verified_email: self.require_verified_email,
            notify_on_reset: self.notify_on_reset,
            temporary_password: Duration::from_secs(in_range(
                "security.temporary_password_seconds",
                self.temporary_password_seconds,
                TEMPORARY_SECONDS,
            )?),
            hashing_threads: in_range("security.hashing_threads", self.hashing_threads, 0..=64)?,
            hashing_nice: in_range("security.hashing_nice", self.hashing_nice, 0..=19)?,
            hashing_cost,
            sign_ins_per_minute: in_range(
                "security.sign_ins_per_minute",
                self.sign_ins_per_minute,
                1..=100_000,
            )?,
            password_checks_per_minute: in_range(
                "security.password_checks_per_minute",
                self.password_checks_per_minute,
                1..=100_000,
            )?,
            jwt: self.jwt.check()?,
            sessions: self.sessions.check()?,
            recovery: self.recovery.check()?,
        })
    }
}

/// `Source:` ASVS 5.0 appendix C: (t 1, m ≥ 47104), (t 2, m ≥ 19456), (t ≥ 3, m ≥ 12288), in KiB.
fn check_cost(cost: Cost) -> Result<(), SettingsError> {
    let floor = match cost.passes {
        0 | 1 => 47_104,
        2 => 19_456,
        _ => 12_288,
    };
    in_range("security.hashing_passes", cost.passes, 1..=10)?;
    in_range("security.hashing_lanes", cost.lanes, 1..=16)?;
    in_range(
        "security.hashing_memory_kib",
        cost.memory_kib,
        floor..=262_144,
    )?;
    Ok(())
}
