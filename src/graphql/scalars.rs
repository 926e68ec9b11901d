//! The scalars, and how domain values become them.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

/// A moment, as in `docs/glossary.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) Timestamp);

/// A moment in time as an RFC 3339 string in UTC with a trailing `Z`, for example
/// `2026-11-21T09:30:00Z`. Inputs may have any offset.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::custom("A time must be a string."));
        };
        Timestamp::parse_rfc3339(text).map(Self).ok_or_else(|| {
            InputValueError::custom("A time must look like 2026-11-21T09:30:00Z (RFC 3339).")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
}

/// Turns an optional moment.
pub(crate) fn moment(at: Option<Timestamp>) -> Option<DateTime> {
    at.map(DateTime)
}

/// An address as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EmailAddress(pub(crate) String);

/// An e-mail address as stored, for example `ada@example.com`. Only used in results; inputs take a
/// `String` so that a malformed address comes back as an ordinary `INVALID_INPUT` error.
#[Scalar(
    name = "EmailAddress",
    specified_by_url = "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address"
)]
impl ScalarType for EmailAddress {
    fn parse(_value: Value) -> InputValueResult<Self> {
        Err(InputValueError::custom("Addresses are given as strings."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A language tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locale(pub(crate) String);

/// A BCP 47 language tag, for example `en` or `pt-BR`.
#[Scalar(
    name = "Locale",
    specified_by_url = "https://www.rfc-editor.org/info/bcp47"
)]
impl ScalarType for Locale {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            _ => Err(InputValueError::custom(
                "A locale must be a string such as \"en\".",
            )),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A secret that comes in.
#[derive(Clone, Debug)]
pub(crate) struct Password(pub(crate) Secret);

/// A secret the caller sends, for example a password. Accepted in mutations only, never returned,
/// never logged, and masked in audit events and traces.
#[Scalar(name = "Password")]
impl ScalarType for Password {
    /// The usual error would quote the value, and with it a password that came as a number.
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(Secret::new(text))),
            _ => Err(InputValueError::custom("A password must be a string.")),
        }
    }

    /// Read by nothing but the fingerprint of an idempotency key, which is an HMAC.
    fn to_value(&self) -> Value {
        Value::String(self.0.expose().to_owned())
    }
}

/// A secret that goes out.
#[derive(Clone, Debug)]
pub(crate) struct OneTimeSecret(pub(crate) Secret);

/// A secret the server shows exactly once, for example a generated password. It exists only in the
/// payload of the mutation that made it, is not stored in readable form and cannot be asked for
/// again.
#[Scalar(name = "OneTimeSecret")]
impl ScalarType for OneTimeSecret {
    fn parse(_value: Value) -> InputValueResult<Self> {
        Err(InputValueError::custom("This scalar is never an input."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.expose().to_owned())
    }
}
