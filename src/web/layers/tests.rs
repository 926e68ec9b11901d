//! Handlers that break or hang, which no route of ours does on demand.

use std::future::pending;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::clock::{Clock, Timestamp};
use crate::settings::Settings;

async fn breaks() -> &'static str {
    panic!("planted-secret")
}

async fn answer(path: &str) -> (Response, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keydesk.sqlite");
    let toml = format!("[database]\nurl = \"sqlite:{}\"", file.display());
    let settings = Settings::from_toml(&toml).unwrap();
    let clock = Clock::manual(Timestamp::from_millis(0));
    let app = App::start(settings, clock).await.unwrap();
    let routes = Router::new()
        .route("/breaks", get(breaks))
        .route("/hangs", get(pending::<&'static str>));
    let limits = Limits {
        request: Duration::from_millis(50),
        ..Limits::default()
    };
    let whole = around(&app, (routes, Router::new()), limits);
    let request = Request::get(path)
        .header("host", "a")
        .body(Body::empty())
        .unwrap();
    let (parts, body) = whole.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap();
    (Response::from_parts(parts, Body::empty()), body)
}

#[tokio::test]
async fn a_panic_is_answered_without_its_text_and_with_every_header() {
    let (answer, body) = answer("/breaks").await;
    assert_eq!(answer.status(), 500);
    let code = &body["errors"][0]["extensions"]["code"];
    assert_eq!(code, "INTERNAL_SERVER_ERROR");
    assert!(!body.to_string().contains("planted"), "{body}");
    for name in ["x-frame-options", "x-content-type-options", "x-request-id"] {
        assert!(answer.headers().contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn a_request_that_came_whole_and_takes_too_long_may_come_again() {
    let (answer, body) = answer("/hangs").await;
    assert_eq!(answer.status(), 503);
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "REQUEST_TIMEOUT");
    assert_eq!(
        extensions["requestId"],
        answer.headers()["x-request-id"].to_str().unwrap()
    );
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(answer.headers().contains_key("x-frame-options"));
}
