//! `cancelMailDelivery`.

use serde_json::json;

use super::{GIVEN_UP, LOST, UNCERTAIN, cancel, kept_secrets, leave, mail_to, message, plain_mail};
use super::{retry, seen};
use crate::support::app::TestApp;
use crate::support::socket::Server;

#[tokio::test]
async fn a_waiting_mail_is_taken_off_the_queue_and_its_secret_goes_with_it() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let mail = mail_to(&desk, "ada").await;
    assert_eq!(kept_secrets(&desk).await, 1);
    assert_eq!(seen(&desk, &mail).await["isCancellable"], true);

    let answer = cancel(&desk, &mail).await;
    assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
    assert_eq!(answer.root()["mailDelivery"]["status"], "CANCELLED");
    assert_eq!(kept_secrets(&desk).await, 0);
    assert_eq!(desk.deliver().await, 0);
    assert_eq!(desk.mailer.attempts(), 0);
    assert_eq!(desk.events("mail.delivery.cancelled").await, 1);
    let trail = "{ auditEvents(filter: { actions: [MAIL_DELIVERY_CANCELLED] }) { nodes { targetLabel \
                 reason user { username } changes { field before after } } } }";
    let trail = desk.ask(trail, json!({})).await;
    assert_eq!(
        trail.root()["nodes"][0],
        json!({
            "targetLabel": mail, "reason": "Wrong person", "user": { "username": "ada" },
            "changes": [
                { "field": "kind", "before": null, "after": "NEW_PASSWORD" },
                { "field": "status", "before": "QUEUED", "after": "CANCELLED" },
            ],
        })
    );
    let again = cancel(&desk, &mail).await;
    assert_eq!(again.codes(), ["DELIVERY_NOT_CANCELLABLE"]);
    assert!(message(&again).contains("CANCELLED"));
    assert_eq!(
        retry(&desk, &mail).await.codes(),
        ["DELIVERY_NOT_RETRYABLE"]
    );
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_stays_unknown_and_is_not_tried_again() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let mail = mail_to(&desk, "ada").await;
    leave(&desk, UNCERTAIN).await;
    let answer = cancel(&desk, &mail).await;
    assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
    assert_eq!(answer.root()["mailDelivery"]["status"], "UNKNOWN");
    assert_eq!(kept_secrets(&desk).await, 0);
    assert_eq!(desk.deliver().await, 0);
    assert_eq!(
        cancel(&desk, &mail).await.codes(),
        ["DELIVERY_NOT_CANCELLABLE"]
    );
}

#[tokio::test]
async fn what_is_on_its_way_or_over_is_not_cancelled() {
    let desk = TestApp::start().await;
    let mail = plain_mail(&desk, "you@example.org").await;
    for left in [
        "status = 'SENDING'",
        "status = 'SENT', next_attempt_at = NULL",
        "status = 'EXPIRED', next_attempt_at = NULL",
        GIVEN_UP,
        LOST,
    ] {
        leave(&desk, left).await;
        assert_eq!(seen(&desk, &mail).await["isCancellable"], false, "{left}");
        let answer = cancel(&desk, &mail).await;
        assert_eq!(answer.codes(), ["DELIVERY_NOT_CANCELLABLE"], "{left}");
    }
    assert_eq!(cancel(&desk, "mail_none").await.codes(), ["NOT_FOUND"]);
    assert_eq!(desk.events("mail.delivery.cancelled").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_administrator_and_a_worker_exactly_one_gets_a_mail() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let (mut cancelled, mut sent) = (0, 0);
    for round in 0..50 {
        let mail = mail_to(&desk, "ada").await;
        let uncertain = round % 2 == 1;
        if uncertain {
            desk.write(
                "UPDATE outbox_emails SET status = 'UNKNOWN' WHERE status = 'QUEUED'",
                vec![],
            )
            .await;
        }
        let before = desk.mailer.attempts();
        let late = async {
            // A little later each time, so that both sides win some rounds.
            for _ in 0..round * 4 {
                tokio::task::yield_now().await;
            }
            cancel(&desk, &mail).await
        };
        let (answer, _) = tokio::join!(late, desk.deliver());
        let sends = desk.mailer.attempts() - before;
        let status = seen(&desk, &mail).await["status"].clone();
        if answer.codes().is_empty() {
            assert_eq!(sends, 0, "round {round}: cancelled and sent");
            assert_eq!(status, if uncertain { "UNKNOWN" } else { "CANCELLED" });
            cancelled += 1;
        } else {
            assert_eq!(answer.codes(), ["DELIVERY_NOT_CANCELLABLE"]);
            assert_eq!((sends, status), (1, json!("SENT")), "round {round}");
            sent += 1;
        }
        assert_eq!(kept_secrets(&desk).await, 0, "round {round}");
    }
    assert_eq!(cancelled + sent, 50);
    assert_eq!(desk.events("mail.delivery.cancelled").await, cancelled);
}

#[tokio::test]
async fn a_subscription_is_told_of_a_retry_and_ends_with_a_cancellation() {
    let desk = TestApp::start().await;
    let server = Server::start(&desk).await;
    desk.member("ada").await;
    let document = "subscription($id: ID!) { mailDeliveryUpdated(id: $id) { status } }";
    for (left, end) in [("status = 'QUEUED'", "CANCELLED"), (UNCERTAIN, "UNKNOWN")] {
        let mail = mail_to(&desk, "ada").await;
        leave(&desk, left).await;
        let mut client = server.sign_in(desk.owner_key()).await;
        client.start("1", document, json!({ "id": mail })).await;
        let status =
            |answer: serde_json::Value| answer["data"]["mailDeliveryUpdated"]["status"].clone();
        let first = status(client.answer("1").await);
        desk.app.clock.advance(std::time::Duration::from_secs(10));
        assert_eq!(retry(&desk, &mail).await.codes(), Vec::<String>::new());
        assert_eq!(status(client.answer("1").await), first);
        assert_eq!(cancel(&desk, &mail).await.codes(), Vec::<String>::new());
        assert_eq!(status(client.answer("1").await), end);
        assert_eq!(client.hear().await["type"], "complete");
    }
}

#[tokio::test]
async fn nobody_keeps_from_themselves_what_they_are_told_about_their_account() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let link = desk.run("sendPasswordResetEmail", json!({ "login": "olga" }));
    let mail = super::id(&link.await);
    let session = desk.session("olga").await;
    let document =
        "mutation($id: ID!) { cancelMailDelivery(input: { id: $id }) { errors { code } } }";
    let answer = desk.ask_as(Some(&session), document, json!({ "id": mail }));
    assert_eq!(answer.await.codes(), ["CANNOT_TARGET_SELF"]);
    assert_eq!(seen(&desk, &mail).await["status"], "QUEUED");
}
