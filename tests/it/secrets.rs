//! Guard: no secret gets into a log, a table, a file or an error.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keydesk::domain::mail::{Mailer, OutgoingEmail, SendError, Sending, Templates, Worker};
use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use crate::pages::{self, Visitor};
use crate::support::app::TestApp;
use crate::support::catalog::{cells, columns, connection, tables};
use crate::support::log::Log;

const TYPED: &str = "Glacier-otter-hums-7-lanterns";
const REFUSED: &str = "qwertyuiop-planted";
const WEAK: &str = "planted-weak";
const CHOSEN: &str = "harbour kettle, seven brass moons";

/// What must be nowhere.
struct Secrets(Vec<String>);

impl Secrets {
    fn assert_absent(&self, place: &str, text: &str) {
        let lower = text.to_lowercase();
        for secret in &self.0 {
            let found = text.contains(secret) || lower.contains(&hexadecimal(secret));
            assert!(!found, "{secret} in {place}: {text}");
        }
    }
}

fn hexadecimal(text: &str) -> String {
    let digits: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Every road a password takes, and every refusal on the way. Gives all secrets and all error texts.
async fn use_everything(desk: &TestApp) -> (Secrets, Vec<String>) {
    let key = desk.key(&Permission::ALL, Role::Owner).await;
    let mut secrets = Secrets(vec![TYPED.to_owned(), REFUSED.to_owned(), key.clone()]);
    let mut errors = Vec::new();
    desk.member("ada").await;
    let reset = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                 { generatedPassword isReplay errors { code message path } } }";
    let ada = json!({ "login": "ada" });
    for input in [
        json!({ "user": ada, "generate": true, "sendEmail": true, "idempotencyKey": "one" }),
        json!({ "user": ada, "generate": true, "sendEmail": true, "idempotencyKey": "one" }),
        json!({ "user": ada, "password": TYPED, "sendEmail": true, "idempotencyKey": "two" }),
        json!({ "user": ada, "password": TYPED, "idempotencyKey": "two" }),
        json!({ "user": ada, "password": REFUSED, "generate": true }),
        json!({ "user": { "login": "nobody" }, "password": TYPED }),
        json!({ "user": ada, "password": "qwertyuiop" }),
        json!({ "user": ada, "password": [TYPED] }),
        json!({ "user": ada, "password": { "is": REFUSED } }),
        json!({ "user": ada, "password": TYPED, "unknown": REFUSED }),
        json!({ "user": ada, "generate": REFUSED }),
    ] {
        let answer = desk
            .ask_as(Some(&key), reset, json!({ "input": input }))
            .await;
        let root = &answer.body["data"]["resetPassword"];
        if let Value::String(generated) = &root["generatedPassword"] {
            secrets.0.push(generated.clone());
        }
        errors.push(root["errors"].to_string());
        errors.push(answer.body["errors"].to_string());
    }
    assert_eq!(secrets.0.len(), 4, "one password was generated");
    for document in [
        format!(
            "mutation {{ resetPassword(input: {{ user: {{ login: \"ada\" }}, password: \"{TYPED}\" }}) {{ nothing }} }}"
        ),
        format!(
            "mutation {{ checkPassword(input: {{ password: \"{REFUSED}\" }}) {{ errors {{ message }} }} }}"
        ),
        format!("mutation {{ resetPassword(input: {{ password: \"{TYPED}\" "),
        format!(
            "mutation {{ checkPassword(input: {{ password: [\"{REFUSED}\"] }}) {{ strength {{ score }} }} }}"
        ),
    ] {
        let answer = desk.ask_as(Some(&key), &document, json!({})).await;
        errors.push(answer.body["errors"].to_string());
    }
    use_links(desk, &mut secrets).await;
    // A key that is wrong by its last letter, and one in the wrong place.
    let wrong = format!("{}x", &key[..key.len() - 1]);
    secrets.0.push(wrong.clone());
    for key in [wrong.as_str(), "not a key"] {
        let answer = desk
            .ask_as(Some(key), "{ viewer { role } }", json!({}))
            .await;
        errors.push(answer.body.to_string());
    }
    (secrets, errors)
}

/// A link from its making to its use, with a refusal on the way.
async fn use_links(desk: &TestApp, secrets: &mut Secrets) {
    let bea = desk.member("bea").await;
    let link = pages::link(desk, &bea).await;
    let (mut visitor, page) = Visitor::open(desk, &link).await;
    secrets.0.push(pages::parts(&link).1);
    secrets.0.push(pages::hidden(&page, "mark"));
    for (password, again, words) in [
        (REFUSED, CHOSEN, "was not changed"),
        (WEAK, WEAK, "was not changed"),
        (CHOSEN, CHOSEN, "was changed"),
    ] {
        let fields = [("password", password), ("again", again)];
        let answer = visitor.post(&page, "/reset", &fields).await;
        assert!(answer.body.to_string().contains(words), "{answer:?}");
    }
    secrets.0.extend([CHOSEN, WEAK].map(str::to_owned));
}

