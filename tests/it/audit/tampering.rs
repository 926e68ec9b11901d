//! Rows that are edited, removed, moved and added by SQL: each is found, or said to be out of reach.

use keydesk::domain::audit::{self, Fault, FaultKind, Start, Verdict};
use keydesk::platform::keyring::Keyring;
use keydesk::types::actor::Actor;
use keydesk::types::ids::AuditEventId;
use serde_json::json;

use super::{checkpoint, fault, seal, sealed, verify, verify_from};
use crate::support::app::TestApp;

async fn sql(desk: &TestApp, text: &str) {
    desk.write(text, vec![]).await;
}

fn at(kind: FaultKind, sequence: i64, fault: Option<Fault>) {
    let found = fault.map(|fault| (fault.kind, fault.sequence));
    assert_eq!(found, Some((kind, Some(sequence))));
}

/// Columns that somebody might change, as SQL.
const EDITS: [&str; 15] = [
    "action = 'user.updated'",
    "outcome = 'FAILED'",
    "error_code = 'X'",
    "actor_kind = 'OPERATOR'",
    "actor_id = id",
    "actor_label = 'somebody else'",
    "user_id = NULL",
    "target_label = NULL",
    "target_label = 'x'",
    "changes = '[]'",
    "reason = ''",
    "via = 'CLI'",
    "request_id = NULL",
    "user_agent = 'x'",
    "occurred_at = occurred_at + 1",
];

#[tokio::test]
async fn an_edited_column_is_found_at_its_row_sealed_or_not() {
    let desk = sealed(4).await;
    for edit in EDITS {
        sql(
            &desk,
            "CREATE TABLE kept AS SELECT * FROM audit_events WHERE sequence = 3",
        )
        .await;
        sql(
            &desk,
            &format!("UPDATE audit_events SET {edit} WHERE sequence = 3"),
        )
        .await;
        let found = fault(&desk).await;
        at(FaultKind::Edited, 3, found);
        assert!(found.is_some_and(|fault| fault.event.is_some()));
        sql(&desk, "DELETE FROM audit_events WHERE sequence = 3").await;
        sql(&desk, "INSERT INTO audit_events SELECT * FROM kept").await;
        sql(&desk, "DROP TABLE kept").await;
        assert_eq!(fault(&desk).await, None, "{edit}");
    }
    desk.user("late", json!({})).await;
    sql(
        &desk,
        "UPDATE audit_events SET target_label = 'x' WHERE sequence IS NULL",
    )
    .await;
    let found = fault(&desk).await.expect("a fault");
    assert_eq!((found.kind, found.sequence), (FaultKind::Edited, None));
    seal(&desk).await;
    at(FaultKind::Edited, 5, fault(&desk).await);
}

#[tokio::test]
async fn a_removed_row_is_found_and_so_is_a_range_and_the_beginning() {
    let desk = sealed(8).await;
    sql(&desk, "DELETE FROM audit_events WHERE sequence = 5").await;
    at(FaultKind::Missing(5), 5, fault(&desk).await);
    sql(&desk, "DELETE FROM audit_events WHERE sequence IN (6, 7)").await;
    at(FaultKind::Missing(7), 5, fault(&desk).await);
    sql(&desk, "DELETE FROM audit_events WHERE sequence IN (1, 2)").await;
    at(FaultKind::Missing(2), 1, fault(&desk).await);
}

#[tokio::test]
async fn a_removed_row_is_found_though_the_later_ones_are_renumbered() {
    let desk = sealed(6).await;
    sql(&desk, "DELETE FROM audit_events WHERE sequence = 3").await;
    for sequence in 4..=6 {
        let text = format!(
            "UPDATE audit_events SET sequence = {} WHERE sequence = {sequence}",
            sequence - 1
        );
        sql(&desk, &text).await;
    }
    at(FaultKind::OutOfPlace, 3, fault(&desk).await);
}

async fn swap(desk: &TestApp, columns: &[&str]) {
    for (from, to) in [(2, 1002), (4, 1004)] {
        let text = format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from}");
        sql(desk, &text).await;
    }
    if columns.contains(&"chain_hash") {
        sql(
            desk,
            "CREATE TABLE hashes AS SELECT sequence, chain_hash FROM audit_events",
        )
        .await;
        for (own, other) in [(1002, 1004), (1004, 1002)] {
            let text = format!(
                "UPDATE audit_events SET chain_hash = \
                 (SELECT chain_hash FROM hashes WHERE sequence = {other}) WHERE sequence = {own}"
            );
            sql(desk, &text).await;
        }
    }
    for (from, to) in [(1002, 4), (1004, 2)] {
        let text = format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from}");
        sql(desk, &text).await;
    }
}

#[tokio::test]
async fn swapped_rows_are_found() {
    let desk = sealed(6).await;
    swap(&desk, &[]).await;
    at(FaultKind::OutOfPlace, 2, fault(&desk).await);
}

#[tokio::test]
async fn swapped_rows_are_found_though_their_hashes_are_swapped_too() {
    let desk = sealed(6).await;
    swap(&desk, &["chain_hash"]).await;
    at(FaultKind::OutOfPlace, 2, fault(&desk).await);
}

const COLUMNS: &str = "action, outcome, error_code, actor_kind, actor_id, actor_label, user_id, \
    target_label, changes, reason, via, request_id, ip_address, user_agent, occurred_at";

