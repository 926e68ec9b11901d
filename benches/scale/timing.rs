//! Whether the time of an answer tells who exists: the same question about known and unknown logins, in
//! random order, over HTTP, and how well one can tell them apart by the clock.
//!
//! `Source:` the goal is R-F-7 of the design: AUC 0.45 to 0.55 at 400 requests of each, or medians within
//! half a millisecond. The AUC is the share of pairs in which the other one takes longer than the known
//! one (Mann-Whitney); 0.5 is a coin.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::compare::median;
use crate::desk::Store;
use crate::load::{Bytes, Connection, post};
use crate::statistics::{auc, shuffle, standard_error};
use crate::table::{Goal, Line};

/// As many requests as settings can allow.
const MOST: &str = "100000";

/// One kind of question, each about another login but for the repeated ones.
struct Kind {
    name: &'static str,
    requests: Vec<Bytes>,
}

/// Every figure of one kind of database. `count` requests of each kind.
pub(crate) async fn measure(store: &Store, count: usize, folder: &Path) {
    let mailbox = folder.join("mailbox").display().to_string();
    let desk = store.serve(&[
        ("KEYDESK_SECURITY__SIGN_INS_PER_MINUTE", "100000"),
        ("KEYDESK_SECURITY__RECOVERY__REQUESTS_AT_ONCE", MOST),
        ("KEYDESK_SECURITY__RECOVERY__REQUESTS_PER_HOUR", MOST),
        ("KEYDESK_SERVER__PUBLIC_URL", "http://127.0.0.1:8080"),
        ("KEYDESK_MAIL__FROM", "Keydesk <keydesk@example.org>"),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file"),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", &mailbox),
    ]);
    let mut connection = Connection::open(desk.port).await.expect("a connection");
    people(&mut connection, &store.key(), count).await;
    lock(store).await;
    let act = (store.label.as_str(), "signIn");
    compare(&mut connection, act, sign_ins(count)).await;
    compare(&mut connection, act, repeated(count)).await;
    let act = (store.label.as_str(), "requestPasswordReset");
    compare(&mut connection, act, requests(count)).await;
}

/// A sign-in with a wrong password.
fn sign_in(login: &str) -> Bytes {
    let query = "mutation($login: String!) { signIn(input: { login: $login, \
        password: \"not the password of anybody\" }) { sessionToken errors { code } } }";
    let body = json!({ "query": query, "variables": { "login": login } });
    post("/public/graphql", None, &body.to_string())
}

fn request(login: &str) -> Bytes {
    let query = "mutation($login: String!) { requestPasswordReset(input: { login: $login }) { \
        flowId errors { code } } }";
    let body = json!({ "query": query, "variables": { "login": login } });
    post("/public/graphql", None, &body.to_string())
}

fn requests(count: usize) -> Vec<Kind> {
    let each = |name, login: &str| Kind {
        name,
        requests: (0..count)
            .map(|number| request(&format!("{login}{number}")))
            .collect(),
    };
    vec![
        each("known login", "known"),
        each("unknown login", "nobody"),
        each("disabled", "disabled"),
        each("without an address", "locked"),
        each("of another sign-in source", "ldap"),
    ]
}

/// The known one comes first; the others are held against it.
fn sign_ins(count: usize) -> Vec<Kind> {
    let each = |name, login: &str| Kind {
        name,
        requests: (0..count)
            .map(|number| sign_in(&format!("{login}{number}")))
            .collect(),
    };
    vec![
        each("wrong password", "known"),
        each("unknown login", "nobody"),
        each("disabled", "disabled"),
        each("locked", "locked"),
        each("of another sign-in source", "ldap"),
        each("without a password", "pending"),
    ]
}

/// One login that is tried again and again, known and unknown.
fn repeated(count: usize) -> Vec<Kind> {
    let same = |name, login| Kind {
        name,
        requests: vec![sign_in(login); count],
    };
    vec![
        same("one known login, repeated", "often"),
        same("one unknown login, repeated", "never"),
    ]
}

