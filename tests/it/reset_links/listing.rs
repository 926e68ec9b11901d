//! Seeing the links of users: what became of them, who made them, and who opened them.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use keydesk::domain::one_time_links::{self, LinkOrigin, LinkPurpose, NewLink};
use keydesk::types::actor::{Permission, Role};
use keydesk::types::ids::UserId;
use serde_json::{Value, json};

use super::{CREATE, GOOD, REVOKE, SEND, ask, choose, statuses, token};
use crate::support::app::TestApp;

const LINKS: &str = "query($login: String!, $first: Int, $last: Int, $after: String, \
    $statuses: [PasswordResetLinkStatus!]) { userByLogin(login: $login) { \
    passwordResetLinks(first: $first, last: $last, after: $after, statuses: $statuses) { \
    totalCount pageInfo { hasNextPage endCursor } nodes { id status origin signInOnUse createdAt expiresAt \
    usedAt revokedAt supersededAt openedAt openedBy createdByLabel createdBy { displayName } \
    user { username } mailDelivery { kind } } } } }";

async fn links(app: &TestApp, more: Value) -> Value {
    let mut variables = json!({ "login": "ada" });
    crate::support::app::merge(&mut variables, more);
    let answer = app.ask(LINKS, variables).await;
    assert!(answer.body["errors"].is_null(), "{answer:#?}");
    answer.root()["passwordResetLinks"].clone()
}

/// One link in each state, the newest last.
async fn all_states(app: &TestApp) {
    let minute = || app.app.clock.advance(Duration::from_mins(1));
    let url = |answer: &crate::support::app::Answer| {
        token(answer.root()["url"].as_str().expect("an address"))
    };
    let short = json!({ "expiresInSeconds": 60 });
    ask(app, CREATE, "ada", short).await;
    minute();
    let used = ask(app, CREATE, "ada", json!({})).await;
    choose(app, &url(&used), GOOD).await.expect("chosen");
    minute();
    ask(app, CREATE, "ada", json!({})).await;
    ask(app, REVOKE, "ada", json!({})).await;
    minute();
    ask(app, CREATE, "ada", json!({ "signInOnUse": true })).await;
    minute();
    ask(app, SEND, "ada", json!({})).await;
}

#[tokio::test]
async fn every_link_is_listed_with_what_became_of_it() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    all_states(&app).await;
    let wanted = ["ACTIVE", "SUPERSEDED", "REVOKED", "USED", "EXPIRED"];
    assert_eq!(statuses(&app, "ada").await, wanted);
    // What only a notice carries is no way in.
    let txn = app.app.db.begin_write().await.expect("begun");
    let kind = (LinkPurpose::NotMe, LinkOrigin::Notice);
    let user = UserId::parse(&ada).expect("an id");
    let new = NewLink::plain(user, kind, Duration::from_hours(1));
    let (system, now) = (keydesk::types::actor::Actor::system(), app.app.clock.now());
    let minted = one_time_links::mint(&txn, &app.app, &system, new, now).await;
    txn.commit().await.expect("committed");
    let found = links(&app, json!({})).await;
    assert_eq!(found["totalCount"], 5);
    let nodes = found["nodes"].as_array().expect("a list");
    for (node, status) in nodes.iter().zip(wanted) {
        assert_eq!(node["usedAt"].is_string(), status == "USED", "{node}");
        assert_eq!(node["revokedAt"].is_string(), status == "REVOKED", "{node}");
        assert_eq!(
            node["supersededAt"].is_string(),
            status == "SUPERSEDED",
            "{node}"
        );
        assert_eq!(
            node["mailDelivery"]["kind"] == "PASSWORD_RESET_LINK",
            status == "ACTIVE"
        );
        assert_eq!(
            node["signInOnUse"] == true,
            status == "SUPERSEDED",
            "{node}"
        );
        assert_eq!(node["createdByLabel"], "OWNER key");
        assert_eq!(node["createdBy"]["displayName"], "OWNER key");
        assert_eq!(node["user"]["username"], "ada");
    }
    let hidden = minted.expect("minted").link.id.to_string();
    let document = "query($id: ID!) { node(id: $id) { id } }";
    let answer = app.ask(document, json!({ "id": hidden })).await;
    assert!(answer.body["data"]["node"].is_null(), "{answer:#?}");
}

