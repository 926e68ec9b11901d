//! How hard a password is to guess, by the estimate of zxcvbn.

use super::Password;
use crate::types::secret::Secret;

/// How much of a password is scored.
///
/// `Why:` the time of the worst input (signs that stand for letters) grows with the square of the
/// length: 245 ms at 100 characters, 54 ms at 48, in a release build. 48 costs about as much as one
/// password hash, and whatever is worth scoring shows by then.
const SCORED_CHARACTERS: usize = 48;

/// An estimate with advice, for a form that wants to help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// 0 (guessed at once) to 4 (over ten thousand million guesses).
    pub score: u8,
    /// What makes the password weak, if one thing does.
    pub warning: Option<String>,
    /// What would make it better.
    pub suggestions: Vec<String>,
}

/// Estimates a password; `about` are words an attacker who knows the user tries first.
pub fn estimate(password: &Password, about: &[&str]) -> Strength {
    let scored: Secret = password
        .expose()
        .chars()
        .take(SCORED_CHARACTERS)
        .collect::<String>()
        .into();
    let estimate = zxcvbn::zxcvbn(scored.expose(), about);
    let feedback = estimate.feedback();
    Strength {
        score: estimate.score().into(),
        warning: feedback
            .and_then(zxcvbn::feedback::Feedback::warning)
            .map(|warning| warning.to_string()),
        suggestions: feedback
            .map(|f| f.suggestions().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str, about: &[&str]) -> Strength {
        estimate(
            &Password::parse(Secret::new(text.to_owned())).unwrap(),
            about,
        )
    }

    #[test]
    fn unrelated_words_score_high_and_need_no_advice() {
        let strength = score("violin-marmalade-turbine", &[]);
        assert_eq!((strength.score, strength.warning), (4, None));
    }

    #[test]
    fn a_weak_password_gets_a_warning_and_advice() {
        let strength = score("aaaaaaaaaaaaaaaaaaaa", &[]);
        assert!(strength.score < 2);
        assert!(strength.warning.is_some());
        assert!(!strength.suggestions.is_empty());
    }

    #[test]
    fn words_about_the_user_count_against_the_password() {
        let text = "wolkenkuckucksheim";
        assert!(score(text, &[text]).score < score(text, &[]).score);
    }

    #[test]
    fn only_the_beginning_of_a_long_password_is_scored() {
        let long = "a".repeat(SCORED_CHARACTERS) + "violin-marmalade-turbine";
        assert!(score(&long, &[]).score < 3);
    }
}
