//! Events get their places in a chain, whoever writes them and whoever seals them.

use futures_util::future::join_all;
use keydesk::domain::audit::{self, Attempt, AuditAction, Start};
use keydesk::jobs::audit_sealing;
use keydesk::types::actor::{Actor, Origin, Via};
use keydesk::types::ids::UserId;
use keydesk::types::ids::{AuditEventId, WorkerId};
use serde_json::json;

use super::{checkpoint, seal, sealed, verify, verify_from};
use crate::support::app::{START, TestApp};

#[tokio::test]
async fn events_are_sealed_from_one_on_without_a_gap_and_verify() {
    let desk = sealed(7).await;
    let rows = desk
        .rows("SELECT sequence FROM audit_events ORDER BY id", vec![])
        .await;
    let places: Vec<_> = rows
        .iter()
        .filter_map(|row| row["sequence"].as_i64())
        .collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7]);
    let report = verify(&desk).await;
    assert_eq!((report.events, report.unsealed, report.fault), (7, 0, None));
    desk.user("last", json!({})).await;
    let report = verify(&desk).await;
    assert_eq!((report.events, report.unsealed, report.fault), (7, 1, None));
    assert_eq!(seal(&desk).await, 1);
    assert_eq!(seal(&desk).await, 0);
    assert_eq!(verify(&desk).await.events, 8);
}

/// `Why:` more than one page, one batch and one transaction of each kind.
#[tokio::test]
async fn thousands_of_events_are_sealed_and_verified_in_pages() {
    let desk = TestApp::start().await;
    // One actor has at most a thousand windows open at a time.
    let actors = [Actor::operator("ada"), Actor::system()];
    for number in 0..1_300 {
        let actor = &actors[number % 2];
        let attempt = Attempt {
            action: AuditAction::PasswordReset,
            // Windows of existing targets and of unknown ones are counted apart; each has room for half.
            user: (number % 2 == 0).then(|| UserId::new(desk.app.clock.now())),
            target_label: Some(format!("user{number}")),
            subject: None,
        };
        audit::denied(&desk.app, actor, attempt, "FORBIDDEN").await;
    }
    assert_eq!(seal(&desk).await, 1_301);
    let report = verify(&desk).await;
    assert_eq!((report.events, report.fault), (1_301, None));
    let part = verify_from(&desk, Start::Sequence(1_000), None).await;
    assert_eq!((part.events, part.fault), (302, None));
}

#[tokio::test]
async fn two_sealers_at_once_give_each_place_once() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    for round in 0..4 {
        let made = (0..8).map(|number| {
            let app = if number % 2 == 0 { &desk } else { &replica };
            async move {
                app.user(&format!("user{round}x{number}"), json!({})).await;
            }
        });
        let seals = [&desk, &replica].map(|desk| async move {
            // Each with a holder of its own, and past the lease: as if one had just ended.
            let sql = "DELETE FROM leases WHERE name = 'sealer'";
            desk.write(sql, vec![]).await;
            let done = audit_sealing::round(&desk.app, WorkerId::new(START)).await;
            done.expect("a round");
        });
        tokio::join!(join_all(made), join_all(seals));
    }
    seal(&desk).await;
    let report = verify(&desk).await;
    assert_eq!((report.events, report.fault), (33, None));
}

/// An older id may commit after a newer one. Here the older one is kept aside meanwhile.
#[tokio::test]
async fn an_event_that_commits_late_is_sealed_late() {
    let desk = sealed(3).await;
    desk.user("early", json!({})).await;
    for sql in [
        "CREATE TABLE kept AS SELECT * FROM audit_events WHERE sequence IS NULL",
        "DELETE FROM audit_events WHERE sequence IS NULL",
    ] {
        desk.write(sql, vec![]).await;
    }
    desk.user("late", json!({})).await;
    assert_eq!(seal(&desk).await, 1);
    let back = "INSERT INTO audit_events SELECT * FROM kept";
    desk.write(back, vec![]).await;
    assert_eq!(seal(&desk).await, 1);
    let report = verify(&desk).await;
    assert_eq!((report.events, report.fault), (5, None));
    let sql = "SELECT target_label FROM audit_events WHERE sequence > 3 ORDER BY sequence";
    let rows = desk.rows(sql, vec![]).await;
    let names: Vec<_> = rows.iter().map(|row| &row["target_label"]).collect();
    assert_eq!(names, ["late", "early"]);
}

#[tokio::test]
async fn a_part_begins_at_an_event_or_a_sequence() {
    let desk = sealed(5).await;
    let rows = desk
        .rows("SELECT id FROM audit_events WHERE sequence = 4", vec![])
        .await;
    let uuid = rows[0]["id"].as_str().expect("an id").parse();
    let event = AuditEventId::from_uuid(uuid.expect("a uuid"));
    for start in [Start::Event(event), Start::Sequence(4)] {
        assert_eq!(verify_from(&desk, start, None).await.events, 2);
    }
    for start in [
        Start::Event(AuditEventId::new(START)),
        Start::Sequence(9),
        Start::Sequence(i64::MIN),
    ] {
        let operator = Actor::operator("test");
        let refused = audit::verify(&desk.app, &operator, start, None).await;
        let text = refused.expect_err("refused").to_string();
        assert!(text.contains("no sealed event to begin at"), "{text}");
    }
}

#[tokio::test]
async fn events_from_before_there_were_macs_are_taken_in_once_and_said_so() {
    let desk = TestApp::start().await;
    desk.user("ada", json!({})).await;
    desk.write("UPDATE audit_events SET mac = NULL", vec![])
        .await;
    assert_eq!(verify(&desk).await.fault, None);
    desk.user("bea", json!({})).await;
    seal(&desk).await;
    let report = verify(&desk).await;
    assert_eq!((report.events, report.fault), (4, None));
    assert_eq!(report.adopted, Some((START, "2".to_owned())));
    let rows = desk
        .rows("SELECT action FROM audit_events ORDER BY sequence", vec![])
        .await;
    assert_eq!(rows[0]["action"], "audit.chain.started");
    assert_eq!(rows[3]["action"], "user.created");
}

#[tokio::test]
async fn only_the_operator_verifies_exports_and_makes_checkpoints() {
    let desk = sealed(2).await;
    let nobody = Actor::anonymous(Origin::local(Via::GraphQl));
    let verified = audit::verify(&desk.app, &nobody, Start::Oldest, None).await;
    assert!(verified.is_err());
    assert!(audit::checkpoint(&desk.app, &nobody).await.is_err());
    let mut range = audit::Range::new(None, None);
    assert!(audit::export(&desk.app, &nobody, &mut range).await.is_err());
}

#[tokio::test]
async fn what_writing_an_event_costs_does_not_grow_with_the_chain() {
    let desk = sealed(2).await;
    let costs = async |name: &str| {
        let before = desk.statements();
        desk.user(name, json!({})).await;
        desk.statements() - before
    };
    let first = costs("first").await;
    for number in 0..20 {
        desk.user(&format!("more{number}"), json!({})).await;
    }
    seal(&desk).await;
    assert_eq!(costs("last").await, first);
    assert_eq!(checkpoint(&desk).await.sequence, 23);
}
