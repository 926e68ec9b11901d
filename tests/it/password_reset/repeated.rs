//! The same request again.

use std::time::Duration;

use futures_util::future::join_all;
use keydesk::domain::access::idempotency;
use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, assert_refused, generated, reset, reset_as};
use crate::support::app::{Answer, TestApp, plenty};

fn with_key(more: &Value) -> Value {
    let mut input = json!({ "idempotencyKey": "request 1" });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    input
}

#[tokio::test]
async fn a_repeated_request_does_nothing_and_answers_without_the_secret() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let more = with_key(&json!({ "generate": true, "sendEmail": true, "reason": "lost" }));
    let first = reset(&app, &ada, more.clone()).await;
    let password = generated(&first);
    let before = app.snapshot().await;
    let replica = app.second_replica().await;
    for app in [&app, &replica] {
        let again = reset(app, &ada, more.clone()).await;
        let mut wanted = first.root().clone();
        wanted["isReplay"] = json!(true);
        wanted["generatedPassword"] = Value::Null;
        assert_eq!(again.root(), &wanted);
        assert!(!again.body.to_string().contains(&password));
    }
    assert_eq!(app.snapshot().await, before);
    assert!(app.verifies(&ada, &password).await);
}

#[tokio::test]
async fn a_key_with_another_input_is_refused() {
    let app = TestApp::start().await;
    let (ada, bea) = (app.member("ada").await, app.member("bea").await);
    let first = with_key(&json!({ "password": GOOD }));
    assert_eq!(reset(&app, &ada, first.clone()).await.codes(), [""; 0]);
    let wanted = ("IDEMPOTENCY_KEY_REUSED", Some(&["idempotencyKey"][..]));
    for more in [
        json!({ "password": ALSO_GOOD }),
        json!({ "password": GOOD, "reason": "another" }),
        json!({ "password": GOOD, "revokeSessions": false }),
        json!({ "generate": true }),
    ] {
        assert_refused(&app, &ada, with_key(&more), wanted).await;
    }
    assert_refused(&app, &bea, first, wanted).await;
    assert!(app.verifies(&ada, GOOD).await);
}

#[tokio::test]
async fn the_stored_outcome_holds_neither_password_nor_plain_input() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    reset(&app, &ada, with_key(&json!({ "password": GOOD }))).await;
    let snapshot = app.snapshot().await;
    assert_eq!(snapshot.count("idempotency_keys"), 1);
    assert!(!snapshot.holds(GOOD));
}

#[tokio::test]
async fn keys_of_two_actors_and_of_two_mutations_are_apart() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let more = with_key(&json!({ "generate": true }));
    let key = app.key(&[Permission::PasswordsReset], Role::Owner).await;
    let mine = reset(&app, &ada, more.clone()).await;
    let theirs = reset_as(&app, &key, &ada, more).await;
    assert_eq!(mine.root()["isReplay"], false);
    assert_eq!(theirs.root()["isReplay"], false);
    assert!(app.verifies(&ada, &generated(&theirs)).await);
    let bea = json!({ "idempotencyKey": "request 1" });
    app.user("bea", bea).await;
    assert_eq!(app.snapshot().await.count("idempotency_keys"), 3);
}

#[tokio::test]
async fn a_refusal_is_not_kept_so_the_mended_request_goes_through() {
    let app = TestApp::start().await;
    let more = with_key(&json!({ "user": { "login": "ada" }, "generate": true }));
    let refused = reset(&app, "", more.clone()).await;
    assert_eq!(refused.codes(), ["USER_NOT_FOUND"]);
    let ada = app.member("ada").await;
    let done = reset(&app, "", more).await;
    assert_eq!(done.root()["isReplay"], false);
    assert!(app.verifies(&ada, &generated(&done)).await);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let more = with_key(&json!({ "generate": true }));
    reset(&app, &ada, more.clone()).await;
    app.app.clock.advance(Duration::from_hours(24));
    let sweep = async || {
        let swept = idempotency::sweep(&app.app, &plenty()).await;
        swept.expect("swept").rows
    };
    assert_eq!(sweep().await, 0);
    app.app.clock.advance(Duration::from_millis(1));
    assert_eq!(sweep().await, 1);
    let again = reset(&app, &ada, more).await;
    assert!(app.verifies(&ada, &generated(&again)).await);
}

#[tokio::test]
async fn twenty_requests_with_one_key_at_once_reset_once() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let ada = app.member("ada").await;
    let version = app.version_of(&ada).await;
    let mails = app.snapshot().await.count("outbox_emails");
    let more = with_key(&json!({ "generate": true, "sendEmail": true }));
    let replicas = [&app, &replica].into_iter().cycle().take(20);
    let answers = join_all(replicas.map(|app| reset(app, &ada, more.clone()))).await;

    let done = |answer: &&Answer| answer.root()["isReplay"] == false;
    let (first, replays): (Vec<_>, Vec<_>) = answers.iter().partition(done);
    assert_eq!((first.len(), replays.len()), (1, 19));
    assert!(app.verifies(&ada, &generated(first[0])).await);
    for replay in replays {
        assert_eq!(replay.codes(), [""; 0]);
        assert_eq!(replay.root()["generatedPassword"], Value::Null);
        let delivery = &replay.root()["mailDelivery"]["id"];
        assert_eq!(delivery, &first[0].root()["mailDelivery"]["id"]);
    }
    assert_eq!(app.events("user.password.reset").await, 1);
    assert_eq!(app.version_of(&ada).await, version + 1);
    assert_eq!(app.snapshot().await.count("outbox_emails"), mails + 1);
}
