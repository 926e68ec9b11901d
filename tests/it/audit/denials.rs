//! What was refused stands in the trail, once, with a count of the rest.

use std::time::Duration;

use keydesk::domain::audit::{self, Attempt, AuditAction, Refusal};
use keydesk::domain::users::UserError;
use keydesk::jobs::audit_sealing;
use keydesk::types::actor::{Actor, Denied, Origin, Permission, Role, Via};
use keydesk::types::ids::{UserId, WorkerId};
use serde_json::json;

use super::events;
use crate::support::app::{START, TestApp};

fn attempt(target: &str) -> Attempt {
    Attempt {
        action: AuditAction::PasswordReset,
        user: None,
        target_label: Some(target.to_owned()),
        subject: None,
    }
}

fn nobody(address: &str) -> Actor {
    Actor::anonymous(Origin {
        ip_address: Some(address.to_owned()),
        ..Origin::local(Via::GraphQl)
    })
}

async fn denials(desk: &TestApp) -> Vec<serde_json::Value> {
    events(desk, json!({ "outcomes": ["DENIED"] })).await
}

/// What every process does once a second.
async fn write_down(desk: &TestApp) {
    let round = audit_sealing::round(&desk.app, WorkerId::new(START)).await;
    round.expect("a round");
}

async fn close(desk: &TestApp) {
    write_down(desk).await;
    desk.app.clock.advance(audit::WINDOW + audit::GRACE);
    write_down(desk).await;
}

#[tokio::test]
async fn a_denied_read_is_an_event_with_its_field_code_and_caller() {
    let desk = TestApp::start().await;
    let weak = desk.key(&[Permission::UsersRead], Role::Admin).await;
    let document = "{ a: auditEvents { totalCount } b: auditEvents { totalCount } \
                    mailDeliveries { totalCount } users { totalCount } }";
    desk.ask_as(Some(&weak), document, json!({})).await;
    let found = denials(&desk).await;
    let mut said: Vec<_> = found
        .iter()
        .map(|event| {
            assert_eq!(event["action"], "ACCESS_DENIED");
            assert_eq!(event["errorCode"], "FORBIDDEN");
            assert_eq!(event["actorLabel"], "ADMIN key");
            event["targetLabel"].as_str().expect("a field")
        })
        .collect();
    said.sort_unstable();
    assert_eq!(said, ["auditEvents", "mailDeliveries"]);
}

#[tokio::test]
async fn nobody_who_asks_is_an_event_too() {
    let desk = TestApp::start().await;
    desk.ask_as(None, "{ users { totalCount } }", json!({}))
        .await;
    let found = denials(&desk).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["errorCode"], "UNAUTHENTICATED");
    let anonymous = events(&desk, json!({ "actorKinds": ["ANONYMOUS"] })).await;
    assert_eq!(anonymous, found);
    let others = events(
        &desk,
        json!({ "actorKinds": ["ANONYMOUS"], "outcomes": ["SUCCESS"] }),
    )
    .await;
    assert_eq!(others, [json!(null); 0]);
}

#[tokio::test]
async fn a_successful_event_has_its_outcome_and_no_code() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let found = events(&desk, json!({ "actions": ["USER_CREATED"] })).await;
    assert_eq!(found[0]["outcome"], "SUCCESS");
    assert_eq!(found[0]["errorCode"], json!(null));
}

#[tokio::test]
async fn a_denied_act_stands_among_the_events_of_its_user() {
    let desk = TestApp::start().await;
    let ada = desk.user("ada", json!({})).await;
    let attempt = Attempt {
        user: UserId::parse(&ada),
        ..attempt("ada")
    };
    audit::denied(&desk.app, &nobody("192.0.2.1"), attempt, "FORBIDDEN").await;
    let document = "{ userByLogin(login: \"ada\") { auditEvents(actions: [PASSWORD_RESET]) { \
                    totalCount nodes { outcome errorCode } } } }";
    let answer = desk.ask(document, json!({})).await;
    let denied = json!({ "outcome": "DENIED", "errorCode": "FORBIDDEN" });
    assert_eq!(
        answer.root()["auditEvents"],
        json!({ "totalCount": 1, "nodes": [denied] })
    );
    let found = events(&desk, json!({ "userIds": [ada], "outcomes": ["DENIED"] })).await;
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_thousand_denials_are_two_events_across_replicas() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    let actor = nobody("192.0.2.1");
    for _ in 0..500 {
        audit::denied(&desk.app, &actor, attempt("ada"), "FORBIDDEN").await;
        audit::denied(&replica.app, &actor, attempt("ada"), "FORBIDDEN").await;
    }
    assert_eq!(denials(&desk).await.len(), 1);
    write_down(&replica).await;
    close(&desk).await;
    assert_eq!(desk.snapshot().await.count("rate_limits"), 0);
    let found = denials(&desk).await;
    assert_eq!(found.len(), 2, "{found:#?}");
    let changes = found[0]["changes"].as_array().expect("changes");
    assert_eq!(changes[0], json!({ "field": "count", "after": "999" }));
    assert_eq!(
        (&found[0]["action"], &found[0]["ipAddress"]),
        (&json!("PASSWORD_RESET"), &json!("192.0.2.1"))
    );
    let holder = WorkerId::new(START);
    assert_eq!(
        audit_sealing::round(&replica.app, holder)
            .await
            .expect("idle"),
        0
    );
}

