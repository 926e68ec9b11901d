//! Disabling, enabling, and telling a user to change the password.

use std::time::Duration;

use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{fault, faults, invalid, mutate};
use crate::support::app::TestApp;
use crate::support::rows::uuid;

#[tokio::test]
async fn a_disabled_user_stays_so_until_enabled() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let input = json!({ "user": { "id": ada }, "reason": "left" });
    let answer = mutate(&app, None, "disableUser", input).await;
    let user = &answer.root()["user"];
    assert_eq!(
        (&user["status"], &user["version"]),
        (&json!("DISABLED"), &json!(2))
    );
    assert_eq!(
        (&user["disabledReason"], &user["disabledUntil"]),
        (&json!("left"), &Value::Null)
    );
    assert_eq!(answer.root()["revokedSessionCount"], 0);
    app.app.clock.advance(Duration::from_hours(24 * 365));

    let input = json!({ "user": { "id": ada } });
    let answer = mutate(&app, None, "enableUser", input.clone()).await;
    let user = &answer.root()["user"];
    assert_eq!(
        (&user["status"], &user["version"]),
        (&json!("ACTIVE"), &json!(3))
    );
    assert_eq!(user["disabledReason"], Value::Null);
    let before = app.snapshot().await;
    let again = mutate(&app, None, "enableUser", input).await;
    assert_eq!(again.root()["user"], *user);
    assert_eq!(app.snapshot().await, before);
    assert_eq!(app.events("user.disabled").await, 1);
    assert_eq!(app.events("user.enabled").await, 1);
}

#[tokio::test]
async fn a_temporary_disabling_ends_by_itself_and_can_be_changed() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let disable = |until: &str| json!({ "user": { "id": ada }, "until": until });
    mutate(&app, None, "disableUser", disable("2026-11-21T10:00:00Z")).await;
    let longer = disable("2026-11-21T12:30:00+02:00");
    let answer = mutate(&app, None, "disableUser", longer).await;
    assert_eq!(
        answer.root()["user"]["disabledUntil"],
        "2026-11-21T10:30:00Z"
    );
    let status = async || {
        let read = app.run("oneUser", json!({ "login": "ada" })).await;
        read.root()["status"].clone()
    };
    app.app.clock.advance(Duration::from_mins(59));
    assert_eq!(status().await, "DISABLED");
    app.app.clock.advance(Duration::from_mins(1));
    assert_eq!(status().await, "ACTIVE");
    let filter = json!({ "filter": { "statuses": ["DISABLED"] } });
    let listed = app.run("searchUsers", filter).await;
    assert_eq!(listed.root()["totalCount"], 0);
}

#[tokio::test]
async fn sessions_and_links_end_with_the_disabling() {
    let app = TestApp::start().await;
    let (ada, bea) = (app.member("ada").await, app.member("bea").await);
    let end = app
        .app
        .clock
        .now()
        .plus(Duration::from_hours(1))
        .as_millis();
    for (number, user) in [&ada, &ada, &bea].into_iter().enumerate() {
        let id = keydesk::types::ids::UserId::new(app.app.clock.now()).uuid();
        let token = vec![u8::try_from(number).expect("small"); 32];
        let sql = "INSERT INTO sessions (id, user_id, token_hash, credential_version, created_at, \
                   last_used_at, expires_at) VALUES ($1, $2, $3, 1, 0, 0, $4)";
        let values = vec![id.into(), uuid(user), token.into(), end.into()];
        app.write(sql, values).await;
    }
    let input = json!({ "user": { "id": ada } });
    let answer = mutate(&app, None, "disableUser", input).await;
    assert_eq!(answer.root()["revokedSessionCount"], 2);
    let sql = "SELECT id FROM sessions WHERE ended_at IS NULL";
    assert_eq!(app.rows(sql, vec![]).await.len(), 1);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn refusals_of_the_states_have_their_code_and_place() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let ldap = app
        .user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    let admin = app.user("root", json!({ "role": "ADMIN" })).await;
    let missing = "user_01h455vb4pex5vsknk084sn02q";
    let scopes = [Permission::UsersWrite, Permission::PasswordsReset];
    let key = app.key(&scopes, Role::Admin).await;
    let reader = app.key(&[Permission::UsersRead], Role::Owner).await;
    let before = app.snapshot().await.but_for_denials();
    let past = json!({ "until": "2026-11-21T09:30:00Z" });
    let long = json!({ "reason": "r".repeat(1001) });
    let none = json!({});
    for (name, key, user, more, wanted) in [
        (
            "disableUser",
            &key,
            ada.as_str(),
            &past,
            invalid("input.until"),
        ),
        ("disableUser", &key, &ada, &long, invalid("input.reason")),
        ("enableUser", &key, &ada, &long, invalid("input.reason")),
        (
            "setMustChangePassword",
            &key,
            &ada,
            &long,
            invalid("input.reason"),
        ),
        (
            "disableUser",
            &key,
            missing,
            &none,
            fault("USER_NOT_FOUND", "input.user"),
        ),
        (
            "enableUser",
            &key,
            missing,
            &none,
            fault("USER_NOT_FOUND", "input.user"),
        ),
        (
            "setMustChangePassword",
            &key,
            missing,
            &none,
            fault("USER_NOT_FOUND", "input.user"),
        ),
        (
            "disableUser",
            &key,
            &admin,
            &none,
            fault("TARGET_NOT_MANAGEABLE", "input.user"),
        ),
        (
            "enableUser",
            &key,
            &admin,
            &none,
            fault("TARGET_NOT_MANAGEABLE", "input.user"),
        ),
        (
            "setMustChangePassword",
            &key,
            &admin,
            &none,
            fault("TARGET_NOT_MANAGEABLE", "input.user"),
        ),
        (
            "setMustChangePassword",
            &key,
            &ldap,
            &none,
            fault("NOT_BUILT_IN_AUTHENTICATION", "input.user"),
        ),
        ("disableUser", &reader, &ada, &none, fault("FORBIDDEN", "")),
        ("enableUser", &reader, &ada, &none, fault("FORBIDDEN", "")),
        (
            "setMustChangePassword",
            &reader,
            &ada,
            &none,
            fault("FORBIDDEN", ""),
        ),
    ] {
        let mut input = json!({ "user": { "id": user } });
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        let answer = mutate(&app, Some(key), name, input).await;
        assert_eq!(faults(&answer), [wanted], "{name}");
        assert_eq!(answer.root()["user"], Value::Null);
    }
    assert_eq!(app.snapshot().await.but_for_denials(), before);
}

#[tokio::test]
async fn the_demand_for_a_change_is_set_and_lifted_without_touching_the_password() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let hash = app.hash_of(&ada).await;
    let set = |must: bool| json!({ "user": { "id": ada }, "mustChangePassword": must });
    let lifted = mutate(&app, None, "setMustChangePassword", set(false)).await;
    let status = &lifted.root()["user"]["passwordStatus"];
    assert_eq!(
        (&status["mustChange"], &status["expiresAt"]),
        (&json!(false), &Value::Null)
    );
    let before = app.snapshot().await;
    mutate(&app, None, "setMustChangePassword", set(false)).await;
    assert_eq!(app.snapshot().await, before);
    let again = mutate(&app, None, "setMustChangePassword", set(true)).await;
    let user = &again.root()["user"];
    assert_eq!(
        (&user["passwordStatus"]["mustChange"], &user["version"]),
        (&json!(true), &json!(3))
    );
    assert_eq!(app.hash_of(&ada).await, hash);
    assert_eq!(app.events("user.password.change_requirement.set").await, 2);
}
