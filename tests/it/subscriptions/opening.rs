//! What is refused before a socket is opened, and at its beginning.

use axum::body::Body;
use axum::http::Request;
use keydesk::web::Pace;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::super::support::app::TestApp;
use super::super::support::socket::{PROTOCOL, Server};
use super::{Duration, record, revoke, served};

#[tokio::test]
async fn another_protocol_or_none_is_refused() {
    let (_desk, server) = served().await;
    for headers in [
        vec![],
        vec![("sec-websocket-protocol", "graphql-ws")],
        vec![("sec-websocket-protocol", "soap, graphql-ws")],
    ] {
        let refused = server.upgrade(&headers).await.err();
        assert_eq!(
            refused.map(|status| status.as_u16()),
            Some(400),
            "{headers:?}"
        );
    }
    let both = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");
    assert!(server.upgrade(&[both]).await.is_ok());
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let desk = TestApp::start().await;
    for method in ["GET", "POST"] {
        let request = Request::builder().method(method).uri("/graphql/ws");
        let answer = desk
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status.as_u16(), 426, "{answer:#?}");
        assert_eq!(answer.headers["upgrade"], "websocket");
        assert_eq!(answer.top_level(), Some("UPGRADE_REQUIRED"));
    }
}

#[tokio::test]
async fn the_public_endpoint_has_no_socket() {
    let desk = TestApp::start().await;
    let request = Request::get("/public/graphql/ws").body(Body::empty());
    let answer = desk.send(request.expect("a request")).await;
    assert_eq!(answer.status.as_u16(), 404, "{answer:#?}");
}

#[tokio::test]
async fn pages_of_other_origins_get_no_socket() {
    let (_desk, server) = served().await;
    let own = format!("http://{}", server.address);
    for (origin, allowed) in [
        ("https://id.example.org", true),
        (own.as_str(), true),
        ("https://evil.example", false),
        ("http://id.example.org", false),
        ("null", false),
    ] {
        let opened = server.upgrade(&[PROTOCOL, ("origin", origin)]).await;
        let status = opened.err().map(|status| status.as_u16());
        assert_eq!(status, (!allowed).then_some(403), "{origin}");
    }
}

#[tokio::test]
async fn a_key_in_the_header_of_the_upgrade_is_enough() {
    let (desk, server) = served().await;
    let wrong = ("authorization", "Bearer kd_wrong");
    let refused = server.upgrade(&[PROTOCOL, wrong]).await.err();
    assert_eq!(refused.map(|status| status.as_u16()), Some(401));
    let right = format!("Bearer {}", desk.owner_key());
    let opened = server.upgrade(&[PROTOCOL, ("authorization", &right)]).await;
    let mut client = opened.expect("a socket");
    client.say(json!({ "type": "connection_init" })).await;
    assert_eq!(client.hear().await["type"], "connection_ack");
}

#[tokio::test]
async fn the_key_comes_with_the_first_message_or_the_socket_is_closed() {
    let (desk, server) = served().await;
    let (ended, ended_key) = record(&desk, "ended", None).await;
    revoke(&desk, ended).await;
    let bearer = |key: &str| json!({ "authorization": format!("Bearer {key}") });
    for (payload, reason) in [
        (json!(null), "send"),
        (json!({}), "send"),
        (json!({ "authorization": desk.owner_key() }), "unknown"),
        (bearer("kd_wrong"), "unknown"),
        (bearer(&ended_key), "revoked"),
    ] {
        let mut client = server.open().await;
        client
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        let (code, words) = client.end().await;
        assert_eq!(code, 4401, "{payload}: {words}");
        assert!(words.contains(reason), "{payload}: {words}");
    }
    let mut client = server.open().await;
    let payload = json!({ "Authorization": format!("bearer {}", desk.owner_key()) });
    client
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    assert_eq!(client.hear().await["type"], "connection_ack");
}

#[tokio::test]
async fn an_operation_before_the_key_closes_the_socket() {
    let (_desk, server) = served().await;
    let mut client = server.open().await;
    client
        .start("1", "{ passwordPolicy { minLength } }", json!({}))
        .await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn a_second_beginning_closes_the_socket() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    client.init(&format!("Bearer {}", desk.owner_key())).await;
    assert_eq!(client.closed().await, 4429);
}

#[tokio::test]
async fn a_socket_without_a_beginning_is_closed_in_time() {
    let desk = TestApp::start().await;
    let pace = Pace {
        init: Duration::from_millis(50),
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let mut silent = server.open().await;
    assert_eq!(silent.closed().await, 4408);
    let mut chatting = server.open().await;
    chatting.say(json!({ "type": "ping" })).await;
    assert_eq!(chatting.end().await.0, 4408);
}

#[tokio::test]
async fn what_is_no_message_closes_the_socket() {
    let (_desk, server) = served().await;
    for (message, code) in [
        (Message::text("hello"), 4400),
        (Message::text(r#"{"type":"start"}"#), 4400),
        (Message::binary(&b"{}"[..]), 4400),
        (Message::text(" ".repeat(64 * 1024 + 1)), 1002),
    ] {
        let mut client = server.open().await;
        client.send(message).await;
        assert_eq!(client.closed().await, code);
    }
    let mut client = server.open().await;
    let ping = r#"{"type":"ping"}"#;
    let longest = ping.to_owned() + &" ".repeat(64 * 1024 - ping.len());
    client.send(Message::text(longest)).await;
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn there_are_only_so_many_sockets() {
    let (desk, server) = served().await;
    let live = &desk.app.pubsub;
    let seats: Vec<_> = std::iter::from_fn(|| live.take_seat()).collect();
    assert_eq!(seats.len(), keydesk::platform::pubsub::SEATS);
    let bearer = format!("Bearer {}", desk.owner_key());
    let known = [PROTOCOL, ("authorization", bearer.as_str())];
    let refused = server.upgrade(&known).await.err();
    assert_eq!(refused.map(|status| status.as_u16()), Some(503));
    let mut late = server.open().await;
    late.init(&bearer).await;
    assert_eq!(late.closed().await, 1013);
    drop(seats);
    assert!(server.upgrade(&known).await.is_ok());
    let seats = std::iter::from_fn(|| live.take_unauthenticated_seat());
    let seats: Vec<_> = seats.collect();
    let refused = server.upgrade(&[PROTOCOL]).await.err();
    assert_eq!(refused.map(|status| status.as_u16()), Some(503));
    assert!(server.upgrade(&known).await.is_ok());
    drop(seats);
}
