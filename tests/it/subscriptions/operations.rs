//! What runs on a socket: as by POST, and under the same guard.

use serde_json::{Value, json};

use super::super::support::program::{Installation, contains, text};
use super::super::support::socket::{Client, PROTOCOL, until};
use super::{EVENTS, MAIL, follow, record, served};

const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
    { isReplay user { id } errors { code } } }";

#[tokio::test]
async fn queries_and_mutations_answer_once_and_are_complete() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    client.start("a", "{ viewer { role } }", json!({})).await;
    let answer = client.answer("a").await;
    assert_eq!(answer["data"], json!({ "viewer": { "role": "OWNER" } }));
    assert!(answer["extensions"]["requestId"].is_string(), "{answer:#}");
    assert_eq!(
        client.hear().await,
        json!({ "type": "complete", "id": "a" })
    );

    let create = r#"mutation { createUser(input: { username: "ada", generate: true }) { user { id }
                    errors { code } } }"#;
    client.start("a", create, json!({})).await;
    let answer = client.answer("a").await;
    assert_eq!(
        answer["data"]["createUser"]["errors"],
        json!([]),
        "{answer:#}"
    );
    let request = answer["extensions"]["requestId"].as_str().expect("an id");
    let sql = "SELECT request_id FROM audit_events WHERE action = 'user.created'";
    assert_eq!(desk.rows(sql, vec![]).await[0]["request_id"], request);
}

#[tokio::test]
async fn a_mutation_repeated_by_post_is_a_replay() {
    let (desk, server) = served().await;
    desk.member("ada").await;
    let input = json!({ "user": { "login": "ada" }, "generate": true, "idempotencyKey": "once" });
    let variables = json!({ "input": input });
    let mut client = server.sign_in(desk.owner_key()).await;
    client.start("1", RESET, variables.clone()).await;
    let first = client.answer("1").await["data"]["resetPassword"].take();
    assert_eq!(
        (&first["isReplay"], &first["errors"]),
        (&json!(false), &json!([]))
    );
    let hash = desk
        .hash_of(first["user"]["id"].as_str().expect("an id"))
        .await;

    let again = desk.ask(RESET, variables).await;
    assert_eq!(again.root()["isReplay"], true, "{again:#?}");
    let now = desk
        .hash_of(first["user"]["id"].as_str().expect("an id"))
        .await;
    assert_eq!(hash, now);
}

#[tokio::test]
async fn the_guard_refuses_what_it_refuses_by_post() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    let deep = "subscription { auditEventRecorded { user { auditEvents(first: 100) { nodes { user { \
                auditEvents(first: 100) { nodes { id } } } } } } } }";
    for (document, code) in [
        (deep, "OPERATION_TOO_COMPLEX"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        (
            "subscription { nothing { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { auditEventRecorded { id } other: auditEventRecorded { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { ...F } fragment F on Subscription { auditEventRecorded { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        client.start("1", document, json!({})).await;
        assert_eq!(client.refusal("1").await, code, "{document}");
    }
    assert_eq!(desk.app.pubsub.listeners(), 0);
}

#[tokio::test]
async fn a_subscription_by_post_is_refused() {
    let (desk, _server) = served().await;
    let answer = desk.ask(EVENTS, json!({})).await;
    assert_eq!(answer.status.as_u16(), 400, "{answer:#?}");
    assert_eq!(answer.top_level(), Some("GRAPHQL_VALIDATION_FAILED"));
    assert_eq!(desk.app.pubsub.listeners(), 0);
}

#[tokio::test]
async fn an_unknown_mail_is_null_and_that_is_all() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    for id in ["mail_01h455vb4pex5vsknk084sn02q", "user_none", ""] {
        client.start("1", MAIL, json!({ "id": id })).await;
        let answer = client.answer("1").await;
        assert_eq!(
            answer["data"],
            json!({ "mailDeliveryUpdated": null }),
            "{id}"
        );
        assert_eq!(answer["errors"], Value::Null, "{id}");
        assert_eq!(client.hear().await["type"], "complete", "{id}");
    }
}

#[tokio::test]
async fn two_operations_of_one_name_close_the_socket() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "1", json!({})).await;
    client.start("1", "{ viewer { role } }", json!({})).await;
    assert_eq!(client.closed().await, 4409);
}

#[tokio::test]
async fn the_twenty_first_operation_is_refused_and_the_others_go_on() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    for number in 0..19 {
        follow(&desk, &mut client, &number.to_string(), json!({})).await;
    }
    client.start("19", EVENTS, json!({})).await;
    client.start("20", "{ viewer { role } }", json!({})).await;
    assert_eq!(client.refusal("20").await, "TOO_MANY_OPERATIONS");
    client.say(json!({ "type": "complete", "id": "19" })).await;
    client.start("20", "{ viewer { role } }", json!({})).await;
    client.answer("20").await;
    assert_eq!(client.hear().await["type"], "complete");
    record(&desk, "a key", None).await;
    for _ in 0..19 {
        let heard = client.hear().await;
        assert_eq!(
            heard["payload"]["data"]["auditEventRecorded"]["targetLabel"],
            "a key"
        );
    }
}

#[tokio::test]
async fn an_operation_that_the_caller_ends_says_nothing_more() {
    let (desk, server) = served().await;
    let mut client = server.sign_in(desk.owner_key()).await;
    follow(&desk, &mut client, "1", json!({})).await;
    client.say(json!({ "type": "complete", "id": "1" })).await;
    until("the end", || desk.app.pubsub.listeners() == 0).await;
    follow(&desk, &mut client, "2", json!({})).await;
    record(&desk, "a key", None).await;
    assert_eq!(
        client.answer("2").await["data"]["auditEventRecorded"]["targetLabel"],
        "a key"
    );
    assert_eq!(desk.app.pubsub.listeners(), 1);
    // The name is free again, and what is not running can be ended as well.
    client
        .say(json!({ "type": "complete", "id": "none" }))
        .await;
    follow(&desk, &mut client, "1", json!({})).await;
}

#[tokio::test]
async fn what_is_said_on_a_socket_is_in_no_log_however_fine() {
    // This installation logs everything that it can.
    let here = Installation::new(vec![]);
    let _serving = here.serve();
    let key = here.key();
    let address = ([127, 0, 0, 1], here.port).into();
    let mut client = Client::connect(address, &[PROTOCOL])
        .await
        .expect("a socket");
    client.sign_in(&key).await;
    let check =
        "mutation($p: Password!) { checkPassword(input: { password: $p }) { errors { code } } }";
    client
        .start("1", check, json!({ "p": "correct horse battery" }))
        .await;
    client.answer("1").await;
    let log = text(&here.path("stderr"));
    assert!(log.contains("serving"), "nothing was logged");
    for (path, bytes) in here.files() {
        for secret in [key.as_str(), "correct horse battery"] {
            assert!(
                !contains(&bytes, secret),
                "{} holds {secret:?}",
                path.display()
            );
        }
    }
}
