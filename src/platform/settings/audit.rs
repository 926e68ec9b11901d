//! `[audit]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{SettingsError, in_range, read_secret};
use crate::types::secret::Secret;

/// How the audit trail is kept.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// How long events are kept; `None` for ever.
    pub keep: Option<Duration>,
    /// An Ed25519 key that signs checkpoints, as PEM.
    pub checkpoint_key: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    keep_days: u64,
    checkpoint_key_file: Option<PathBuf>,
}

const DAYS_HUNDRED_YEARS: u64 = 36_525;

impl Raw {
    pub(super) fn check(self) -> Result<AuditSettings, SettingsError> {
        let days = in_range("audit.keep_days", self.keep_days, 0..=DAYS_HUNDRED_YEARS)?;
        Ok(AuditSettings {
            keep: (days > 0).then(|| Duration::from_hours(24 * days)),
            checkpoint_key: read_secret(
                "audit.checkpoint_key_file",
                None,
                self.checkpoint_key_file,
            )?,
        })
    }
}
