//! Pages of other origins.

use axum::body::Body;
use axum::http::Request;
use keydesk::platform::settings::ServerSettings;
use serde_json::json;

use crate::support::app::{Answer, TestApp};

const LISTED: &str = "https://portal.example.org";
const STRANGER: &str = "https://evil.example.org";

/// No name of these may appear unless the origin is listed.
fn permissions(answer: &Answer) -> Vec<String> {
    let names = answer.headers.keys().map(ToString::to_string);
    names
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Answer {
    let request = Request::options(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    app.send(request.body(Body::empty()).expect("a request"))
        .await
}

async fn post(app: &TestApp, key: &str, origin: &str) -> Answer {
    let body = json!({ "query": "{ viewer { role } }" }).to_string();
    let request = Request::post("/graphql")
        .header("origin", origin)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    app.send(request.body(Body::from(body)).expect("a request"))
        .await
}

async fn with_portal() -> TestApp {
    let change = |server: &mut ServerSettings| {
        server.cors_origins = vec![LISTED.to_owned()];
    };
    TestApp::with_server(change).await
}

#[tokio::test]
async fn without_the_setting_there_is_no_permission_for_anyone() {
    let app = TestApp::start().await;
    for path in ["/graphql", "/public/graphql"] {
        let answer = preflight(&app, path, LISTED).await;
        assert_eq!(answer.status, 405);
        assert_eq!(permissions(&answer), [""; 0]);
    }
    let answer = post(&app, app.owner_key(), LISTED).await;
    assert_eq!(answer.root()["role"], "OWNER");
    assert_eq!(permissions(&answer), [""; 0]);
}

#[tokio::test]
async fn a_listed_origin_may_post_with_a_key_and_read_the_request_id() {
    let app = with_portal().await;
    for path in ["/graphql", "/public/graphql"] {
        let answer = preflight(&app, path, LISTED).await;
        assert_eq!(answer.status, 204);
        for (name, value) in [
            ("access-control-allow-origin", LISTED),
            ("access-control-allow-methods", "POST"),
            (
                "access-control-allow-headers",
                "authorization, content-type, x-request-id",
            ),
            ("access-control-max-age", "600"),
            ("vary", "origin"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        let credentials = "access-control-allow-credentials";
        assert!(!answer.headers.contains_key(credentials));
    }
    for (key, status) in [(app.owner_key(), 200), ("kd_wrong", 401)] {
        let answer = post(&app, key, LISTED).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["access-control-allow-origin"], LISTED);
        let exposed = &answer.headers["access-control-expose-headers"];
        assert!(exposed.to_str().expect("a text").contains("x-request-id"));
    }
}

#[tokio::test]
async fn any_other_origin_path_or_spelling_gets_no_permission() {
    let app = with_portal().await;
    for origin in [
        STRANGER,
        "null",
        "*",
        "",
        "http://portal.example.org",
        "https://portal.example.org:8443",
        "https://portal.example.org.evil.example",
        "https://PORTAL.example.org",
        "https://portal.example.org, https://portal.example.org",
    ] {
        let answer = preflight(&app, "/graphql", origin).await;
        assert_eq!(
            (answer.status.as_u16(), permissions(&answer)),
            (405, Vec::new()),
            "{origin}"
        );
        assert_eq!(answer.headers["vary"], "origin");
        let answer = post(&app, app.owner_key(), origin).await;
        assert_eq!(permissions(&answer), [""; 0], "{origin}");
    }
    for path in ["/livez", "/readyz", "/nowhere"] {
        let answer = preflight(&app, path, LISTED).await;
        assert_eq!(permissions(&answer), [""; 0], "{path}");
    }
}
