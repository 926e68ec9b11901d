//! What is pushed: each event once, whoever writes it and wherever; each state of a mail.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::super::support::app::TestApp;
use super::super::support::socket::{Client, Server, until};
use super::super::support::waiting::eventually;
use super::{EVENTS, MAIL, follow, queue_mail, record, served};

/// The status in the next answer.
async fn status(client: &mut Client, id: &str) -> String {
    let answer = client.answer(id).await;
    let status = answer["data"]["mailDeliveryUpdated"]["status"].as_str();
    status.unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

#[tokio::test]
async fn a_mail_is_followed_until_it_is_sent() {
    let (desk, server) = served().await;
    desk.member("ada").await;
    let mail = queue_mail(&desk).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    client.start("1", MAIL, json!({ "id": mail })).await;
    assert_eq!(status(&mut client, "1").await, "QUEUED");
    desk.deliver().await;
    let mut next = status(&mut client, "1").await;
    if next == "SENDING" {
        next = status(&mut client, "1").await;
    }
    assert_eq!(next, "SENT");
    assert_eq!(
        client.hear().await,
        json!({ "type": "complete", "id": "1" })
    );
    assert_eq!(desk.app.pubsub.listeners(), 0);
    // What is over already is shown once.
    client.start("2", MAIL, json!({ "id": mail })).await;
    assert_eq!(status(&mut client, "2").await, "SENT");
    assert_eq!(client.hear().await["type"], "complete");
}

#[tokio::test]
async fn a_mail_that_is_tried_again_is_shown_again() {
    let (desk, server) = served().await;
    desk.member("ada").await;
    let mail = queue_mail(&desk).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    client.start("1", MAIL, json!({ "id": mail })).await;
    assert_eq!(status(&mut client, "1").await, "QUEUED");
    // As a worker leaves it that tried in vain between two looks.
    let sql = "UPDATE outbox_emails SET attempt_count = 1, last_error = 'busy'";
    desk.write(sql, vec![]).await;
    assert_eq!(status(&mut client, "1").await, "QUEUED");
    let sql = "UPDATE outbox_emails SET status = 'UNKNOWN'";
    desk.write(sql, vec![]).await;
    // Not over: it is tried once more.
    assert_eq!(status(&mut client, "1").await, "UNKNOWN");
    let sql = "UPDATE outbox_emails SET status = 'FAILED', next_attempt_at = NULL";
    desk.write(sql, vec![]).await;
    assert_eq!(status(&mut client, "1").await, "FAILED");
    assert_eq!(client.hear().await["type"], "complete");
}

#[tokio::test]
async fn a_mail_that_is_deleted_meanwhile_ends_its_subscription() {
    let (desk, server) = served().await;
    desk.member("ada").await;
    let mail = queue_mail(&desk).await;
    let mut client = server.sign_in(desk.owner_key()).await;
    client.start("1", MAIL, json!({ "id": mail })).await;
    assert_eq!(status(&mut client, "1").await, "QUEUED");
    desk.write("DELETE FROM outbox_emails", vec![]).await;
    assert_eq!(
        client.hear().await,
        json!({ "type": "complete", "id": "1" })
    );
}

#[tokio::test]
async fn a_missing_scope_is_named_and_nothing_follows() {
    let (desk, server) = served().await;
    let key = desk.key(&[Permission::UsersRead], Role::Owner).await;
    let mut client = server.sign_in(&key).await;
    for (document, variables, scope) in [
        (MAIL, json!({ "id": "mail_none" }), "MAIL_READ"),
        (EVENTS, json!({}), "AUDIT_READ"),
    ] {
        client.start("1", document, variables).await;
        let answer = client.answer("1").await;
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "FORBIDDEN", "{answer:#}");
        assert_eq!(extensions["requiredScopes"], json!([scope]), "{answer:#}");
        let fields = answer["data"].as_object().expect("data");
        assert!(fields.values().all(Value::is_null), "{answer:#}");
        assert_eq!(client.hear().await["type"], "complete");
    }
    assert_eq!(desk.app.pubsub.listeners(), 0);
}

#[tokio::test]
async fn events_are_filtered_and_those_before_are_not_shown() {
    let (desk, server) = served().await;
    let before = desk.member("before").await;
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "all", json!({})).await;
    let filter = json!({ "userIds": [before], "actions": ["USER_DISABLED"] });
    follow(&desk, &mut client, "one", filter).await;
    desk.member("after").await;
    let disable =
        "mutation($id: ID!) { disableUser(input: { user: { id: $id } }) { errors { code } } }";
    desk.ask(disable, json!({ "id": before })).await;

    let mut heard = Vec::new();
    for _ in 0..3 {
        let next = client.hear().await;
        let event = &next["payload"]["data"]["auditEventRecorded"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        heard.push((
            text(&next["id"]),
            text(&event["action"]),
            text(&event["targetLabel"]),
        ));
    }
    heard.sort();
    let expected = [
        ("all", "USER_CREATED", "after"),
        ("all", "USER_DISABLED", "before"),
        ("one", "USER_DISABLED", "before"),
    ];
    assert_eq!(
        heard,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
}

#[tokio::test]
async fn denials_are_shown_to_whoever_follows_them_subscriptions_among_them() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "1", json!({ "outcomes": ["DENIED"] })).await;
    desk.member("ada").await;
    desk.ask_as(None, "{ users { totalCount } }", json!({}))
        .await;
    let weak = desk.key(&[Permission::UsersRead], Role::Admin).await;
    let mut refused = server.sign_in(&weak).await;
    refused.start("2", EVENTS, json!({})).await;
    for field in ["users", "auditEventRecorded"] {
        let answer = client.answer("1").await;
        let event = &answer["data"]["auditEventRecorded"];
        assert_eq!(event["action"], "ACCESS_DENIED");
        assert_eq!(event["targetLabel"], field);
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_is_refused() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    let ids: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    client
        .start("1", EVENTS, json!({ "filter": { "userIds": ids } }))
        .await;
    let answer = client.answer("1").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(client.hear().await["type"], "complete");
}

