//! The operator's own list of breached passwords, searched on disk.
//!
//! The file is the download of Have I Been Pwned "ordered by hash": lines of `SHA1:count`, sorted.
//! Nothing of it is kept in memory and nothing is asked of the network.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};
use thiserror::Error;

type Hash = [u8; 20];

/// Longer than any line: 40 digits, a colon, a count, the line end.
const LINE_BYTES: usize = 128;
/// A range this small is read whole.
const BLOCK_BYTES: u64 = 4096;
/// Lines looked at when the file is opened; a file in another order does not get past them.
const SAMPLES: u64 = 64;

/// A sorted file of SHA-1 hashes. One value may be used from many threads at once.
#[derive(Debug)]
pub struct BreachedList {
    file: File,
    length: u64,
}

/// Why a file is not taken as a list of breached passwords.
#[derive(Debug, Error)]
pub enum BreachedListError {
    /// It cannot be opened or read.
    #[error("cannot read the list of breached passwords {path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A line is not `SHA1:count`.
    #[error(
        "{path} is not a list of breached passwords: at byte {offset} there should be a line of 40 \
         hexadecimal digits, a colon and a count (SHA-1, not NTLM)"
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// Where the line starts.
        offset: u64,
    },
    /// The lines are in another order.
    #[error(
        "{path} is not sorted by hash (see byte {offset}): download the version ordered by hash, \
         not by prevalence, or sort it with LC_ALL=C sort"
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// Where the line starts.
        offset: u64,
    },
}

impl BreachedList {
    /// Opens a list and looks at its first, its last and some lines between.
    ///
    /// Errors: unreadable, empty or not in the format, not sorted by hash.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, BreachedListError> {
        let path = path.as_ref();
        let unreadable = |cause| BreachedListError::Unreadable {
            path: path.to_owned(),
            cause,
        };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let list = Self { file, length };

        let (mut last_offset, mut last_hash) = (None, None);
        for sample in 0..=SAMPLES {
            let near = u128::from(length) * u128::from(sample) / u128::from(SAMPLES);
            let near = u64::try_from(near).unwrap_or(length);
            let offset = list.line_start_before(near).map_err(unreadable)?;
            if last_offset.replace(offset) == Some(offset) {
                continue;
            }
            let hash = list.hash_at(offset).map_err(unreadable)?;
            let Some(hash) = hash else {
                return Err(BreachedListError::Shape {
                    path: path.to_owned(),
                    offset,
                });
            };
            if last_hash
                .replace(hash)
                .is_some_and(|previous| previous >= hash)
            {
                return Err(BreachedListError::Order {
                    path: path.to_owned(),
                    offset,
                });
            }
        }
        Ok(list)
    }

    /// Whether the list holds a password: about fifty small reads in a file of forty gigabytes.
    ///
    /// Errors: the file cannot be read any more, or has been overwritten with something else.
    pub fn contains(&self, password: &str) -> io::Result<bool> {
        let wanted: Hash = Sha1::digest(password.as_bytes()).into();
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "not a line of SHA1:count");
        // `low` and `high` are line starts (or the end); the line wanted starts between them.
        let (mut low, mut high) = (0, self.length);
        while high - low > BLOCK_BYTES {
            let middle = self.line_start_before(low.midpoint(high))?;
            match self.hash_at(middle)?.ok_or_else(broken)?.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less if middle > low => low = middle,
                std::cmp::Ordering::Greater if middle > low => high = middle,
                // A line of thousands of bytes: no such thing is in the format.
                _ => return Err(broken()),
            }
        }
        let block = self.read(low, usize::try_from(high - low).unwrap_or_default())?;
        if block.len() as u64 != high - low {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            if parse_line(line).ok_or_else(broken)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The start of the line a byte stands in; at the end of the file, of the last line.
    fn line_start_before(&self, offset: u64) -> io::Result<u64> {
        let offset = offset.min(self.length.saturating_sub(1));
        let from = offset.saturating_sub(LINE_BYTES as u64);
        let before = self.read(from, usize::try_from(offset - from).unwrap_or(LINE_BYTES))?;
        let newline = before.iter().rposition(|byte| *byte == b'\n');
        Ok(newline.map_or(from, |position| from + position as u64 + 1))
    }

    fn hash_at(&self, offset: u64) -> io::Result<Option<Hash>> {
        Ok(parse_line(&self.read(offset, LINE_BYTES)?))
    }

    /// Up to `length` bytes from an offset, without a shared position.
    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match read_at(&self.file, rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

/// The hash of the line at the start of these bytes.
fn parse_line(bytes: &[u8]) -> Option<Hash> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).ok()?;
    let (digits, count) = line.split_once(':')?;
    let counted = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() != 40 || !counted || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 20];
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests;
