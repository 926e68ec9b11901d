//! The acts that no mutation is for: two pages, and what the server does by itself.

use std::time::Duration;

use axum::http::StatusCode;
use keydesk::domain::users;
use keydesk::jobs::{audit_sealing, reset_requests};
use keydesk::types::ids::WorkerId;
use serde_json::json;

use super::dump::Dump;
use super::faults;
use crate::pages::{Visitor, setup_link};
use crate::support::app::{TestApp, plenty};
use crate::support::faults::Fault;
use crate::support::people::PASSWORD;
use crate::support::recovery::token_in;

const GOOD: &str = "otter-walks-past-nine-lamps";

/// The link in the notice that tells somebody of a change of their password.
async fn not_me_link(desk: &TestApp, name: &str) -> String {
    desk.person(name, "MEMBER").await;
    let token = desk.session(name).await;
    let variables = json!({ "currentPassword": PASSWORD, "newPassword": GOOD });
    let changed = desk
        .ask_as(
            Some(&token),
            &crate::support::app::operation("changePassword"),
            variables,
        )
        .await;
    assert_eq!(changed.codes(), [""; 0], "{changed:#?}");
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a notice").content.text;
    let token = token_in(&mail, "not-me").unwrap_or_else(|| panic!("{mail}"));
    format!("https://id.example.org/not-me/{token}")
}

#[tokio::test]
async fn a_report_that_it_was_not_me_happens_whole_or_not_at_all() {
    let desk = TestApp::start().await;
    let ada = not_me_link(&desk, "ada").await;
    let (mut visitor, page) = Visitor::open(&desk, &ada).await;
    let before = Dump::of(&desk).await;
    let done = visitor.post(&page, "/not-me", &[("login", "ada")]).await;
    assert_eq!(done.status, StatusCode::OK);
    let grown = before.grown(&Dump::of(&desk).await);
    assert_eq!(grown, ["audit_events", "outbox_emails"]);
    for (number, fault) in faults(&grown, "audit_events").into_iter().enumerate() {
        let name = format!("bea{number}");
        let link = not_me_link(&desk, &name).await;
        let (mut visitor, page) = Visitor::open(&desk, &link).await;
        let before = Dump::of(&desk).await;
        let planted = desk.plant(fault).await;
        let failed = visitor.post(&page, "/not-me", &[("login", &name)]).await;
        planted.remove().await;
        assert_eq!(
            failed.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{fault:?}"
        );
        assert_eq!(before.changes(&Dump::of(&desk).await), [""; 0], "{fault:?}");
        let done = visitor.post(&page, "/not-me", &[("login", &name)]).await;
        assert_eq!(done.status, StatusCode::OK, "{fault:?}");
        assert_eq!(before.grown(&Dump::of(&desk).await), grown, "{fault:?}");
    }
}

#[tokio::test]
async fn the_first_owner_is_made_whole_or_not_at_all() {
    let fields = [
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("name", "Ada"),
        ("password", GOOD),
        ("again", GOOD),
    ];
    let met = ["audit_events", "credentials", "users"].map(str::to_owned);
    for fault in faults(&met, "audit_events") {
        let desk = TestApp::start().await;
        let (mut visitor, page) = Visitor::open(&desk, &setup_link(&desk).await).await;
        let before = Dump::of(&desk).await;
        let planted = desk.plant(fault).await;
        let failed = visitor.post(&page, "/setup", &fields).await;
        planted.remove().await;
        assert_eq!(
            failed.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{fault:?}"
        );
        assert_eq!(before.changes(&Dump::of(&desk).await), [""; 0], "{fault:?}");
        let done = visitor.post(&page, "/setup", &fields).await;
        assert_eq!(done.status, StatusCode::OK, "{fault:?}");
        let grown = before.grown(&Dump::of(&desk).await);
        assert!(met.iter().all(|table| grown.contains(table)), "{grown:?}");
    }
}

