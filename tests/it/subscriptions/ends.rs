//! How sockets end, and that nothing is left of them.

use keydesk::web::Pace;
use serde_json::json;

use super::super::support::app::{START, TestApp};
use super::super::support::socket::{Server, until};
use super::{Duration, NEVER, follow, queue_mail, record, revoke, served};

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn nothing_is_sent_to_a_caller_whose_key_has_just_been_revoked() {
    let desk = TestApp::start().await;
    let pace = Pace {
        check: NEVER,
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let (key, secret) = record(&desk, "a key", None).await;
    let mut client = server.sign_in(&secret).await;
    follow(&desk, &mut client, "1", json!({})).await;
    // Recorded in the same transaction: the first event after the end.
    revoke(&desk, key).await;
    assert_eq!(client.closed().await, 4401);
    until("the seats", || desk.app.pubsub.seats_taken() == 0).await;
}

#[tokio::test]
async fn a_caller_whose_key_was_revoked_starts_nothing() {
    let (desk, server) = served().await;
    let (key, secret) = record(&desk, "a key", None).await;
    let mut client = server.sign_in(&secret).await;
    revoke(&desk, key).await;
    client.start("1", "{ viewer { role } }", json!({})).await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn a_quiet_socket_is_closed_when_its_key_ends() {
    let desk = TestApp::start().await;
    let pace = Pace {
        check: SHORT,
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let (revoked, one) = record(&desk, "revoked", None).await;
    let (_, other) = record(&desk, "short", Some(START.plus(NEVER))).await;
    let mut first = server.sign_in(&one).await;
    let mut second = server.sign_in(&other).await;
    revoke(&desk, revoked).await;
    assert_eq!(first.closed().await, 4401);
    desk.app.clock.advance(NEVER);
    assert_eq!(second.closed().await, 4401);
}

#[tokio::test]
async fn a_caller_whose_rights_have_changed_has_to_come_again() {
    let desk = TestApp::start().await;
    let pace = Pace {
        check: SHORT,
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let (_, secret) = record(&desk, "less", None).await;
    let mut client = server.sign_in(&secret).await;
    let sql = "UPDATE api_keys SET scopes = 'MAIL_READ' WHERE name = 'less'";
    desk.write(sql, vec![]).await;
    assert_eq!(client.closed().await, 4403);
}

#[tokio::test]
async fn a_stop_closes_every_socket_and_waits_for_none() {
    let (desk, server) = served().await;
    let mut quiet = server.open().await;
    let mut busy = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut busy, "1", json!({})).await;
    server.ask_to_stop();
    assert_eq!(quiet.closed().await, 1001);
    assert_eq!(busy.closed().await, 1001);
    server.stopped().await;
    assert_eq!(
        (desk.app.pubsub.seats_taken(), desk.app.pubsub.listeners()),
        (0, 0)
    );
}

#[tokio::test]
async fn a_caller_that_is_cut_off_leaves_nothing_behind() {
    let (desk, server) = served().await;
    desk.member("ada").await;
    let mail = queue_mail(&desk).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "1", json!({})).await;
    client.start("2", super::MAIL, json!({ "id": mail })).await;
    client.answer("2").await;
    let live = &desk.app.pubsub;
    assert_eq!((live.seats_taken(), live.listeners()), (1, 2));
    drop(client);
    until("the seats", || live.seats_taken() == 0).await;
    assert_eq!((live.listeners(), live.awaited_mails()), (0, vec![]));
}

#[tokio::test]
async fn a_caller_without_a_sign_of_life_is_cut_off() {
    let desk = TestApp::start().await;
    let pace = Pace {
        silence: SHORT,
        ping: NEVER,
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let mut client = server.open().await;
    assert_eq!(client.closed().await, 1001);
    until("the seats", || desk.app.pubsub.seats_taken() == 0).await;
}

#[tokio::test]
async fn answers_to_pings_are_signs_of_life() {
    let desk = TestApp::start().await;
    let pace = Pace {
        silence: Duration::from_secs(2),
        ping: SHORT,
        init: Duration::from_secs(4),
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    // The client answers pings while it waits. So it is there until its time to begin is over.
    assert_eq!(server.open().await.closed().await, 4408);
}

#[tokio::test]
async fn a_socket_without_operations_is_closed_some_time() {
    let desk = TestApp::start().await;
    let pace = Pace {
        idle: Duration::from_secs(1),
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let mut busy = server.sign_in(desk.owner_key()).await;
    busy.start("1", super::EVENTS, json!({})).await;
    until("the subscription", || desk.app.pubsub.listeners() == 1).await;
    let mut idle = server.sign_in(desk.owner_key()).await;
    assert_eq!(idle.closed().await, 1000);
    assert_eq!(desk.app.pubsub.listeners(), 1);
    busy.say(json!({ "type": "complete", "id": "1" })).await;
    assert_eq!(busy.closed().await, 1000);
}

#[tokio::test]
async fn a_caller_that_takes_nothing_is_cut_off() {
    let desk = TestApp::start().await;
    let pace = Pace {
        send: Duration::from_millis(200),
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    let live = &desk.app.pubsub;
    let schema = "{ __schema { types { name description fields { name description } } } }";
    let flood = async {
        for number in 0.. {
            let payload = json!({ "query": schema });
            let message =
                json!({ "type": "subscribe", "id": number.to_string(), "payload": payload });
            if client.try_say(message).await.is_err() || live.seats_taken() == 0 {
                return;
            }
        }
    };
    flood.await;
    until("the seats", || live.seats_taken() == 0).await;
}

#[tokio::test]
async fn nothing_is_sent_to_a_session_that_has_become_restricted() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let token = desk.session("olga").await;
    let pace = Pace {
        check: NEVER,
        ..Pace::default()
    };
    let server = Server::at_pace(&desk, pace).await;
    let mut client = server.sign_in(&token).await;
    follow(&desk, &mut client, "1", json!({})).await;
    let demand = "mutation { setMustChangePassword(input: { user: { login: \"olga\" }, \
                  mustChangePassword: true }) { errors { code } } }";
    let demanded = desk.ask(demand, json!({})).await;
    assert_eq!(demanded.codes(), Vec::<String>::new());
    assert_eq!(client.closed().await, 4403);
}
