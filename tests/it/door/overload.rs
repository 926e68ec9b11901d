//! More requests than places.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use keydesk::web::{Shows, router_within};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Limits, patient};
use crate::support::app::TestApp;

async fn ask(router: &Router, request: Request<Body>) -> Response {
    router.clone().oneshot(request).await.expect("an answer")
}

fn post(body: Body) -> Request<Body> {
    let request = Request::post("/public/graphql")
        .header("host", "id.example.org")
        .header("content-type", "application/json");
    request.body(body).expect("a request")
}

fn get(path: &str) -> Request<Body> {
    Request::get(path)
        .header("host", "id.example.org")
        .body(Body::empty())
        .expect("a request")
}

#[tokio::test]
async fn a_request_too_many_is_refused_at_once_and_health_is_not() {
    let desk = TestApp::start().await;
    let limits = Limits {
        in_work: 1,
        ..patient()
    };
    let router =
        router_within(&desk.app, &desk.templates(), Shows::default(), limits).expect("a router");
    let (more, end) = tokio::sync::mpsc::channel::<Result<&str, std::io::Error>>(1);
    let unfinished = stream::unfold(end, async |mut end| Some((end.recv().await?, end)));
    let first = ask(&router, post(Body::from_stream(unfinished.boxed())));
    tokio::pin!(first);
    // Once the first piece was taken, the request is in work.
    tokio::select! {
        _ = &mut first => panic!("answered half a request"),
        sent = async { more.send(Ok("{\"query\":")).await?; more.send(Ok("\"{__typename}\"}")).await } => {
            sent.expect("taken");
        }
    }
    for path in ["/public/graphql", "/graphql"] {
        let refused = ask(&router, get(path)).await;
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (503, &"1".parse().expect("a value")),
            "{path}"
        );
        assert_eq!(refused.headers()["x-content-type-options"], "nosniff");
        let body = axum::body::to_bytes(refused.into_body(), usize::MAX).await;
        let body: Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "OVERLOADED");
        assert!(extensions["requestId"].is_string(), "{body}");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(ask(&router, get(path)).await.status(), 200, "{path}");
    }
    drop(more);
    assert_eq!(first.await.status(), 200);
    assert_eq!(ask(&router, get("/graphql")).await.status(), 405);
}
