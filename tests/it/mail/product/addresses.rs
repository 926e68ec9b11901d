//! Addresses at which nobody reads mail: `User.emailDeliverable`, and how it becomes true again.

use std::sync::Arc;

use keydesk::domain::mail::transport::MemoryMailer;
use keydesk::domain::mail::{SendError, Worker};
use serde_json::{Value, json};

use super::mail_to;
use crate::support::app::{TestApp, plenty};

/// What the worker writes when a mail server says that there is no such user.
async fn mark(desk: &TestApp, address: &str) {
    let sql = "INSERT INTO failing_addresses (address_key, reason, failed_at) VALUES ($1, $2, $3)";
    let values = vec![
        address.into(),
        "550 5.1.1 no such user".into(),
        1_795_253_400_000_i64.into(),
    ];
    desk.write(sql, values).await;
}

async fn shown(desk: &TestApp, login: &str) -> Value {
    let document = "query($login: String!) { userByLogin(login: $login) { emailDeliverable \
                    emailFailure { reason failedAt } } }";
    let answer = desk.ask(document, json!({ "login": login })).await;
    answer.root().clone()
}

fn good() -> Value {
    json!({ "emailDeliverable": true, "emailFailure": null })
}

fn bad() -> Value {
    json!({
        "emailDeliverable": false,
        "emailFailure": { "reason": "550 5.1.1 no such user", "failedAt": "2026-11-21T09:30:00Z" },
    })
}

async fn marks(desk: &TestApp) -> usize {
    let rows = desk.rows("SELECT address_key FROM failing_addresses", vec![]);
    rows.await.len()
}

#[tokio::test]
async fn an_address_that_nobody_reads_is_shown_on_its_user_with_the_reason_and_the_time() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    desk.member("bea").await;
    desk.user("carl", json!({})).await;
    mark(&desk, "ada@example.org").await;
    assert_eq!(shown(&desk, "ada").await, bad());
    assert_eq!(shown(&desk, "bea").await, good());
    let none = json!({ "emailDeliverable": false, "emailFailure": null });
    assert_eq!(shown(&desk, "carl").await, none);
}

#[tokio::test]
async fn a_page_of_users_reads_their_addresses_in_one_statement() {
    let desk = TestApp::start().await;
    let page = "{ users(first: 100) { nodes { id emailDeliverable emailFailure { failedAt } } } }";
    let mut costs = Vec::new();
    for more in [2, 20] {
        for number in 0..more {
            desk.member(&format!("u{more}-{number}")).await;
        }
        let before = desk.statements();
        desk.ask(page, json!({})).await;
        costs.push(desk.statements() - before);
    }
    assert_eq!(costs[0], costs[1]);
}

#[tokio::test]
async fn another_address_is_deliverable_and_the_old_one_is_forgotten() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    mark(&desk, "ada@example.org").await;
    let document = "mutation($email: String!) { updateUser(input: { user: { login: \"ada\" }, \
                    patch: { email: $email } }) { user { emailDeliverable } errors { code } } }";
    // Another spelling is the same address.
    for (email, deliverable, left) in [("ADA@example.org", false, 1), ("ada@example.net", true, 0)]
    {
        let answer = desk.ask(document, json!({ "email": email })).await;
        assert_eq!(answer.codes(), Vec::<String>::new());
        assert_eq!(
            answer.root()["user"]["emailDeliverable"],
            deliverable,
            "{email}"
        );
        assert_eq!(marks(&desk).await, left, "{email}");
    }
}

#[tokio::test]
async fn an_administrator_says_that_mail_arrives_after_all() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    mark(&desk, "ada@example.org").await;
    for events in [1, 1] {
        let answer = desk
            .run("markEmailDeliverable", json!({ "login": "ada" }))
            .await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
        assert_eq!(answer.root()["user"]["emailDeliverable"], true);
        assert_eq!(desk.events("mail.address.cleared").await, events);
    }
    let nobody = desk.run("markEmailDeliverable", json!({ "login": "nobody" }));
    assert_eq!(nobody.await.codes(), ["USER_NOT_FOUND"]);
}

#[tokio::test]
async fn an_anonymised_user_leaves_no_address_behind() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    mail_to(&desk, "ada").await;
    let document = "mutation { updateUser(input: { user: { login: \"ada\" }, \
                    patch: { email: \"lovelace@private.example\" } }) { errors { code } } }";
    desk.ask(document, json!({})).await;
    desk.write("UPDATE outbox_emails SET status = 'UNKNOWN'", vec![])
        .await;
    for address in ["ada@example.org", "lovelace@private.example"] {
        mark(&desk, address).await;
    }
    desk.run("deleteUser", json!({ "login": "ada" })).await;
    let keep = desk.app.settings.database.keep.deleted;
    desk.app.clock.advance(keep * 2);
    let purged = keydesk::domain::users::purge(&desk.app, &plenty()).await;
    assert_eq!(purged.expect("purged").rows, 1);
    assert_eq!(marks(&desk).await, 0);
    let left = desk.snapshot().await;
    assert!(!left.table_holds("outbox_emails", "example.org\""));
    let open = "SELECT id FROM outbox_emails WHERE finished_at IS NULL";
    assert!(desk.rows(open, vec![]).await.is_empty());
    assert_eq!(desk.deliver().await, 0);
}

#[tokio::test]
async fn a_test_mail_marks_no_address_and_one_that_arrives_takes_a_mark_off() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let nobody = SendError::NoSuchUser("550 5.1.1 no such user".to_owned());
    let mailer = Arc::new(MemoryMailer::failing([nobody]));
    let worker = Worker::new(desk.app.clone(), mailer, desk.templates());
    let try_out = async || {
        let variables = json!({ "recipient": "ada@example.org", "kind": "TEST" });
        let answer = desk.run("sendTestEmail", variables).await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
        assert_eq!(worker.deliver_due().await.expect("delivered"), 1);
        let list = "{ mailDeliveries(first: 1) { nodes { status lastError } } }";
        desk.ask(list, json!({})).await.root()["nodes"][0].clone()
    };
    let refused = json!({ "status": "FAILED", "lastError": "550 5.1.1 no such user" });
    assert_eq!(try_out().await, refused);
    assert_eq!((shown(&desk, "ada").await, marks(&desk).await), (good(), 0));
    mark(&desk, "ada@example.org").await;
    assert_eq!(shown(&desk, "ada").await, bad());
    desk.app.clock.advance(std::time::Duration::from_mins(1));
    assert_eq!(try_out().await["status"], "SENT");
    assert_eq!((shown(&desk, "ada").await, marks(&desk).await), (good(), 0));
}