/// Adds a copy of the event at a place, under a new id.
async fn copy(desk: &TestApp, from: i64, (mac, sequence, hash): (&str, &str, &str)) {
    let id = AuditEventId::new(desk.app.clock.now()).uuid();
    let text = format!(
        "INSERT INTO audit_events (id, {COLUMNS}, mac, sequence, chain_hash) \
         SELECT $1, {COLUMNS}, {mac}, {sequence}, {hash} FROM audit_events WHERE sequence = {from}"
    );
    desk.write(&text, vec![id.into()]).await;
}

#[tokio::test]
async fn an_added_row_is_found_before_and_after_it_is_sealed() {
    for (mac, kind) in [
        ("NULL", FaultKind::Inserted),
        ("mac", FaultKind::Edited),
        ("chain_hash", FaultKind::Edited),
    ] {
        let desk = sealed(4).await;
        copy(&desk, 2, (mac, "NULL", "NULL")).await;
        let found = fault(&desk).await.expect("a fault");
        assert_eq!((found.kind, found.sequence), (kind, None), "{mac}");
        assert_eq!(seal(&desk).await, 1);
        at(kind, 5, fault(&desk).await);
    }
}

#[tokio::test]
async fn an_added_row_with_a_place_of_its_own_is_found() {
    let desk = sealed(4).await;
    copy(&desk, 4, ("mac", "5", "chain_hash")).await;
    at(FaultKind::Edited, 5, fault(&desk).await);

    let desk = sealed(4).await;
    copy(&desk, 4, ("mac", "0", "chain_hash")).await;
    at(FaultKind::Twice, 0, fault(&desk).await);

    let desk = sealed(4).await;
    sql(&desk, "DROP INDEX ux_audit_events__sequence").await;
    copy(&desk, 4, ("mac", "3", "chain_hash")).await;
    at(FaultKind::Twice, 3, fault(&desk).await);
}

#[tokio::test]
async fn a_row_that_was_unsealed_and_sealed_again_is_found() {
    let desk = sealed(5).await;
    sql(
        &desk,
        "UPDATE audit_events SET sequence = NULL, chain_hash = NULL WHERE sequence = 2",
    )
    .await;
    seal(&desk).await;
    at(FaultKind::Missing(2), 2, fault(&desk).await);
}

#[tokio::test]
async fn a_changed_chain_hash_is_found() {
    let desk = sealed(5).await;
    for hash in ["mac", "NULL"] {
        let text = format!("UPDATE audit_events SET chain_hash = {hash} WHERE sequence = 4");
        sql(&desk, &text).await;
        at(FaultKind::OutOfPlace, 4, fault(&desk).await);
    }
}

#[tokio::test]
async fn a_cut_tail_is_found_against_a_checkpoint_and_not_without_one() {
    let desk = sealed(6).await;
    let kept = checkpoint(&desk).await;
    let report = verify_from(&desk, Start::Oldest, Some(&kept)).await;
    assert_eq!(
        (report.checkpoint, report.fault),
        (Some(Verdict::Fits), None)
    );
    sql(&desk, "DELETE FROM audit_events WHERE sequence >= 5").await;
    let report = verify(&desk).await;
    assert_eq!((report.fault, report.checkpoint), (None, None));
    let report = verify_from(&desk, Start::Oldest, Some(&kept)).await;
    assert_eq!(report.checkpoint, Some(Verdict::Broken));
    at(FaultKind::TailCut, 6, report.fault);
    // More is written, and the chain is as long as it was.
    for number in 0..3 {
        desk.user(&format!("more{number}"), json!({})).await;
    }
    seal(&desk).await;
    assert_eq!(fault(&desk).await, None);
    let report = verify_from(&desk, Start::Oldest, Some(&kept)).await;
    at(FaultKind::OtherChain, 6, report.fault);
}

#[tokio::test]
async fn a_chain_that_was_made_anew_does_not_fit_the_checkpoint_and_says_when_it_began() {
    let desk = sealed(4).await;
    let kept = checkpoint(&desk).await;
    sql(
        &desk,
        "UPDATE audit_events SET mac = NULL, sequence = NULL, chain_hash = NULL, reason = 'x'",
    )
    .await;
    seal(&desk).await;
    let report = verify(&desk).await;
    assert_eq!(report.fault, None);
    assert!(report.adopted.is_some());
    let report = verify_from(&desk, Start::Oldest, Some(&kept)).await;
    at(FaultKind::OtherChain, 4, report.fault);
}

#[tokio::test]
async fn a_checkpoint_that_was_changed_is_refused() {
    let desk = sealed(4).await;
    let mut kept = checkpoint(&desk).await;
    kept.sequence = 3;
    let operator = Actor::operator("test");
    let refused = audit::verify(&desk.app, &operator, Start::Oldest, Some(&kept)).await;
    let text = refused.expect_err("refused").to_string();
    assert!(
        text.contains("another server key, or was changed"),
        "{text}"
    );
}

/// `Why:` the server key is what an attacker with the database alone does not have.
#[tokio::test]
async fn with_another_server_key_every_event_is_wrong() {
    let desk = sealed(3).await;
    let mut other = desk.app.clone();
    other.keys = Keyring::new([9; 32]);
    let operator = Actor::operator("test");
    let report = audit::verify(&other, &operator, Start::Oldest, None).await;
    at(FaultKind::Edited, 1, report.expect("a report").fault);
}
