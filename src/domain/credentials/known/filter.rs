//! A Bloom filter over forms of passwords.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// What a file begins with; the number of positions of each entry follows in one byte.
pub(super) const MAGIC: &[u8] = b"KDKNOWN1";
/// Printed by `.ci/known-passwords`.
const SHIPPED: &[u8] = include_bytes!("../../../../assets/passwords/known.bloom");

/// Shorter parts of a password are no words.
pub(super) const SHORTEST_WORD: usize = 3;
/// Longer texts are not two words.
const LONGEST_PAIR: usize = 48;

/// Bits, some of which stand for each entry.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    bits: &'a [u8],
    positions: u8,
}

impl Filter<'static> {
    /// The one the program carries. `None` when it is damaged, which a test rules out.
    pub fn shipped() -> Option<Self> {
        Filter::read(SHIPPED)
    }
}

impl<'a> Filter<'a> {
    /// From the bytes of a file.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (positions, bits) = rest.split_first()?;
        let positions = *positions;
        (positions > 0 && !bits.is_empty()).then_some(Self { bits, positions })
    }

    /// Whether a form of a password is known.
    pub fn contains(&self, form: &str) -> bool {
        positions(form, self.bits.len(), self.positions).all(|(byte, mask)| {
            let bits = self.bits.get(byte).copied().unwrap_or_default();
            bits & mask != 0
        })
    }

    /// Whether a form is two known words together: `sunshineprincess`.
    ///
    /// `Why:` the estimate takes two words with a space for a hundred million guesses (`strength.rs`),
    /// whatever the words are. With a space between them their letters are one of the forms too.
    fn contains_pair(&self, form: &str) -> bool {
        let length = form.chars().count();
        if length > LONGEST_PAIR {
            return false;
        }
        let ends = form.char_indices().map(|(end, _)| end);
        let ends = ends.take(length.saturating_sub(SHORTEST_WORD - 1));
        ends.skip(SHORTEST_WORD).any(|end| {
            let parts = form.split_at_checked(end);
            parts.is_some_and(|(one, other)| self.contains_word(one) && self.contains_word(other))
        })
    }

    /// A known word, with or without the digits around it.
    fn contains_word(&self, part: &str) -> bool {
        let word = part.trim_matches(char::is_numeric);
        self.contains(part) || (word.chars().count() >= SHORTEST_WORD && self.contains(word))
    }

    /// Whether a password is known in any of the forms that are left when decoration is taken off.
    pub fn contains_any(&self, forms: &BTreeSet<String>) -> bool {
        let is_known = |form: &String| self.contains(form) || self.contains_pair(form);
        forms.iter().any(is_known)
    }
}

/// The bits that stand for a form: which byte, and which bit of it.
///
/// `Why:` SHA-256 is nothing but a hash here that gives the same bits on every machine and release; two
/// numbers of it give any number of positions (Kirsch and Mitzenmacher, 2008).
pub(super) fn positions(form: &str, bytes: usize, count: u8) -> impl Iterator<Item = (usize, u8)> {
    let digest: [u8; 32] = Sha256::digest(form.as_bytes()).into();
    let number = |range: std::ops::Range<usize>| {
        let bytes = digest.get(range).unwrap_or_default();
        bytes
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (first, step) = (number(0..8), number(8..16) | 1);
    let bits = (bytes as u64).saturating_mul(8).max(1);
    (0..u64::from(count)).map(move |index| {
        let bit = first.wrapping_add(index.wrapping_mul(step)) % bits;
        let byte = usize::try_from(bit / 8).unwrap_or(usize::MAX);
        (byte, 1 << (bit % 8))
    })
}
