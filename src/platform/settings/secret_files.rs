//! Files that hold a secret, and who can read them.

use std::path::{Path, PathBuf};

use config::Config;

/// Every setting that names one.
const NAMES: [&str; 5] = [
    "database.url_file",
    "mail.transport.password_file",
    "mail.dkim.key_file",
    "security.key_file",
    "audit.checkpoint_key_file",
];

/// A file that holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The setting that names it.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
}

/// Those that are set.
pub(super) fn named(config: &Config) -> Vec<SecretFile> {
    let set = |name| {
        let path = config.get::<Option<PathBuf>>(name).ok().flatten()?;
        Some(SecretFile { name, path })
    };
    NAMES.into_iter().filter_map(set).collect()
}

/// Whether users of this machine other than owner and group can read or replace a file. A folder on the way
/// that they cannot enter keeps them off.
pub fn is_open_to_others(path: &Path) -> std::io::Result<bool> {
    let path = path.canonicalize()?;
    let is_open = |path: &Path, bits: u32| Ok::<_, std::io::Error>(mode(path)? & bits != 0);
    if !is_open(&path, 0o006)? {
        return Ok(false);
    }
    for folder in path.ancestors().skip(1) {
        if !is_open(folder, 0o001)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(unix)]
fn mode(path: &Path) -> std::io::Result<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(path.metadata()?.permissions().mode())
}

/// Elsewhere nothing is known of others.
#[cfg(not(unix))]
fn mode(path: &Path) -> std::io::Result<u32> {
    path.metadata().map(|_found| 0)
}
