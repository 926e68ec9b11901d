//! Keys that work from some networks only.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use keydesk::domain::access::{self, ApiKeyError, NewApiKey};
use keydesk::types::actor::{Actor, Permission, Role};
use serde_json::{Value, json};

use super::VIEWER;
use crate::support::app::{Answer, TestApp};
use crate::support::socket::Server;

fn new(networks: &[&str]) -> NewApiKey {
    NewApiKey {
        name: "portal".to_owned(),
        scopes: Permission::ALL.to_vec(),
        role: Role::Owner,
        expires_at: None,
        networks: networks.iter().map(|net| (*net).to_owned()).collect(),
    }
}

async fn key(desk: &TestApp, networks: &[&str]) -> String {
    let made = access::create(&desk.app, &Actor::operator("test"), new(networks)).await;
    made.expect("a key").1.expose().to_owned()
}

async fn ask_from(
    desk: &TestApp,
    key: &str,
    peer: &str,
    headers: &[(&'static str, &str)],
) -> Answer {
    let body = json!({ "query": VIEWER }).to_string();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/graphql")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {key}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body)).expect("a request");
    let address: IpAddr = peer.parse().expect("an address");
    let peer = SocketAddr::from((address, 40_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    desk.send(request).await
}

#[tokio::test]
async fn a_key_from_elsewhere_is_refused_like_a_wrong_one() {
    let desk = TestApp::start().await;
    let key = key(&desk, &["10.0.0.0/8", "2001:db8::/32"]).await;
    for inside in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"] {
        let answer = ask_from(&desk, &key, inside, &[]).await;
        assert_eq!(answer.status, 200, "{inside}: {answer:#?}");
    }
    let wrong = ask_from(&desk, "kd_unknown", "10.1.2.3", &[]).await;
    for outside in ["11.0.0.1", "2001:db9::1", "127.0.0.1"] {
        let answer = ask_from(&desk, &key, outside, &[]).await;
        assert_eq!(answer.status, 401, "{outside}");
        assert_eq!(
            answer.body["errors"][0]["message"],
            wrong.body["errors"][0]["message"]
        );
    }
    // Nobody knows where this one comes from.
    assert_eq!(desk.ask_as(Some(&key), VIEWER, json!({})).await.status, 401);
}

#[tokio::test]
async fn a_use_from_elsewhere_stands_in_the_trail_once() {
    let desk = TestApp::start().await;
    let key = key(&desk, &["10.0.0.0/8"]).await;
    for peer in ["192.0.2.1", "192.0.2.1", "192.0.2.2"] {
        ask_from(&desk, &key, peer, &[]).await;
    }
    let document = "{ auditEvents(filter: { actions: [ACCESS_DENIED] }) { nodes { outcome errorCode \
                    actorLabel targetLabel ipAddress actor { id } } } }";
    let events = desk.ask(document, json!({})).await;
    let events = events.root()["nodes"].as_array().expect("a list").clone();
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0]["outcome"], "DENIED");
    assert_eq!(events[0]["errorCode"], "NETWORK_NOT_ALLOWED");
    assert_eq!(events[0]["actorLabel"], "portal");
    assert_eq!(events[0]["ipAddress"], "192.0.2.1");
    let label = events[0]["targetLabel"].as_str().expect("a name");
    assert_eq!(label, format!("portal ({}…)", &key[..9]));
    assert!(events[0]["actor"]["id"].is_string());
}

#[tokio::test]
async fn a_forged_header_does_not_move_a_caller() {
    let desk = TestApp::with_server(|server| {
        server.trusted_proxies = vec!["172.16.0.1/32".parse().expect("a range")];
    })
    .await;
    let key = key(&desk, &["10.0.0.0/8"]).await;
    let claim = [("x-forwarded-for", "10.0.0.1")];
    let stranger = ask_from(&desk, &key, "192.0.2.1", &claim).await;
    assert_eq!(stranger.status, 401);
    let behind_proxy = ask_from(&desk, &key, "172.16.0.1", &claim).await;
    assert_eq!(behind_proxy.status, 200);
    let proxied = [("x-forwarded-for", "10.0.0.1, 192.0.2.1")];
    let proxied = ask_from(&desk, &key, "172.16.0.1", &proxied).await;
    assert_eq!(proxied.status, 401);
}

#[tokio::test]
async fn sockets_ask_for_the_network_too() {
    let desk = TestApp::start().await;
    let server = Server::start(&desk).await;
    let here = key(&desk, &["127.0.0.0/8"]).await;
    let elsewhere = key(&desk, &["10.0.0.0/8"]).await;
    drop(server.sign_in(&here).await);
    let mut client = server.open().await;
    client.init(&format!("Bearer {elsewhere}")).await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn the_address_of_the_last_use_is_noted_with_its_time() {
    let desk = TestApp::start().await;
    let key = key(&desk, &[]).await;
    let noted = async || {
        let sql = "SELECT last_used_ip_address FROM api_keys WHERE name = 'portal'";
        desk.rows(sql, vec![]).await[0]["last_used_ip_address"].clone()
    };
    assert_eq!(noted().await, Value::Null);
    for (peer, wait, expected) in [
        ("192.0.2.1", 0, "192.0.2.1"),
        ("192.0.2.2", 59, "192.0.2.1"),
        ("192.0.2.2", 1, "192.0.2.2"),
    ] {
        desk.app.clock.advance(Duration::from_secs(wait));
        ask_from(&desk, &key, peer, &[]).await;
        assert_eq!(noted().await, expected);
    }
}

#[tokio::test]
async fn what_is_no_network_is_refused_with_everything_else_that_is_wrong() {
    let desk = TestApp::start().await;
    let mut wrong = new(&["everywhere", "10.0.0.0/8"]);
    wrong.name = " ".to_owned();
    wrong.scopes.clear();
    wrong.expires_at = Some(desk.app.clock.now());
    let refused = access::create(&desk.app, &Actor::operator("test"), wrong).await;
    let Err(ApiKeyError::Invalid(faults)) = refused else {
        panic!("{refused:?}");
    };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["name", "scopes", "allowedNetworks", "expiresAt"]);
}
