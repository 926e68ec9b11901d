//! Whoever does not send, or does not take the answer, is not waited for.

use std::future::pending;

use axum::body::Body;
use axum::http::{Method, Request};
use axum::routing::get;
use axum::{Json, Router};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use keydesk::web::{Shows, router_within};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::time::sleep;

use super::*;
use crate::support::app::TestApp;

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// What HTTP/2 begins with: the preface, and empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test]
async fn a_connection_without_a_whole_request_is_closed() {
    let limits = Limits {
        headers: SHORT,
        ..patient()
    };
    let door = Door::open(hello(), limits).await;
    for begun in [
        &b""[..],
        b"GET",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx-slow: ",
        b"PRI * HT",
        PREFACE,
    ] {
        let mut stream = door.enter().await;
        stream.write_all(begun).await.expect("sent");
        let said = rest(&mut stream).await;
        assert!(!said.contains("hello"), "{said}");
    }
    door.close().await;
}

#[tokio::test]
async fn headers_that_drip_are_not_waited_for() {
    let limits = Limits {
        headers: SHORT,
        ..patient()
    };
    let door = Door::open(hello(), limits).await;
    let mut stream = door.enter().await;
    send(&mut stream, "GET / HTTP/1.1\r\n").await;
    let mut sent = 0_u32;
    while stream.write_all(b"x: y\r\n").await.is_ok() {
        sent += 1;
        assert!(sent < 6000, "header after header is taken");
        sleep(Duration::from_millis(10)).await;
    }
    door.close().await;
}

#[tokio::test]
async fn a_connection_that_was_used_and_is_idle_is_closed() {
    let limits = Limits {
        headers: SHORT,
        ..patient()
    };
    let door = Door::open(hello(), limits).await;
    let mut stream = door.enter().await;
    for _ in 0..3 {
        send(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(
            until(&mut stream, "hello")
                .await
                .starts_with("HTTP/1.1 200")
        );
    }
    assert_eq!(rest(&mut stream).await, "");
    door.close().await;
}

#[tokio::test]
async fn a_body_that_drips_ends_with_a_refusal_of_ours() {
    let desk = TestApp::start().await;
    let limits = Limits {
        request: SHORT,
        ..patient()
    };
    let router =
        router_within(&desk.app, &desk.templates(), Shows::default(), limits).expect("a router");
    let door = Door::open(router, limits).await;
    let (mut read, mut write) = door.enter().await.into_split();
    let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                content-length: 100000\r\nx-request-id: slow-1\r\n\r\n{";
    write.write_all(head.as_bytes()).await.expect("sent");
    let mut dripping = JoinSet::new();
    dripping.spawn(async move {
        let mut sent = 0_u32;
        while write.write_all(b" ").await.is_ok() {
            sent += 1;
            assert!(sent < 6000, "byte after byte is taken");
            sleep(Duration::from_millis(10)).await;
        }
    });
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, read.read_to_end(&mut bytes)).await;
    drop(read.expect("the connection is closed"));
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 408"), "{head}");
    for header in [
        "x-request-id: slow-1",
        "x-content-type-options: nosniff",
        "connection: close",
    ] {
        assert!(head.contains(header), "{head}");
    }
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["errors"][0]["extensions"]["code"], "REQUEST_TIMEOUT");
    assert_eq!(body["errors"][0]["extensions"]["requestId"], "slow-1");
    door.close().await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_dropped() {
    const LARGE: usize = 64 * 1024 * 1024;
    let router = Router::new().route("/", get(async || vec![b'x'; LARGE]));
    let limits = Limits {
        answer: SHORT,
        ..patient()
    };
    let door = Door::open(router, limits).await;
    let mut stream = door.enter().await;
    send(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // Closing succeeds only once the connection was cut; nothing was read until then.
    door.close().await;
    assert!(rest(&mut stream).await.len() < LARGE);
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_is_not_an_idle_connection() {
    const LARGE: usize = 24 * 1024 * 1024;
    let router = Router::new().route("/", get(async || vec![b'x'; LARGE]));
    let limits = Limits {
        headers: SHORT,
        ..patient()
    };
    let door = Door::open(router, limits).await;
    let mut stream = door.enter().await;
    let head = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    send(&mut stream, head).await;
    let mut piece = vec![0; 1024 * 1024];
    let mut taken = 0;
    loop {
        let read = timeout(PATIENCE, stream.read(&mut piece)).await;
        let count = read.expect("more of the answer in time").expect("read");
        if count == 0 {
            break;
        }
        taken += count;
        sleep(Duration::from_millis(20)).await;
    }
    assert!(taken > LARGE, "cut after {taken} bytes");
    door.close().await;
}

#[tokio::test]
async fn http_2_is_served_as_http_1_is() {
    let desk = TestApp::start().await;
    let router =
        router_within(&desk.app, &desk.templates(), Shows::default(), patient()).expect("a router");
    let door = Door::open(router, patient()).await;
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Body>();
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}/public/graphql", door.address))
        .header("content-type", "application/json")
        .body(Body::from(json!({ "query": "{ __typename }" }).to_string()))
        .expect("a request");
    let answer = client.request(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    drop(client);
    door.close().await;
}

#[tokio::test]
async fn a_handler_that_hangs_ends_with_its_caller() {
    let router = Router::new().route("/", get(async || pending::<Json<Value>>().await));
    let door = Door::open(router, patient()).await;
    let mut stream = door.enter().await;
    send(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    drop(stream);
    door.close().await;
}
