//! Who is let in, as whom, and what they may see.

mod networks;
mod rate_limits;
mod rights;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use keydesk::domain::access::{self, NewApiKey};
use keydesk::types::actor::{Actor, Permission, Role};
use keydesk::types::ids::ApiKeyId;
use serde_json::{Value, json};

use super::support::app::{Answer, TestApp};

const VIEWER: &str = "{ viewer { actor { id displayName } role scopes } }";

/// A question with these headers.
async fn ask_with(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let body = json!({ "query": VIEWER }).to_string();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/graphql")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body));
    app.send(request.expect("a request")).await
}

/// A key with an end, and its id.
async fn key_until(app: &TestApp, end: Option<Duration>) -> (ApiKeyId, String) {
    let new = NewApiKey {
        name: "portal".to_owned(),
        scopes: Permission::ALL.to_vec(),
        role: Role::Owner,
        expires_at: end.map(|span| app.app.clock.now().plus(span)),
        networks: Vec::new(),
    };
    let made = access::create(&app.app, &Actor::operator("test"), new).await;
    let (key, secret) = made.expect("a key");
    (key.id, secret.expose().to_owned())
}

#[tokio::test]
async fn nobody_is_told_anything_without_a_key() {
    let app = TestApp::start().await;
    app.member("ada").await;
    for document in [
        VIEWER,
        "{ users { totalCount } }",
        "{ user(id: \"x\") { id } }",
        "{ userByLogin(login: \"ada\") { id } }",
        "{ node(id: \"x\") { id } }",
        "{ nodes(ids: [\"x\"]) { id } }",
        "{ auditEvents { totalCount } }",
        "{ mailDeliveries { totalCount } }",
        "{ serverInfo { version } }",
        "mutation { resetPassword(input: { user: { login: \"ada\" }, generate: true }) { isReplay } }",
        "mutation { createUser(input: { username: \"bea\" }) { isReplay } }",
        "mutation { updateUser(input: { user: { login: \"ada\" } }) { errors { code } } }",
        "mutation { disableUser(input: { user: { login: \"ada\" } }) { errors { code } } }",
        "mutation { enableUser(input: { user: { login: \"ada\" } }) { errors { code } } }",
        "mutation { setMustChangePassword(input: { user: { login: \"ada\" } }) { errors { code } } }",
    ] {
        let before = app.snapshot().await.but_for_denials();
        let answer = app.ask_as(None, document, json!({})).await;
        assert_eq!(answer.status, 200, "{document}");
        assert_eq!(
            answer.top_level(),
            Some("UNAUTHENTICATED"),
            "{document} {answer:#?}"
        );
        assert!(
            matches!(answer.root(), Value::Null | Value::Array(_)),
            "{answer:#?}"
        );
        assert_eq!(app.snapshot().await.but_for_denials(), before);
    }
}

#[tokio::test]
async fn a_wrong_authorization_header_ends_the_request() {
    let app = TestApp::start().await;
    let good = format!("Bearer {}", app.owner_key());
    let changed = format!("{}x", &good[..good.len() - 1]);
    let shorter = &good[..good.len() - 1];
    let unknown = format!("Bearer kd_{}", "a".repeat(43));
    let basic = format!("Basic {}", app.owner_key());
    let wrong: [&[&str]; 9] = [
        &[&changed],
        &[shorter],
        &[&unknown],
        &[&basic],
        &[app.owner_key()],
        &[""],
        &["Bearer"],
        &["Bearer "],
        &[&good, &good],
    ];
    for values in wrong {
        let headers: Vec<_> = values
            .iter()
            .map(|value| ("authorization", *value))
            .collect();
        let answer = ask_with(&app, &headers).await;
        assert_eq!(answer.status, 401, "{values:?}");
        assert_eq!(answer.top_level(), Some("UNAUTHENTICATED"));
        assert!(answer.body.get("data").is_none());
        let challenge = answer.headers["www-authenticate"].to_str().expect("a text");
        assert!(challenge.starts_with("Bearer"), "{challenge}");
        assert!(!answer.body.to_string().contains(app.owner_key()));
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", app.owner_key());
        let answer = ask_with(&app, &[("authorization", &value)]).await;
        assert_eq!(
            answer.root()["actor"]["displayName"],
            "OWNER key",
            "{scheme}"
        );
    }
}

