//! Creating, changing, disabling and enabling users.

mod alike;
mod changing;
mod creating;
mod deleting;
mod identity;
mod notices;
mod owners;
mod seeing;
mod states;
mod suggesting;

use serde_json::{Value, json};

use super::support::app::{Answer, TestApp};

const FIELDS: &str = "id username email emailVerifiedAt name locale externalId role status version \
    disabledReason disabledUntil authenticationSource updatedAt \
    passwordStatus { isSet mustChange changedAt expiresAt }";

async fn mutate(app: &TestApp, key: Option<&str>, name: &str, input: Value) -> Answer {
    let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let more = match name {
        "createUser" => "generatedPassword isReplay mailDelivery { id kind recipient }",
        "disableUser" => "revokedSessionCount",
        _ => "",
    };
    let document = format!(
        "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ user {{ {FIELDS} }} {more} \
         errors {{ code message path }} }} }}"
    );
    let key = key.unwrap_or(app.owner_key());
    let variables = json!({ "input": input });
    app.ask_as(Some(key), &document, variables).await
}

async fn create(app: &TestApp, input: Value) -> Answer {
    mutate(app, None, "createUser", input).await
}

/// `more` stands beside `patch`.
async fn update(app: &TestApp, user: &str, patch: Value, more: Value) -> Answer {
    let mut input = json!({ "user": { "id": user }, "patch": patch });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    mutate(app, None, "updateUser", input).await
}

/// Code and path of every entry of `errors`.
fn faults(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.root()["errors"].as_array().expect("a list");
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str);
            names.collect::<Vec<_>>().join(".")
        }
        _ => String::new(),
    };
    let mut faults: Vec<_> = errors
        .iter()
        .map(|error| (text(&error["code"]), text(&error["path"])))
        .collect();
    faults.sort();
    faults
}

fn invalid(path: &str) -> (String, String) {
    fault("INVALID_INPUT", path)
}

fn fault(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}
