//! Guard: every example operation does what it shows, and every root field has an example.

use std::collections::BTreeSet;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{OperationType, Selection};
use keydesk::web::pages::examples::{self, Example};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;
use crate::support::sdl::Sdl;
use crate::support::socket::{Server, until};

/// The people whom the examples speak of, as `keydesk demo` makes them.
async fn desk() -> TestApp {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    desk.member("alan.lovelace").await;
    desk.person("olga", "OWNER").await;
    desk.person("hilda", "MEMBER").await;
    desk.person("ines", "MEMBER").await;
    let muller = json!({ "name": "Zoë Müller", "generate": true });
    desk.user("zoe.muller", muller).await;
    desk
}

/// Runs an example as the owner's key, or as a person where it is for people. What only the reader can
/// know, their own password and the id of a session, is put in.
async fn run(desk: &TestApp, example: &Example) -> Answer {
    let text = example.variables.as_deref().unwrap_or("{}");
    let mut variables: Value = serde_json::from_str(text).expect("variables are JSON");
    let signs_in = example.name == "Sign in";
    if signs_in {
        variables["login"] = "olga".into();
    }
    for name in ["password", "currentPassword", "actorPassword"] {
        if signs_in || (example.is_for_people && variables.get(name).is_some()) {
            variables[name] = PASSWORD.into();
        }
    }
    if variables.get("sessionId").is_some() {
        let whose = if example.is_for_people {
            "olga"
        } else {
            "hilda"
        };
        desk.session(whose).await;
        variables["sessionId"] = desk.newest_session(whose).await;
    }
    if variables.get("deviceId").is_some() {
        let whose = if example.is_for_people {
            "olga"
        } else {
            "ines"
        };
        desk.browser(whose, "192.0.2.77", None).await;
        variables["deviceId"] = desk.newest_device(whose).await;
    }
    if variables.get("apiKeyId").is_some() {
        let (id, _) = desk.own_key(&desk.session("olga").await, json!({})).await;
        variables["apiKeyId"] = id.into();
    }
    if variables.get("mailId").is_some() {
        let mailed = desk.run("resetPasswordByMail", json!({ "login": "ada" }));
        variables["mailId"] = mailed.await.root()["mailDelivery"]["id"].clone();
    }
    if variables.get("flowId").is_some() || variables.get("token").is_some() {
        let mailed = desk.mailed("ada").await;
        if variables.get("token").is_some() {
            variables["token"] = mailed.token.into();
        } else {
            variables["flowId"] = mailed.flow_id.into();
            variables["code"] = mailed.code.into();
        }
    }
    if !example.is_for_people {
        return desk.ask(&example.query, variables).await;
    }
    let changes = variables.get("newPassword").cloned();
    let username = if changes.is_some() { "hilda" } else { "olga" };
    let token = desk.session(username).await;
    desk.ask_as(Some(&token), &example.query, variables).await
}

/// By POST, which answers once.
fn is_posted(example: &Example) -> bool {
    let fields = root_fields(example);
    !fields
        .iter()
        .any(|(kind, _)| *kind == OperationType::Subscription)
}

fn root_fields(example: &Example) -> Vec<(OperationType, String)> {
    let document = parse_query(&example.query).expect("an operation");
    let mut fields = Vec::new();
    for (_, operation) in document.operations.iter() {
        for selection in &operation.node.selection_set.node.items {
            if let Selection::Field(field) = &selection.node {
                fields.push((operation.node.ty, field.node.name.node.to_string()));
            }
        }
    }
    fields
}

#[tokio::test]
async fn every_example_runs_as_it_stands() {
    let desk = desk().await;
    let examples = examples::all();
    assert!(examples.len() > 10, "only {} examples", examples.len());
    for example in examples.iter().filter(|example| is_posted(example)) {
        let answer = run(&desk, example).await;
        let name = &example.name;
        assert!(answer.status.is_success(), "{name}: {answer:#?}");
        assert_eq!(answer.body["errors"], Value::Null, "{name}: {answer:#?}");
        for (kind, field) in root_fields(example) {
            let root = &answer.body["data"][&field];
            assert!(!root.is_null(), "{name}: {answer:#?}");
            if kind == OperationType::Mutation {
                assert_eq!(root["errors"], json!([]), "{name}: {answer:#?}");
            }
        }
    }
}

