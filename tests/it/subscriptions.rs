//! Subscriptions by WebSocket: who gets a socket, what runs on it, and what is pushed.

mod ends;
mod feed;
mod opening;
mod operations;

use std::time::Duration;

use keydesk::domain::access::{self, NewApiKey};
use keydesk::types::actor::{Actor, Permission, Role};
use keydesk::types::clock::Timestamp;
use keydesk::types::ids::ApiKeyId;
use serde_json::{Value, json};

use super::support::app::TestApp;
use super::support::socket::{Client, Server, until};

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

const EVENTS: &str = "subscription($filter: AuditEventFilter) { \
    auditEventRecorded(filter: $filter) { id action targetLabel } }";
const MAIL: &str = "subscription($id: ID!) { mailDeliveryUpdated(id: $id) { id status } }";

/// Subscribes, and waits until the server has seen what is there already.
async fn follow(desk: &TestApp, client: &mut Client, id: &str, filter: Value) {
    let before = desk.app.pubsub.listeners();
    client.start(id, EVENTS, json!({ "filter": filter })).await;
    until("the subscription", || desk.app.pubsub.listeners() > before).await;
}

/// Something that is recorded: a key is made.
async fn record(desk: &TestApp, name: &str, ends: Option<Timestamp>) -> (ApiKeyId, String) {
    let new = NewApiKey {
        name: name.to_owned(),
        scopes: Permission::ALL.to_vec(),
        role: Role::Owner,
        expires_at: ends,
        networks: Vec::new(),
    };
    let made = access::create(&desk.app, &Actor::operator("test"), new).await;
    let (key, secret) = made.expect("a key");
    (key.id, secret.expose().to_owned())
}

async fn revoke(desk: &TestApp, key: ApiKeyId) {
    let revoked = access::revoke(&desk.app, &Actor::operator("test"), Some(key), None).await;
    revoked.expect("revoked");
}

/// A mail to Ada that waits to be sent.
async fn queue_mail(desk: &TestApp) -> String {
    let answer = desk
        .run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    let id = answer.root()["mailDelivery"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
}

async fn served() -> (TestApp, Server) {
    let desk = TestApp::start().await;
    let server = Server::start(&desk).await;
    (desk, server)
}
