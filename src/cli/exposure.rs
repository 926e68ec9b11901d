//! What `doctor` says of secrets that others on this machine or on the network could read.

use crate::domain::users;
use crate::platform::app::App;
use crate::platform::db::{Transport, transport};
use crate::platform::settings::{Settings, is_open_to_others};

/// Most names told.
const MOST_NAMES: usize = 20;

/// Users whose names look like another's.
pub(super) async fn names(app: &App) -> Result<String, String> {
    let found = users::look_alikes(app, MOST_NAMES).await;
    let found = found.map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Ok("no username or address looks like another user's".to_owned());
    }
    let names: Vec<String> = found
        .iter()
        .map(|(user, name)| format!("{name} ({user})"))
        .collect();
    Err(format!(
        "these look like the names of other users: {}; rename one of each, `keydesk user update ID username=NAME`",
        names.join(", ")
    ))
}

/// Files with secrets that every user of this machine can read or change.
pub(super) fn secret_files(settings: &Settings) -> Result<String, String> {
    let mut files: Vec<_> = settings
        .secret_files
        .iter()
        .map(|file| (file.name, file.path.clone()))
        .collect();
    if let (None, Some(database)) = (&settings.security.key, settings.database.sqlite_path()) {
        files.push(("the server key", database.with_extension("key")));
    }
    let open: Vec<String> = files
        .iter()
        .filter(|(_, path)| is_open_to_others(path).unwrap_or(false))
        .map(|(name, path)| format!("{name}: {}", path.display()))
        .collect();
    if open.is_empty() {
        return Ok("no file with a secret is open to others".to_owned());
    }
    let text = "every user of this machine can read or change";
    Err(format!("{text} {}; run `chmod 600` on it", open.join(", ")))
}

/// Whether the way to PostgreSQL is guarded. `None` where there is nothing to say.
pub(super) fn database_transport(settings: &Settings) -> Option<Result<String, String>> {
    let mended = "add `?sslmode=verify-full&sslrootcert=FILE` to database.url";
    match transport(&settings.database)? {
        Transport::Local => None,
        Transport::Verified => Some(Ok(
            "encrypted, and the server's certificate is verified".to_owned()
        )),
        Transport::Unverified(mode) => Some(Ok(format!(
            "encrypted to whoever answers (sslmode={mode}); to have the server verified as well, {mended}"
        ))),
        Transport::Plain(mode) => Some(Err(format!(
            "PostgreSQL is on another machine, and the connection may be in clear (sslmode={mode}): \
             passwords' hashes and names could be read and changed on the way; {mended}"
        ))),
    }
}