/// Reads events until so many are there. Gives how often each was shown, by its target.
async fn count(client: &mut Client, total: usize) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for _ in 0..total {
        let answer = client.answer("1").await;
        let target = answer["data"]["auditEventRecorded"]["targetLabel"].as_str();
        *seen
            .entry(target.expect("a target").to_owned())
            .or_insert(0) += 1;
    }
    seen
}

#[tokio::test]
async fn each_event_of_parallel_writers_is_shown_once_on_each_replica() {
    const WRITERS: usize = 4;
    const EACH: usize = 20;
    let (desk, server) = served().await;
    let replica = desk.second_replica().await;
    let other = Server::start(&replica).await;
    let mut here = server.sign_in(desk.owner_key()).await;
    let mut there = other.sign_in(desk.owner_key()).await;
    follow(&desk, &mut here, "1", json!({})).await;
    follow(&replica, &mut there, "1", json!({})).await;

    let writers = (0..WRITERS).map(|writer| {
        let app = if writer % 2 == 0 { &desk } else { &replica };
        async move {
            for number in 0..EACH {
                record(app, &format!("{writer}-{number}"), None).await;
            }
        }
    });
    let writing = join_all(writers);
    let reading = async {
        tokio::join!(
            count(&mut here, WRITERS * EACH),
            count(&mut there, WRITERS * EACH)
        )
    };
    let (_, (one, two)) = tokio::join!(writing, reading);
    for seen in [one, two] {
        assert_eq!(seen.len(), WRITERS * EACH, "{seen:?}");
    }
    // Nothing is behind them: the next event is the next that is shown.
    record(&replica, "last", None).await;
    for client in [&mut here, &mut there] {
        assert_eq!(
            count(client, 1).await.keys().next().map(String::as_str),
            Some("last")
        );
    }
}

#[tokio::test]
async fn an_event_whose_transaction_commits_late_is_shown_too() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "1", json!({})).await;
    let sql = "INSERT INTO audit_events (id, action, outcome, actor_kind, actor_label, target_label, \
               changes, via, occurred_at) VALUES ($1, 'user.created', 'SUCCESS', 'SYSTEM', 'x', $2, \
               '[]', 'CLI', 0)";
    let now = desk.app.clock.now();
    record(&desk, "early", None).await;
    assert_eq!(count(&mut client, 1).await["early"], 1);
    // Made before the one that was shown, and seen after it.
    let made = keydesk::types::ids::AuditEventId::new(now.minus(super::Duration::from_secs(30)));
    desk.write(sql, vec![made.uuid().into(), "late".into()])
        .await;
    assert_eq!(count(&mut client, 1).await["late"], 1);
}

#[tokio::test]
async fn a_mail_that_another_replica_sends_is_followed() {
    let (desk, _server) = served().await;
    let replica = desk.second_replica().await;
    let other = Server::start(&replica).await;
    desk.member("ada").await;
    let mail = queue_mail(&desk).await;
    let mut client = other.sign_in(desk.owner_key()).await;
    client.start("1", MAIL, json!({ "id": mail })).await;
    assert_eq!(status(&mut client, "1").await, "QUEUED");
    desk.deliver().await;
    let (code, last) = loop {
        let heard = client.hear().await;
        if heard["type"] == "complete" {
            break ("complete", String::new());
        }
        let status = heard["payload"]["data"]["mailDeliveryUpdated"]["status"].clone();
        if status == "SENT" {
            assert_eq!(client.hear().await["type"], "complete");
            break ("sent", status.to_string());
        }
    };
    assert_eq!((code, last.as_str()), ("sent", "\"SENT\""));
    until("the end", || replica.app.pubsub.listeners() == 0).await;
}

/// The processes of the server that listen for changes in this database.
async fn listening(desk: &TestApp) -> Vec<i64> {
    let sql = "SELECT pid::bigint AS pid FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let rows = desk.rows(sql, vec![]).await;
    rows.iter().filter_map(|row| row["pid"].as_i64()).collect()
}

#[tokio::test]
async fn a_listening_connection_that_is_cut_is_made_anew_and_nothing_is_missed() {
    let (desk, server) = served().await;
    if desk.app.db.kind() != "postgresql" {
        return;
    }
    assert_eq!(listening(&desk).await, Vec::<i64>::new());
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "1", json!({})).await;
    let is_there = async || !listening(&desk).await.is_empty();
    eventually("a listening connection", is_there).await;
    let before = listening(&desk).await;
    assert_eq!(before.len(), 1);
    let sql = "SELECT pg_terminate_backend($1::bigint::int)";
    desk.rows(sql, vec![before[0].into()]).await;
    record(&desk, "meanwhile", None).await;
    assert_eq!(count(&mut client, 1).await["meanwhile"], 1);
    let is_another = async || {
        let now = listening(&desk).await;
        !now.is_empty() && now != before
    };
    eventually("another listening connection", is_another).await;
    assert_eq!(listening(&desk).await.len(), 1);
    // One that nobody needs any more is closed.
    client.say(json!({ "type": "complete", "id": "1" })).await;
    let is_gone = async || listening(&desk).await.is_empty();
    eventually("the end of the listening connection", is_gone).await;
}
