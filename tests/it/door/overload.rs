//! More requests with a body than may be under way.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use keydesk::web::{Shows, router_within};
use serde_json::Value;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::{Limits, patient};
use crate::support::app::TestApp;

type Pieces = mpsc::Sender<Result<&'static str, std::io::Error>>;

async fn ask(router: &Router, request: Request<Body>) -> Response {
    router.clone().oneshot(request).await.expect("an answer")
}

fn request(method: &str, path: &str, peer: &str) -> axum::http::request::Builder {
    let peer: SocketAddr = format!("{peer}:9").parse().expect("an address");
    Request::builder()
        .method(method)
        .uri(path)
        .extension(ConnectInfo(peer))
        .header("host", "id.example.org")
        .header("content-type", "application/json")
}

fn get(path: &str) -> Request<Body> {
    let request = request("GET", path, "127.1.0.1");
    request.body(Body::empty()).expect("a request")
}

/// A request whose body goes on until the sender is dropped.
fn unfinished(peer: &str) -> (Pieces, Request<Body>) {
    let (more, end) = mpsc::channel(1);
    let body = stream::unfold(end, async |mut end| Some((end.recv().await?, end)));
    let request = request("POST", "/public/graphql", peer);
    let body = Body::from_stream(body.boxed());
    (more, request.body(body).expect("a request"))
}

fn router(desk: &TestApp, limits: Limits) -> Router {
    router_within(&desk.app, &desk.templates(), Shows::default(), limits).expect("a router")
}

/// Begins a request. It has its place once its first piece was taken.
async fn begun(router: &Router, peer: &str) -> (Pieces, tokio::task::JoinHandle<Response>) {
    let (more, request) = unfinished(peer);
    let router = router.clone();
    #[expect(clippy::disallowed_methods, reason = "a test ends with its tasks")]
    let answer = tokio::spawn(async move { ask(&router, request).await });
    more.send(Ok("{\"query\":")).await.expect("taken");
    more.send(Ok("\"{__typename}\"}")).await.expect("taken");
    (more, answer)
}

async fn assert_overloaded(refused: Response, what: &str) {
    assert_eq!(refused.status(), 503, "{what}");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["x-content-type-options"], "nosniff");
    let body = axum::body::to_bytes(refused.into_body(), usize::MAX).await;
    let body: Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "OVERLOADED");
    assert!(extensions["requestId"].is_string(), "{body}");
}

#[tokio::test]
async fn bodies_under_way_have_a_bound_and_hold_no_place_among_the_requests_in_work() {
    let desk = TestApp::start().await;
    let limits = Limits {
        bodies: 1,
        in_work: 1,
        ..patient()
    };
    let router = router(&desk, limits);
    let (more, first) = begun(&router, "127.1.0.1").await;
    let (_more, second) = unfinished("127.2.0.1");
    assert_overloaded(ask(&router, second).await, "a second body").await;
    // What has no body is not kept out by those who send one.
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/graphql", 405)] {
        assert_eq!(ask(&router, get(path)).await.status(), status, "{path}");
    }
    drop(more);
    assert_eq!(first.await.expect("no panic").status(), 200);
    let (more, again) = begun(&router, "127.2.0.1").await;
    drop(more);
    assert_eq!(again.await.expect("no panic").status(), 200);
}

#[tokio::test]
async fn a_network_sends_its_share_of_bodies_at_once_and_keeps_nobody_else_out() {
    let desk = TestApp::start().await;
    let limits = Limits {
        bodies: 16,
        in_work: 1,
        ..patient()
    };
    let router = router(&desk, limits);
    let held = [
        begun(&router, "127.1.0.1").await,
        begun(&router, "127.1.0.1").await,
    ];
    let (_more, third) = unfinished("127.1.0.1");
    assert_overloaded(ask(&router, third).await, "a third of one network").await;
    let (more, other) = begun(&router, "127.2.0.1").await;
    drop(more);
    assert_eq!(other.await.expect("no panic").status(), 200);
    drop(held);
}

#[tokio::test]
async fn without_a_share_one_network_may_have_all() {
    let desk = TestApp::with_server(|server| server.network_share = 0).await;
    let limits = Limits {
        bodies: 3,
        ..patient()
    };
    let router = router(&desk, limits);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(begun(&router, "127.1.0.1").await);
    }
    let (_more, fourth) = unfinished("127.2.0.1");
    assert_overloaded(ask(&router, fourth).await, "one too many").await;
}
