//! What every answer carries, whatever it answers.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderValue, Request};
use keydesk::platform::settings::ServerSettings;
use keydesk::web::{Shows, router, router_within};
use tower::ServiceExt as _;

use super::{Limits, SHORT, patient};
use crate::support::app::TestApp;

const JSON: (&str, &str) = ("content-type", "application/json");
const NEW: (&str, &str) = ("accept", "application/graphql-response+json");

/// One request with its status.
type Case = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    u16,
);

const CASES: [Case; 25] = [
    (
        "POST",
        "/public/graphql",
        &[JSON],
        "{\"query\":\"{__typename}\"}",
        200,
    ),
    (
        "POST",
        "/public/graphql",
        &[JSON, NEW],
        "{\"query\":\"{\"}",
        400,
    ),
    (
        "POST",
        "/public/graphql",
        &[JSON, NEW],
        "{\"query\":\"{x}\"}",
        400,
    ),
    ("POST", "/graphql", &[JSON], "[]", 400),
    (
        "POST",
        "/graphql",
        &[JSON, ("authorization", "Bearer kd_x")],
        "{}",
        401,
    ),
    (
        "POST",
        "/graphql",
        &[JSON, ("authorization", "Basic x")],
        "{}",
        401,
    ),
    (
        "POST",
        "/graphql",
        &[JSON, ("accept", "text/html")],
        "{}",
        406,
    ),
    ("POST", "/graphql", &[], "{}", 415),
    (
        "POST",
        "/public/graphql",
        &[("cookie", "__Host-keydesk_session=x")],
        "",
        415,
    ),
    ("GET", "/graphql", &[], "", 405),
    ("HEAD", "/graphql", &[], "", 405),
    ("TRACE", "/graphql", &[], "", 405),
    (
        "OPTIONS",
        "/public/graphql",
        &[("origin", "https://a.example")],
        "",
        405,
    ),
    ("GET", "/livez", &[], "", 200),
    ("HEAD", "/livez", &[], "", 200),
    ("POST", "/livez", &[], "", 405),
    ("TRACE", "/livez", &[], "", 405),
    ("GET", "/readyz", &[], "", 200),
    ("GET", "/nowhere", &[], "", 404),
    ("GET", "/graphiql", &[], "", 200),
    ("GET", "/graphiql/assets/page.js", &[], "", 200),
    ("GET", "/graphiql/assets/none.js", &[], "", 404),
    ("GET", "/graphiql/examples.json", &[], "", 200),
    ("GET", "/mailbox", &[("host", "localhost")], "", 200),
    ("GET", "/mailbox", &[("host", "id.example.org")], "", 404),
];

async fn headers_of(router: &Router, case: &Case) -> HeaderMap {
    let (method, uri, headers, body, status) = case;
    let mut request = Request::builder().method(*method).uri(*uri);
    for (name, value) in *headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(*body)).expect("a request");
    let host = HeaderValue::from_static("id.example.org");
    request.headers_mut().entry(HOST).or_insert(host);
    let peer = SocketAddr::from(([127, 0, 0, 1], 9));
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), *status, "{case:?}");
    answer.headers().clone()
}

fn assert_dressed(headers: &HeaderMap, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(headers.get(name).expect(name), value, "{what}");
    }
    let policy = headers["content-security-policy"].to_str().expect("a text");
    for part in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    let cache = headers["cache-control"].to_str().expect("a text");
    let may_be_kept = what.contains("/graphiql/");
    assert!(may_be_kept || cache == "no-store", "{what}: {cache}");
    assert!(headers.contains_key("x-request-id"), "{what}");
    for name in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(!headers.contains_key(name), "{what}: {name}");
    }
}

fn everything(app: &TestApp) -> Shows {
    Shows {
        playground: true,
        mailbox: Some(app.database.folder().to_owned()),
        ..Shows::default()
    }
}

#[tokio::test]
async fn every_answer_of_every_route_is_dressed() {
    let app = TestApp::start().await;
    let router = router(&app.app, &app.templates(), everything(&app)).expect("a router");
    for case in &CASES {
        let headers = headers_of(&router, case).await;
        assert_dressed(&headers, &format!("{} {}", case.0, case.1));
    }
}

#[tokio::test]
async fn refusals_of_the_layers_are_dressed_too() {
    let app = TestApp::start().await;
    let limits = Limits {
        request: SHORT,
        ..patient()
    };
    let slow =
        router_within(&app.app, &app.templates(), everything(&app), limits).expect("a router");
    let endless =
        Body::from_stream(futures_util::stream::pending::<Result<&str, std::io::Error>>());
    let request = Request::post("/graphql")
        .header(HOST, "id.example.org")
        .header(JSON.0, JSON.1)
        .body(endless);
    let answer = slow
        .oneshot(request.expect("a request"))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 408);
    assert_dressed(answer.headers(), "too slow");
    let none = Limits {
        in_work: 0,
        ..patient()
    };
    let full = router_within(&app.app, &app.templates(), everything(&app), none).expect("a router");
    for path in ["/graphql", "/public/graphql", "/graphiql", "/mailbox"] {
        let headers = headers_of(&full, &("GET", path, &[], "", 503)).await;
        assert_dressed(&headers, path);
        assert_eq!(headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn browsers_are_bound_to_https_only_where_it_is_used() {
    let change = |server: &mut ServerSettings| {
        server.public_url = Some("http://127.0.0.1:8080".parse().expect("an address"));
    };
    let app = TestApp::with_server(change).await;
    let router = router(&app.app, &app.templates(), Shows::default()).expect("a router");
    let headers = headers_of(&router, &CASES[0]).await;
    assert!(!headers.contains_key("strict-transport-security"));
}