#[tokio::test]
async fn an_expired_key_opens_nothing() {
    let app = TestApp::start().await;
    let (_, key) = key_until(&app, Some(Duration::from_mins(1))).await;
    let value = format!("Bearer {key}");
    app.app.clock.advance(Duration::from_millis(59_999));
    assert_eq!(
        ask_with(&app, &[("authorization", &value)]).await.status,
        200
    );
    app.app.clock.advance(Duration::from_millis(1));
    assert_eq!(
        ask_with(&app, &[("authorization", &value)]).await.status,
        401
    );
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_on_any_replica_from_then_on() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let (id, key) = key_until(&app, None).await;
    let value = format!("Bearer {key}");
    assert_eq!(
        ask_with(&replica, &[("authorization", &value)])
            .await
            .status,
        200
    );
    let operator = Actor::operator("test");
    access::revoke(&app.app, &operator, Some(id), None)
        .await
        .expect("revoked");
    for app in [&app, &replica] {
        assert_eq!(
            ask_with(app, &[("authorization", &value)]).await.status,
            401
        );
    }
    access::revoke(&app.app, &operator, Some(id), None)
        .await
        .expect("again");
    assert_eq!(app.events("api_key.revoked").await, 1);
}

#[tokio::test]
async fn keys_are_stored_as_hashes_only() {
    let app = TestApp::start().await;
    let snapshot = app.snapshot().await;
    assert!(!snapshot.holds(app.owner_key()));
    assert!(!snapshot.holds(app.owner_key().trim_start_matches("kd_")));
    assert!(snapshot.holds(&app.owner_key()[..9]));
}

#[tokio::test]
async fn a_stale_session_cookie_is_deleted_and_its_holder_is_nobody() {
    let app = TestApp::start().await;
    let cookie = ("cookie", "theme=dark; __Host-keydesk_session=abc");
    let own_page = ("origin", "https://id.example.org");
    let answer = ask_with(&app, &[cookie, own_page]).await;
    assert_eq!(answer.top_level(), Some("UNAUTHENTICATED"));
    let set = answer.headers["set-cookie"].to_str().expect("a text");
    assert!(set.starts_with("__Host-keydesk_session=;"), "{set}");
    for part in ["Max-Age=0", "Path=/", "Secure", "HttpOnly"] {
        assert!(set.contains(part), "{set}");
    }
    let other = ask_with(
        &app,
        &[
            ("cookie", "x__Host-keydesk_session=abc; theme=dark"),
            own_page,
        ],
    )
    .await;
    assert!(other.headers.get("set-cookie").is_none());
    let value = format!("Bearer {}", app.owner_key());
    let both = ask_with(&app, &[cookie, own_page, ("authorization", &value)]).await;
    assert_eq!(both.root()["actor"]["displayName"], "OWNER key");
}

#[tokio::test]
async fn the_last_use_of_a_key_is_noted_once_a_minute() {
    let app = TestApp::start().await;
    let last_use = async || {
        let rows = app.rows("SELECT last_used_at FROM api_keys", vec![]).await;
        rows[0]["last_used_at"].as_i64()
    };
    assert_eq!(last_use().await, None);
    let start = app.app.clock.now().as_millis();
    for (advance, noted) in [
        (0, 0),
        (59_999, 0),
        (1, 60_000),
        (30_000, 60_000),
        (30_000, 120_000),
    ] {
        app.app.clock.advance(Duration::from_millis(advance));
        app.run("viewer", json!({})).await;
        assert_eq!(last_use().await, Some(start + noted));
    }
}
