//! Who may reset whose password, and what settings forbid.

use std::time::Duration;

use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, assert_nothing_given, assert_refused, generated, reset, reset_as};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_password_is_reset_only_by_who_manages_that_rank() {
    let app = TestApp::start().await;
    let mut users = Vec::new();
    for role in Role::ALL {
        let more = json!({ "role": role.name() });
        users.push((role, app.user(&role.name().to_lowercase(), more).await));
    }
    for rank in Role::ALL {
        let key = app.key(&Permission::ALL, rank).await;
        for (role, user) in &users {
            let before = app.snapshot().await.but_for_denials();
            let answer = reset_as(&app, &key, user, json!({ "generate": true })).await;
            if rank.manages(&Permission::ALL, *role) {
                assert!(app.verifies(user, &generated(&answer)).await);
                continue;
            }
            // A helpdesk sees members alone, and whom it does not see does not exist to it.
            let code = match rank {
                Role::Helpdesk => "USER_NOT_FOUND",
                _ => "TARGET_NOT_MANAGEABLE",
            };
            assert_eq!(answer.codes(), [code], "{rank:?} {role:?}");
            let path = &answer.root()["errors"][0]["path"];
            assert_eq!(path, &json!(["input", "user"]));
            assert_nothing_given(answer.root());
            assert_eq!(app.snapshot().await.but_for_denials(), before);
        }
    }
}

#[tokio::test]
async fn without_the_scope_nothing_is_reset_and_the_scope_is_named() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let others: Vec<_> = Permission::ALL
        .into_iter()
        .filter(|scope| *scope != Permission::PasswordsReset)
        .collect();
    let key = app.key(&others, Role::Owner).await;
    let before = app.snapshot().await.but_for_denials();
    let answer = reset_as(&app, &key, &ada, json!({ "generate": true })).await;
    assert_eq!(
        (answer.status.as_u16(), answer.codes()),
        (200, vec!["FORBIDDEN".to_owned()])
    );
    let error = &answer.root()["errors"][0];
    assert_eq!(error["requiredScopes"], json!(["PASSWORDS_RESET"]));
    assert_nothing_given(answer.root());
    assert_eq!(app.snapshot().await.but_for_denials(), before);
}

#[tokio::test]
async fn mails_of_passwords_can_be_forbidden() {
    let app = TestApp::with("mail_passwords = \"forbid\"\n").await;
    let ada = app.member("ada").await;
    let mailed = json!({ "generate": true, "sendEmail": true });
    assert_refused(&app, &ada, mailed, ("PASSWORD_MAIL_DISABLED", None)).await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(answer.codes(), [""; 0]);
}

#[tokio::test]
async fn without_a_way_of_sending_mail_none_is_promised() {
    let app = TestApp::with("[mail.transport]\nkind = \"none\"\n").await;
    let ada = app.member("ada").await;
    let mailed = json!({ "generate": true, "sendEmail": true });
    assert_refused(&app, &ada, mailed, ("MAIL_NOT_CONFIGURED", None)).await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(answer.codes(), [""; 0]);
    assert_eq!(app.snapshot().await.count("outbox_emails"), 0);
}

#[tokio::test]
async fn typed_passwords_can_be_forbidden() {
    let app = TestApp::with("admin_passwords = \"generated\"\n").await;
    let ada = app.member("ada").await;
    let wanted = ("ADMIN_PASSWORD_NOT_ALLOWED", None);
    assert_refused(&app, &ada, json!({ "password": GOOD }), wanted).await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert!(app.verifies(&ada, &generated(&answer)).await);
}

#[tokio::test]
async fn passwords_set_by_administrators_can_be_forbidden_altogether() {
    let app = TestApp::with("admin_passwords = \"links_only\"\n").await;
    let ada = app.user("ada", json!({})).await;
    for more in [json!({ "password": GOOD }), json!({ "generate": true })] {
        assert_refused(&app, &ada, more, ("ADMIN_PASSWORD_NOT_ALLOWED", None)).await;
    }
}

#[tokio::test]
async fn a_forced_change_can_be_demanded() {
    let app = TestApp::with("always_force_change = true\n").await;
    let ada = app.member("ada").await;
    let kept = json!({ "generate": true, "forceChangeOnLogin": false });
    let wanted = ("FORCED_CHANGE_REQUIRED", Some(&["forceChangeOnLogin"][..]));
    assert_refused(&app, &ada, kept, wanted).await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(answer.codes(), [""; 0]);
}

#[tokio::test]
async fn unverified_addresses_can_be_allowed() {
    let app = TestApp::with("require_verified_email = false\n").await;
    let ada = app.user("ada", json!({ "email": "ada@example.org" })).await;
    let answer = reset(&app, &ada, json!({ "generate": true, "sendEmail": true })).await;
    assert_eq!(
        answer.root()["mailDelivery"]["recipient"],
        "ada@example.org"
    );
    let none = app.user("none", json!({})).await;
    let mailed = json!({ "generate": true, "sendEmail": true });
    assert_refused(&app, &none, mailed, ("EMAIL_MISSING", None)).await;
}

#[tokio::test]
async fn a_longer_life_of_temporary_passwords_can_be_set() {
    let app = TestApp::with("temporary_password_seconds = 7200\n").await;
    let ada = app.member("ada").await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(answer.root()["temporaryUntil"], "2026-11-21T11:30:00Z");
}

#[tokio::test]
async fn earlier_passwords_do_not_come_back_as_far_as_the_history_reaches() {
    let app = TestApp::with("[policy]\nhistory_count = 2\n").await;
    let ada = app.user("ada", json!({})).await;
    let third = "violet ladder under quiet thunder";
    let lasting = |password| json!({ "password": password, "forceChangeOnLogin": false });
    for password in [GOOD, ALSO_GOOD] {
        reset(&app, &ada, lasting(password)).await;
        app.app.clock.advance(Duration::from_secs(1));
    }
    for password in [GOOD, ALSO_GOOD] {
        let answer = reset(&app, &ada, json!({ "password": password })).await;
        assert_eq!(answer.root()["errors"][0]["rule"], "REUSED");
        assert_eq!(answer.root()["errors"][0]["required"], 2);
    }
    for password in [third, GOOD] {
        let answer = reset(&app, &ada, lasting(password)).await;
        assert_eq!(answer.root()["errors"], Value::Array(vec![]));
        app.app.clock.advance(Duration::from_secs(1));
    }
}
