//! One's own account: signing in and out, confirming who one is, changing one's password.

mod devices;
mod introspection;
mod networks;
mod not_judged;
mod own_password;
mod own_sessions;
mod signing_in;
mod step_up;
mod timing;

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

/// Whoever is behind a token, as `viewer` says it.
async fn viewer(desk: &TestApp, token: &str) -> Answer {
    let document = "{ viewer { role scopes stepUpValidUntil actor { displayName } \
                    session { id status isCurrent isRestricted } } }";
    desk.ask_as(Some(token), document, json!({})).await
}

/// Changes the caller's own password.
async fn change(desk: &TestApp, token: &str, current: &str, new: &str) -> Answer {
    let document = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { \
                    account { mustChangePassword } sessionToken revokedSessionCount \
                    errors { code message path } } }";
    let input = json!({ "currentPassword": current, "newPassword": new });
    desk.ask_as(Some(token), document, json!({ "input": input }))
        .await
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value:#}"))
        .to_owned()
}
