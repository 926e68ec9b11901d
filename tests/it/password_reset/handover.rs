//! How the new password reaches its user, and what the user is told.

use keydesk::domain::mail::OutgoingEmail;
use serde_json::{Value, json};

use super::{GOOD, generated, reset};
use crate::support::app::TestApp;

/// The word of a mail that is the user's password.
async fn password_in(app: &TestApp, user: &str, mail: &OutgoingEmail) -> Option<String> {
    for word in mail.content.text.split_whitespace() {
        if word.chars().count() >= 15 && app.verifies(user, word).await {
            return Some(word.to_owned());
        }
    }
    None
}

#[tokio::test]
async fn a_mailed_password_is_the_one_that_works_and_is_gone_after_delivery() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let answer = app
        .run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    assert_eq!(answer.codes(), [""; 0]);
    let delivery = &answer.root()["mailDelivery"];
    assert_eq!(delivery["status"], "QUEUED");
    assert_eq!(delivery["recipient"], "ada@example.org");
    assert_eq!(app.snapshot().await.count("outbox_emails"), 1);

    assert_eq!(app.deliver().await, 1);
    let sent = app.mailer.sent();
    assert_eq!((sent.len(), sent[0].to.as_str()), (1, "ada@example.org"));
    let password = password_in(&app, &ada, &sent[0]).await;
    let password = password.expect("the mail holds the password that works");
    assert!(!answer.body.to_string().contains(&password));
    assert!(!app.snapshot().await.holds(&password));
    let sql = "SELECT id FROM outbox_emails WHERE secret_sealed IS NOT NULL";
    assert_eq!(app.rows(sql, vec![]).await, [Value::Null; 0]);
    let watched = app.run("watchDelivery", json!({ "first": 1 })).await;
    let node = &watched.root()["nodes"][0];
    assert_eq!(node["id"], delivery["id"]);
    assert_eq!(
        (&node["status"], &node["user"]["username"]),
        (&json!("SENT"), &json!("ada"))
    );
}

#[tokio::test]
async fn the_row_of_a_waiting_mail_does_not_hold_its_password_readably() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let more = json!({ "generate": true, "sendEmail": true });
    let answer = reset(&app, &ada, more).await;
    assert_eq!(answer.root()["mailDelivery"]["kind"], "NEW_PASSWORD");
    assert!(!app.snapshot().await.holds(&generated(&answer)));
}

#[tokio::test]
async fn a_typed_password_can_be_mailed_too() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    reset(&app, &ada, json!({ "password": GOOD, "sendEmail": true })).await;
    app.deliver().await;
    let sent = app.mailer.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        password_in(&app, &ada, &sent[0]).await.as_deref(),
        Some(GOOD)
    );
    assert!(!app.snapshot().await.holds(GOOD));
}

#[tokio::test]
async fn without_mail_a_verified_address_is_told_but_not_which_password() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(answer.root()["mailDelivery"], Value::Null);
    let password = generated(&answer);
    app.deliver().await;
    let sent = app.mailer.sent();
    assert_eq!((sent.len(), sent[0].to.as_str()), (1, "ada@example.org"));
    let content = &sent[0].content;
    for text in [&content.text, &content.html, &content.subject] {
        assert!(!text.contains(&password));
    }
    let kinds = app
        .ask("{ mailDeliveries { nodes { kind } } }", json!({}))
        .await;
    assert_eq!(
        kinds.root()["nodes"],
        json!([{ "kind": "PASSWORD_CHANGED" }])
    );
}

#[tokio::test]
async fn an_address_that_is_not_verified_is_told_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada", json!({ "email": "ada@example.org" })).await;
    let bea = app.user("bea", json!({})).await;
    for user in [&ada, &bea] {
        let answer = reset(&app, user, json!({ "generate": true })).await;
        assert_eq!(answer.codes(), [""; 0]);
    }
    assert_eq!(app.snapshot().await.count("outbox_emails"), 0);
}

#[tokio::test]
async fn the_notice_can_be_switched_off() {
    let app = TestApp::with("notify_on_reset = false\n").await;
    let ada = app.member("ada").await;
    reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(app.snapshot().await.count("outbox_emails"), 0);
}

#[tokio::test]
async fn mail_goes_to_the_address_as_stored_whatever_was_typed_to_find_it() {
    let app = TestApp::start().await;
    let more = json!({ "email": "Ada@Example.org", "emailVerified": true });
    let ada = app.user("ada", more).await;
    let more = json!({
        "user": { "login": "aDA@EXAMPLE.ORG" }, "generate": true, "sendEmail": true
    });
    let answer = reset(&app, &ada, more).await;
    assert_eq!(
        answer.root()["mailDelivery"]["recipient"],
        "Ada@Example.org"
    );
    app.deliver().await;
    assert_eq!(app.mailer.sent()[0].to, "Ada@Example.org");
}
