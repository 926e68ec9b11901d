//! A broken password rule, and the sentence that tells a person what to do about it.

/// The rules a password can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PasswordRule {
    /// Fewer code points than the policy asks for.
    MinLength,
    /// More code points or bytes than are taken.
    MaxLength,
    /// Control, invisible, unassigned or context-bound characters.
    InvalidCharacters,
    /// Too easily guessed, by estimate.
    MinStrength,
    /// On the list of common passwords, or made like one.
    Common,
    /// Found in the operator's list of breached passwords.
    Breached,
    /// Made of the user's own names or of the organisation's words.
    SimilarToUser,
    /// One of the user's last passwords.
    Reused,
}

/// One broken rule, with the figures a form can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: PasswordRule,
    /// What the rule asks for: code points, a strength score, a number of passwords.
    pub required: Option<u32>,
    /// What the password has, where that may be told.
    pub actual: Option<u32>,
}

impl Violation {
    /// A broken rule with its figures.
    pub fn new(rule: PasswordRule, required: Option<u32>, actual: Option<u32>) -> Self {
        Self {
            rule,
            required,
            actual,
        }
    }

    /// An English sentence that says what to do; it never repeats the password.
    pub fn message(&self) -> String {
        let required = self.required.unwrap_or_default();
        match self.rule {
            PasswordRule::MinLength => format!(
                "Use at least {}; several unrelated words make a good password.",
                characters(required)
            ),
            PasswordRule::MaxLength => format!("Use at most {}.", characters(required)),
            PasswordRule::InvalidCharacters => {
                "Use letters, digits, signs and spaces: leave out control, invisible and rare characters.".to_owned()
            }
            PasswordRule::MinStrength => {
                "Add another word or two: this password is too easy to guess.".to_owned()
            }
            PasswordRule::Common => {
                "Choose another password: this one is common, or made like common ones.".to_owned()
            }
            PasswordRule::Breached => {
                "Choose another password: this one is known from a data breach elsewhere."
                    .to_owned()
            }
            PasswordRule::SimilarToUser => {
                "Add words that have nothing to do with your name, address or organisation."
                    .to_owned()
            }
            PasswordRule::Reused => match required {
                0 | 1 => "Choose a password other than the present one.".to_owned(),
                several => format!("Choose a password other than your last {several}."),
            },
        }
    }
}

fn characters(count: u32) -> String {
    match count {
        1 => "1 character".to_owned(),
        _ => format!("{count} characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_is_a_sentence_with_its_figure() {
        let message = |rule, required| Violation::new(rule, required, None).message();
        assert!(message(PasswordRule::MinLength, Some(15)).contains("at least 15 characters;"));
        assert!(message(PasswordRule::MinLength, Some(1)).contains("at least 1 character;"));
        assert_eq!(
            message(PasswordRule::MaxLength, Some(64)),
            "Use at most 64 characters."
        );
        assert!(message(PasswordRule::Reused, Some(3)).ends_with("your last 3."));
        assert!(message(PasswordRule::Reused, Some(1)).ends_with("the present one."));
    }
}
