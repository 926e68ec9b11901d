//! What is wrong with the fields of a form: keys of texts, never the words of an act, which are English.

use minijinja::{Value, context};

use super::form::Form;
use crate::domain::credentials::{PasswordRule, Violation};
use crate::domain::users::InvalidInput;
use crate::types::address::{AddressError, EmailAddress};
use crate::types::clock::Timestamp;
use crate::types::username::{Username, UsernameError};

/// Every field that something can be wrong with.
const FIELDS: [&str; 8] = [
    "username", "email", "name", "login", "current", "password", "again", "code",
];

/// What is wrong, or was done: the key of a text, and the figure or the time in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    key: &'static str,
    n: Option<u32>,
    at: Option<Timestamp>,
}

/// A fault by the key of its text.
pub(super) const fn fault(key: &'static str) -> Fault {
    Fault {
        key,
        n: None,
        at: None,
    }
}

impl Fault {
    /// With the figure in it.
    pub(super) fn of(self, n: Option<u32>) -> Self {
        Self { n, ..self }
    }

    /// With the time in it.
    pub(super) fn at(self, at: Timestamp) -> Self {
        Self {
            at: Some(at),
            ..self
        }
    }

    /// For templates.
    pub(super) fn value(&self) -> Value {
        let at = self.at.map(Timestamp::to_rfc3339);
        context! { key => self.key, n => self.n, at }
    }
}

impl From<&Violation> for Fault {
    fn from(violation: &Violation) -> Self {
        let fault = match violation.rule {
            PasswordRule::MinLength => fault("rule-min-length"),
            PasswordRule::MaxLength => fault("rule-max-length"),
            PasswordRule::InvalidCharacters => fault("rule-characters"),
            PasswordRule::MinStrength => fault("rule-strength"),
            PasswordRule::Common => fault("rule-common"),
            PasswordRule::Breached => fault("rule-breached"),
            PasswordRule::SimilarToUser => fault("rule-similar"),
            PasswordRule::Reused => match violation.required {
                None | Some(0 | 1) => fault("rule-reused-present"),
                Some(_) => fault("rule-reused-last"),
            },
        };
        fault.of(violation.required)
    }
}

impl From<UsernameError> for Fault {
    fn from(error: UsernameError) -> Self {
        match error {
            UsernameError::Empty => fault("fault-empty"),
            UsernameError::TooLong => fault("username-too-long"),
            UsernameError::AtSign => fault("username-at"),
            UsernameError::Characters => fault("username-characters"),
            UsernameError::Edges => fault("username-edges"),
        }
    }
}

impl From<AddressError> for Fault {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Empty => fault("fault-empty"),
            AddressError::TooLong => fault("email-too-long"),
            AddressError::AtSign => fault("email-at"),
            AddressError::LocalPart => fault("email-local"),
            AddressError::Dots => fault("email-dots"),
            AddressError::LeadingHyphen => fault("email-hyphen"),
            AddressError::EncodedWord => fault("email-encoded"),
            AddressError::Domain => fault("email-domain"),
        }
    }
}

/// What is wrong, field by field.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<(&'static str, Fault)>);

impl Faults {
    /// Whether nothing is wrong.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what is wrong with a field.
    pub(super) fn add(&mut self, field: &'static str, fault: Fault) {
        self.0.push((field, fault));
    }

    /// The same, of one field alone.
    pub(super) fn one(field: &'static str, fault: Fault) -> Self {
        Self(vec![(field, fault)])
    }

    /// Every broken rule of a new password.
    pub(super) fn rules(violations: &[Violation]) -> Self {
        let faults = violations.iter().map(Fault::from);
        Self(faults.map(|fault| ("password", fault)).collect())
    }

    /// Looks at the two passwords of a form, as far as that can be done without judging them.
    pub(super) fn of_passwords(form: &Form) -> Self {
        let (password, again) = (form.text("password"), form.text("again"));
        if password.is_empty() {
            Self::one("password", fault("fault-empty"))
        } else if password != again {
            Self::one("again", fault("fault-mismatch"))
        } else {
            Self::default()
        }
    }

    /// Puts an act's refusal beside its field. What is wrong is found out once more, since the act says
    /// it in English.
    pub(super) fn note(&mut self, invalid: &InvalidInput, form: &Form) {
        let (field, found) = match invalid.path.last() {
            Some(&"username") => (
                "username",
                Username::parse(form.text("username"))
                    .err()
                    .map(Fault::from),
            ),
            Some(&"email") => (
                "email",
                EmailAddress::parse(form.text("email"))
                    .err()
                    .map(Fault::from),
            ),
            Some(&"name") => ("name", Some(fault("name-invalid"))),
            _ => ("password", None),
        };
        self.add(field, found.unwrap_or(fault("fault-invalid")));
    }

    /// For templates: a list for each field, empty ones too.
    pub(super) fn value(&self) -> Value {
        Value::from_pairs(FIELDS.into_iter().map(|field| {
            let own = self.0.iter().filter(|(at, _)| *at == field);
            let own: Vec<Value> = own.map(|(_, fault)| fault.value()).collect();
            (field, Value::from(own))
        }))
    }
}
