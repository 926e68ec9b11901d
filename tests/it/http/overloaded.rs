//! What a caller is told when passwords cannot be hashed now.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use keydesk::platform::hasher::{Cost, Hasher, Limits};
use keydesk::web::{self, Shows};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::app::{Answer, TestApp};
use crate::support::socket::Server;

const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                     { isReplay generatedPassword errors { message } } }";

/// A desk, and the same one whose hashing threads take nothing more.
async fn desks() -> (TestApp, Router) {
    let mut desk = TestApp::start().await;
    let none = Limits {
        threads: 1,
        queue: 0,
        wait: Duration::from_secs(2),
        nice: 0,
    };
    desk.app.hasher = Hasher::start(Cost::DEFAULT, none).expect("a thread");
    let shows = Shows::default();
    let full = web::router(&desk.app, &desk.templates(), shows).expect("a router");
    (desk, full)
}

async fn ask(router: &Router, request: (&str, Option<&str>, &str), body: Value) -> Answer {
    let (path, key, accept) = request;
    let mut request = Request::post(path)
        .header("host", "id.example.org")
        .header("content-type", "application/json")
        .header("accept", accept);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(body.to_string()));
    let answer = router.clone().oneshot(request.expect("a request")).await;
    let (parts, body) = answer.expect("an answer").into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).expect("JSON"),
    }
}

fn assert_overloaded(answer: &Answer, field: &str) {
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert_eq!(answer.headers["retry-after"], "2", "{answer:#?}");
    assert!(answer.body.get("data").is_none(), "{answer:#?}");
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(1));
    let error = &answer.body["errors"][0];
    assert_eq!(error["path"], json!([field]), "{answer:#?}");
    assert_eq!(error["extensions"]["code"], "OVERLOADED", "{answer:#?}");
    assert_eq!(error["extensions"]["retryAfterSeconds"], 2, "{answer:#?}");
    assert!(error["extensions"]["requestId"].is_string(), "{answer:#?}");
}

const MEDIA: [&str; 2] = ["application/json", "application/graphql-response+json"];

#[tokio::test]
async fn an_operation_that_was_only_refused_for_overload_is_503_and_its_repeat_is_done_once() {
    let (desk, full) = desks().await;
    let ada = desk.member("ada").await;
    let before = desk.snapshot().await;
    let input = json!({ "user": { "id": ada }, "generate": true, "idempotencyKey": "request 1" });
    let body = json!({ "query": RESET, "variables": { "input": input } });
    for media in MEDIA {
        let key = Some(desk.owner_key());
        let answer = ask(&full, ("/graphql", key, media), body.clone()).await;
        assert_overloaded(&answer, "resetPassword");
    }
    assert_eq!(desk.snapshot().await, before);
    let variables = json!({ "input": input });
    let done = desk.ask(RESET, variables.clone()).await;
    assert_eq!(done.root()["isReplay"], false, "{done:#?}");
    let again = desk.ask(RESET, variables).await;
    assert_eq!(again.root()["isReplay"], true, "{again:#?}");
    assert_eq!(desk.events("user.password.reset").await, 1);
}

#[tokio::test]
async fn a_replay_is_given_while_nothing_can_be_hashed() {
    let (desk, full) = desks().await;
    let ada = desk.member("ada").await;
    let input = json!({ "user": { "id": ada }, "generate": true, "idempotencyKey": "request 1" });
    desk.ask(RESET, json!({ "input": input })).await;
    let body = json!({ "query": RESET, "variables": { "input": input } });
    let key = Some(desk.owner_key());
    let answer = ask(&full, ("/graphql", key, MEDIA[0]), body).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert_eq!(answer.root()["isReplay"], true, "{answer:#?}");
}

#[tokio::test]
async fn strangers_are_told_so_by_the_status_too() {
    let (desk, full) = desks().await;
    desk.person("ada", "MEMBER").await;
    let sign_in = "mutation { signIn(input: { login: \"ada\", password: \"plum orbit\" }) \
                   { outcome errors { message } } }";
    let check = "mutation { checkPassword(input: { password: \"plum orbit lantern\" }) \
                 { isAcceptable } }";
    for path in ["/graphql", "/public/graphql"] {
        for (field, query) in [("signIn", sign_in), ("checkPassword", check)] {
            let body = json!({ "query": query });
            let answer = ask(&full, (path, None, MEDIA[0]), body).await;
            assert_overloaded(&answer, field);
        }
    }
}

#[tokio::test]
async fn beside_another_root_field_the_answer_stands() {
    let (desk, full) = desks().await;
    let ada = desk.member("ada").await;
    let query = "mutation($id: ID!) { \
        unlocked: unlockUser(input: { user: { id: $id } }) { user { id } errors { code } } \
        reset: resetPassword(input: { user: { id: $id }, generate: true }) \
            { user { id } errors { code ... on RetryLaterError { retryAfterSeconds } } } }";
    let body = json!({ "query": query, "variables": { "id": ada } });
    let key = Some(desk.owner_key());
    let answer = ask(&full, ("/graphql", key, MEDIA[1]), body).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(!answer.headers.contains_key("retry-after"), "{answer:#?}");
    let data = &answer.body["data"];
    assert_eq!(data["unlocked"]["user"]["id"], ada, "{answer:#?}");
    let error = &data["reset"]["errors"][0];
    assert_eq!(
        error,
        &json!({ "code": "OVERLOADED", "retryAfterSeconds": 2 }),
        "{answer:#?}"
    );
}

#[tokio::test]
async fn a_socket_answers_with_the_payload() {
    let (desk, _full) = desks().await;
    let ada = desk.member("ada").await;
    let server = Server::start(&desk).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    let query = "mutation($id: ID!) { resetPassword(input: { user: { id: $id }, generate: true }) \
                 { errors { code } } }";
    client.start("1", query, json!({ "id": ada })).await;
    let answer = client.answer("1").await;
    let errors = &answer["data"]["resetPassword"]["errors"];
    assert_eq!(errors, &json!([{ "code": "OVERLOADED" }]), "{answer}");
}
