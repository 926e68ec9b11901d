//! Whose address stands in the audit trail.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use keydesk::platform::settings::ServerSettings;
use serde_json::json;

use crate::support::app::TestApp;

/// Creates a user over this peer, and reads the address in its audit event.
async fn recorded(app: &TestApp, peer: &str, header: (&str, &str)) -> String {
    let username = format!("u{}", app.statements());
    let query = "mutation($n: String!) { createUser(input: { username: $n }) { user { id } } }";
    let body = json!({ "query": query, "variables": { "n": username } });
    let mut request = Request::post("/graphql")
        .header("authorization", format!("Bearer {}", app.owner_key()))
        .header("content-type", "application/json")
        .header(header.0, header.1)
        .header("x-request-id", &username)
        .header("host", "198.51.100.1")
        .header("x-forwarded-host", "198.51.100.2")
        .header("x-real-ip", "198.51.100.3")
        .body(Body::from(body.to_string()))
        .expect("a request");
    let peer: SocketAddr = peer.parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = app.send(request).await;
    assert!(answer.root()["user"]["id"].is_string(), "{answer:#?}");
    let query = "query($f: AuditEventFilter) { auditEvents(first: 1, filter: $f) \
                 { nodes { ipAddress } } }";
    let filter = json!({ "f": { "requestId": username } });
    let trail = app.ask(query, filter).await;
    let address = &trail.root()["nodes"][0]["ipAddress"];
    address
        .as_str()
        .unwrap_or_else(|| panic!("{trail:#?}"))
        .to_owned()
}

#[tokio::test]
async fn the_audit_trail_names_the_caller_behind_a_trusted_proxy() {
    let change = |server: &mut ServerSettings| {
        server.trusted_proxies = vec!["10.0.0.0/8".parse().expect("a range")];
    };
    let app = TestApp::with_server(change).await;
    let spoofed = ("x-forwarded-for", "1.1.1.1, 203.0.113.5, 10.0.0.9");
    assert_eq!(recorded(&app, "10.0.0.1:5", spoofed).await, "203.0.113.5");
    assert_eq!(recorded(&app, "192.0.2.1:5", spoofed).await, "192.0.2.1");
}

#[tokio::test]
async fn without_the_setting_the_peer_is_the_caller() {
    let app = TestApp::start().await;
    for header in [
        ("x-forwarded-for", "203.0.113.5"),
        ("forwarded", "for=203.0.113.5"),
    ] {
        assert_eq!(recorded(&app, "127.0.0.1:5", header).await, "127.0.0.1");
        let mapped = recorded(&app, "[::ffff:127.0.0.1]:5", header).await;
        assert_eq!(mapped, "127.0.0.1");
    }
}
