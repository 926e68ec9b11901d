//! Usernames: which ones are taken, when two of them are the same, and what a login may mean.
//!
//! A username never contains an `@`, so it can never equal anybody's e-mail address: one login names
//! one user at most.

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use thiserror::Error;

use crate::types::address::EmailAddress;

/// The longest username, in characters.
pub const MAX_USERNAME_CHARACTERS: usize = 64;
/// What is looked at at all: 64 characters of four bytes, each with a few accents written apart.
const MAX_INPUT_BYTES: usize = 1024;

/// A username: how its owner writes it, and the key it is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username {
    typed: String,
    key: String,
}

/// Why a text is not taken as a username; each sentence says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UsernameError {
    /// Nothing but white space.
    #[error("Enter a username.")]
    Empty,
    /// More than 64 characters.
    #[error("Shorten the username to at most 64 characters.")]
    TooLong,
    /// It looks like an e-mail address.
    #[error("Remove the @ from the username; sign-in also takes the e-mail address.")]
    AtSign,
    /// A space, symbol or invisible character.
    #[error("Use only letters, digits, dots, hyphens and underscores in the username.")]
    Characters,
    /// A dot or hyphen first or last.
    #[error("Let the username start and end with a letter, a digit or an underscore.")]
    Edges,
}

/// What a login may be found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginKey {
    /// The key of a username.
    Username(String),
    /// The key of an e-mail address.
    Email(String),
    /// Neither: nobody can have this login. Answered like an unknown one.
    Impossible,
}

impl Username {
    /// Checks a typed username and works out its key (RFC 8265, `UsernameCaseMapped`).
    ///
    /// White space around it is dropped, width and normal form are made uniform.
    /// Errors: the first broken part of the rule.
    pub fn parse(input: &str) -> Result<Self, UsernameError> {
        let input = input.trim();
        if input.is_empty() {
            return Err(UsernameError::Empty);
        }
        if input.len() > MAX_INPUT_BYTES {
            return Err(UsernameError::TooLong);
        }
        if input.contains('@') {
            return Err(UsernameError::AtSign);
        }
        // What PRECIS says about a refusal (a code point and its class) helps nobody who types.
        let typed = UsernameCasePreserved::enforce(input)
            .ok()
            .ok_or(UsernameError::Characters)?;
        let mapped = UsernameCaseMapped::enforce(&*typed);
        let key = mapped.ok().ok_or(UsernameError::Characters)?.into_owned();
        // Small letters newer than the profile's tables (Cherokee) would be a key nobody can type.
        if UsernameCaseMapped::enforce(&*key).as_deref() != Ok(key.as_str()) {
            return Err(UsernameError::Characters);
        }
        if !typed.chars().all(is_allowed) {
            return Err(UsernameError::Characters);
        }
        let too_long = |form: &str| form.chars().count() > MAX_USERNAME_CHARACTERS;
        if too_long(&typed) || too_long(&key) {
            return Err(UsernameError::TooLong);
        }
        if typed.starts_with(['.', '-']) || typed.ends_with(['.', '-']) {
            return Err(UsernameError::Edges);
        }
        Ok(Self {
            typed: typed.into_owned(),
            key,
        })
    }

    /// The username in its owner's spelling, for display.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The text two spellings of one username have in common; unique among users.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// What PRECIS takes, less ASCII symbols and the joiners nobody can see.
fn is_allowed(c: char) -> bool {
    let plain = c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    plain || !(c.is_ascii() || matches!(c, '\u{200C}' | '\u{200D}'))
}

/// What a login typed at sign-in or in a form may be found by; it never fails.
pub fn login_key(login: &str) -> LoginKey {
    if login.contains('@') {
        return EmailAddress::parse(login).map_or(LoginKey::Impossible, |address| {
            LoginKey::Email(address.key().to_owned())
        });
    }
    Username::parse(login).map_or(LoginKey::Impossible, |username| {
        LoginKey::Username(username.key)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(input: &str) -> String {
        Username::parse(input).unwrap().key
    }

    #[test]
    fn a_username_keeps_its_case_and_folds_its_key() {
        let username = Username::parse(" Anna.Smith ").unwrap();
        assert_eq!(username.as_str(), "Anna.Smith");
        assert_eq!(username.key(), "anna.smith");
        assert_eq!(Username::parse("Ａnna").unwrap().as_str(), "Anna");
    }

    #[test]
    fn case_width_and_normal_form_meet_in_one_key() {
        assert_eq!(key("ＡＮＮＡ"), "anna");
        assert_eq!(key("Zoe\u{308}"), key("ZO\u{cb}"));
        assert_ne!(key("mıke"), key("mike"));
    }

    #[test]
    fn each_refusal_names_what_is_wrong() {
        use UsernameError::{AtSign, Characters, Edges, Empty, TooLong};
        let long = "a".repeat(65);
        for (input, expected) in [
            ("  ", Empty),
            (long.as_str(), TooLong),
            ("anna@example.com", AtSign),
            ("anna＠example.com", Characters),
            ("anna smith", Characters),
            ("anna!", Characters),
            ("an\u{200B}na", Characters),
            ("\u{915}\u{94D}\u{200D}", Characters),
            ("anna🐒", Characters),
            ("\u{13a0}", Characters),
            ("anna\u{202E}", Characters),
            (".anna", Edges),
            ("anna-", Edges),
            ("...", Edges),
        ] {
            assert_eq!(Username::parse(input), Err(expected), "{input:?}");
        }
        assert!(Username::parse(&"a".repeat(64)).is_ok());
    }

    #[test]
    fn a_login_is_a_username_or_an_address_never_both() {
        assert_eq!(login_key(" Anna "), LoginKey::Username("anna".to_owned()));
        assert_eq!(
            login_key("Anna@Example.com"),
            LoginKey::Email("anna@example.com".to_owned())
        );
        assert_eq!(login_key("anna@"), LoginKey::Impossible);
        assert_eq!(login_key("anna＠example.com"), LoginKey::Impossible);
        assert_eq!(login_key(&"a".repeat(100_000)), LoginKey::Impossible);
    }

    proptest! {
        #[test]
        fn what_parses_parses_again_to_the_same(input in "[\\w.-]{1,20}") {
            if let Ok(username) = Username::parse(&input) {
                prop_assert_eq!(Username::parse(username.as_str()), Ok(username.clone()));
                prop_assert_eq!(key(username.key()), username.key());
                prop_assert!(!username.key().contains('@'));
            }
        }
    }
}
