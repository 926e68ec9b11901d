//! Codes that one person reads out to another: 16 characters in groups of four, the last one a check.
//!
//! `Shape:` Crockford base32, which has no I, L, O and U: 15 random characters (75 bits) and one that
//! is computed from them. Case, spaces and hyphens do not matter, and what looks alike is read alike.

use crate::types::secret::{Secret, random_bytes};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters in all.
const LENGTH: usize = 16;

/// Why a text is no such code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpokenError {
    /// Too few or too many characters, or one that no code has.
    Shape,
    /// The check character does not fit the others: one was misheard or two were swapped.
    Check,
}

/// Makes a code, written as it is shown: `7Q4F-…`.
pub(super) fn random() -> Secret {
    let mut values: Vec<u8> = random_bytes::<{ LENGTH - 1 }>()
        .into_iter()
        .map(|byte| byte % 32)
        .collect();
    values.push(check(&values));
    let text: String = values.iter().map(|value| symbol(*value)).collect();
    grouped(&text)
}

/// Reads a code as people type it, and writes it as it was made.
pub fn parse(text: &str) -> Result<Secret, SpokenError> {
    let mut values = Vec::with_capacity(LENGTH);
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '-' | '‐' | '–') {
            continue;
        }
        if values.len() == LENGTH {
            return Err(SpokenError::Shape);
        }
        values.push(value(c).ok_or(SpokenError::Shape)?);
    }
    let Some((last, others)) = values.split_last().filter(|_| values.len() == LENGTH) else {
        return Err(SpokenError::Shape);
    };
    if check(others) != *last {
        return Err(SpokenError::Check);
    }
    let text: String = values.iter().map(|value| symbol(*value)).collect();
    Ok(grouped(&text))
}

fn grouped(text: &str) -> Secret {
    let mut shown = String::with_capacity(LENGTH + 3);
    for (index, c) in text.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            shown.push('-');
        }
        shown.push(c);
    }
    Secret::new(shown)
}

fn symbol(value: u8) -> char {
    ALPHABET
        .get(usize::from(value))
        .map_or('0', |byte| char::from(*byte))
}

fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    let place = ALPHABET.iter().position(|byte| char::from(*byte) == c)?;
    u8::try_from(place).ok()
}

/// The check of some characters, as values of five bits.
///
/// `Why:` a polynomial over the field of 32 elements. Each place has a weight of its own, so every
/// single wrong character and every swap of two neighbours changes the sum.
fn check(values: &[u8]) -> u8 {
    values.iter().fold(0, |sum, value| double(sum ^ value))
}

/// Times x, modulo x⁵ + x² + 1.
const fn double(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        for _ in 0..200 {
            let code = random();
            assert_eq!(code.expose().len(), 19);
            let sloppy = code.expose().to_lowercase().replace('-', "  ");
            let sloppy = sloppy.replace('0', "o").replace('1', "l");
            assert_eq!(parse(&sloppy), Ok(code));
        }
    }

    #[test]
    fn one_wrong_character_and_two_swapped_ones_are_noticed() {
        let code = random().expose().replace('-', "");
        let letters: Vec<char> = code.chars().collect();
        for place in 0..LENGTH {
            for byte in ALPHABET {
                let mut wrong = letters.clone();
                wrong[place] = char::from(*byte);
                if wrong != letters {
                    let wrong: String = wrong.into_iter().collect();
                    assert_eq!(parse(&wrong), Err(SpokenError::Check), "{wrong}");
                }
            }
            if place + 1 < LENGTH && letters[place] != letters[place + 1] {
                let mut swapped = letters.clone();
                swapped.swap(place, place + 1);
                let swapped: String = swapped.into_iter().collect();
                assert_eq!(parse(&swapped), Err(SpokenError::Check), "{swapped}");
            }
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "7Q4F", "UUUU-UUUU-UUUU-UUUU", "ä", &"0".repeat(17)] {
            assert_eq!(parse(text), Err(SpokenError::Shape), "{text}");
        }
    }
}
