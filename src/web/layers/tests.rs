//! Handlers that break or hang, which no route of ours does on demand.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::*;
use crate::platform::settings::Settings;
use crate::types::clock::{Clock, Timestamp};

async fn breaks() -> &'static str {
    panic!("planted-secret")
}

/// The layers around these routes, with more settings of `[server]`.
async fn whole(routes: Router, limits: Limits, server: &str) -> (Router, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keydesk.sqlite");
    let toml = format!(
        "[database]\nurl = \"sqlite:{}\"\n[server]\n{server}",
        file.display()
    );
    let settings = Settings::from_toml(&toml).unwrap();
    let clock = Clock::manual(Timestamp::from_millis(0));
    let app = App::start(settings, clock).await.unwrap();
    let health = Router::new().route("/livez", get(async || "live"));
    (around(&app, (routes, health), limits), folder)
}

async fn read(answer: Response) -> (Response, Value) {
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    (Response::from_parts(parts, Body::empty()), body)
}

async fn answer(path: &str) -> (Response, Value) {
    let routes = Router::new()
        .route("/breaks", get(breaks))
        .route("/hangs", get(pending::<&'static str>));
    let limits = Limits {
        request: Duration::from_millis(50),
        ..Limits::default()
    };
    let (whole, _folder) = whole(routes, limits, "").await;
    let request = Request::get(path)
        .header("host", "a")
        .body(Body::empty())
        .unwrap();
    read(whole.oneshot(request).await.unwrap()).await
}

fn from(path: &str, peer: &str, client: Option<&str>) -> Request<Body> {
    let peer: SocketAddr = format!("{peer}:9").parse().unwrap();
    let mut request = Request::get(path)
        .header("host", "a")
        .extension(ConnectInfo(peer));
    if let Some(client) = client {
        request = request.header("x-forwarded-for", client);
    }
    request.body(Body::empty()).unwrap()
}

/// A house with sixteen places in which everybody stays who goes to `/stays`.
struct House {
    whole: Router,
    begun: Arc<Semaphore>,
    stay: JoinSet<()>,
    _folder: TempDir,
}

impl House {
    async fn of_sixteen(server: &str) -> Self {
        let begun = Arc::new(Semaphore::new(0));
        let noted = Arc::clone(&begun);
        let stays = async move || {
            noted.add_permits(1);
            pending::<&'static str>().await
        };
        let routes = Router::new()
            .route("/stays", get(stays))
            .route("/goes", get(async || "done"));
        let limits = Limits {
            in_work: 16,
            request: Duration::from_hours(1),
            ..Limits::default()
        };
        let (whole, folder) = whole(routes, limits, server).await;
        Self {
            whole,
            begun,
            stay: JoinSet::new(),
            _folder: folder,
        }
    }

    /// Asks as this peer, for this client where the peer is a proxy.
    async fn ask(&self, path: &str, (peer, client): (&str, Option<&str>)) -> (Response, Value) {
        let request = from(path, peer, client);
        read(self.whole.clone().oneshot(request).await.unwrap()).await
    }

    /// Lets so many stay, and waits until they are in.
    async fn hold(&mut self, many: u32, peer: &str, client: Option<&str>) {
        for _ in 0..many {
            let request = from("/stays", peer, client);
            let whole = self.whole.clone();
            self.stay.spawn(async move {
                whole.oneshot(request).await.unwrap();
            });
        }
        self.begun.acquire_many(many).await.unwrap().forget();
    }
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

#[tokio::test]
async fn a_network_has_its_share_of_places_and_keeps_nobody_else_out() {
    let mut house = House::of_sixteen("").await;
    house.hold(2, "127.1.0.1", None).await;
    let (refused, body) = house.ask("/goes", ("127.1.0.1", None)).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(body["errors"][0]["extensions"]["code"], "OVERLOADED");
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("your network"), "{message}");
    let (served, _) = house.ask("/goes", ("127.2.0.1", None)).await;
    assert_eq!(served.status(), 200);
    let (health, _) = house.ask("/livez", ("127.1.0.1", None)).await;
    assert_eq!(health.status(), 200);
    house.stay.shutdown().await;
    let (again, _) = house.ask("/goes", ("127.1.0.1", None)).await;
    assert_eq!(again.status(), 200, "the places are given back");
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_network_is_the_caller_s() {
    let proxy = "trusted_proxies = [\"127.3.0.1\"]";
    let mut house = House::of_sixteen(proxy).await;
    house.hold(2, "127.3.0.1", Some("198.51.100.7")).await;
    for (from, status) in [
        (("127.3.0.1", Some("198.51.100.7")), 503),
        (("127.3.0.1", Some("203.0.113.9, 198.51.100.7")), 503),
        (("127.3.0.1", Some("203.0.113.9")), 200),
        (("198.51.100.7", None), 503),
        (("127.4.0.1", Some("198.51.100.7")), 200),
    ] {
        let (answer, _) = house.ask("/goes", from).await;
        assert_eq!(answer.status(), status, "{from:?}");
    }
}

#[tokio::test]
async fn without_a_share_all_places_may_be_one_network_s_and_health_is_still_told() {
    let mut house = House::of_sixteen("network_share = 0").await;
    house.hold(16, "127.1.0.1", None).await;
    let (refused, body) = house.ask("/goes", ("127.2.0.1", None)).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(body["errors"][0]["extensions"]["code"], "OVERLOADED");
    let (health, _) = house.ask("/livez", ("127.2.0.1", None)).await;
    assert_eq!(health.status(), 200);
}
