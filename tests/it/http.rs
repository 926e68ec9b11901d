//! The HTTP interface: what is taken, what is not, and what every answer carries.

mod limits;
mod overloaded;
mod quoting;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::app::{Answer, TestApp};

/// A POST to `/graphql` with the owner's key and these headers in place of the usual ones.
async fn post(app: &TestApp, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let key = format!("Bearer {}", app.owner_key());
    let mut request = Request::post("/graphql").header("authorization", key);
    if !headers.iter().any(|(name, _)| *name == "accept") {
        request = request.header("accept", "application/graphql-response+json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(body.into()).expect("a request"))
        .await
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn viewer() -> String {
    json!({ "query": "{ viewer { role } }" }).to_string()
}

/// Nothing was executed: a code, and no `data` that a client could mistake for an answer.
fn assert_not_executed(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.top_level()),
        (status, Some(code)),
        "{answer:#?}"
    );
    assert!(answer.body.get("data").is_none(), "{answer:#?}");
}

#[tokio::test]
async fn only_post_is_taken() {
    let app = TestApp::start().await;
    for path in ["/graphql", "/public/graphql"] {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let uri = format!("{path}?query=%7BserverInfo%7Bversion%7D%7D");
            let request = Request::builder().method(method).uri(uri);
            let request = request.body(Body::empty()).expect("a request");
            let answer = app.send(request).await;
            assert_not_executed(&answer, 405, "METHOD_NOT_ALLOWED");
            assert_eq!(answer.headers["allow"], "POST", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_mutation_by_get_does_nothing() {
    let app = TestApp::start().await;
    let before = app.snapshot().await;
    let uri = "/graphql?query=mutation%7BcreateUser(input:%7Busername:%22x%22%7D)%7BisReplay%7D%7D";
    let key = format!("Bearer {}", app.owner_key());
    let request = Request::get(uri).header("authorization", key);
    let answer = app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, 405);
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn only_json_in_utf_8_is_taken() {
    let app = TestApp::start().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonx",
        "application/json; charset=utf-16",
        "",
    ] {
        let answer = post(&app, &[("content-type", kind)], viewer()).await;
        assert_not_executed(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_not_executed(
        &post(&app, &[], viewer()).await,
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    );
    let twice = [JSON, ("content-type", "text/plain")];
    assert_not_executed(
        &post(&app, &twice, viewer()).await,
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    );
    for kind in [
        "application/json; charset=UTF-8",
        "Application/JSON;charset=\"utf-8\"",
    ] {
        let answer = post(&app, &[("content-type", kind)], viewer()).await;
        assert_eq!(answer.root()["role"], "OWNER", "{kind}");
    }
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused() {
    let app = TestApp::start().await;
    let big = |size: usize| format!("{}{}", viewer(), " ".repeat(size - viewer().len()));
    let answer = post(&app, &[JSON], big(1024 * 1024 + 1)).await;
    assert_not_executed(&answer, 413, "PAYLOAD_TOO_LARGE");
    let answer = post(&app, &[JSON], big(1024 * 1024)).await;
    assert_eq!(answer.root()["role"], "OWNER");
}

#[tokio::test]
async fn the_answer_is_written_as_the_caller_accepts_it() {
    let app = TestApp::start().await;
    let new = "application/graphql-response+json; charset=utf-8";
    let old = "application/json; charset=utf-8";
    let wrong = json!({ "query": "{ nothing }" }).to_string();
    for (accept, kind, status) in [
        ("*/*", old, 200),
        ("application/*", old, 200),
        ("application/graphql-response+json", new, 400),
        (
            "application/graphql-response+json, application/json",
            new,
            400,
        ),
        ("application/json", old, 200),
        ("text/html, application/json;q=0.9", old, 200),
        ("APPLICATION/JSON", old, 200),
    ] {
        let headers = [JSON, ("accept", accept)];
        let answer = post(&app, &headers, viewer()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["content-type"]),
            (200, &kind.parse().expect("a value")),
            "{accept}"
        );
        let answer = post(&app, &headers, wrong.clone()).await;
        assert_not_executed(&answer, status, "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(answer.headers["content-type"], kind, "{accept}");
    }
    let request = Request::post("/public/graphql").header(JSON.0, JSON.1);
    let typename = json!({ "query": "{ __typename }" }).to_string();
    let request = request.body(Body::from(typename)).expect("a request");
    assert_eq!(app.send(request).await.headers["content-type"], old);
    let answer = post(&app, &[JSON, ("accept", "text/html")], viewer()).await;
    assert_not_executed(&answer, 406, "NOT_ACCEPTABLE");
}

#[tokio::test]
async fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
    let app = TestApp::start().await;
    let create = |name: &str| {
        let query = "mutation($n: String!) { createUser(input: { username: $n }) { isReplay } }";
        json!({ "query": query, "variables": { "n": name } }).to_string()
    };
    let answer = post(
        &app,
        &[JSON, ("x-request-id", "trace-01.a_b")],
        create("ada"),
    )
    .await;
    assert_eq!(answer.headers["x-request-id"], "trace-01.a_b");
    assert_eq!(answer.body["extensions"]["requestId"], "trace-01.a_b");
    let filter = json!({ "filter": { "requestId": "trace-01.a_b" } });
    let trail = app.run("audit", filter).await;
    assert_eq!(trail.root()["nodes"][0]["targetLabel"], "ada");
    let long = "a".repeat(65);
    for id in ["a b", "", "a;b", "\u{1b}[31m", &long] {
        let Ok(value) = axum::http::HeaderValue::from_bytes(id.as_bytes()) else {
            continue;
        };
        let id = value.to_str().unwrap_or_default().to_owned();
        let answer = post(&app, &[JSON, ("x-request-id", &id)], viewer()).await;
        let made = answer.headers["x-request-id"].to_str().expect("a text");
        assert_ne!(made, id);
        assert_eq!(made.len(), 32);
        assert_eq!(answer.body["extensions"]["requestId"], made);
    }
    let twice = [JSON, ("x-request-id", "a"), ("x-request-id", "b")];
    let answer = post(&app, &twice, viewer()).await;
    assert_eq!(answer.headers["x-request-id"].len(), 32);
    let refused = post(&app, &[JSON], json!({ "query": "{" }).to_string()).await;
    let id = refused.headers["x-request-id"].to_str().expect("a text");
    assert_eq!(refused.body["errors"][0]["extensions"]["requestId"], id);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    for (method, uri) in [
        ("POST", "/graphql"),
        ("GET", "/graphql"),
        ("POST", "/public/graphql"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/nowhere"),
    ] {
        let request = Request::builder().method(method).uri(uri);
        let answer = app
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers[name], value, "{method} {uri}");
        }
        let policy = answer.headers["content-security-policy"]
            .to_str()
            .expect("a text");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(
            answer.headers.contains_key("x-request-id"),
            "{method} {uri}"
        );
    }
}

#[tokio::test]
async fn data_comes_in_the_order_of_the_query() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let query =
        "{ z: viewer { scopes role } a: userByLogin(login: \"ada\") { username id email } }";
    let key = format!("Bearer {}", app.owner_key());
    let request = Request::post("/graphql").header("authorization", key);
    let request = request.header(JSON.0, JSON.1);
    let body = json!({ "query": query }).to_string();
    let text = app
        .text(request.body(Body::from(body)).expect("a request"))
        .await;
    let places: Vec<_> = [
        "\"z\"", "scopes", "role", "\"a\"", "username", "\"id\"", "email",
    ]
    .map(|name| {
        text.find(name)
            .unwrap_or_else(|| panic!("{name} in {text}"))
    })
    .into();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn strangers_may_not_read_the_schema() {
    let app = TestApp::start().await;
    for document in [
        "{ __schema { queryType { name } } }",
        "{ ... { __schema { queryType { name } } } }",
        "{ ...F } fragment F on Query { ... on Query { __type(name: \"User\") { name } } }",
    ] {
        let answer = app.ask_as(None, document, json!({})).await;
        assert_eq!(answer.top_level(), Some("INTROSPECTION_REFUSED"));
        assert!(answer.body.get("data").is_none(), "{answer:#?}");
    }
    let document = "{ __schema { queryType { name } } }";
    let answer = app.ask(document, json!({})).await;
    assert_eq!(answer.root()["queryType"]["name"], "Query");
    assert_eq!(answer.body.get("errors"), None::<&Value>);
}
