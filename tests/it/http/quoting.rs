//! Requests that are refused, and never quoted: they may hold a password.

use serde_json::json;

use super::{JSON, assert_not_executed, post, viewer};
use crate::support::app::TestApp;

const PLANTED: &str = "hunter2-otter-walks-past";

#[tokio::test]
async fn a_body_that_is_not_one_request_is_refused_without_being_quoted() {
    let app = TestApp::start().await;
    for body in [
        format!("[{}]", viewer()),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
        "{".to_owned(),
        format!("{{\"query\": {PLANTED}}}"),
        json!({ "query": 1, "variables": { "password": PLANTED } }).to_string(),
        json!({ "query": "{ a }", "variables": PLANTED }).to_string(),
        json!({ "query": "{ a }", "operationName": { "x": PLANTED } }).to_string(),
        json!({ "query": "{ a }", "extensions": [PLANTED] }).to_string(),
        json!({ "variables": {} }).to_string(),
    ] {
        let answer = post(&app, &[JSON], body.clone()).await;
        assert_not_executed(&answer, 400, "BAD_REQUEST");
        assert!(!answer.body.to_string().contains(PLANTED), "{body}");
    }
    let not_utf_8 = post(&app, &[JSON], b"{\"query\": \"\xff\"}".to_vec()).await;
    assert_not_executed(&not_utf_8, 400, "BAD_REQUEST");
}

#[tokio::test]
async fn a_document_that_does_not_parse_or_fit_is_not_executed_and_not_quoted() {
    let app = TestApp::start().await;
    let deep = format!("{{ a {} }}", "{ a".repeat(40) + &"}".repeat(40));
    for (query, code) in [
        (
            format!("mutation {{ resetPassword(input: {{ password: \"{PLANTED}\" "),
            "GRAPHQL_PARSE_FAILED",
        ),
        (
            format!("{{ viewer \"{PLANTED}\" }}"),
            "GRAPHQL_PARSE_FAILED",
        ),
        (String::new(), "GRAPHQL_PARSE_FAILED"),
        (
            "{ viewer { password } }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            format!("{{ viewer {{ role }} }} #{}", " ".repeat(15_000)),
            "OPERATION_TOO_COMPLEX",
        ),
        (deep, "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let answer = post(&app, &[JSON], json!({ "query": query }).to_string()).await;
        assert_eq!(answer.status, 400, "{answer:#?}");
        assert!(answer.body.get("data").is_none(), "{answer:#?}");
        let found = answer.top_level().expect("a code");
        assert!(
            found == code || query.starts_with("{ a"),
            "{found} for {query}"
        );
        assert!(!answer.body.to_string().contains(PLANTED));
    }
}

#[tokio::test]
async fn a_password_of_the_wrong_shape_is_not_quoted() {
    let app = TestApp::start().await;
    app.member("ada").await;
    for query in [
        format!(
            "mutation {{ resetPassword(input: {{ user: {{ login: \"ada\" }}, password: [\"{PLANTED}\"] }}) {{ isReplay }} }}"
        ),
        format!(
            "mutation {{ resetPassword(input: {{ user: {{ login: \"ada\" }}, passwort: \"{PLANTED}\" }}) {{ isReplay }} }}"
        ),
        format!(
            "mutation {{ resetPassword(input: {{ user: {{ login: \"ada\" }}, generate: \"{PLANTED}\" }}) {{ isReplay }} }}"
        ),
    ] {
        let answer = post(&app, &[JSON], json!({ "query": query }).to_string()).await;
        assert!(answer.top_level().is_some());
        assert!(!answer.body.to_string().contains(PLANTED), "{answer:#?}");
    }
}
