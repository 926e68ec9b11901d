//! The built program from outside: real mail, a real browser, and a real `kill -9`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use keydesk::platform::hasher::{Cost, Hasher, Limits};
use keydesk::types::secret::Secret;
use mail_parser::MessageParser;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::program::{Installation, Process, contains, free_port, text, wait_for};

const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) \
                      { user { id } errors { code message } } }";
const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                     { generatedPassword mailDelivery { id } errors { code message } } }";

fn hasher() -> Hasher {
    let limits = Limits {
        threads: 1,
        queue: 4,
        nice: 0,
        wait: Duration::from_secs(30),
    };
    Hasher::start(Cost::DEFAULT, limits).expect("a hasher")
}

/// The stored hash of a user.
async fn stored_hash(database: &Path, username: &str) -> Option<String> {
    let url = format!("sqlite:{}?mode=ro", database.display());
    let db = Database::connect(url).await.expect("the database opens");
    let sql = format!(
        "SELECT password_hash FROM credentials JOIN users ON users.id = user_id \
         WHERE username = '{username}'"
    );
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("a query");
    let hash = row.map(|row| row.try_get_by_index(0).expect("a hash"));
    db.close().await.expect("closed");
    hash
}

async fn works(hasher: &Hasher, database: &Path, username: &str, password: &str) -> bool {
    let Some(hash) = stored_hash(database, username).await else {
        return false;
    };
    let password = Secret::new(password.to_owned());
    hasher.verify(&password, hash).await.expect("a stored hash")
}

fn create(desk: &Installation, key: &str, username: &str) {
    let email = format!("{username}@example.org");
    let input = json!({ "username": username, "email": email, "emailVerified": true });
    let answer = desk.ask(key, CREATE, &json!({ "input": input }));
    let answer = answer.expect("an answer");
    assert!(
        answer["data"]["createUser"]["user"]["id"].is_string(),
        "{answer}"
    );
}