#[tokio::test]
async fn a_page_of_some_states_is_as_long_as_there_are_links_in_them() {
    let app = TestApp::start().await;
    app.member("ada").await;
    all_states(&app).await;
    for (asked, wanted) in [
        (json!(["EXPIRED"]), vec!["EXPIRED"]),
        (json!(["USED", "ACTIVE"]), vec!["ACTIVE", "USED"]),
        (
            json!(["REVOKED", "SUPERSEDED"]),
            vec!["SUPERSEDED", "REVOKED"],
        ),
        (json!([]), vec![]),
    ] {
        let found = links(&app, json!({ "first": 2, "statuses": asked })).await;
        let nodes = found["nodes"].as_array().expect("a list");
        let states: Vec<_> = nodes
            .iter()
            .map(|node| node["status"].as_str().expect("one"))
            .collect();
        assert_eq!(states, wanted, "{asked}");
        assert_eq!(found["totalCount"], wanted.len());
        assert_eq!(found["pageInfo"]["hasNextPage"], false);
    }
    let first = links(&app, json!({ "first": 1, "statuses": ["USED", "EXPIRED"] })).await;
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let more = json!({ "first": 1, "after": first["pageInfo"]["endCursor"], "statuses": ["USED", "EXPIRED"] });
    let second = links(&app, more).await;
    assert_eq!(first["nodes"][0]["status"], "USED");
    assert_eq!(second["nodes"][0]["status"], "EXPIRED");
}

async fn visit(app: &TestApp, method: Method, path: &str, program: Option<&str>) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(program) = program {
        request = request.header("user-agent", program);
    }
    let answer = app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_first_opening_is_noted_with_its_class_and_looking_ahead_is_not() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let made = ask(&app, CREATE, "ada", json!({})).await;
    let path = format!(
        "/reset/{}",
        token(made.root()["url"].as_str().expect("an address"))
    );
    let before = app.snapshot().await;
    visit(&app, Method::HEAD, &path, Some("curl/8")).await;
    let unknown = format!("/reset/{}", "A".repeat(43));
    visit(&app, Method::GET, &unknown, Some("curl/8")).await;
    visit(&app, Method::GET, "/reset/short", Some("curl/8")).await;
    assert_eq!(app.snapshot().await, before);
    let opened = |found: &Value| {
        let node = &found["nodes"][0];
        (
            node["openedAt"].clone(),
            node["openedBy"].clone(),
            node["status"].clone(),
        )
    };
    let found = links(&app, json!({})).await;
    assert_eq!(opened(&found), (Value::Null, Value::Null, json!("ACTIVE")));
    app.app.clock.advance(Duration::from_mins(1));
    visit(&app, Method::GET, &path, Some("SafeLinks scanner/1.0")).await;
    app.app.clock.advance(Duration::from_mins(1));
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148";
    visit(&app, Method::GET, &path, Some(phone)).await;
    let found = links(&app, json!({})).await;
    let wanted = (
        json!("2026-11-21T09:31:00Z"),
        json!("PROGRAM"),
        json!("ACTIVE"),
    );
    assert_eq!(opened(&found), wanted);
}

#[tokio::test]
async fn links_are_seen_by_those_who_see_their_user() {
    let app = TestApp::start().await;
    app.person("boss", "OWNER").await;
    app.member("ada").await;
    let of_boss = ask(&app, CREATE, "boss", json!({})).await.root()["link"]["id"].clone();
    let of_ada = ask(&app, CREATE, "ada", json!({})).await.root()["link"]["id"].clone();
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on PasswordResetLink \
                    { mailDelivery { id } user { username } } } }";
    let ids = json!({ "ids": [of_boss, of_ada] });
    let reader = app.key(&[Permission::UsersRead], Role::Helpdesk).await;
    let answer = app.ask_as(Some(&reader), document, ids.clone()).await;
    let nodes = &answer.body["data"]["nodes"];
    assert!(nodes[0].is_null(), "{answer:#?}");
    assert_eq!(nodes[1]["user"]["username"], "ada");
    let all = app.key(&[Permission::UsersRead], Role::Owner).await;
    let answer = app.ask_as(Some(&all), document, ids.clone()).await;
    assert_eq!(answer.body["data"]["nodes"][0]["id"], of_boss);
    let none = app.key(&[Permission::PasswordsReset], Role::Owner).await;
    let answer = app.ask_as(Some(&none), document, ids).await;
    assert!(answer.body["data"]["nodes"][0].is_null() && answer.body["data"]["nodes"][1].is_null());
}

#[tokio::test]
async fn the_mail_of_a_link_needs_its_own_scope() {
    let app = TestApp::start().await;
    app.member("ada").await;
    ask(&app, SEND, "ada", json!({})).await;
    let document = "{ userByLogin(login: \"ada\") { passwordResetLinks { nodes { id mailDelivery { id } } } } }";
    let reader = app.key(&[Permission::UsersRead], Role::Owner).await;
    let answer = app.ask_as(Some(&reader), document, json!({})).await;
    assert_eq!(answer.top_level(), Some("FORBIDDEN"));
    let node = &answer.root()["passwordResetLinks"]["nodes"][0];
    assert!(
        node["id"].is_string() && node["mailDelivery"].is_null(),
        "{answer:#?}"
    );
}
