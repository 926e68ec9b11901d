//! The name in a request.

use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use keydesk::web::{Shows, router_within};
use serde_json::Value;

use super::*;
use crate::support::app::TestApp;

async fn open() -> (Door, TestApp) {
    let desk = TestApp::start().await;
    let router =
        router_within(&desk.app, &desk.templates(), Shows::default(), patient()).expect("a router");
    (Door::open(router, patient()).await, desk)
}

/// The status, and the body as JSON.
async fn answer(door: &Door, head: &str) -> (String, Value) {
    let mut stream = door.enter().await;
    send(&mut stream, &format!("{head}connection: close\r\n\r\n")).await;
    let text = rest(&mut stream).await;
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    let status = head.get(9..12).expect("a status");
    (
        status.to_owned(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_request_names_one_host_or_is_refused() {
    let (door, _desk) = open().await;
    for hosts in [
        "",
        "host: id.example.org\r\nhost: id.example.org\r\n",
        "host: id.example.org\r\nHost: evil.example\r\n",
        "host: \r\n",
        "host: a b\r\n",
    ] {
        for line in [
            "GET /livez",
            "POST /graphql",
            "GET /sign-in",
            "GET /nowhere",
        ] {
            let (status, body) = answer(&door, &format!("{line} HTTP/1.1\r\n{hosts}")).await;
            let error = &body["errors"][0];
            assert_eq!(status, "400", "{line} {hosts:?}");
            assert_eq!(error["extensions"]["code"], "BAD_REQUEST", "{body}");
            assert!(error["extensions"]["requestId"].is_string(), "{body}");
        }
    }
    let one = "GET /livez HTTP/1.1\r\nhost: id.example.org\r\n";
    assert_eq!(answer(&door, one).await.0, "200");
    assert_eq!(answer(&door, "GET /livez HTTP/1.0\r\n").await.0, "200");
    door.close().await;
}

#[tokio::test]
async fn http_2_may_name_its_host_twice_only_if_it_is_the_same() {
    let (door, _desk) = open().await;
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<axum::body::Body>();
    let own = door.address.to_string();
    for (host, status) in [
        (None, 200),
        (Some(own.as_str()), 200),
        (Some("evil.example"), 400),
    ] {
        let mut request = axum::http::Request::get(format!("http://{own}/livez"));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let answer = client.request(request).await.expect("an answer");
        assert_eq!(answer.status(), status, "{host:?}");
    }
    drop(client);
    door.close().await;
}
