//! An act happens whole or not at all: whatever row it cannot write, and when it cannot be committed, nothing
//! of it is left, the answer says so, and the same request then succeeds.
//!
//! `Why:` a key against repeating an act is of use only where a failed act left nothing behind.

mod acts;
mod beside;
pub(crate) mod dump;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::faults::Fault;
use crate::support::sdl::Sdl;
use acts::{ACTS, Act, NOT_WRITING, Request};
use dump::Dump;

/// The tables whose rows an act may add.
const ROWS: [&str; 12] = [
    "api_keys",
    "audit_events",
    "credentials",
    "idempotency_keys",
    "mail_template_versions",
    "name_skeletons",
    "one_time_links",
    "outbox_emails",
    "password_history",
    "password_reset_requests",
    "sessions",
    "users",
];

/// The faults that an act meets which added rows to these tables.
pub(crate) fn faults(grown: &[String], committed: &'static str) -> Vec<Fault> {
    let unknown: Vec<_> = grown
        .iter()
        .filter(|table| !ROWS.contains(&table.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "tables that are not in ROWS: {unknown:?}"
    );
    let mut faults = vec![Fault::Commit(committed)];
    let tables = ROWS
        .into_iter()
        .filter(|table| grown.iter().any(|grown| grown == table));
    faults.extend(tables.map(Fault::Insert));
    faults
}

/// Neither done nor refused: the server says that it failed, and gives nothing.
fn assert_failed(answer: &Answer, what: &str) {
    let said = (answer.top_level(), answer.root());
    let wanted = (Some("INTERNAL_SERVER_ERROR"), &Value::Null);
    assert_eq!(said, wanted, "{what}: {answer:#?}");
}

fn assert_done(answer: &Answer, what: &str) {
    assert_eq!(answer.body["errors"], Value::Null, "{what}: {answer:#?}");
    assert_eq!(answer.codes(), [""; 0], "{what}: {answer:#?}");
    let is_replay = &answer.root()["isReplay"];
    assert!(
        is_replay.is_null() || is_replay == false,
        "{what}: {answer:#?}"
    );
}

async fn ready(desk: &TestApp, act: &Act, name: &str) -> Request {
    desk.deliver().await;
    // Limits are full again, and sessions of before are none of the act's business.
    desk.app.clock.advance(std::time::Duration::from_mins(20));
    Box::pin(acts::request(desk, act, name)).await
}

/// Meets every fault of an act, each with people of its own.
async fn check(desk: &TestApp, number: usize, act: &Act) {
    let what = format!("{} {}", act.mutation, act.how);
    let request = ready(desk, act, &format!("a{number}")).await;
    let before = Dump::of(desk).await;
    assert_done(&request.send(desk).await, &what);
    let after = Dump::of(desk).await;
    assert_ne!(before.changes(&after), [""; 0], "{what} writes nothing");
    let grown = before.grown(&after);
    let has = |table: &str| grown.iter().any(|grown| grown == table);
    assert_eq!(has("outbox_emails"), act.mails, "{what} mails");
    assert_eq!(
        has("audit_events"),
        act.committed == "audit_events" || act.mutation == "signIn",
        "{what} is audited"
    );
    if request.has_key() {
        assert!(has("idempotency_keys"), "{what}: {grown:?}");
        let replay = request.send(desk).await;
        assert_eq!(replay.root()["isReplay"], true, "{what}: {replay:#?}");
        assert_eq!(
            after.changes(&Dump::of(desk).await),
            [""; 0],
            "{what}, replayed"
        );
    }
    for (place, fault) in faults(&grown, act.committed).into_iter().enumerate() {
        let what = format!("{what}, {fault:?}");
        let request = ready(desk, act, &format!("a{number}f{place}")).await;
        let before = Dump::of(desk).await;
        let planted = desk.plant(fault).await;
        let failed = request.send(desk).await;
        let after = Dump::of(desk).await;
        planted.remove().await;
        assert_failed(&failed, &what);
        assert_eq!(before.changes(&after), [""; 0], "{what} leaves something");
        assert_done(&request.send(desk).await, &what);
        assert_eq!(
            before.grown(&Dump::of(desk).await),
            grown,
            "{what}, repeated"
        );
    }
}

/// `Why:` four tests, so that they run beside each other.
async fn check_part(part: usize) {
    let desk = TestApp::start().await;
    acts::people(&desk).await;
    for (number, act) in ACTS
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 4 == part)
    {
        check(&desk, number, act).await;
    }
}

#[tokio::test]
async fn every_act_happens_whole_or_not_at_all_1() {
    check_part(0).await;
}

#[tokio::test]
async fn every_act_happens_whole_or_not_at_all_2() {
    check_part(1).await;
}

#[tokio::test]
async fn every_act_happens_whole_or_not_at_all_3() {
    check_part(2).await;
}

#[tokio::test]
async fn every_act_happens_whole_or_not_at_all_4() {
    check_part(3).await;
}

#[test]
fn every_mutation_is_in_a_list() {
    let mutations = Sdl::full()
        .root_fields()
        .into_iter()
        .filter(|field| field.owner == "Mutation");
    let mutations: BTreeSet<String> = mutations.map(|field| field.name).collect();
    let listed = ACTS.iter().map(|act| act.mutation).chain(NOT_WRITING);
    let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
    assert_eq!(mutations, listed, "in tests/it/one_transaction/acts.rs");
}

#[tokio::test]
async fn what_is_said_to_write_nothing_writes_nothing() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let mailed = desk.mailed("ada").await;
    let before = Dump::of(&desk).await;
    for (mutation, input) in [
        (
            "checkPassword",
            json!({ "password": "otter-walks-past-nine-lamps" }),
        ),
        ("generatePassword", json!({})),
        ("verifyPasswordResetToken", json!({ "token": mailed.token })),
    ] {
        assert!(NOT_WRITING.contains(&mutation));
        let answer = Request::by_key(mutation, input).send(&desk).await;
        assert_done(&answer, mutation);
        assert_eq!(
            before.changes(&Dump::of(&desk).await),
            [""; 0],
            "{mutation}"
        );
    }
}
