//! At most a share of connections and sockets for one network.

use keydesk::platform::settings::ServerSettings;
use keydesk::web::{Admission, Pace, Shows};
use serde_json::json;

use super::*;
use crate::support::app::TestApp;
use crate::support::network::connect_from;
use crate::support::socket::{Client, PROTOCOL, Server};

const FIRST: [u8; 4] = [127, 1, 0, 1];
const SECOND: [u8; 4] = [127, 2, 0, 1];
const PROXY: [u8; 4] = [127, 3, 0, 1];

fn hello() -> Router {
    Router::new().route("/", axum::routing::get(async || "hello"))
}

/// Sixteen connections, of which a network gets an eighth: two.
async fn sixteen(change: impl FnOnce(&mut ServerSettings)) -> Door {
    let desk = TestApp::with_server(|server| {
        server.trusted_proxies = vec!["127.3.0.1/32".parse().expect("an address")];
        change(server);
    });
    let desk = desk.await;
    let limits = Limits {
        connections: 16,
        ..patient()
    };
    let admission = Admission::new(limits, &desk.app.settings.server);
    Door::open(hello(), admission).await
}

/// A connection that was served and is kept; none if it was closed at once.
async fn served(door: &Door, source: [u8; 4]) -> Option<TcpStream> {
    let mut stream = connect_from(source, door.address).await;
    let head = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(head).await.ok()?;
    let byte = timeout(PATIENCE, stream.read_u8()).await;
    byte.expect("in time").ok()?;
    until(&mut stream, "hello").await;
    Some(stream)
}

#[tokio::test]
async fn a_network_has_its_share_of_connections_and_another_is_let_in() {
    let door = sixteen(|_| {}).await;
    let first = served(&door, FIRST).await.expect("let in");
    let second = served(&door, FIRST).await.expect("let in");
    assert!(
        served(&door, FIRST).await.is_none(),
        "a third of one client"
    );
    let other = served(&door, SECOND).await.expect("let in");
    drop(first);
    // Its place is free once the server has seen the end.
    let end = tokio::time::Instant::now() + PATIENCE;
    while served(&door, FIRST).await.is_none() {
        assert!(
            tokio::time::Instant::now() < end,
            "the share is never given back"
        );
    }
    drop((second, other));
    door.close().await;
}

#[tokio::test]
async fn proxies_that_are_trusted_have_as_many_connections_as_they_like() {
    let door = sixteen(|_| {}).await;
    let mut kept = Vec::new();
    for _ in 0..6 {
        kept.push(served(&door, PROXY).await.expect("let in"));
    }
    assert!(served(&door, FIRST).await.is_some());
    drop(kept);
    door.close().await;
}

#[tokio::test]
async fn the_share_can_be_switched_off() {
    let door = sixteen(|server| server.network_share = 0).await;
    let mut kept = Vec::new();
    for _ in 0..6 {
        kept.push(served(&door, FIRST).await.expect("let in"));
    }
    drop(kept);
    door.close().await;
}

async fn patient_sockets() -> (TestApp, Server) {
    let desk = TestApp::start().await;
    let pace = Pace {
        init: PATIENCE * 10,
        ..Pace::default()
    };
    let shows = Shows {
        pace,
        ..Shows::default()
    };
    let server = Server::with(&desk, shows).await;
    (desk, server)
}

#[tokio::test]
async fn sockets_that_have_not_begun_have_a_small_pool_and_a_network_an_eighth_of_it() {
    let (_desk, server) = patient_sockets().await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        let opened = Client::connect_from(FIRST, server.address, &[PROTOCOL]).await;
        silent.push(opened.expect("a socket"));
    }
    let ninth = Client::connect_from(FIRST, server.address, &[PROTOCOL]).await;
    assert_eq!(ninth.err().map(|status| status.as_u16()), Some(503));
    let other = Client::connect_from(SECOND, server.address, &[PROTOCOL]).await;
    assert!(other.is_ok());
}

#[tokio::test]
async fn a_network_has_an_eighth_of_the_sockets_of_callers_who_are_known() {
    let (desk, server) = patient_sockets().await;
    let mut known = Vec::new();
    for _ in 0..32 {
        let opened = Client::connect_from(FIRST, server.address, &[PROTOCOL]).await;
        let mut client = opened.expect("a socket");
        client.sign_in(desk.owner_key()).await;
        known.push(client);
    }
    let opened = Client::connect_from(FIRST, server.address, &[PROTOCOL]).await;
    let mut late = opened.expect("a socket");
    late.init(&format!("Bearer {}", desk.owner_key())).await;
    assert_eq!(
        late.end().await,
        (
            1013,
            "Too many sockets are open. Try again later.".to_owned()
        )
    );
    let bearer = format!("Bearer {}", desk.owner_key());
    let headers = [PROTOCOL, ("authorization", &bearer)];
    let by_header = Client::connect_from(FIRST, server.address, &headers).await;
    assert_eq!(by_header.err().map(|status| status.as_u16()), Some(503));
    let other = Client::connect_from(SECOND, server.address, &[PROTOCOL]).await;
    let mut other = other.expect("a socket");
    other.sign_in(desk.owner_key()).await;
    other.start("1", "{ viewer { role } }", json!({})).await;
    assert_eq!(other.answer("1").await["data"]["viewer"]["role"], "OWNER");
}