#[tokio::test]
async fn every_example_shows_what_its_name_promises() {
    let desk = desk().await;
    desk.ask_as(None, "{ users { totalCount } }", json!({}))
        .await;
    for example in examples::all().into_iter().filter(is_posted) {
        let answer = run(&desk, &example).await;
        let root = answer.root();
        let name = example.name.as_str();
        let ok = match name {
            "Search users" => root["nodes"][0]["displayName"] == "Zoë Müller",
            "One user" => root["username"] == "ada",
            "Reset: generated password" => root["generatedPassword"].is_string(),
            "Reset: by mail" | "Links: mail one" | "Try a mail again" | "Send a test mail" => {
                root["mailDelivery"]["status"] == "QUEUED"
            }
            "Reset: typed password" => root["user"]["username"] == "ada",
            "Watch a delivery" => root["nodes"][0]["recipient"].is_string(),
            "One mail" => root["content"]["textBody"]
                .as_str()
                .is_some_and(|text| text.contains("••••••")),
            "Cancel a mail" => root["mailDelivery"]["status"] == "CANCELLED",
            "Say that mail to a user arrives after all" => root["user"]["emailDeliverable"] == true,
            "Audit trail" => root["nodes"][0]["action"] == "PASSWORD_RESET",
            "Refused attempts" => root["nodes"][0]["errorCode"] == "UNAUTHENTICATED",
            "Create a user" => root["generatedPassword"].is_null(),
            "Change a user" => root["user"]["displayName"] == "Ada King",
            "Disable a user" => root["user"]["status"] == "DISABLED",
            "Enable a user" | "Restore a deleted user" => root["user"]["status"] == "ACTIVE",
            "Links: make one to hand over" => root["qrCodeSvg"].is_string(),
            "Links: make a code to read out" => root["code"].is_string(),
            "Links of a user" => root["passwordResetLinks"]["nodes"][0]["status"].is_string(),
            "Links: revoke all" => root["revokedLinkCount"].is_number(),
            "Sign in" => root["outcome"] == "SIGNED_IN",
            "Your own account" => root["sessions"][0]["isCurrent"] == true,
            "End one of your own sessions" => root["session"]["isCurrent"] == false,
            "Forgot a password: ask for a link" => root["flowId"].is_string(),
            "Forgot a password: type in the code of the mail" => root["resetToken"].is_string(),
            "Forgot a password: look at a link" => root["loginHint"] == "a***@example.org",
            "Forgot a password: choose a new one" => root["completedAt"].is_string(),
            "What a sign-in page needs to know" => root["selfServiceResetEnabled"] == true,
            "Confirm who you are" => root["validUntil"].is_string(),
            "End one session" => root["session"]["status"] == "REVOKED",
            "Delete a user" => root["user"]["status"] == "DELETED",
            "Change your own password" => root["sessionToken"].is_string(),
            "API keys" => root["totalCount"].as_i64() >= Some(1),
            "Create an API key" => root["secret"].is_string(),
            "Change an API key" => root["apiKey"]["version"] == 2,
            "Revoke an API key" => root["apiKey"]["status"] == "REVOKED",
            "Sign out" => root["revokedSessionCount"].as_i64() >= Some(1),
            "Tell a user to change the password" => {
                root["user"]["passwordStatus"]["mustChange"] == true
            }
            _ => true,
        };
        assert!(ok, "{name}: {answer:#?}");
    }
}

#[tokio::test]
async fn every_example_of_a_subscription_is_pushed_what_its_name_promises() {
    let desk = desk().await;
    let server = Server::start(&desk).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    let mut examples = examples::all();
    examples.retain(|example| !is_posted(example));
    for example in &examples {
        let text = example.variables.as_deref().unwrap_or("{}");
        let mut variables: Value = serde_json::from_str(text).expect("variables are JSON");
        let mailed = desk
            .run("resetPasswordByMail", json!({ "login": "ada" }))
            .await;
        if variables.get("id").is_some() {
            variables["id"] = mailed.root()["mailDelivery"]["id"].clone();
        }
        let before = desk.app.pubsub.listeners();
        client.start(&example.name, &example.query, variables).await;
        until("the subscription", || desk.app.pubsub.listeners() > before).await;
        desk.run("resetPasswordGenerated", json!({ "login": "ada" }))
            .await;
        let answer = client.answer(&example.name).await;
        let name = example.name.as_str();
        let ok = match name {
            "Follow a delivery" => answer["data"]["mailDeliveryUpdated"]["status"] == "QUEUED",
            "Follow the audit trail" => {
                answer["data"]["auditEventRecorded"]["action"] == "PASSWORD_RESET"
            }
            _ => false,
        };
        assert!(ok, "{name}: {answer:#}");
    }
    assert_eq!(examples.len(), 2);
}

#[test]
fn every_root_field_has_an_example() {
    let mut left: BTreeSet<String> = Sdl::full()
        .root_fields()
        .into_iter()
        .map(|field| field.name)
        .collect();
    for example in examples::all() {
        for (_, field) in root_fields(&example) {
            left.remove(&field);
        }
    }
    // `nodes` shows what `node` does.
    left.remove("node");
    // The example of one user goes by the login, which a newcomer knows.
    left.remove("user");
    assert!(left.is_empty(), "no file in examples/operations: {left:?}");
}
