//! E-mail addresses: which ones are taken, and when two of them are the same.
//!
//! The rule is narrower than RFC 5322 on purpose: what can be sent to safely, not what could exist.
//! Mail always goes to the stored text (`as_str`); the key only finds it.

mod fold;

use precis_profiles::precis_core::{IdentifierClass, StringClass};
use thiserror::Error;

use fold::fold;

/// The longest address, in bytes of UTF-8 (RFC 5321, with the path's angle brackets taken off).
pub const MAX_ADDRESS_BYTES: usize = 254;
/// The longest part before the `@`, in bytes of UTF-8 (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// An address that passed the rule: the text mail goes to, and the key it is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    typed: String,
    key: String,
}

/// Why a text is not taken as an e-mail address; each sentence says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Nothing but white space.
    #[error("Enter an e-mail address, for example anna@example.com.")]
    Empty,
    /// Longer than mail servers take.
    #[error("Shorten the e-mail address: at most 254 bytes, of which 64 before the @.")]
    TooLong,
    /// No `@`, or more than one.
    #[error("Write the e-mail address with exactly one @, without a name or angle brackets.")]
    AtSign,
    /// A space, control, invisible or special character before the `@`.
    #[error(
        "Use only letters, digits and . _ - + and the like before the @: no spaces, no quotes, \
         no brackets, no invisible characters."
    )]
    LocalPart,
    /// A dot at the wrong place before the `@`.
    #[error("Remove the dot at the start, at the end or beside another dot before the @.")]
    Dots,
    /// A hyphen first: some mail programs take it for an option.
    #[error("Use an e-mail address that does not start with a hyphen.")]
    LeadingHyphen,
    /// `=?`, which mail programs may decode into another address.
    #[error("Use an e-mail address without =? before the @.")]
    EncodedWord,
    /// Not a public domain name: one label, an IP address, or not IDNA.
    #[error(
        "Check the part after the @: a full domain name such as example.com, not an IP address, \
         without invisible characters."
    )]
    Domain,
}

impl EmailAddress {
    /// Checks a typed address and works out its key.
    ///
    /// White space around it is dropped; nothing else is changed.
    /// Errors: the first broken part of the rule.
    pub fn parse(input: &str) -> Result<Self, AddressError> {
        let typed = input.trim();
        if typed.is_empty() {
            return Err(AddressError::Empty);
        }
        if typed.len() > MAX_ADDRESS_BYTES {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = typed.split_once('@').ok_or(AddressError::AtSign)?;
        if local.is_empty() || domain.contains('@') {
            return Err(AddressError::AtSign);
        }
        let folded = fold(local);
        for form in [local, folded.as_str()] {
            check_local(form)?;
        }
        check_characters(&folded)?;
        let key = format!("{folded}@{}", domain_key(domain)?);
        if key.len() > MAX_ADDRESS_BYTES {
            return Err(AddressError::TooLong);
        }
        Ok(Self {
            typed: typed.to_owned(),
            key,
        })
    }

    /// The address as typed: mail goes here and nowhere else.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The text two spellings of one address have in common; unique among users.
    ///
    /// Case, width and normal form of the part before the `@` are folded, the domain is lowercase
    /// ASCII. `Why:` two users must not differ by something a reader cannot see.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain as lowercase ASCII (`xn--…` for others).
    pub fn domain(&self) -> &str {
        self.key.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address for logs and lists: `a***@example.com`.
    pub fn masked(&self) -> String {
        let (local, _) = self.typed.split_once('@').unwrap_or_default();
        let mut characters = local.chars();
        let first = characters.next().filter(|_| characters.next().is_some());
        format!(
            "{}***@{}",
            first.map_or(String::new(), String::from),
            self.domain()
        )
    }
}

/// The lowercase ASCII form of a domain, for filters and comparisons; a leading `@` is dropped.
///
/// Errors: `AddressError::Domain`.
pub fn domain_key(domain: &str) -> Result<String, AddressError> {
    let domain = domain.trim();
    let domain = domain.strip_prefix('@').unwrap_or(domain);
    if domain.len() > MAX_ADDRESS_BYTES || domain.chars().any(vanishes_in_domain) {
        return Err(AddressError::Domain);
    }
    // The error of `idna` says nothing more than that it refuses.
    let ascii = idna::domain_to_ascii_strict(domain)
        .ok()
        .ok_or(AddressError::Domain)?;
    // A top-level domain starts with a letter; what does not is an IPv4 address in some spelling.
    match ascii.rsplit_once('.') {
        Some((_, top)) if top.starts_with(|first: char| first.is_ascii_alphabetic()) => Ok(ascii),
        _ => Err(AddressError::Domain),
    }
}

/// One form of the local part: dots, hyphen, length, ASCII specials.
///
/// It runs on the folded form too, because width folding makes `＠` an `@` and `․` a dot.
fn check_local(local: &str) -> Result<(), AddressError> {
    if local.len() > MAX_LOCAL_BYTES {
        return Err(AddressError::TooLong);
    }
    if local.split('.').any(str::is_empty) {
        return Err(AddressError::Dots);
    }
    if local.starts_with('-') {
        return Err(AddressError::LeadingHyphen);
    }
    if local.contains("=?") {
        return Err(AddressError::EncodedWord);
    }
    let special = |c: char| c.is_control() || c.is_whitespace() || "()<>[]:;@\\,\"".contains(c);
    if local.contains(special) {
        Err(AddressError::LocalPart)
    } else {
        Ok(())
    }
}

/// The folded local part: identifier characters of RFC 8264, which leaves out spaces, symbols,
/// everything invisible and everything unassigned. Joiners are refused even where scripts use them.
fn check_characters(folded: &str) -> Result<(), AddressError> {
    let joiner = |c| matches!(c, '\u{200C}' | '\u{200D}');
    if folded.contains(joiner) || IdentifierClass::default().allows(folded).is_err() {
        return Err(AddressError::LocalPart);
    }
    Ok(())
}

/// Characters that IDNA drops without a word, or whose look depends on their neighbours.
fn vanishes_in_domain(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests;
