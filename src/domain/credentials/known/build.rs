//! Making the filter from lists of passwords and from phrases.
//!
//! `Shape:` an entry is taken as it is looked up: in lower case, letters and digits alone. What is found
//! without it is left out (`password2024` beside `password`), which halves the file.

use std::collections::BTreeSet;

use super::super::{folding, patterns};
use super::filter::{Filter, MAGIC, SHORTEST_WORD, positions};

/// Shorter ones are refused by their length alone.
const SHORTEST: usize = 8;
/// A part of a phrase has this many words and letters at least.
const SHORTEST_PART: (usize, usize) = (3, 12);
/// Positions of each entry: 2⁻²⁰ of all others are found without need.
const POSITIONS: u8 = 20;
/// Bits for each entry that make half of all bits one: positions / ln 2, in hundredths.
const HUNDREDTHS_OF_BITS: usize = 2886;
/// The most that the file may have, in bytes.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// A new filter.
#[derive(Clone, Debug)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// Different passwords of eight characters or more that it refuses.
    pub refused: usize,
    /// Those that needed bits of their own.
    pub entries: usize,
}

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Too many entries.
    #[error("{0} bytes; at most {MAX_BYTES} are allowed")]
    TooLong(usize),
    /// A password of the lists is not found, which would be a fault of this program.
    #[error("one of the passwords is not found in the filter")]
    Missing,
}

/// Makes a filter that refuses all of these passwords, and any two of them or of these words together.
pub fn build<'a>(
    passwords: impl Iterator<Item = &'a str>,
    words: impl Iterator<Item = &'a str>,
) -> Result<Built, BuildError> {
    let passwords: BTreeSet<String> = passwords
        .map(folding::plain)
        .filter(|text| text.chars().count() >= SHORTEST)
        .collect();
    let mut entries: BTreeSet<String> = words
        .map(folding::plain)
        .filter(|word| (SHORTEST_WORD..SHORTEST).contains(&word.chars().count()))
        .filter(|word| word.chars().all(char::is_alphabetic))
        .collect();
    add_needed(&passwords, &mut entries);
    let size = (entries.len() * HUNDREDTHS_OF_BITS).div_ceil(800).max(8);
    let mut bits = vec![0_u8; size];
    for entry in &entries {
        for (byte, mask) in positions(entry, size, POSITIONS) {
            if let Some(bits) = bits.get_mut(byte) {
                *bits |= mask;
            }
        }
    }
    let bytes = [MAGIC, &[POSITIONS], bits.as_slice()].concat();
    if bytes.len() > MAX_BYTES {
        return Err(BuildError::TooLong(bytes.len()));
    }
    let filter = Filter::read(&bytes).ok_or(BuildError::Missing)?;
    let is_found = |password: &String| {
        let forms = folding::undecorated(password);
        let mut forms = forms.iter();
        forms.any(|form| filter.contains(form) || patterns::is_simple(form))
    };
    if !passwords.iter().all(is_found) {
        return Err(BuildError::Missing);
    }
    Ok(Built {
        refused: passwords.len(),
        entries: entries.len(),
        bytes,
    })
}

/// Adds those without which some password would not be found, from the shortest on.
fn add_needed(passwords: &BTreeSet<String>, entries: &mut BTreeSet<String>) {
    let mut keyed: Vec<(String, &String)> = passwords
        .iter()
        .map(|password| (key(password), password))
        .collect();
    keyed.sort_by(|one, other| (one.0.len(), one).cmp(&(other.0.len(), other)));
    for (key, password) in keyed {
        if entries.contains(&key) {
            continue;
        }
        let forms = folding::undecorated(password);
        let mut forms = forms.iter();
        if !forms.any(|form| entries.contains(form) || patterns::is_simple(form)) {
            entries.insert(key);
        }
    }
}

/// The form under which a password is taken in; one of those under which it is looked up.
fn key(password: &str) -> String {
    let plain = folding::letters_and_digits(password);
    if plain.chars().count() >= SHORTEST {
        plain
    } else {
        password.to_owned()
    }
}

/// Each phrase of a list, and each run of words in it that is long enough to be a password.
pub fn phrases(list: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let lines = list.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (fewest, shortest) = SHORTEST_PART;
        for start in 0..words.len() {
            for end in start + fewest..=words.len() {
                let part = words.get(start..end).unwrap_or_default().concat();
                if part.chars().count() >= shortest {
                    found.insert(part);
                }
            }
        }
        found.insert(words.concat());
    }
    found
}
