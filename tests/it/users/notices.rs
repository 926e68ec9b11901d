//! What people are told by mail of what was done to their account.

use keydesk::domain::mail::OutgoingEmail;
use serde_json::json;

use super::{faults, invalid, mutate, update};
use crate::support::app::TestApp;

/// The words of a mail, its lines joined.
fn words(mail: &OutgoingEmail) -> String {
    mail.content.text.replace('\n', " ")
}

#[tokio::test]
async fn another_address_is_told_to_the_old_one_in_the_users_language_and_zone() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let patch = json!({ "locale": "de-AT", "timeZone": "europe/vienna" });
    update(&app, &ada, patch, json!({})).await;
    let patch = json!({ "email": "eve@example.net", "emailVerified": true });
    update(&app, &ada, patch, json!({})).await;
    assert_eq!(app.deliver().await, 1);
    let mail = app.mailer.sent().pop().expect("a notice");
    assert_eq!(mail.to, "ada@example.org");
    assert!(mail.content.html.contains("lang=\"de\""));
    let words = words(&mail);
    for part in ["10:30 CET", "e***@example.net", "nicht mehr hierher"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert!(!words.contains("eve@"), "{words}");

    let clear = json!({ "user": { "id": ada }, "clear": ["EMAIL"] });
    mutate(&app, None, "updateUser", clear).await;
    app.deliver().await;
    let mail = app.mailer.sent().pop().expect("a notice");
    assert_eq!(mail.to, "eve@example.net");
    assert!(mail.content.text.contains("keine Adresse"));
}

#[tokio::test]
async fn an_address_that_was_never_verified_is_told_nothing() {
    let app = TestApp::start().await;
    let bob = app
        .user(
            "bob",
            json!({ "email": "bob@example.org", "generate": true }),
        )
        .await;
    let patch = json!({ "email": "robert@example.org" });
    update(&app, &bob, patch, json!({})).await;
    mutate(&app, None, "disableUser", json!({ "user": { "id": bob } })).await;
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn the_same_address_in_other_letters_is_no_news() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    update(&app, &ada, json!({ "email": "ada@EXAMPLE.org" }), json!({})).await;
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn whoever_is_disabled_is_told_until_when_and_never_why() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let disable = |more: serde_json::Value| {
        let mut input = json!({ "user": { "id": ada }, "reason": "leaked the plans" });
        crate::support::app::merge(&mut input, more);
        input
    };
    let quiet = disable(json!({ "sendEmail": false }));
    mutate(&app, None, "disableUser", quiet).await;
    assert_eq!(app.deliver().await, 0);
    let until = json!({ "until": "2026-12-24T18:00:00Z" });
    mutate(&app, None, "disableUser", disable(until.clone())).await;
    assert_eq!(app.deliver().await, 1);
    let words = words(&app.mailer.sent().pop().expect("a notice"));
    assert!(words.contains("before 2026-12-24 18:00 UTC"), "{words}");
    assert!(!words.contains("plans"), "{words}");
    // Said once, it is no news.
    mutate(&app, None, "disableUser", disable(until)).await;
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn a_zone_that_does_not_exist_is_refused() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    for zone in ["Vienna", "+01:00", "", "../../etc/passwd"] {
        let answer = update(&app, &ada, json!({ "timeZone": zone }), json!({})).await;
        assert_eq!(faults(&answer), [invalid("input.patch.timeZone")], "{zone}");
    }
}
