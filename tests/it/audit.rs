//! The audit trail: what it says, and what it shows of tampering.

mod chain;
mod denials;
mod flooded;
mod retention;
mod tampering;

use keydesk::domain::audit::{self, Checkpoint, Fault, Report, Start};
use keydesk::jobs::audit_sealing;
use keydesk::types::actor::Actor;
use keydesk::types::ids::WorkerId;
use serde_json::{Value, json};

use crate::support::app::{START, TestApp};

/// The newest events that meet a filter, newest first.
async fn events(desk: &TestApp, filter: Value) -> Vec<Value> {
    let document = "query($f: AuditEventFilter) { auditEvents(first: 100, filter: $f) { nodes { \
        id action outcome errorCode actorLabel targetLabel ipAddress changes { field after } } } }";
    let answer = desk.ask(document, json!({ "f": filter })).await;
    let nodes = answer.root()["nodes"].as_array();
    nodes.unwrap_or_else(|| panic!("{answer:#?}")).clone()
}

/// Lets this replica's sealing job do what there is to do. Gives how much it was.
async fn seal(desk: &TestApp) -> u64 {
    // Whoever holds the lease: its time ends only when the clock is moved.
    desk.write("DELETE FROM leases WHERE name = 'sealer'", vec![])
        .await;
    let done = audit_sealing::round(&desk.app, WorkerId::new(START)).await;
    done.expect("a round")
}

/// A desk with this many sealed events.
async fn sealed(count: usize) -> TestApp {
    let desk = TestApp::start().await;
    // The key of the test is the first event.
    for number in 1..count {
        desk.user(&format!("user{number}"), json!({})).await;
    }
    assert_eq!(seal(&desk).await, count as u64);
    desk
}

async fn verify_from(desk: &TestApp, start: Start, checkpoint: Option<&Checkpoint>) -> Report {
    let operator = Actor::operator("test");
    let report = audit::verify(&desk.app, &operator, start, checkpoint).await;
    report.expect("a report")
}

async fn verify(desk: &TestApp) -> Report {
    verify_from(desk, Start::Oldest, None).await
}

async fn fault(desk: &TestApp) -> Option<Fault> {
    verify(desk).await.fault
}

async fn checkpoint(desk: &TestApp) -> Checkpoint {
    let made = audit::checkpoint(&desk.app, &Actor::operator("test")).await;
    made.expect("a checkpoint")
}
