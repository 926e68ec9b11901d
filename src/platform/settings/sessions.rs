//! `[security.sessions]`.

use std::time::Duration;

use serde::Deserialize;

use super::{SettingsError, in_range};
use crate::types::actor::Role;

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// Of people of every role above MEMBER.
    pub staff: SessionLimits,
    /// Of members.
    pub members: SessionLimits,
    /// How many a user has at most; the oldest end.
    pub max_per_user: u64,
    /// How long a person's password, given again, counts.
    pub step_up: Duration,
}

/// How long one session lasts.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without being used.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

impl SessionSettings {
    /// The limits for someone of this role.
    pub fn of(&self, role: Role) -> SessionLimits {
        match role {
            Role::Member => self.members,
            Role::Owner | Role::Admin | Role::Helpdesk | Role::Auditor => self.staff,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    staff_idle_minutes: u64,
    staff_hours: u64,
    member_idle_hours: u64,
    member_days: u64,
    max_per_user: u64,
    step_up_minutes: u64,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `Source:` NIST SP 800-63B-4 §2.2.3 and §2.1.3: at most 30 days in all; ASVS 7.3.1 and 7.3.2.
impl Raw {
    pub(super) fn check(self) -> Result<SessionSettings, SettingsError> {
        let span = |name, value, most, unit: u64| {
            in_range(name, value, 1..=most).map(|value| Duration::from_secs(value * unit))
        };
        let staff = SessionLimits {
            idle: span(
                "security.sessions.staff_idle_minutes",
                self.staff_idle_minutes,
                1_440,
                MINUTE,
            )?,
            absolute: span("security.sessions.staff_hours", self.staff_hours, 168, HOUR)?,
        };
        let members = SessionLimits {
            idle: span(
                "security.sessions.member_idle_hours",
                self.member_idle_hours,
                720,
                HOUR,
            )?,
            absolute: span("security.sessions.member_days", self.member_days, 30, DAY)?,
        };
        Ok(SessionSettings {
            staff,
            members,
            max_per_user: in_range(
                "security.sessions.max_per_user",
                self.max_per_user,
                1..=1_000,
            )?,
            step_up: span(
                "security.sessions.step_up_minutes",
                self.step_up_minutes,
                60,
                MINUTE,
            )?,
        })
    }
}
