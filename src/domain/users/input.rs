//! Reading what an administrator typed about a user; every fault at once, each with its place.

use super::InvalidInput;
use crate::domain::audit;
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::locale::canonical_locale;
use crate::types::look_alikes::{MIXED, TURNED, is_one_script, turns_text};
use crate::types::time_zone;
use crate::types::username::Username;

/// Longest full name. `Source:` `docs/security.md`: longer ones break the headers of mails.
const MAX_NAME_CHARACTERS: usize = 200;
/// Longest identifier in some other system.
const MAX_EXTERNAL_ID_CHARACTERS: usize = 255;

const NO_LOCALE: &str = "Write a language tag such as \"en\" or \"pt-BR\".";

/// Collects faults at places below one path, so that a form can mark all of them.
pub(super) struct Reader {
    path: fn(&'static str, String) -> InvalidInput,
    faults: Vec<InvalidInput>,
}

impl Reader {
    pub(super) fn of_input() -> Self {
        Self {
            path: |field, message| InvalidInput::at(field, message),
            faults: Vec::new(),
        }
    }

    pub(super) fn of_patch() -> Self {
        Self {
            path: |field, message| InvalidInput::in_patch(field, message),
            faults: Vec::new(),
        }
    }

    pub(super) fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        self.faults.push((self.path)(field, message.into()));
    }

    pub(super) fn finish(self) -> Result<(), super::UserError> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(super::UserError::Invalid(self.faults))
        }
    }

    pub(super) fn username(&mut self, text: &str) -> Option<Username> {
        Username::parse(text)
            .map_err(|error| self.fault("username", error.to_string()))
            .ok()
    }

    pub(super) fn email(&mut self, text: &str) -> Option<EmailAddress> {
        EmailAddress::parse(text)
            .map_err(|error| self.fault("email", error.to_string()))
            .ok()
    }

    /// A name in letters of several alphabets is a fault.
    pub(super) fn one_script(&mut self, field: &'static str, name: Option<&str>) {
        if name.is_some_and(|name| !is_one_script(name)) {
            self.fault(field, MIXED);
        }
    }

    pub(super) fn name(&mut self, text: &str) -> Option<String> {
        self.text("name", text, MAX_NAME_CHARACTERS)
    }

    pub(super) fn external_id(&mut self, text: &str) -> Option<String> {
        self.text("externalId", text, MAX_EXTERNAL_ID_CHARACTERS)
    }

    /// A BCP 47 tag such as `en` or `pt-BR`, in its usual spelling.
    pub(super) fn locale(&mut self, text: &str) -> Option<String> {
        let tag = canonical_locale(text.trim());
        if tag.is_none() {
            self.fault("locale", NO_LOCALE);
        }
        tag
    }

    /// A name of the IANA database such as `Europe/Vienna`, in its usual spelling.
    pub(super) fn time_zone(&mut self, text: &str) -> Option<String> {
        let name = time_zone::canonical(text.trim());
        if name.is_none() {
            let message = "Must be the name of a time zone, such as Europe/Vienna or UTC.";
            self.fault("timeZone", message);
        }
        name
    }

    pub(super) fn future(&mut self, field: &'static str, at: Option<Timestamp>, now: Timestamp) {
        if at.is_some_and(|at| at <= now) {
            self.fault(field, "Must lie in the future.");
        }
    }

    fn text(&mut self, field: &'static str, text: &str, most: usize) -> Option<String> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length == 0 || length > most || trimmed.chars().any(char::is_control) {
            self.fault(
                field,
                format!("Must be 1 to {most} characters without line breaks."),
            );
            return None;
        }
        if trimmed.chars().any(turns_text) {
            self.fault(field, TURNED);
            return None;
        }
        Some(trimmed.to_owned())
    }
}

/// Checks the note for the audit trail. An empty one is none.
pub fn check_reason(reason: Option<&str>) -> Result<Option<String>, InvalidInput> {
    audit::read_reason(reason)
        .map_err(|malformed| InvalidInput::at("reason", malformed.to_string()))
}

/// The same for an input of its own.
pub fn check_locale(text: &str) -> Result<String, InvalidInput> {
    canonical_locale(text.trim()).ok_or_else(|| InvalidInput::at("locale", NO_LOCALE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_with_escape_codes_is_refused() {
        assert!(check_reason(Some("\u{1b}[31mred")).is_err());
        assert_eq!(check_reason(Some("  ")).unwrap(), None);
        assert_eq!(
            check_reason(Some("line\nline")).unwrap().as_deref(),
            Some("line\nline")
        );
    }
}
