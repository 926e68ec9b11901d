//! Mail written to a folder as `.eml` files, for development; `/mailbox` shows them.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::message;
use crate::mail::{Mailer, OutgoingEmail, SendError, Sending};

/// Writes each mail to a file of its own. Passwords stand in them, so only the owner may read them.
#[derive(Clone, Debug)]
pub struct FileMailer {
    directory: PathBuf,
}

impl FileMailer {
    /// Writes to this folder, which is made when missing.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// `Order:` whole under a name nobody looks for, then renamed, so that no reader sees half a
    /// mail. A mail tried twice keeps its name.
    async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        make_private(&self.directory).await?;
        let draft = self.directory.join(format!(".{name}.draft"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(&draft).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&draft, self.directory.join(name)).await
    }
}

async fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(directory).await
}

/// `<Unix milliseconds>-<id>.eml`, the id being the first part of the `Message-ID`.
fn file_name(email: &OutgoingEmail) -> String {
    let id = email.message_id.split('@').next().unwrap_or_default();
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    let id: String = id.chars().filter(fits).collect();
    format!("{}-{id}.eml", email.date.as_millis().max(0))
}

fn later(directory: &Path, error: &io::Error) -> SendError {
    SendError::Later(format!("cannot write to {}: {error}", directory.display()))
}

impl Mailer for FileMailer {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        Box::pin(async move {
            let built = message::build(email)?;
            self.write(&file_name(email), &built.bytes)
                .await
                .map_err(|error| later(&self.directory, &error))
        })
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async move {
            make_private(&self.directory)
                .await
                .map_err(|error| later(&self.directory, &error))
        })
    }
}