/// Who is asked after, and which tables have more rows once they were answered.
#[tokio::test]
async fn a_request_for_a_link_is_answered_whole_or_not_at_all() {
    let desk = TestApp::start().await;
    for (source, met) in [
        (
            "BUILT_IN",
            &["audit_events", "one_time_links", "outbox_emails"][..],
        ),
        ("LDAP", &["audit_events", "outbox_emails"][..]),
    ] {
        let met: Vec<String> = met.iter().map(|table| (*table).to_owned()).collect();
        for (number, fault) in faults(&met, "audit_events").into_iter().enumerate() {
            let name = format!("{}{number}", source.to_lowercase());
            let more = json!({
                "email": format!("{name}@example.org"), "emailVerified": true,
                "authenticationSource": source,
            });
            desk.user(&name, more).await;
            desk.forgot(&name).await;
            let before = Dump::of(&desk).await;
            let planted = desk.plant(fault).await;
            // One that breaks holds up none of the others, so it is logged and not told.
            assert_eq!(desk.see_to_requests().await, 1, "{name}, {fault:?}");
            planted.remove().await;
            assert_eq!(
                before.changes(&Dump::of(&desk).await),
                [""; 0],
                "{name}, {fault:?}"
            );
            desk.app.clock.advance(Duration::from_secs(30));
            assert_eq!(desk.see_to_requests().await, 1, "{name}, {fault:?}");
            assert_eq!(
                before.grown(&Dump::of(&desk).await),
                met,
                "{name}, {fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn people_are_told_of_a_lock_whole_or_not_at_all() {
    let desk = TestApp::start().await;
    for (number, fault) in [Fault::Insert("outbox_emails"), Fault::Commit("users")]
        .into_iter()
        .enumerate()
    {
        desk.person(&format!("ada{number}"), "MEMBER").await;
        let lock = "UPDATE users SET failed_sign_ins = 7, locked_until = 1 WHERE username = $1";
        desk.write(lock, vec![format!("ada{number}").into()]).await;
        let before = Dump::of(&desk).await;
        let planted = desk.plant(fault).await;
        assert!(reset_requests::round(&desk.app).await.is_err(), "{fault:?}");
        planted.remove().await;
        assert_eq!(before.changes(&Dump::of(&desk).await), [""; 0], "{fault:?}");
        assert_eq!(desk.see_to_requests().await, 1, "{fault:?}");
        assert_eq!(
            before.grown(&Dump::of(&desk).await),
            ["outbox_emails"],
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_deleted_user_is_anonymised_whole_or_not_at_all() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.session("ada").await;
    desk.mailed("ada").await;
    desk.run("deleteUser", json!({ "login": "ada" })).await;
    desk.app.clock.advance(Duration::from_hours(31 * 24));
    let before = Dump::of(&desk).await;
    for fault in [Fault::Insert("audit_events"), Fault::Commit("audit_events")] {
        let planted = desk.plant(fault).await;
        assert!(
            users::purge(&desk.app, &plenty()).await.is_err(),
            "{fault:?}"
        );
        planted.remove().await;
        assert_eq!(before.changes(&Dump::of(&desk).await), [""; 0], "{fault:?}");
    }
    let purged = users::purge(&desk.app, &plenty()).await;
    assert_eq!(purged.expect("anonymised").rows, 1);
    assert!(!desk.snapshot().await.table_holds("users", "ada"));
}

#[tokio::test]
async fn old_events_go_whole_or_not_at_all() {
    let desk = TestApp::with("[audit]\nkeep_days = 10\n").await;
    desk.person("ada", "MEMBER").await;
    let round = async || audit_sealing::round(&desk.app, WorkerId::new(desk.app.clock.now())).await;
    round().await.expect("sealed");
    desk.app.clock.advance(Duration::from_hours(40 * 24));
    // The lease is the worker's, and no part of what it does.
    let before = Dump::of(&desk).await;
    for fault in [Fault::Insert("audit_events"), Fault::Commit("audit_events")] {
        let planted = desk.plant(fault).await;
        assert!(round().await.is_err(), "{fault:?}");
        planted.remove().await;
        let mut changes = before.changes(&Dump::of(&desk).await);
        changes.retain(|change| !change.contains(" leases: "));
        assert_eq!(changes, [""; 0], "{fault:?}");
        desk.app.clock.advance(Duration::from_secs(11));
    }
    round().await.expect("pruned");
    assert_eq!(desk.events("audit.pruned").await, 1);
}
