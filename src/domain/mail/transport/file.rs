//! Mail written to a folder as `.eml` files, for development; `/mailbox` shows them.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::message;
use crate::domain::mail::{Mailer, OutgoingEmail, SendError, Sending};

/// Writes each mail to a file of its own. Passwords stand in them, so only the owner may read them.
#[derive(Clone, Debug)]
pub struct FileMailer {
    directory: PathBuf,
    name: String,
    keep: usize,
}

impl FileMailer {
    /// Writes to this folder, which is made when missing.
    pub fn new(directory: PathBuf) -> Self {
        let name = directory.display().to_string();
        let keep = usize::MAX;
        Self {
            directory,
            name,
            keep,
        }
    }

    /// The same with at most so many mails; the oldest go.
    #[must_use]
    pub fn keeping(self, keep: usize) -> Self {
        Self { keep, ..self }
    }

    /// Deletes the oldest beyond those that are kept. Names begin with the time.
    ///
    /// `Why:` a failure is swallowed: the mail is there, and the next one tries again.
    async fn forget_oldest(&self) {
        if self.keep == usize::MAX {
            return;
        }
        let Ok(mut entries) = fs::read_dir(&self.directory).await else {
            return;
        };
        let mut mails = Vec::new();
        while let Ok(Some(entry)) = entries.next_entry().await {
            let path = entry.path();
            let age = path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(age);
            mails.extend(age.map(|age| (age, path)));
        }
        mails.sort();
        let surplus = mails.len().saturating_sub(self.keep);
        for (_, path) in mails.into_iter().take(surplus) {
            let _gone = fs::remove_file(path).await;
        }
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

/// When a mail was queued, by the name of its file. `None` for files of others.
fn age(name: &str) -> Option<i64> {
    let (millis, _) = name.strip_suffix(".eml")?.split_once('-')?;
    millis.parse().ok()
}

fn later(directory: &Path, error: &io::Error) -> SendError {
    SendError::Later(format!("cannot write to {}: {error}", directory.display()))
}

impl Mailer for FileMailer {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        Box::pin(async move {
            let built = message::build(email)?;
            let name = file_name(email);
            let written = self.write(&name, &built.bytes).await;
            written.map_err(|error| later(&self.directory, &error))?;
            self.forget_oldest().await;
            Ok(name)
        })
    }

    fn server(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async move {
            // Looking makes nothing: the first mail makes the folder, within the nearest one that is there.
            let folders = self.directory.ancestors();
            let mut there = folders.filter(|path| path.exists());
            match there.next() {
                Some(path) if !path.is_dir() => {
                    let error = io::ErrorKind::NotADirectory.into();
                    Err(later(&self.directory, &error))
                }
                _ => Ok(self.name.clone()),
            }
        })
    }
}
