//! The ways out: a mail server, a folder, memory. The only place that knows lettre's transports.
//!
//! Each builds the message by `message::build`, so what one of them refuses all of them refuse.

mod dkim;
mod file;
mod memory;
mod message;
mod smtp;

use std::sync::Arc;

pub use dkim::{DkimKeyError, Signer};
pub use file::FileMailer;
pub use memory::MemoryMailer;
pub use smtp::{SmtpLimits, SmtpMailer};

use super::Mailer;
use crate::platform::settings::{MailSettings, TransportSettings};
use crate::types::error::Internal;

/// The way out the operator chose; `None` when there is none.
///
/// Errors: the TLS settings for the mail server cannot be made.
pub fn from_settings(settings: &MailSettings) -> Result<Option<Arc<dyn Mailer>>, Internal> {
    Ok(match &settings.transport {
        TransportSettings::None => None,
        TransportSettings::File { directory, keep } => {
            Some(Arc::new(FileMailer::new(directory.clone()).keeping(*keep)))
        }
        TransportSettings::Smtp(smtp) => Some(Arc::new(SmtpMailer::new(settings, smtp)?)),
    })
}
