//! Another back end asks about a token that it was shown (`POST /introspect`).

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use keydesk::domain::access::{self, NewApiKey};
use keydesk::types::actor::{Actor, Permission, Role};
use serde_json::{Value, json};

use super::{text, viewer};
use crate::support::app::{Answer, START, TestApp};
use crate::support::people::PASSWORD;

const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a form with these headers.
async fn send(desk: &TestApp, headers: &[(&str, &str)], form: &str) -> Answer {
    let mut request = Request::builder().method(Method::POST).uri("/introspect");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(form.to_owned()));
    desk.send(request.expect("a request")).await
}

async fn send_as(desk: &TestApp, key: &str, form: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("content-type", FORM), ("authorization", bearer.as_str())];
    send(desk, &headers, form).await
}

/// A key that may do nothing else, of the lowest rank.
async fn key(desk: &TestApp) -> String {
    let scopes = [Permission::SessionsIntrospect];
    desk.key(&scopes, Role::Member).await
}

/// What is said of a token.
async fn asked(desk: &TestApp, key: &str, token: &str) -> Value {
    let answer = send_as(desk, key, &format!("token={token}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:#?}");
    answer.body
}

fn inactive() -> Value {
    json!({ "active": false })
}

const START_SECONDS: i64 = START.as_millis() / 1_000;

#[tokio::test]
async fn of_a_session_that_works_all_is_told() {
    let desk = TestApp::start().await;
    let id = desk.person("olga", "OWNER").await;
    let token = desk.session("olga").await;
    let session = viewer(&desk, &token).await.root()["session"]["id"].clone();
    let answer = send_as(&desk, &key(&desk).await, &format!("token={token}")).await;
    assert_eq!(
        answer.body,
        json!({
            "active": true,
            "token_type": "Bearer",
            "sub": id,
            "username": "olga",
            "role": "OWNER",
            "sid": session,
            "iat": START_SECONDS,
            "auth_time": START_SECONDS,
            "exp": START_SECONDS + 30 * 60,
            "restricted": false,
        })
    );
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_time_of_authentication_is_that_of_the_last_confirmation() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let key = key(&desk).await;
    let token = desk.session("olga").await;
    desk.app.clock.advance(Duration::from_mins(5));
    let confirmed = desk.confirmed(&token).await;
    assert_eq!(asked(&desk, &key, &token).await, inactive());
    desk.app.clock.advance(Duration::from_mins(15));
    let told = asked(&desk, &key, &confirmed).await;
    assert_eq!(told["iat"], START_SECONDS);
    assert_eq!(told["auth_time"], START_SECONDS + 5 * 60);
}

#[tokio::test]
async fn of_everything_else_nothing_is_told_but_that() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    let key = key(&desk).await;
    for token in [
        "kds_unknown",
        "unknown",
        "%00%ff",
        key.as_str(),
        desk.owner_key(),
        &"x".repeat(8_000),
    ] {
        assert_eq!(asked(&desk, &key, token).await, inactive(), "{token}");
    }
    for (name, act) in [
        (
            "ended",
            "revokeSessions(input: { user: { login: \"ended\" } })",
        ),
        (
            "disabled",
            "disableUser(input: { user: { login: \"disabled\" } })",
        ),
        (
            "deleted",
            "deleteUser(input: { user: { login: \"deleted\" } })",
        ),
        (
            "reset",
            "resetPassword(input: { user: { login: \"reset\" }, generate: true, \
             forceChangeOnLogin: false })",
        ),
        (
            "demanded",
            "setMustChangePassword(input: { user: { login: \"demanded\" }, mustChangePassword: true })",
        ),
    ] {
        desk.person(name, "MEMBER").await;
        let token = desk.session(name).await;
        assert_eq!(asked(&desk, &key, &token).await["active"], true, "{name}");
        let document = format!("mutation {{ {act} {{ errors {{ code }} }} }}");
        let done = desk.ask(&document, json!({})).await;
        assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
        assert_eq!(asked(&other, &key, &token).await, inactive(), "{name}");
    }
    desk.person("idle", "HELPDESK").await;
    let idle = desk.session("idle").await;
    desk.app.clock.advance(Duration::from_mins(30));
    assert_eq!(asked(&desk, &key, &idle).await, inactive());
}

#[tokio::test]
async fn a_restricted_one_is_told_of_only_when_asked_for() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let key = key(&desk).await;
    let reset = desk
        .run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    let temporary = text(&reset.root()["generatedPassword"]);
    let signed = desk.sign_in("ada", &temporary).await;
    let token = text(&signed.root()["sessionToken"]);
    for form in ["", "&include_restricted=false", "&include_restricted="] {
        let answer = send_as(&desk, &key, &format!("token={token}{form}")).await;
        assert_eq!(answer.body, inactive(), "{form}");
    }
    let form = format!("include_restricted=true&token={token}&token_type_hint=access_token");
    let answer = send_as(&desk, &key, &form).await;
    assert_eq!(answer.body["active"], true, "{answer:#?}");
    assert_eq!(answer.body["restricted"], true);
}

