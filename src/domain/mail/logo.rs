//! The operator's logo, as it goes along with every mail.
//!
//! `Why:` inside the mail and not by its address: many programs load no pictures from elsewhere, and a
//! picture that is fetched tells when and where a mail was opened.

use std::path::Path;
use std::sync::Arc;

use crate::platform::settings::ServerSettings;

/// `Units:` bytes. It goes along with every mail.
const MAX_BYTES: usize = 64 * 1024;

/// A PNG.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo(Arc<[u8]>);

impl Logo {
    /// The one that settings name. `None` when they name none, or one that mails do not carry.
    ///
    /// Errors: it cannot be read; the text names it.
    pub fn of(settings: &ServerSettings) -> Result<Option<Self>, String> {
        let Some(path) = &settings.logo_file else {
            return Ok(None);
        };
        Self::read(path).map_err(|error| format!("{}: {error} (server.logo_file)", path.display()))
    }

    /// `None` for a picture that mail programs do not show (SVG), or that is too large for a mail.
    pub(super) fn read(path: &Path) -> std::io::Result<Option<Self>> {
        let bytes = std::fs::read(path)?;
        let fits = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() <= MAX_BYTES;
        Ok(fits.then(|| Self(bytes.into())))
    }

    /// The picture.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Logo").field(&self.0.len()).finish()
    }
}
