//! The password policy: which passwords are refused, and how that is told.
//!
//! There is no rule about kinds of characters and there will be none: such rules make passwords
//! worse (NIST SP 800-63B-4, ASVS 6.2.5).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::breached::BreachedList;
use super::known::Filter;
use super::{Password, PasswordRule, Violation, folding, popular, strength};

/// What is asked of a password.
#[derive(Debug, Clone)]
pub struct PasswordPolicy {
    /// The fewest code points. 15 by default: the least NIST asks for where the password stands alone.
    pub min_length: u32,
    /// The most code points, up to 1024; 64 is the least that should be allowed.
    pub max_length: u32,
    /// The least estimated strength, 0 (off) to 4.
    ///
    /// `Why:` 3 by default, a hundred million guesses: far beyond guessing against a rate limit, and
    /// reached by any three words that have nothing to do with each other.
    pub min_strength: u8,
    /// Refuse common passwords and simple patterns.
    pub reject_common: bool,
    /// Refuse passwords made of the user's names and the words below.
    pub reject_similar_to_user: bool,
    /// How many of a user's last chosen passwords, the present one included, may not come back, nor a
    /// temporary one that stands in their place; 0 is off.
    pub history_count: u32,
    /// Words everybody here knows: product, organisation, host names.
    pub words: Vec<String>,
    /// The operator's list of breached passwords.
    pub breached: Option<Arc<BreachedList>>,
    /// Whether a service is asked about breached passwords besides (`judge` in `choose.rs`).
    pub asks_breached_api: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: 15,
            max_length: super::MAX_PASSWORD_CHARACTERS,
            min_strength: 3,
            reject_common: true,
            reject_similar_to_user: true,
            history_count: 2,
            words: Vec::new(),
            breached: None,
            asks_breached_api: false,
        }
    }
}

impl PasswordPolicy {
    /// Every rule a password breaks, in the order of `PasswordRule`; none means it is taken.
    ///
    /// `about` is what is known of the user: username, e-mail address, names. `Reused` is not judged
    /// here, it needs the hashes.
    pub fn judge(&self, password: &Password, about: &[&str]) -> Vec<Violation> {
        let length = password.char_count();
        let mut known: Vec<&str> = about.to_vec();
        known.extend(self.words.iter().map(String::as_str));
        let forms = folding::undecorated(password.expose());

        let too_short = (length < self.min_length)
            .then(|| Violation::new(PasswordRule::MinLength, Some(self.min_length), Some(length)));
        let too_long = (length > self.max_length)
            .then(|| Violation::new(PasswordRule::MaxLength, Some(self.max_length), Some(length)));
        let plain = |broken: bool, rule| broken.then(|| Violation::new(rule, None, None));
        [
            too_short,
            too_long,
            self.judge_strength(password, &known),
            plain(
                self.reject_common && (popular::is_any(&forms) || is_known(&forms)),
                PasswordRule::Common,
            ),
            plain(self.is_breached(password), PasswordRule::Breached),
            plain(self.is_similar(&forms, &known), PasswordRule::SimilarToUser),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The rules as sentences, for a form or a mail.
    pub fn descriptions(&self) -> Vec<String> {
        let mut sentences = vec![format!(
            "Use {} to {} characters of any kind.",
            self.min_length, self.max_length
        )];
        let mut add = |applies: bool, sentence: &str| {
            if applies {
                sentences.push(sentence.to_owned());
            }
        };
        add(
            self.min_strength > 0,
            "Make it hard to guess: a few unrelated words will do.",
        );
        add(
            self.reject_common,
            "Avoid common passwords, keyboard patterns and repetitions.",
        );
        add(
            self.refuses_breached(),
            "Avoid passwords known from data breaches.",
        );
        add(
            self.reject_similar_to_user,
            "Do not use only your name, username, e-mail address or the name of the organisation.",
        );
        match self.history_count {
            0 => {}
            1 => add(true, "Choose a password other than the present one."),
            count => add(
                true,
                &format!("Choose a password other than your last {count}."),
            ),
        }
        sentences
    }

    /// Whether passwords known from breaches are refused, by a list or a service.
    pub fn refuses_breached(&self) -> bool {
        self.breached.is_some() || self.asks_breached_api
    }

    fn judge_strength(&self, password: &Password, known: &[&str]) -> Option<Violation> {
        if self.min_strength == 0 {
            return None;
        }
        let score = strength::estimate(password, known).score;
        (score < self.min_strength).then(|| {
            let required = Some(self.min_strength.into());
            Violation::new(PasswordRule::MinStrength, required, Some(score.into()))
        })
    }

    /// `Why:` a list that cannot be read is reported and passed over: a full disk or a file being
    /// replaced must not keep an administrator from resetting a stolen account.
    fn is_breached(&self, password: &Password) -> bool {
        let Some(list) = &self.breached else {
            return false;
        };
        list.contains(password.expose()).unwrap_or_else(|error| {
            tracing::error!(%error, "the list of breached passwords cannot be read");
            false
        })
    }

    fn is_similar(&self, forms: &BTreeSet<String>, known: &[&str]) -> bool {
        let words = folding::words(known);
        self.reject_similar_to_user && forms.iter().any(|form| folding::is_made_of(form, &words))
    }
}

fn is_known(forms: &BTreeSet<String>) -> bool {
    Filter::shipped().is_some_and(|filter| filter.contains_any(forms))
}

#[cfg(test)]
mod tests;