#[tokio::test]
async fn asking_is_a_use_and_what_is_not_told_of_is_none() {
    let desk = TestApp::start().await;
    desk.person("hilda", "HELPDESK").await;
    let key = key(&desk).await;
    let token = desk.session("hilda").await;
    for round in 1..=5 {
        desk.app.clock.advance(Duration::from_mins(20));
        let told = asked(&desk, &key, &token).await;
        let ends_at = START_SECONDS + (round * 20 + 30) * 60;
        assert_eq!(told["exp"], ends_at, "{told:#}");
    }
    let demanded = json!({ "login": "hilda", "mustChangePassword": true });
    desk.run("setMustChangePassword", demanded).await;
    for _ in 0..2 {
        desk.app.clock.advance(Duration::from_mins(20));
        assert_eq!(asked(&desk, &key, &token).await, inactive());
    }
    let form = format!("token={token}&include_restricted=true");
    let late = send_as(&desk, &key, &form).await;
    assert_eq!(late.body, inactive(), "it fell idle meanwhile");
}

#[tokio::test]
async fn whoever_is_no_key_or_a_wrong_one_is_a_stranger() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let token = desk.session("olga").await;
    let form = format!("token={token}");
    let cookie = format!("__Host-keydesk_session={token}");
    let own_page = ("origin", "https://id.example.org");
    for headers in [vec![], vec![("cookie", cookie.as_str()), own_page]] {
        let headers = [&headers[..], &[("content-type", FORM)]].concat();
        let answer = send(&desk, &headers, &form).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.body["error"], "invalid_client");
        assert_eq!(
            answer.headers["www-authenticate"],
            "Bearer realm=\"keydesk\""
        );
    }
    let basic = "Basic a2V5OmtleQ==";
    for value in ["Bearer kd_unknown", "Bearer ", "Bearer kds_unknown", basic] {
        let headers = [("content-type", FORM), ("authorization", value)];
        let answer = send(&desk, &headers, &form).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{value}");
        assert_eq!(answer.body["error"], "invalid_token", "{value}");
        let challenge = answer.headers["www-authenticate"].to_str().expect("text");
        assert!(
            challenge.ends_with("error=\"invalid_token\""),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn a_key_from_another_network_is_a_wrong_one() {
    let desk = TestApp::start().await;
    let new = NewApiKey {
        name: "orders".to_owned(),
        scopes: vec![Permission::SessionsIntrospect],
        role: Role::Member,
        expires_at: None,
        networks: vec!["10.0.0.0/8".to_owned()],
    };
    let made = access::create(&desk.app, &Actor::operator("test"), new).await;
    let bearer = format!("Bearer {}", made.expect("a key").1.expose());
    for (peer, status) in [([10, 1, 2, 3], 200), ([11, 1, 2, 3], 401)] {
        let request = Request::post("/introspect")
            .header("content-type", FORM)
            .header("authorization", &bearer);
        let mut request = request.body(Body::from("token=x")).expect("a request");
        let peer = ConnectInfo(SocketAddr::from((peer, 40_000)));
        request.extensions_mut().insert(peer);
        assert_eq!(desk.send(request).await.status, status);
    }
}

#[tokio::test]
async fn a_key_without_the_scope_and_people_are_refused_and_that_is_noted() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let token = desk.session("olga").await;
    let mut scopes = Permission::ALL.to_vec();
    scopes.retain(|scope| *scope != Permission::SessionsIntrospect);
    let without = desk.key(&scopes, Role::Owner).await;
    for caller in [&without, &token] {
        let answer = send_as(&desk, caller, &format!("token={token}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:#?}");
        assert_eq!(answer.body["error"], "insufficient_scope");
        let challenge = answer.headers["www-authenticate"].to_str().expect("text");
        assert!(
            challenge.ends_with("scope=\"SESSIONS_INTROSPECT\""),
            "{challenge}"
        );
    }
    assert_eq!(desk.events("access.denied").await, 2);
    assert!(!desk.snapshot().await.holds(&token));
}

#[tokio::test]
async fn only_a_short_form_by_post_is_taken() {
    let desk = TestApp::start().await;
    let key = key(&desk).await;
    let bearer = format!("Bearer {key}");
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let request = Request::builder()
            .method(method)
            .uri("/introspect?token=kds_x")
            .header("authorization", &bearer);
        let answer = desk.send(request.body(Body::empty()).expect("one")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers["allow"], "POST", "{method}");
    }
    for kind in ["application/json", "multipart/form-data; boundary=x", ""] {
        let headers = [("content-type", kind), ("authorization", bearer.as_str())];
        let answer = send(&desk, &headers, "token=x").await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    for form in [
        "",
        "token=",
        "TOKEN=x",
        "token=a&token=b",
        "token=a&include_restricted=yes",
        "token=a&include_restricted=true&include_restricted=true",
        "{\"token\":\"x\"}",
    ] {
        let answer = send_as(&desk, &key, form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
        assert_eq!(answer.body["error"], "invalid_request", "{form}");
    }
    let long = format!("token={}", "x".repeat(8 * 1024));
    let answer = send_as(&desk, &key, &long).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_changed_role_is_told_at_once() {
    let desk = TestApp::start().await;
    desk.person("ada", "ADMIN").await;
    let key = key(&desk).await;
    let token = desk.session("ada").await;
    let document = "mutation { updateUser(input: { user: { login: \"ada\" }, patch: { role: HELPDESK } }) \
                    { errors { code } } }";
    let changed = desk.ask(document, json!({})).await;
    assert_eq!(changed.codes(), Vec::<String>::new());
    assert_eq!(asked(&desk, &key, &token).await["role"], "HELPDESK");
    assert!(desk.sign_in("ada", PASSWORD).await.root()["sessionToken"].is_string());
}
