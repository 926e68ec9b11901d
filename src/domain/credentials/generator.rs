//! Passwords made here: random characters without look-alikes, or words anybody can type.
//!
//! | recipe | drawn from | entropy |
//! |---|---|---|
//! | 20 characters (default) | 55 letters and digits | 115 bits |
//! | 15 characters (least) | 55 letters and digits | 86 bits |
//! | 6 words (default) | 7776 words | 77 bits |
//! | 5 words (least) | 7776 words | 64 bits |
//!
//! `entropy_bits` gives these figures. They are exact: each character or word is drawn evenly and
//! apart from the others, and no two draws of words look the same when joined.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use passwords::PasswordGenerator;
use thiserror::Error;

use super::Password;
use super::policy::PasswordPolicy;
use crate::types::secret::{Secret, random_bytes};

/// Letters and digits less those the eye confuses (`0 O o 1 I i l`): 8 digits, 23 + 24 letters.
///
/// `Why:` no signs. They cost more in mails, shells and on the telephone than a few more letters.
const ALPHABET_SIZE: u32 = 55;
const WORD_COUNT: u32 = 7776;
/// The longest word of the list; the shortest has three letters.
const LONGEST_WORD: u32 = 9;
const SHORTEST_WORD: u32 = 3;
/// Draws before giving up; one is nearly always enough.
const MOST_DRAWS: usize = 16;

/// The EFF's large list, one word after each throw of five dice; see `assets/words/README.md`.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let list = include_str!("../../../assets/words/eff_large.txt");
    list.lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect()
});

/// What a generated password is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Letters and digits, none of `0 O o 1 I i l`; 15 to 128 of them, 20 by default.
    #[default]
    Characters,
    /// English words joined by hyphens; 5 to 16 of them, 6 by default.
    Words,
}

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recipe {
    /// Characters or words.
    pub style: Style,
    /// How many of them; none is the default, or more where the policy asks for more.
    pub length: Option<u32>,
}

/// Why no password was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GeneratorError {
    /// The length asked for is outside the bounds, which the policy may narrow.
    #[error("Ask for {least} to {most} {unit}.", unit = .style.unit())]
    LengthOutOfRange {
        /// What was to be made.
        style: Style,
        /// The fewest.
        least: u32,
        /// The most.
        most: u32,
    },
    /// No length of this style can satisfy the policy, or every draw was refused by it.
    #[error("The password policy leaves no room for generated {unit}; use the other style or widen the policy.", unit = .style.unit())]
    PolicyTooStrict {
        /// What was to be made.
        style: Style,
    },
}

impl Style {
    fn unit(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Words => "words",
        }
    }

    fn default_length(self) -> u32 {
        match self {
            Self::Characters => 20,
            Self::Words => 6,
        }
    }

    /// The lengths whose every draw keeps the policy's length rules.
    fn bounds(self, policy: &PasswordPolicy) -> RangeInclusive<u32> {
        match self {
            Self::Characters => 15.max(policy.min_length)..=128.min(policy.max_length),
            // n words have n - 1 hyphens between them.
            Self::Words => {
                let least = (policy.min_length.saturating_add(1)).div_ceil(SHORTEST_WORD + 1);
                let most = policy.max_length.saturating_add(1) / (LONGEST_WORD + 1);
                5.max(least)..=16.min(most)
            }
        }
    }

    fn draw(self, length: u32) -> Option<Secret> {
        let length = usize::try_from(length).ok()?;
        match self {
            Self::Characters => {
                let generator = PasswordGenerator::new()
                    .length(length)
                    .uppercase_letters(true)
                    .exclude_similar_characters(true);
                generator.generate_one().ok().map(Secret::new)
            }
            Self::Words => {
                let words: Vec<&str> = std::iter::repeat_with(draw_word).take(length).collect();
                Some(Secret::new(words.join("-")))
            }
        }
    }
}

/// Makes a password that the policy takes.
///
/// The randomness is the operating system's, or a ChaCha stream keyed from it. `about` is what is
/// known of the user, as in `PasswordPolicy::judge`.
/// Errors: a length out of bounds; a policy that cannot be satisfied.
pub fn generate(
    recipe: &Recipe,
    policy: &PasswordPolicy,
    about: &[&str],
) -> Result<Secret, GeneratorError> {
    let style = recipe.style;
    let bounds = style.bounds(policy);
    let (least, most) = (*bounds.start(), *bounds.end());
    if bounds.is_empty() {
        return Err(GeneratorError::PolicyTooStrict { style });
    }
    let length = recipe
        .length
        .unwrap_or_else(|| style.default_length().clamp(least, most));
    if !bounds.contains(&length) {
        return Err(GeneratorError::LengthOutOfRange { style, least, most });
    }
    std::iter::repeat_with(|| style.draw(length))
        .take(MOST_DRAWS)
        .flatten()
        .find(|drawn| {
            Password::parse(drawn.clone())
                .is_ok_and(|password| policy.judge(&password, about).is_empty())
        })
        .ok_or(GeneratorError::PolicyTooStrict { style })
}

/// The entropy of a recipe in bits, at its default length where it names none.
pub fn entropy_bits(recipe: &Recipe) -> f64 {
    let choices = match recipe.style {
        Style::Characters => ALPHABET_SIZE,
        Style::Words => WORD_COUNT,
    };
    f64::from(choices).log2() * f64::from(recipe.length.unwrap_or(recipe.style.default_length()))
}

fn draw_word() -> &'static str {
    loop {
        if let Some(word) = word_for(u16::from_le_bytes(random_bytes())) {
            return word;
        }
    }
}

/// The word a random number stands for, eight numbers for each word.
///
/// The top of the range, where a remainder would favour the first words, stands for none.
fn word_for(drawn: u16) -> Option<&'static str> {
    let count = u16::try_from(WORDS.len()).ok()?;
    let fair = u16::MAX - u16::MAX % count;
    WORDS
        .get(usize::from(drawn % count))
        .copied()
        .filter(|_| drawn < fair)
}

#[cfg(test)]
mod tests;
