//! A user as the command line shows one.

use serde_json::{Map, Value, json};

use crate::cli::failure::Failure;
use crate::cli::output::{one_line, print};
use crate::domain::users::{AuthenticationSource, User};
use crate::types::clock::Timestamp;

/// One line of a list.
pub(super) fn line(user: &User, now: Timestamp) -> String {
    format!(
        "{}  {:24} {:9} {:9} {}",
        user.id,
        user.username,
        user.status(now).name(),
        user.role.name(),
        user.email.as_deref().unwrap_or("-")
    )
}

/// The state of a password in a word.
pub(super) fn password_state(user: &User, now: Timestamp) -> &'static str {
    if user.authentication_source != AuthenticationSource::BuiltIn {
        "ELSEWHERE"
    } else if user.password_changed_at.is_none() {
        "NONE"
    } else if user.password_blocked_at.is_some() {
        "BLOCKED"
    } else if user.password_expires_at.is_some_and(|end| end <= now) {
        "EXPIRED"
    } else if user.must_change_password {
        "MUST_CHANGE"
    } else {
        "SET"
    }
}

/// Every field, by the names of the API.
pub(super) fn to_json(user: &User, now: Timestamp) -> Value {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    json!({
        "id": user.id.to_string(),
        "username": user.username,
        "email": user.email,
        "emailVerifiedAt": moment(user.email_verified_at),
        "name": user.name,
        "locale": user.locale,
        "timeZone": user.time_zone,
        "externalId": user.external_id,
        "role": user.role.name(),
        "status": user.status(now).name(),
        "authenticationSource": user.authentication_source.name(),
        "disabledUntil": moment(user.disabled_until),
        "disabledReason": user.disabled_reason,
        "lockedUntil": moment(user.locked_until),
        "deletedAt": moment(user.deleted_at),
        "passwordState": password_state(user, now),
        "passwordChangedAt": moment(user.password_changed_at),
        "passwordExpiresAt": moment(user.password_expires_at),
        "passwordBlockedAt": moment(user.password_blocked_at),
        "mustChangePassword": user.must_change_password,
        "lastSignInAt": moment(user.last_sign_in_at),
        "createdAt": user.created_at.to_rfc3339(),
        "updatedAt": user.updated_at.to_rfc3339(),
        "version": user.version,
    })
}

/// The same with more fields, for the answer to a command.
pub(super) fn with(user: &User, now: Timestamp, more: Value) -> Value {
    let mut value = to_json(user, now);
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}

/// Fields one below the other.
pub(super) fn print_fields(fields: &Map<String, Value>) -> Result<(), Failure> {
    fields.iter().try_for_each(|(name, value)| {
        let text = match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => one_line(text),
            other => other.to_string(),
        };
        print(&format!("{name:22} {text}"))
    })
}