#[tokio::test]
async fn no_secret_of_a_forgotten_password_is_in_a_log_line_or_a_table() {
    let log = Log::default();
    let watching = log.watch();
    let desk = TestApp::start().await;
    desk.member("ada").await;
    // People type passwords where a login belongs.
    desk.forgot(TYPED).await;
    let mailed = desk.mailed("ada").await;
    let mut secrets = Secrets(vec![TYPED.to_owned(), CHOSEN.to_owned(), WEAK.to_owned()]);
    desk.verify_code("ada", &mailed.flow_id, "00000000").await;
    desk.verify_code(TYPED, &mailed.flow_id, &mailed.code).await;
    let verified = desk.verify_code("ada", &mailed.flow_id, &mailed.code).await;
    let token = verified.root()["resetToken"].as_str().expect("a token");
    desk.complete(token, WEAK).await;
    let done = desk.complete(token, CHOSEN).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    secrets.0.push(token.to_owned());
    secrets.0.extend([mailed.token, mailed.flow_id]);
    look_everywhere(&desk, &secrets).await;
    drop(watching);
    for line in &log.lines() {
        secrets.assert_absent("the log", line);
        assert!(!line.contains(&mailed.code), "{line}");
    }
}

/// Refuses each mail once, quoting all of it, as some mail servers do.
#[derive(Default)]
struct QuotingMailer(Mutex<Vec<String>>);

impl Mailer for QuotingMailer {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        Box::pin(async {
            let mut tried = self.0.lock().expect("no panic");
            let is_new = !tried.contains(&email.message_id);
            tried.push(email.message_id.clone());
            if is_new {
                return Err(SendError::Later(format!("451 {}", email.content.text)));
            }
            Ok("250 taken".to_owned())
        })
    }

    fn server(&self) -> &'static str {
        "quoting"
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async { Ok(String::new()) })
    }
}

#[tokio::test]
async fn no_secret_is_in_a_log_line_a_span_or_an_error() {
    let log = Log::default();
    let watching = log.watch();
    let desk = TestApp::start().await;
    let (secrets, errors) = use_everything(&desk).await;
    let quoting = Arc::new(QuotingMailer::default());
    let templates = Arc::new(Templates::new().expect("templates"));
    let worker = Worker::new(desk.app.clone(), Arc::clone(&quoting) as _, templates);
    worker.deliver_due().await.expect("tried");
    desk.app.clock.advance(Duration::from_hours(1));
    worker.deliver_due().await.expect("delivered");
    let tried = quoting.0.lock().expect("no panic").len();
    assert_eq!(tried, 6, "three mails, each refused once");
    look_everywhere(&desk, &secrets).await;
    drop(watching);
    for error in &errors {
        secrets.assert_absent("an error", error);
    }
    let lines = log.lines();
    assert!(lines.len() > 10, "the log was not watched: {lines:#?}");
    for line in &lines {
        secrets.assert_absent("the log", line);
    }
}

#[tokio::test]
async fn no_secret_is_in_a_table_or_in_the_database_s_files() {
    let desk = TestApp::start().await;
    let (secrets, _) = use_everything(&desk).await;
    look_everywhere(&desk, &secrets).await;
    desk.deliver().await;
    assert_eq!(desk.mailer.sent().len(), 3);
    look_everywhere(&desk, &secrets).await;
}

async fn look_everywhere(desk: &TestApp, secrets: &Secrets) {
    let db = connection(&desk.app);
    let mut seen = 0;
    for table in tables(db).await {
        for (column, text) in cells(db, &table).await {
            secrets.assert_absent(&column, &text);
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} cells seen");
    for file in desk.database.files() {
        let bytes = std::fs::read(&file).expect("a file of the database");
        for secret in &secrets.0 {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", file.display());
        }
    }
}

/// Words that name a secret. A column that holds one says how: `_hash` or `_sealed`.
const SENSITIVE: [&str; 6] = ["password", "secret", "token", "code", "key", "salt"];

/// Columns with such a word that hold none: facts about a password, names of things, and of refusals.
const PLAIN: [&str; 14] = [
    "audit_events.error_code",
    "one_time_links.code_expires_at",
    "one_time_links.code_tries",
    "users.password_blocked_at",
    "users.username_key",
    "users.email_key",
    "users.name_key",
    "users.password_changed_at",
    "users.password_expires_at",
    "users.must_change_password",
    "idempotency_keys.idempotency_key",
    "outbox_emails.recipient_key",
    "outbox_emails.had_secret",
    "failing_addresses.address_key",
];

#[tokio::test]
async fn a_column_of_a_secret_says_that_it_is_hashed_or_sealed() {
    let desk = TestApp::start().await;
    let db = connection(&desk.app);
    let mut hidden = 0;
    for table in tables(db).await {
        for column in columns(db, &table).await {
            let path = format!("{table}.{column}");
            let endings = ["_hash", "_sealed", "_mac"];
            if endings.iter().any(|ending| column.ends_with(ending)) {
                hidden += 1;
            } else if SENSITIVE.iter().any(|word| column.contains(word)) {
                assert!(
                    PLAIN.contains(&path.as_str()),
                    "{path} names a secret: end it in _hash or _sealed"
                );
            }
        }
    }
    assert!(hidden >= 6, "only {hidden} hashed or sealed columns");
}