/// Makes as many users of each kind as there are requests about them.
async fn people(connection: &mut Connection, key: &str, count: usize) {
    let password = json!({ "password": "plum orbit lantern seven", "forceChangeOnLogin": false });
    let kinds = [
        ("known", password.clone()),
        ("disabled", password.clone()),
        ("locked", password.clone()),
        ("ldap", json!({ "authenticationSource": "LDAP" })),
        ("pending", json!({})),
    ];
    for (kind, more) in kinds {
        for number in 0..count {
            let mut more = more.clone();
            if ["known", "disabled"].contains(&kind) {
                let email = format!("{kind}{number}@example.org");
                merge(&mut more, json!({ "email": email, "emailVerified": true }));
            }
            create(connection, key, &format!("{kind}{number}"), more).await;
        }
        eprintln!("{count} users {kind}");
    }
    create(connection, key, "often", password).await;
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

async fn create(connection: &mut Connection, key: &str, username: &str, more: Value) {
    let query = "mutation($input: CreateUserInput!) { createUser(input: $input) \
        { user { id } errors { code message } } }";
    let mut input = json!({ "username": username });
    merge(&mut input, more);
    let body = json!({ "query": query, "variables": { "input": input } });
    let request = post("/graphql", Some(key), &body.to_string());
    let (status, answer) = connection.ask(&request).await.expect("an answer");
    let answer = String::from_utf8_lossy(answer);
    assert!(
        status == 200 && answer.contains("\"errors\":[]"),
        "{answer}"
    );
}

/// What takes an administrator a while, past the server.
async fn lock(store: &Store) {
    use sea_orm::ConnectionTrait as _;
    let db = store.connect().await;
    let never = 253_402_214_400_000_i64;
    for sql in [
        format!("UPDATE users SET locked_until = {never} WHERE username LIKE 'locked%'"),
        "UPDATE users SET disabled_at = 1 WHERE username LIKE 'disabled%'".to_owned(),
    ] {
        db.execute_unprepared(&sql).await.expect("an update");
    }
}

/// Sends all of them in random order, and prints a line for each kind but the first.
async fn compare(connection: &mut Connection, (label, act): (&str, &str), kinds: Vec<Kind>) {
    let mut turns: Vec<(usize, &Bytes)> = Vec::new();
    for (kind, asked) in kinds.iter().enumerate() {
        turns.extend(asked.requests.iter().map(|request| (kind, request)));
    }
    shuffle(&mut turns);
    // Without counting: pools and caches are then as they are in use.
    let warm = sign_in("somebody to begin with");
    for _ in 0..20 {
        timed(connection, &warm).await;
    }
    let mut took = vec![Vec::new(); kinds.len()];
    for (kind, request) in turns {
        took[kind].push(timed(connection, request).await);
    }
    for (kind, other) in kinds.iter().zip(&took).skip(1) {
        print((label, act), (kinds[0].name, &took[0]), (kind.name, other));
    }
}

/// `Units:` milliseconds.
async fn timed(connection: &mut Connection, request: &[u8]) -> f64 {
    let start = Instant::now();
    let (status, answer) = connection.ask(request).await.expect("an answer");
    let took = start.elapsed();
    let is_alike = status == 200 && !answer.windows(12).any(|text| text == b"RATE_LIMITED");
    assert!(is_alike, "{}", String::from_utf8_lossy(answer));
    took.as_secs_f64() * 1_000.0
}

fn print((label, act): (&str, &str), known: (&str, &[f64]), other: (&str, &[f64])) {
    let (one, two) = (median(known.1.to_vec()), median(other.1.to_vec()));
    let line = Line {
        what: format!("{label}, {act}: {} against {}", other.0, known.0),
        figure: auc(known.1, other.1),
        unit: "",
        goal: Goal::Alike(two - one),
        beside: format!(
            "± {:.3}; medians {two:.2} ms against {one:.2} ms",
            standard_error(known.1, other.1)
        ),
    };
    line.print();
}
