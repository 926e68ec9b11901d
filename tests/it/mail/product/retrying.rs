//! `retryMailDelivery`.

use std::sync::Arc;
use std::time::Duration;

use keydesk::domain::mail::DeliveryError;
use keydesk::domain::users;
use keydesk::platform::settings::TransportSettings;
use keydesk::types::actor::Actor;
use keydesk::types::ids::MailDeliveryId;
use serde_json::json;

use super::{GIVEN_UP, LOST, UNCERTAIN, leave, mail_to, message, plain_mail, retry, seen};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_waiting_mail_is_due_at_once_and_keeps_its_secret_and_its_end() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let mail = mail_to(&desk, "ada").await;
    let before = seen(&desk, &mail).await;
    leave(
        &desk,
        "next_attempt_at = next_attempt_at + 600000, attempt_count = 3",
    )
    .await;
    assert_eq!(desk.deliver().await, 0);

    let answer = retry(&desk, &mail).await;
    assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
    let after = seen(&desk, &mail).await;
    assert_eq!(after["nextAttemptAt"], before["nextAttemptAt"]);
    assert_eq!(after["expiresAt"], before["expiresAt"]);
    assert_eq!(after["status"], "QUEUED");
    assert_eq!(super::kept_secrets(&desk).await, 1);
    assert_eq!(desk.deliver().await, 1);
    assert_eq!(seen(&desk, &mail).await["status"], "SENT");
    assert_eq!(desk.events("mail.delivery.retried").await, 1);
}

#[tokio::test]
async fn a_mail_that_failed_and_carried_nothing_is_queued_as_if_it_were_new() {
    let desk = TestApp::start().await;
    let mail = plain_mail(&desk, "you@example.org").await;
    for ended in [
        GIVEN_UP,
        "status = 'CANCELLED', next_attempt_at = NULL, finished_at = created_at",
        "status = 'EXPIRED', next_attempt_at = NULL, finished_at = created_at",
    ] {
        leave(&desk, ended).await;
        desk.app.clock.advance(Duration::from_hours(200));
        assert_eq!(seen(&desk, &mail).await["isRetryable"], true);
        let answer = retry(&desk, &mail).await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
        assert_eq!(seen(&desk, &mail).await["status"], "QUEUED");
        let sql = "SELECT attempt_count, attempts_at_retry, finished_at, expires_at, \
                   next_attempt_at FROM outbox_emails";
        let row = desk.rows(sql, vec![]).await.remove(0);
        assert_eq!(row["attempt_count"], row["attempts_at_retry"]);
        let number = |name: &str| row[name].as_i64().expect("a number");
        let left = number("expires_at") - number("next_attempt_at");
        assert_eq!(left, 72 * 3_600_000);
        assert!(row["finished_at"].is_null());
    }
    assert_eq!(desk.deliver().await, 1);
    assert_eq!(seen(&desk, &mail).await["status"], "SENT");
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_stays_uncertain_while_it_is_tried_again() {
    let desk = TestApp::start().await;
    let mail = plain_mail(&desk, "you@example.org").await;
    for left in [LOST, UNCERTAIN] {
        leave(&desk, left).await;
        let answer = retry(&desk, &mail).await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
        let after = seen(&desk, &mail).await;
        assert_eq!(after["status"], "UNKNOWN");
        assert!(after["nextAttemptAt"].is_string(), "{after}");
    }
    assert_eq!(desk.deliver().await, 1);
    assert_eq!(seen(&desk, &mail).await["status"], "SENT");
}

#[tokio::test]
async fn a_mail_whose_secret_is_erased_is_refused_with_the_mutation_that_makes_a_new_one() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let with_password = mail_to(&desk, "ada").await;
    let link = desk.run("sendPasswordResetEmail", json!({ "login": "ada" }));
    let with_link = super::id(&link.await);
    desk.run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    let notice = desk.rows(
        "SELECT id FROM outbox_emails WHERE kind = 'PASSWORD_CHANGED'",
        vec![],
    );
    assert_eq!(notice.await.len(), 1);
    let list = "{ mailDeliveries(filter: { kinds: [PASSWORD_CHANGED] }) { nodes { id } } }";
    let notice = desk.ask(list, json!({})).await.root()["nodes"][0]["id"].clone();
    let sample = json!({ "recipient": "you@example.org", "kind": "WELCOME" });
    let sample = super::id(&desk.run("sendTestEmail", sample).await);

    for ended in [
        GIVEN_UP,
        LOST,
        "status = 'EXPIRED', finished_at = created_at, next_attempt_at = NULL, secret_sealed = NULL",
        "status = 'SENT', finished_at = created_at, next_attempt_at = NULL, secret_sealed = NULL",
    ] {
        leave(&desk, ended).await;
        for (mail, mutation) in [
            (with_password.as_str(), "resetPassword."),
            (with_link.as_str(), "sendPasswordResetEmail."),
            (notice.as_str().expect("an id"), "sendPasswordResetEmail."),
            (sample.as_str(), "sendTestEmail."),
        ] {
            let answer = retry(&desk, mail).await;
            assert_eq!(answer.codes(), ["DELIVERY_NOT_RETRYABLE"], "{answer:#?}");
            let said = message(&answer);
            assert!(said.ends_with(mutation), "{said}");
            assert_eq!(seen(&desk, mail).await["isRetryable"], false);
        }
    }
    assert_eq!(desk.events("mail.delivery.retried").await, 0);
}

#[tokio::test]
async fn a_mail_past_the_end_of_what_it_carries_is_not_tried_again() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let mail = mail_to(&desk, "ada").await;
    desk.app.clock.advance(Duration::from_hours(24 * 30));
    let answer = retry(&desk, &mail).await;
    assert_eq!(answer.codes(), ["DELIVERY_NOT_RETRYABLE"], "{answer:#?}");
    assert!(message(&answer).contains("no longer works"));
    assert_eq!(desk.deliver().await, 1);
    assert_eq!(seen(&desk, &mail).await["status"], "EXPIRED");
    assert_eq!(super::kept_secrets(&desk).await, 0);
}

#[tokio::test]
async fn a_mail_that_is_on_its_way_or_of_a_user_who_is_erased_is_not_tried_again() {
    let desk = TestApp::start().await;
    let mail = plain_mail(&desk, "you@example.org").await;
    leave(&desk, "status = 'SENDING'").await;
    assert_eq!(
        retry(&desk, &mail).await.codes(),
        ["DELIVERY_NOT_RETRYABLE"]
    );
    leave(
        &desk,
        "status = 'FAILED', next_attempt_at = NULL, details = '{}'",
    )
    .await;
    assert_eq!(
        retry(&desk, &mail).await.codes(),
        ["DELIVERY_NOT_RETRYABLE"]
    );
    assert_eq!(retry(&desk, "mail_none").await.codes(), ["NOT_FOUND"]);
}

#[tokio::test]
async fn without_a_way_of_sending_nothing_is_tried_again() {
    let desk = TestApp::start().await;
    let mail = plain_mail(&desk, "you@example.org").await;
    let mut app = desk.app.clone();
    Arc::make_mut(&mut app.settings).mail.transport = TransportSettings::None;
    let (actor, id) = (Actor::operator("test"), MailDeliveryId::parse(&mail));
    let refused = users::retry_delivery(&app, &actor, id, None).await;
    assert!(matches!(refused, Err(DeliveryError::NotConfigured)));
}