#[tokio::test]
async fn a_repeat_costs_no_statement_and_is_counted_all_the_same() {
    let desk = TestApp::start().await;
    let ask = async || {
        desk.ask_as(None, "{ users { totalCount } }", json!({}))
            .await
    };
    ask().await;
    let before = desk.statements();
    for _ in 0..7 {
        ask().await;
    }
    assert_eq!(desk.statements(), before);
    close(&desk).await;
    assert_eq!(denials(&desk).await[0]["changes"][0]["after"], "7");
}

#[tokio::test]
async fn what_comes_beyond_costs_no_statement_either() {
    let desk = TestApp::start().await;
    let ask = async |number: u32| {
        let actor = nobody(&format!("10.0.{}.{}", number / 250, number % 250));
        audit::denied(&desk.app, &actor, attempt("ada"), "FORBIDDEN").await;
    };
    for number in 0..1_001 {
        ask(number).await;
    }
    let before = desk.statements();
    for number in 1_001..1_100 {
        ask(number).await;
    }
    assert_eq!(desk.statements(), before);
}

#[tokio::test]
async fn another_target_code_or_caller_is_a_window_of_its_own() {
    let desk = TestApp::start().await;
    let one = nobody("192.0.2.1");
    audit::denied(&desk.app, &one, attempt("ada"), "FORBIDDEN").await;
    audit::denied(&desk.app, &one, attempt("bea"), "FORBIDDEN").await;
    audit::denied(&desk.app, &one, attempt("ada"), "LAST_ADMIN").await;
    audit::denied(&desk.app, &nobody("192.0.2.2"), attempt("ada"), "FORBIDDEN").await;
    assert_eq!(denials(&desk).await.len(), 4);
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_are_one_caller() {
    let desk = TestApp::start().await;
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"] {
        audit::denied(&desk.app, &nobody(address), attempt("ada"), "FORBIDDEN").await;
    }
    assert_eq!(denials(&desk).await.len(), 2);
}

#[tokio::test]
async fn a_window_that_nobody_closed_is_told_with_the_next_denial() {
    let desk = TestApp::start().await;
    let actor = nobody("192.0.2.1");
    for _ in 0..3 {
        audit::denied(&desk.app, &actor, attempt("ada"), "FORBIDDEN").await;
    }
    write_down(&desk).await;
    desk.app
        .clock
        .advance(audit::WINDOW + Duration::from_secs(1));
    audit::denied(&desk.app, &actor, attempt("ada"), "FORBIDDEN").await;
    let found = denials(&desk).await;
    let counts: Vec<_> = found
        .iter()
        .map(|event| event["changes"][0]["after"].clone())
        .collect();
    assert_eq!(counts, [json!(null), json!("2"), json!(null)]);
}

#[tokio::test]
async fn beyond_a_thousand_callers_the_rest_is_counted_together() {
    let desk = TestApp::start().await;
    for number in 0..1_005 {
        let actor = nobody(&format!("10.0.{}.{}", number / 250, number % 250));
        audit::denied(&desk.app, &actor, attempt("ada"), "FORBIDDEN").await;
    }
    let sql = "SELECT action FROM audit_events WHERE outcome = 'DENIED'";
    assert_eq!(desk.rows(sql, vec![]).await.len(), 1_000);
    close(&desk).await;
    let found = events(&desk, json!({ "actorKinds": ["SYSTEM"] })).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["errorCode"], "SEVERAL");
    assert_eq!(found[0]["changes"][0]["after"], "5");
}

#[tokio::test]
async fn noting_keeps_what_the_act_answers_and_notes_denials_alone() {
    let desk = TestApp::start().await;
    let actor = nobody("192.0.2.1");
    let noted = async |result: Result<u8, UserError>| {
        audit::noting(&desk.app, &actor, attempt("ada"), async { result }).await
    };
    assert!(matches!(noted(Ok(7)).await, Ok(7)));
    let missing = noted(Err(UserError::NotFound)).await;
    assert!(matches!(missing, Err(UserError::NotFound)));
    assert_eq!(denials(&desk).await.len(), 0);
    let refused = noted(Err(UserError::NotManageable)).await;
    assert!(matches!(refused, Err(UserError::NotManageable)));
    let found = denials(&desk).await;
    assert_eq!(found[0]["errorCode"], "TARGET_NOT_MANAGEABLE");
}

#[test]
fn refusals_that_are_denials_have_their_codes() {
    for (error, code) in [
        (
            UserError::Denied(Denied::Unauthenticated),
            "UNAUTHENTICATED",
        ),
        (
            UserError::Denied(Denied::Missing(Permission::UsersWrite)),
            "FORBIDDEN",
        ),
        (UserError::NotManageable, "TARGET_NOT_MANAGEABLE"),
        (UserError::RoleNotGrantable, "ROLE_NOT_GRANTABLE"),
        (UserError::LastOwner, "LAST_ADMIN"),
    ] {
        assert_eq!(error.denial(), Some(code));
    }
}

#[tokio::test]
async fn a_denial_that_cannot_be_written_does_not_fail_the_caller() {
    let desk = TestApp::start().await;
    desk.write("ALTER TABLE rate_limits RENAME TO gone", vec![])
        .await;
    let answer = desk
        .ask_as(None, "{ users { totalCount } }", json!({}))
        .await;
    assert_eq!(answer.top_level(), Some("UNAUTHENTICATED"));
    let user = UserId::new(START);
    let attempt = Attempt {
        user: Some(user),
        ..attempt("ada")
    };
    audit::denied(&desk.app, &nobody("192.0.2.1"), attempt, "FORBIDDEN").await;
}
