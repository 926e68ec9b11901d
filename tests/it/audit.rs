//! The audit trail: what it says, and what it shows of tampering.

mod denials;

use serde_json::{Value, json};

use crate::support::app::TestApp;

/// The newest events that meet a filter, newest first.
async fn events(desk: &TestApp, filter: Value) -> Vec<Value> {
    let document = "query($f: AuditEventFilter) { auditEvents(first: 100, filter: $f) { nodes { \
        id action outcome errorCode actorLabel targetLabel ipAddress changes { field after } } } }";
    let answer = desk.ask(document, json!({ "f": filter })).await;
    let nodes = answer.root()["nodes"].as_array();
    nodes.unwrap_or_else(|| panic!("{answer:#?}")).clone()
}
