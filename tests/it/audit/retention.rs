//! Old events go, an event says which, and the rest still verifies.

use std::time::Duration;

use keydesk::domain::audit::{FaultKind, PATIENCE, Start, Verdict};
use serde_json::json;

use super::{checkpoint, events, fault, seal, verify, verify_from};
use crate::support::app::TestApp;

const DAY: Duration = Duration::from_hours(24);

/// Events are kept for ten days; there are three old ones.
async fn desk() -> TestApp {
    let desk = TestApp::with("[audit]\nkeep_days = 10\n").await;
    desk.user("ada", json!({})).await;
    desk.user("bea", json!({})).await;
    assert_eq!(seal(&desk).await, 3);
    desk
}

#[tokio::test]
async fn without_the_setting_nothing_goes() {
    let desk = super::sealed(3).await;
    desk.app.clock.advance(DAY * 10_000);
    assert_eq!(seal(&desk).await, 0);
    assert_eq!(verify(&desk).await.events, 3);
}

#[tokio::test]
async fn old_events_go_and_the_rest_verifies() {
    let desk = desk().await;
    desk.app.clock.advance(DAY * 5);
    desk.user("cid", json!({})).await;
    seal(&desk).await;
    desk.app.clock.advance(DAY * 5 + PATIENCE);
    assert_eq!(seal(&desk).await, 0, "not yet");
    desk.app.clock.advance(Duration::from_millis(1));
    assert_eq!(seal(&desk).await, 3);
    let report = verify(&desk).await;
    assert_eq!((report.events, report.fault), (2, None));
    let pruned = report.pruned.expect("a tombstone");
    assert_eq!((pruned.up_to.sequence, pruned.count), (3, 3));
    let said = events(&desk, json!({ "actions": ["AUDIT_PRUNED"] })).await;
    assert_eq!(said[0]["actorLabel"], "Keydesk");
    assert_eq!(
        said[0]["changes"][0],
        json!({ "field": "upToSequence", "after": "3" })
    );
    assert_eq!(seal(&desk).await, 0, "once");
}

#[tokio::test]
async fn an_idle_trail_keeps_its_end_and_goes_on_counting() {
    let desk = desk().await;
    desk.app.clock.advance(DAY * 40);
    assert_eq!(seal(&desk).await, 3);
    let report = verify(&desk).await;
    assert_eq!(report.events, 1);
    assert_eq!(report.head.map(|head| head.sequence), Some(4));
    desk.user("cid", json!({})).await;
    desk.app.clock.advance(DAY * 40);
    // Seals the new event, then removes it and the last tombstone.
    assert_eq!(seal(&desk).await, 3);
    let report = verify(&desk).await;
    assert_eq!((report.events, report.fault), (1, None));
    assert_eq!(report.pruned.map(|pruned| pruned.up_to.sequence), Some(5));
}

#[tokio::test]
async fn more_than_was_removed_by_settings_is_missing() {
    let desk = desk().await;
    desk.app.clock.advance(DAY * 9);
    for name in ["cid", "dee", "eva"] {
        desk.user(name, json!({})).await;
    }
    desk.app.clock.advance(DAY * 3);
    seal(&desk).await;
    assert_eq!(fault(&desk).await, None);
    desk.write("DELETE FROM audit_events WHERE sequence = 4", vec![])
        .await;
    let found = fault(&desk).await.expect("a fault");
    assert_eq!(
        (found.kind, found.sequence),
        (FaultKind::Missing(4), Some(1))
    );
}

#[tokio::test]
async fn an_edited_tombstone_explains_nothing() {
    let desk = desk().await;
    desk.app.clock.advance(DAY * 5);
    desk.user("cid", json!({})).await;
    desk.app.clock.advance(DAY * 7);
    seal(&desk).await;
    desk.write("DELETE FROM audit_events WHERE sequence = 4", vec![])
        .await;
    let forged = "UPDATE audit_events SET changes = REPLACE(changes, '\"after\":\"3\"', '\"after\":\"4\"') \
                  WHERE action = 'audit.pruned'";
    desk.write(forged, vec![]).await;
    let found = fault(&desk).await.expect("a fault");
    assert_eq!(found.kind, FaultKind::Missing(4));
}

#[tokio::test]
async fn a_checkpoint_of_removed_events_fits_at_the_cut_and_says_nothing_before_it() {
    let desk = desk().await;
    let at_the_cut = checkpoint(&desk).await;
    desk.app.clock.advance(DAY * 12);
    seal(&desk).await;
    let report = verify_from(&desk, Start::Oldest, Some(&at_the_cut)).await;
    assert_eq!(
        (report.checkpoint, report.fault),
        (Some(Verdict::Fits), None)
    );
    desk.user("cid", json!({})).await;
    desk.app.clock.advance(DAY * 12);
    seal(&desk).await;
    let report = verify_from(&desk, Start::Oldest, Some(&at_the_cut)).await;
    assert_eq!(
        (report.checkpoint, report.fault),
        (Some(Verdict::Pruned), None)
    );
}
