//! The outbox as administrators see and change it, by the API.

mod addresses;
mod cancelling;
mod listing;
mod retrying;
mod trying;

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

/// A mail with a new password to somebody, waiting. Gives its id.
async fn mail_to(desk: &TestApp, login: &str) -> String {
    let answer = desk.run("resetPasswordByMail", json!({ "login": login }));
    id(&answer.await)
}

/// A mail to an address that carries nothing, waiting. Gives its id.
async fn plain_mail(desk: &TestApp, recipient: &str) -> String {
    let variables = json!({ "recipient": recipient, "kind": "TEST" });
    id(&desk.run("sendTestEmail", variables).await)
}

fn id(answer: &Answer) -> String {
    let id = answer.root()["mailDelivery"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
}

async fn seen(desk: &TestApp, mail: &str) -> Value {
    let document = "query($id: ID!) { mailDelivery(id: $id) { status attemptCount nextAttemptAt \
                    expiresAt isRetryable isCancellable carriesSecret content { textBody } } }";
    let answer = desk.ask(document, json!({ "id": mail })).await;
    answer.root().clone()
}

async fn retry(desk: &TestApp, mail: &str) -> Answer {
    desk.run("retryMailDelivery", json!({ "mailId": mail }))
        .await
}

async fn cancel(desk: &TestApp, mail: &str) -> Answer {
    let variables = json!({ "mailId": mail, "reason": "Wrong person" });
    desk.run("cancelMailDelivery", variables).await
}

/// Writes columns of every mail as a worker leaves them.
async fn leave(desk: &TestApp, columns: &str) {
    let sql = format!("UPDATE outbox_emails SET {columns}");
    desk.write(&sql, vec![]).await;
}

/// As a worker leaves what it gave up.
const GIVEN_UP: &str = "status = 'FAILED', attempt_count = 1, next_attempt_at = NULL, \
                        finished_at = created_at, secret_sealed = NULL, last_error = '550 no'";
/// As a worker leaves what it knows nothing of, for good.
const LOST: &str = "status = 'UNKNOWN', attempt_count = 2, next_attempt_at = NULL, \
                    finished_at = created_at, secret_sealed = NULL";
/// As a worker leaves what it knows nothing of, for one more try.
const UNCERTAIN: &str = "status = 'UNKNOWN', attempt_count = 1";

async fn kept_secrets(desk: &TestApp) -> usize {
    let sql = "SELECT id FROM outbox_emails WHERE secret_sealed IS NOT NULL";
    desk.rows(sql, vec![]).await.len()
}

fn message(answer: &Answer) -> String {
    let message = answer.root()["errors"][0]["message"].as_str();
    message.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
}
