//! What speaks against mail to a user.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::output::{note, one_line};
use crate::domain::mail::{self, AddressFailure};
use crate::domain::users::User;
use crate::platform::app::App;

/// Why mail to the user's present address does not arrive.
pub(super) async fn email_failure(
    app: &App,
    user: &User,
) -> Result<Option<AddressFailure>, Failure> {
    let Some(key) = user.email_key.as_deref() else {
        return Ok(None);
    };
    Ok(mail::failures(app, &[key]).await?.remove(key))
}

/// As the API shows it.
pub(super) fn as_json(failure: Option<&AddressFailure>) -> Value {
    failure.map_or(
        Value::Null,
        |failed| json!({ "reason": failed.reason, "at": failed.at.to_rfc3339() }),
    )
}

/// When, and the mail server's words.
pub(super) fn told(failure: &AddressFailure) -> String {
    format!("{}, {}", failure.at.to_rfc3339(), one_line(&failure.reason))
}

/// Says that the mail which was just queued will probably not arrive.
pub(super) fn warn(user: &User, failure: &AddressFailure) {
    let (name, told) = (&user.username, told(failure));
    let address = one_line(user.email.as_deref().unwrap_or_default());
    note(&format!(
        "warning: the last mail to {address} was refused for good: {told}. If it arrives after all: keydesk \
         mail clear-failure {name}"
    ));
}
