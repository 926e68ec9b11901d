//! A password in its one spelling, and what is no password at all.

use std::fmt;

use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::{Profile, Rules};
use precis_profiles::precis_core::{DerivedPropertyValue, FreeformClass, StringClass};
use unicode_normalization::char::is_public_assigned;

use super::{PasswordRule, Violation};
use crate::types::secret::Secret;

/// The most code points a password may have, whatever the policy says.
pub const MAX_PASSWORD_CHARACTERS: u32 = 1024;
/// The most bytes of UTF-8 a password may have; looked at first, because it costs nothing.
pub const MAX_PASSWORD_BYTES: usize = 4096;

/// A password in its one spelling (RFC 8265 `OpaqueString`): what is judged, hashed and compared.
///
/// Spaces of other scripts become plain ones and the text is in NFC; case and width stay. The same
/// is done when a password is set and when it is checked, so the keyboard used makes no difference.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Secret);

impl Password {
    /// Normalises a typed password; it is never cut.
    ///
    /// Errors: `MaxLength`, measured before anything else is done with the text; `MinLength` when it
    /// is empty; `InvalidCharacters` for control, invisible and unassigned characters.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the readable text ends here: after this only the normalised one is left"
    )]
    pub fn parse(typed: Secret) -> Result<Self, Violation> {
        let text = typed.expose();
        check_cap(text)?;
        if text.is_empty() {
            return Err(Violation::new(PasswordRule::MinLength, Some(1), Some(0)));
        }
        let invalid = || Violation::new(PasswordRule::InvalidCharacters, None, None);
        if !is_allowed(text) {
            return Err(invalid());
        }
        let profile = OpaqueString::new();
        let spaced = profile
            .additional_mapping_rule(text)
            .ok()
            .ok_or_else(invalid)?;
        let normalised = profile
            .normalization_rule(spaced)
            .ok()
            .ok_or_else(invalid)?;
        // A few characters come out longer (U+1D160) or as one that is refused (U+0387); what is
        // stored must be what the same rule takes again.
        check_cap(&normalised)?;
        if !is_allowed(&normalised) {
            return Err(invalid());
        }
        Ok(Self(Secret::new(normalised.into_owned())))
    }

    /// The normalised text, for hashing and judging.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The length in code points, each counted as one.
    pub fn char_count(&self) -> u32 {
        count(self.expose())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// `Why:` before normalising, so that a megabyte of text costs a length comparison.
fn check_cap(text: &str) -> Result<(), Violation> {
    let refused = |actual| {
        Err(Violation::new(
            PasswordRule::MaxLength,
            Some(MAX_PASSWORD_CHARACTERS),
            actual,
        ))
    };
    if text.len() > MAX_PASSWORD_BYTES {
        return refused(None);
    }
    match count(text) {
        length if length > MAX_PASSWORD_CHARACTERS => refused(Some(length)),
        _ => Ok(()),
    }
}

/// Whether `OpaqueString` takes these characters.
///
/// The registry behind the crate's table stopped at Unicode 6.3; characters assigned since (newer
/// emoji, newer scripts) are taken as well.
fn is_allowed(text: &str) -> bool {
    let class = FreeformClass::default();
    let is_newer = |c: char| {
        class.get_value_from_char(c) == DerivedPropertyValue::Unassigned && is_public_assigned(c)
    };
    let known: String = text.chars().filter(|c| !is_newer(*c)).collect();
    known.is_empty() || OpaqueString::new().prepare(known).is_ok()
}

#[cfg(test)]
mod tests;