/// The first file in a folder that holds a whole mail.
fn received(folder: &Path) -> Option<Vec<u8>> {
    let mut entries = std::fs::read_dir(folder).ok()?;
    let bytes = std::fs::read(entries.next()?.ok()?.path()).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

#[tokio::test]
#[ignore = "needs smtp-sink"]
async fn a_mailed_password_arrives_and_is_nowhere_else_afterwards() {
    let mails = tempfile::tempdir().expect("a folder");
    let smtp = free_port();
    let dump = mails.path().join("mail.").display().to_string();
    let user = Command::new("id")
        .arg("-un")
        .output()
        .expect("a user")
        .stdout;
    let user = String::from_utf8(user).expect("a name");
    let _sink = Process::start(
        Command::new("smtp-sink")
            .args([
                "-u",
                user.trim(),
                "-d",
                &dump,
                &format!("127.0.0.1:{smtp}"),
                "16",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    );
    let desk = Installation::new(vec![
        (
            "KEYDESK_MAIL__FROM",
            "Keydesk <keydesk@example.org>".to_owned(),
        ),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "smtp".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__HOST", "127.0.0.1".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__PORT", smtp.to_string()),
        ("KEYDESK_MAIL__TRANSPORT__TLS", "none".to_owned()),
    ]);
    let _server = desk.serve();
    let key = desk.key();
    create(&desk, &key, "ada");

    let input = json!({
        "user": { "login": "ada" }, "generate": true, "sendEmail": true, "forceChangeOnLogin": true
    });
    let answer = desk
        .ask(&key, RESET, &json!({ "input": input }))
        .expect("an answer");
    let root = &answer["data"]["resetPassword"];
    assert_eq!(root["errors"], json!([]), "{answer}");
    let password = root["generatedPassword"].as_str().expect("a password");

    let id = &root["mailDelivery"]["id"];
    let status = "query($id: ID!) { node(id: $id) { ... on MailDelivery { status } } }";
    wait_for("the delivery", || {
        let answer = desk.ask(&key, status, &json!({ "id": id }))?;
        (answer["data"]["node"]["status"] == "SENT").then_some(())
    });
    let bytes = wait_for("the mail", || received(mails.path()));
    let mail = MessageParser::default().parse(&bytes).expect("a mail");
    let body = mail.body_text(0).expect("a text part");
    let word = body.split_whitespace().find(|word| *word == password);
    assert!(word.is_some(), "the password is not in the mail: {body}");
    assert!(works(&hasher(), &desk.path("keydesk.sqlite"), "ada", password).await);

    let files = desk.files();
    let finds = |text: &str| files.iter().any(|(_, bytes)| contains(bytes, text));
    assert!(finds("ada@example.org"), "the files were not read");
    for (path, bytes) in &files {
        assert!(
            !contains(bytes, password),
            "the password is in {}",
            path.display()
        );
        assert!(
            !contains(bytes, &key),
            "the API key is in {}",
            path.display()
        );
    }
}

#[tokio::test]
async fn a_password_that_was_acknowledged_outlives_a_kill() {
    let desk = Installation::new(Vec::new());
    let database = desk.path("keydesk.sqlite");
    let hasher = hasher();
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    let mut server = desk.serve();
    let key = desk.key();
    let users: Vec<String> = ('a'..='j').map(|letter| format!("user.{letter}")).collect();
    for username in &users {
        create(&desk, &key, username);
    }
    for round in 0..3_u64 {
        let (third, wait) = mpsc::channel();
        let killing = std::thread::spawn(move || {
            let _third_or_gone = wait.recv();
            // In another place of a reset each time.
            std::thread::sleep(Duration::from_millis(10 + 37 * round));
            server.kill();
        });
        let mut given = 0;
        for username in users.iter().cycle().take(200) {
            let input = json!({ "user": { "login": username }, "generate": true });
            let Some(answer) = desk.ask(&key, RESET, &json!({ "input": input })) else {
                // Whether this one was stored is not known, so its user is let go.
                acknowledged.retain(|(known, _)| known != username);
                break;
            };
            let password = answer["data"]["resetPassword"]["generatedPassword"].as_str();
            let password = password.unwrap_or_else(|| panic!("{answer}"));
            acknowledged.retain(|(known, _)| known != username);
            acknowledged.push((username.clone(), password.to_owned()));
            given += 1;
            if given == 3 {
                third.send(()).expect("somebody waits to kill");
            }
        }
        drop(third);
        killing.join().expect("killed");
        assert!((3..200).contains(&given), "{given} resets before the kill");
        server = desk.serve();
        assert!(!acknowledged.is_empty());
        for (username, password) in &acknowledged {
            let works = works(&hasher, &database, username, password).await;
            assert!(
                works,
                "round {round}: {username} has lost an acknowledged password"
            );
        }
    }
    let log = text(&desk.path("stderr"));
    for (_, password) in &acknowledged {
        assert!(!log.contains(password), "a password is in the log");
    }
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn the_demo_leads_from_its_link_to_a_reset_and_its_mail() {
    let desk = Installation::new(Vec::new());
    let folder = desk.path("demo").display().to_string();
    let port = desk.port.to_string();
    let _demo = desk.start(&["demo", "--folder", &folder, "--port", &port]);
    let printed = wait_for("the demo", || {
        let printed = text(&desk.path("stdout"));
        printed.contains("curl").then_some(printed)
    });
    let after = |word: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("{printed}"))
            .trim()
            .to_owned()
    };
    let link = after("GraphiQL");
    let origin = link
        .split("/graphiql")
        .next()
        .expect("an origin")
        .to_owned();

    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&link).await;
    browser.wait_for_text("#key-status", "Key accepted").await;
    assert_eq!(browser.address().await, format!("{origin}/graphiql"));
    browser.wait_for_text(".examples", "Reset: by mail").await;
    let open = "[...document.querySelectorAll('.examples li button')]\
                .find((button) => button.innerText.includes('Reset: by mail')).click()";
    browser.eval(open, vec![]).await;
    browser
        .wait_for_text(".graphiql-tab-active", "ResetPasswordByMail")
        .await;
    browser.click(".graphiql-execute-button").await;
    browser
        .wait_for_text(".result-window", "\"errors\": []")
        .await;
    browser
        .wait_for_text(".result-window", "\"recipient\"")
        .await;

    browser.goto(&after("Mailbox")).await;
    let arrived = "if (document.querySelector('.subject a')) return true; location.reload()";
    browser.wait_until(arrived).await;
    browser.click(".subject a").await;
    browser.wait_for("iframe.body").await;
    browser.click(".tabs a[href$='view=text']").await;
    browser.wait_for_text(".body", "password").await;
    let mail = browser.text(".body").await;
    assert_the_mailed_password_works(&mail, &desk.path("demo/keydesk.sqlite")).await;

    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    assert_eq!(browser.requests_off(&origin).await, Vec::<String>::new());
}

/// One word of the mail is the password.
async fn assert_the_mailed_password_works(mail: &str, database: &Path) {
    let hasher = hasher();
    let is_like_one = |word: &&str| word.len() >= 12 && !word.contains("://");
    for word in mail.split_whitespace().filter(is_like_one) {
        if works(&hasher, database, "ada", word).await {
            return;
        }
    }
    panic!("no word of the mail is the stored password: {mail}");
}
