//! Whether words say a secret in other letters: in another case, with spaces or line breaks in it, cut short,
//! or encoded as mails, addresses and pages encode.
//!
//! The words are read in every way they could have been encoded, and of each reading only the letters and
//! digits count. `Why:` a list of encodings to look for would never be whole; a reader drops what none of
//! them changes.

use std::collections::{BTreeSet, HashSet};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use unicode_normalization::UnicodeNormalization;

/// Encodings inside one another that are undone.
const LAYERS: usize = 3;
/// `Units:` characters. So many of a secret in a row give it away; of a short one three quarters do.
const TELLING: usize = 8;
/// `Units:` characters. Less than this is in any words by chance.
const CHANCE: usize = 5;
/// `Units:` characters of Base64 in a row, enough for what tells.
const SHORTEST_BASE64: usize = 8;
/// Taken as it comes: cut anywhere, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Words in pages that stand for a sign.
const ENTITIES: [(&str, char); 5] = [
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("apos;", '\''),
];

/// Whether they repeat so much of it that it cannot be kept. One secret may be looked for in all `readings`.
pub(super) fn repeats(readings: &BTreeSet<String>, secret: &str) -> bool {
    // The signs count besides, because a password may be made of little else.
    let views = [letters, visible];
    views.into_iter().any(|view| {
        let secret: Vec<char> = view(secret);
        let run = (secret.len() * 3).div_ceil(4).clamp(CHANCE, TELLING);
        if secret.len() < CHANCE {
            return false;
        }
        let runs: HashSet<&[char]> = secret.windows(run).collect();
        readings.iter().any(|reading| {
            let reading = view(reading);
            reading.windows(run).any(|window| runs.contains(window))
        })
    })
}

/// The words as they are and as whatever they may be an encoding of.
pub(super) fn readings(words: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::from([words.to_owned()]);
    let mut newest = all.clone();
    for _ in 0..LAYERS {
        let decoded = newest.iter().flat_map(|words| {
            let unescaped = std::iter::once(unescaped(words));
            unescaped.chain((0..4).filter_map(|skip| unpacked(words, skip)))
        });
        newest = decoded.filter(|reading| !all.contains(reading)).collect();
        all.extend(newest.iter().cloned());
    }
    all
}

fn letters(text: &str) -> Vec<char> {
    folded(text).filter(|c| c.is_alphanumeric()).collect()
}

fn visible(text: &str) -> Vec<char> {
    folded(text)
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect()
}

/// Without case and width.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
}

/// Quoted-printable, percent signs, SMTP's own `+2D`, backslashes and the entities of HTML undone.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (sign, left) = escape(rest).unwrap_or_else(|| {
            let (one, left) = rest.split_at(first.len_utf8());
            (one.as_bytes().to_vec(), left)
        });
        bytes.extend(sign);
        rest = left;
    }
    text_of(&bytes)
}

/// What the escape at the beginning stands for, and what is left after it.
fn escape(text: &str) -> Option<(Vec<u8>, &str)> {
    let letter = |sign: char, left| Some((sign.to_string().into_bytes(), left));
    if let Some(named) = text.strip_prefix('&') {
        if let Some((sign, left)) = ENTITIES
            .iter()
            .find_map(|(name, sign)| Some((*sign, named.strip_prefix(name)?)))
        {
            return letter(sign, left);
        }
        let (number, left) = named.strip_prefix('#')?.split_once(';')?;
        let number = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return letter(char::from_u32(number.ok()?)?, left);
    }
    if let Some(four) = text.strip_prefix("\\u") {
        let (number, left) = four.split_at_checked(4)?;
        let number = u32::from_str_radix(number, 16).ok()?;
        return letter(char::from_u32(number)?, left);
    }
    let two = text
        .strip_prefix("\\x")
        .or_else(|| text.strip_prefix(['=', '%', '+']))?;
    if text.starts_with('=') && two.starts_with(char::is_whitespace) {
        return Some((Vec::new(), two.trim_start()));
    }
    let (number, left) = two.split_at_checked(2)?;
    Some((vec![u8::from_str_radix(number, 16).ok()?], left))
}

/// Every run of Base64 undone; the first `skip` characters of each belong to what is cut off before it.
fn unpacked(text: &str, skip: usize) -> Option<String> {
    let unbroken: String = text.split_whitespace().collect();
    let standard = unbroken.replace('-', "+").replace('_', "/");
    let runs = standard.split(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/'));
    let mut bytes = Vec::new();
    for run in runs.filter(|run| run.len() >= SHORTEST_BASE64) {
        let run = run.get(skip..).unwrap_or_default();
        // One character is part of a byte that is cut off.
        let whole = run.len() - usize::from(run.len() % 4 == 1);
        let whole = run.get(..whole).unwrap_or_default();
        bytes.extend(BASE64.decode(whole).unwrap_or_default());
        bytes.push(b'\n');
    }
    (!bytes.is_empty()).then(|| text_of(&bytes))
}

/// UTF-8; whatever is none is Latin-1.
fn text_of(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks
        .flat_map(|chunk| {
            let odd = chunk.invalid().iter().copied().map(char::from);
            chunk.valid().chars().chain(odd)
        })
        .collect()
}

#[cfg(test)]
mod tests;
