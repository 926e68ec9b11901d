//! What a request may hold and cost, asked of the whole server.

use serde_json::{Value, json};

use super::{JSON, assert_not_executed, post};
use crate::support::app::{Answer, TestApp};

const TOO_COMPLEX: &str = "OPERATION_TOO_COMPLEX";

async fn asked(app: &TestApp, query: &str) -> Answer {
    post(app, &[JSON], json!({ "query": query }).to_string()).await
}

#[tokio::test]
async fn every_answer_says_what_it_cost() {
    let app = TestApp::start().await;
    let answer = app
        .ask("{ users(first: 3) { nodes { id } } }", json!({}))
        .await;
    let cost = &answer.body["extensions"]["cost"];
    assert_eq!(*cost, json!({ "complexity": 3, "limit": 2000 }));
    let answer = app
        .ask_as(None, "{ passwordPolicy { minLength } }", json!({}))
        .await;
    let cost = &answer.body["extensions"]["cost"];
    assert_eq!(*cost, json!({ "complexity": 1, "limit": 200 }));
    let invalid = asked(&app, "{ nothing }").await;
    assert_not_executed(&invalid, 400, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(invalid.body["extensions"]["cost"]["complexity"], 0);
}

#[tokio::test]
async fn hostile_documents_are_refused_with_a_code() {
    let app = TestApp::start().await;
    let doubled = (1..=20)
        .map(|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n - 1))
        .collect::<Vec<_>>()
        .concat();
    let many = |n: usize, part: &str| part.repeat(n);
    for (name, document, code) in [
        (
            "doubled fragments",
            format!("{{ ...F20 }} fragment F0 on Query {{ __typename }} {doubled}"),
            TOO_COMPLEX,
        ),
        (
            "repeated fields",
            format!("{{ {} }}", many(1_000, "__typename ")),
            TOO_COMPLEX,
        ),
        (
            "nested brackets",
            format!("{{ a(b: {}{}) }}", many(5_000, "["), many(5_000, "]")),
            TOO_COMPLEX,
        ),
        ("open brackets", many(900, "{ a "), TOO_COMPLEX),
        ("open braces", many(450, "{ a "), "GRAPHQL_PARSE_FAILED"),
        (
            "aliases",
            format!("{{ {} }}", many(101, "a: __typename ")),
            TOO_COMPLEX,
        ),
        (
            "directives",
            format!("{{ __typename {} }}", many(190, "@include(if: true) ")),
            TOO_COMPLEX,
        ),
        (
            "undefined variables",
            format!("{{ {} }}", many(10_000, "a(b: $c) ")),
            TOO_COMPLEX,
        ),
        (
            "a fragment that spreads itself",
            "{ ...A } fragment A on Query { ...A }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let answer = asked(&app, &document).await;
        assert_eq!(answer.top_level(), Some(code), "{name}: {answer:#?}");
        assert_not_executed(&answer, 400, code);
    }
}

#[tokio::test]
async fn variables_count_too() {
    let app = TestApp::start().await;
    let body = json!({ "query": "{ viewer { role } }", "variables": { "a": vec![0; 2_000] } });
    let answer = post(&app, &[JSON], body.to_string()).await;
    assert_not_executed(&answer, 400, TOO_COMPLEX);
    let query =
        "query($n: Int) { users(first: $n) { nodes { auditEvents(first: $n) { nodes { id } } } } }";
    let few = app.ask(query, json!({ "n": 10 })).await;
    assert_eq!(few.body["extensions"]["cost"]["complexity"], 10 * 11);
    let body = json!({ "query": query, "variables": { "n": 50 } });
    let many = post(&app, &[JSON], body.to_string()).await;
    assert_not_executed(&many, 400, TOO_COMPLEX);
}

#[tokio::test]
async fn one_document_hashes_once() {
    let app = TestApp::start().await;
    let before = app.snapshot().await;
    let input = "input: { user: { login: \"ada\" }, generate: true }";
    let document = format!(
        "mutation {{ a: resetPassword({input}) {{ generatedPassword }} \
         b: resetPassword({input}) {{ generatedPassword }} }}"
    );
    assert_not_executed(&asked(&app, &document).await, 400, TOO_COMPLEX);
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn at_most_ten_errors_are_told() {
    let app = TestApp::start().await;
    let wrong = (0..15).map(|n| format!("wrong{n}")).collect::<Vec<_>>();
    let wrong = wrong.join(" ");
    let answer = asked(&app, &format!("{{ {wrong} }}")).await;
    assert_not_executed(&answer, 400, "GRAPHQL_VALIDATION_FAILED");
    let errors = answer.body["errors"].as_array().expect("a list");
    assert_eq!(errors.len(), 10);
    for error in errors {
        assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(
            error["extensions"]["requestId"],
            answer.body["extensions"]["requestId"]
        );
    }
    let long = "x".repeat(14_000);
    let answer = asked(&app, &format!("{{ {long} }}")).await;
    assert!(answer.body.to_string().len() < 64 * 1024);
}

#[tokio::test]
async fn a_number_outside_32_bits_is_the_callers_mistake() {
    let app = TestApp::start().await;
    let answer = asked(&app, "{ users(first: 99999999999) { totalCount } }").await;
    assert_eq!(answer.status, 400, "{answer:#?}");
    assert_eq!(answer.top_level(), Some("BAD_USER_INPUT"), "{answer:#?}");
}

#[tokio::test]
async fn only_signed_in_callers_get_suggestions() {
    let app = TestApp::start().await;
    let known = app.ask("{ viewr { role } }", json!({})).await;
    let anonymous = app.ask_as(None, "{ viewr { role } }", json!({})).await;
    let told = |answer: &Answer| answer.body["errors"][0]["message"].to_string();
    assert!(told(&known).contains("Did you mean"), "{known:#?}");
    assert!(!told(&anonymous).contains("viewer"), "{anonymous:#?}");
}

/// The queries by which tools read a schema, as they send them.
const TOOLS: [(&str, &str); 3] = [
    ("GraphiQL", include_str!("introspection/graphiql.graphql")),
    (
        "GraphQL Code Generator",
        include_str!("introspection/graphql_codegen.graphql"),
    ),
    (
        "get-graphql-schema, for Relay's compiler",
        include_str!("introspection/relay_get_graphql_schema.graphql"),
    ),
];

#[tokio::test]
async fn tools_can_read_the_schema() {
    let app = TestApp::start().await;
    for (tool, query) in TOOLS {
        let answer = asked(&app, query).await;
        assert_eq!(answer.body.get("errors"), None, "{tool}");
        let types = answer.body["data"]["__schema"]["types"]
            .as_array()
            .expect("a list");
        let user = types
            .iter()
            .find(|found| found["name"] == "User")
            .unwrap_or(&Value::Null);
        let fields = user["fields"].as_array().expect("fields");
        assert!(
            fields.iter().any(|field| field["name"] == "username"),
            "{tool}"
        );
    }
}

#[tokio::test]
async fn the_public_schema_is_shown_where_developers_work() {
    use keydesk::web::{self, Shows};
    use tower::ServiceExt as _;

    let app = TestApp::start().await;
    for public_schema in [false, true] {
        let shows = Shows {
            public_schema,
            ..Shows::default()
        };
        let router = web::router(&app.app, &app.templates(), shows).expect("a router");
        let request = axum::http::Request::post("/public/graphql")
            .header("host", "a")
            .header(JSON.0, JSON.1);
        let body = json!({ "query": "{ __schema { queryType { name } } }" }).to_string();
        let request = request
            .header("accept", "application/graphql-response+json")
            .body(axum::body::Body::from(body))
            .expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        assert_eq!(
            response.status().as_u16(),
            if public_schema { 200 } else { 400 }
        );
    }
}
