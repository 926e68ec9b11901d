//! Resets by an administrator, from the request to the row.

mod at_once;
mod blockers;
mod handover;
mod history;
mod outcome;
mod ranks_and_settings;
mod refusals;
mod repeated;

use serde_json::{Value, json};

use super::support::app::{Answer, TestApp};

/// A password that keeps every rule of the default policy.
const GOOD: &str = "otter-walks-past-nine-lamps";
/// Another one.
const ALSO_GOOD: &str = "harbour kettle, seven brass moons";

const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) {
    user { id username status version passwordStatus { isSet mustChange changedAt expiresAt } }
    generatedPassword
    mailDelivery { id kind status recipient }
    revokedSessionCount revokedLinkCount temporaryUntil isReplay
    errors {
        code message path
        ... on PasswordRuleError { rule required actual }
        ... on NotBuiltInAuthenticationError { authenticationSource }
        ... on ForbiddenError { requiredScopes }
    }
} }";

/// Resets as the owner key; `more` are further fields of the input.
async fn reset(app: &TestApp, user: &str, more: Value) -> Answer {
    reset_as(app, app.owner_key(), user, more).await
}

async fn reset_as(app: &TestApp, key: &str, user: &str, more: Value) -> Answer {
    let mut input = json!({ "user": { "id": user } });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    app.ask_as(Some(key), RESET, json!({ "input": input }))
        .await
}

/// The generated password of an answer without errors.
fn generated(answer: &Answer) -> String {
    let password = answer.root()["generatedPassword"].as_str();
    password.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
}

/// Asserts one refusal with code and path, a payload without anything else, and untouched tables.
async fn assert_refused(app: &TestApp, user: &str, more: Value, wanted: (&str, Option<&[&str]>)) {
    let before = app.snapshot().await;
    let answer = reset(app, user, more.clone()).await;
    let payload = answer.root();
    assert_eq!(answer.codes(), [wanted.0], "{more}: {payload}");
    let path = wanted.1.map_or(Value::Null, |names| {
        let mut path = vec!["input"];
        path.extend(names);
        json!(path)
    });
    assert_eq!(payload["errors"][0]["path"], path, "{more}");
    assert_nothing_given(payload);
    assert!(answer.body["errors"].is_null(), "{answer:#?}");
    assert_eq!(app.snapshot().await, before, "{more}");
}

fn assert_nothing_given(payload: &Value) {
    let fields = payload.as_object().expect("a payload");
    for (name, value) in fields.iter().filter(|(name, _)| *name != "errors") {
        let empty = value.is_null() || (name == "isReplay" && value == false);
        assert!(empty, "{name} of a refusal is {value}");
    }
}
