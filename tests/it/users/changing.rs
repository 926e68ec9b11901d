//! Changes to a user's fields.

use std::time::Duration;

use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{fault, faults, invalid, mutate, update};
use crate::support::app::{TestApp, merge};

#[tokio::test]
async fn what_is_given_changes_and_what_is_not_stays() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    app.app.clock.advance(Duration::from_mins(1));
    let patch = json!({ "username": "Countess", "name": "Ada King", "locale": "pt_br" });
    let answer = update(&app, &ada, patch, json!({ "reason": "married" })).await;
    let user = &answer.root()["user"];
    assert_eq!(
        (&user["username"], &user["name"]),
        (&json!("Countess"), &json!("Ada King"))
    );
    assert_eq!(
        (&user["locale"], &user["email"]),
        (&json!("pt-BR"), &json!("ada@example.org"))
    );
    assert_eq!(
        (&user["version"], &user["updatedAt"]),
        (&json!(2), &json!("2026-11-21T09:31:00Z"))
    );
    assert_ne!(user["emailVerifiedAt"], Value::Null);
    let trail = app
        .run("audit", json!({ "first": 1, "filter": null }))
        .await;
    let event = &trail.root()["nodes"][0];
    assert_eq!(
        (&event["action"], &event["reason"]),
        (&json!("USER_UPDATED"), &json!("married"))
    );
    let mut fields: Vec<_> = event["changes"].as_array().expect("a list").clone();
    fields.sort_by_key(|change| change["field"].to_string());
    let wanted = json!([
        { "field": "locale", "before": null, "after": "pt-BR" },
        { "field": "name", "before": null, "after": "Ada King" },
        { "field": "username", "before": "ada", "after": "Countess" },
    ]);
    assert_eq!(Value::Array(fields), wanted);
    let found = app.run("oneUser", json!({ "login": "COUNTESS" })).await;
    assert_eq!(found.root()["id"], json!(ada));
    assert_eq!(
        app.run("oneUser", json!({ "login": "ada" })).await.root(),
        &Value::Null
    );
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_none() {
    let app = TestApp::start().await;
    let more = json!({ "email": "ada@example.org", "name": "Ada", "locale": "en" });
    let ada = app.user("ada", more).await;
    app.app.clock.advance(Duration::from_mins(1));
    let before = app.snapshot().await;
    for patch in [
        json!(null),
        json!({}),
        json!({ "username": null, "email": null, "name": null, "role": null }),
        json!({ "username": "ada", "email": "ada@example.org", "name": " Ada ", "locale": "EN" }),
        json!({ "role": "MEMBER", "authenticationSource": "BUILT_IN", "emailVerified": false }),
    ] {
        let answer = update(&app, &ada, patch.clone(), json!({ "ifVersion": 1 })).await;
        assert_eq!(faults(&answer), [], "{patch}");
        let user = &answer.root()["user"];
        assert_eq!(
            (&user["version"], &user["name"]),
            (&json!(1), &json!("Ada"))
        );
        assert_eq!(app.snapshot().await, before, "{patch}");
    }
    let answer = update(&app, &ada, json!({}), json!({ "clear": ["EXTERNAL_ID"] })).await;
    assert_eq!(answer.root()["user"]["version"], 1);
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn fields_are_cleared_by_name() {
    let app = TestApp::start().await;
    let more = json!({
        "email": "ada@example.org", "emailVerified": true, "name": "Ada", "locale": "en",
        "externalId": "E-1"
    });
    let ada = app.user("ada", more).await;
    let clear = json!({ "clear": ["EMAIL", "NAME", "LOCALE", "EXTERNAL_ID", "NAME"] });
    let answer = update(&app, &ada, json!({}), clear).await;
    let user = &answer.root()["user"];
    for field in ["email", "emailVerifiedAt", "name", "locale", "externalId"] {
        assert_eq!(user[field], Value::Null, "{field}");
    }
    let bea = json!({ "email": "ada@example.org", "externalId": "E-1" });
    app.user("bea", bea).await;
    let found = app
        .run("oneUser", json!({ "login": "ada@example.org" }))
        .await;
    assert_eq!(found.root()["username"], "bea");
}

#[tokio::test]
async fn a_field_is_not_set_and_cleared_at_once() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let before = app.snapshot().await;
    for (patch, field, path) in [
        (
            json!({ "email": "new@example.org" }),
            "EMAIL",
            "input.patch.email",
        ),
        (json!({ "name": "Ada" }), "NAME", "input.patch.name"),
        (json!({ "locale": "en" }), "LOCALE", "input.patch.locale"),
        (
            json!({ "externalId": "1" }),
            "EXTERNAL_ID",
            "input.patch.externalId",
        ),
        (
            json!({ "emailVerified": true }),
            "EMAIL",
            "input.patch.emailVerified",
        ),
    ] {
        let answer = update(&app, &ada, patch, json!({ "clear": [field] })).await;
        assert_eq!(faults(&answer), [invalid(path)]);
    }
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn every_fault_of_a_patch_is_told_at_once() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let before = app.snapshot().await;
    let patch =
        json!({ "username": "a b", "email": "x", "name": "", "locale": "1", "externalId": "" });
    let answer = update(&app, &ada, patch, json!({})).await;
    let wanted = ["email", "externalId", "locale", "name", "username"];
    let wanted: Vec<_> = wanted
        .map(|name| invalid(&format!("input.patch.{name}")))
        .into();
    assert_eq!(faults(&answer), wanted);
    let plain = app.user("plain", json!({})).await;
    let answer = update(&app, &plain, json!({ "emailVerified": true }), json!({})).await;
    assert_eq!(faults(&answer), [invalid("input.patch.emailVerified")]);
    assert_eq!(app.version_of(&ada).await, 1);
    assert_eq!(
        app.snapshot().await.count("audit_events"),
        before.count("audit_events") + 1
    );
}

#[tokio::test]
async fn a_change_to_an_older_version_is_refused() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    update(
        &app,
        &ada,
        json!({ "name": "First" }),
        json!({ "ifVersion": 1 }),
    )
    .await;
    let before = app.snapshot().await;
    for version in [1, 0, 3, -1] {
        let more = json!({ "ifVersion": version });
        let answer = update(&app, &ada, json!({ "name": "Second" }), more).await;
        assert_eq!(
            faults(&answer),
            [fault("VERSION_CONFLICT", "input.ifVersion")]
        );
        let message = answer.root()["errors"][0]["message"].to_string();
        assert!(message.contains("version is 2"), "{message}");
    }
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn of_two_changes_to_one_version_at_once_one_wins() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let ada = app.member("ada").await;
    let more = || json!({ "ifVersion": 1 });
    let (one, other) = tokio::join!(
        update(&app, &ada, json!({ "name": "One" }), more()),
        update(&replica, &ada, json!({ "name": "Other" }), more()),
    );
    let mut all = [faults(&one), faults(&other)];
    all.sort();
    assert_eq!(
        all,
        [vec![], vec![fault("VERSION_CONFLICT", "input.ifVersion")]]
    );
    assert_eq!(app.version_of(&ada).await, 2);
}

#[tokio::test]
async fn a_name_of_another_user_is_not_taken_over() {
    let app = TestApp::start().await;
    let (ada, _bea) = (app.member("ada").await, app.member("bea").await);
    let before = app.snapshot().await;
    for (patch, code) in [
        (json!({ "username": "BEA" }), "USERNAME_TAKEN"),
        (json!({ "email": "Bea@Example.ORG" }), "EMAIL_TAKEN"),
    ] {
        let answer = update(&app, &ada, patch, json!({})).await;
        assert_eq!(faults(&answer), [fault(code, "")]);
    }
    assert_eq!(app.snapshot().await, before);
    let answer = update(&app, &ada, json!({ "username": "ADA" }), json!({})).await;
    assert_eq!(answer.root()["user"]["username"], "ADA");
}

#[tokio::test]
async fn another_address_is_unverified_and_another_spelling_of_it_is_not() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let user = |answer: &crate::support::app::Answer| answer.root()["user"].clone();
    let same = update(&app, &ada, json!({ "email": "ADA@example.org" }), json!({})).await;
    assert_ne!(user(&same)["emailVerifiedAt"], Value::Null);
    let other = update(&app, &ada, json!({ "email": "new@example.org" }), json!({})).await;
    assert_eq!(user(&other)["emailVerifiedAt"], Value::Null);
    let patch = json!({ "email": "third@example.org", "emailVerified": true });
    let third = update(&app, &ada, patch, json!({})).await;
    assert_ne!(user(&third)["emailVerifiedAt"], Value::Null);
    let taken_back = json!({ "emailVerified": false });
    let taken_back = update(&app, &ada, taken_back, json!({})).await;
    assert_eq!(user(&taken_back)["emailVerifiedAt"], Value::Null);
}

#[tokio::test]
async fn leaving_for_another_source_erases_the_password() {
    let app = TestApp::with("[policy]\nhistory_count = 3\n").await;
    let ada = app.person("ada", "MEMBER").await;
    app.run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    assert_eq!(app.snapshot().await.count("password_history"), 1);
    let patch = json!({ "authenticationSource": "OIDC" });
    let answer = update(&app, &ada, patch, json!({})).await;
    let user = &answer.root()["user"];
    assert_eq!(
        (&user["passwordStatus"], &user["status"]),
        (&Value::Null, &json!("ACTIVE"))
    );
    assert_eq!(app.hash_of(&ada).await, None);
    assert_eq!(app.snapshot().await.count("password_history"), 0);
    let back = json!({ "authenticationSource": "BUILT_IN" });
    let back = update(&app, &ada, back, json!({})).await;
    assert_eq!(back.root()["user"]["status"], "PENDING");
    assert_eq!(back.root()["user"]["passwordStatus"]["mustChange"], false);
}

#[tokio::test]
async fn who_may_not_change_a_user_is_told_why_and_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada", json!({ "role": "ADMIN" })).await;
    let bea = app.member("bea").await;
    let admin = app.key(&[Permission::UsersWrite], Role::Admin).await;
    let reader = app.key(&[Permission::UsersRead], Role::Owner).await;
    let before = app.snapshot().await.but_for_denials();
    for (key, user, role, wanted) in [
        (
            &admin,
            ada.as_str(),
            "MEMBER",
            fault("TARGET_NOT_MANAGEABLE", "input.user"),
        ),
        (&admin, &bea, "ADMIN", fault("ROLE_NOT_GRANTABLE", "")),
        (
            &admin,
            "user_01h455vb4pex5vsknk084sn02q",
            "MEMBER",
            fault("USER_NOT_FOUND", "input.user"),
        ),
        (&reader, &bea, "AUDITOR", fault("FORBIDDEN", "")),
    ] {
        let input = json!({ "user": { "id": user }, "patch": { "role": role } });
        let answer = mutate(&app, Some(key), "updateUser", input).await;
        assert_eq!(faults(&answer), [wanted]);
        assert_eq!(answer.root()["user"], Value::Null);
    }
    assert_eq!(app.snapshot().await.but_for_denials(), before);
}

#[tokio::test]
async fn nobody_changes_or_clears_what_binds_them_to_an_identity_elsewhere() {
    let app = TestApp::start().await;
    let olga = app.person("olga", "OWNER").await;
    let bound = update(&app, &olga, json!({ "externalId": "olga-7" }), json!({})).await;
    assert_eq!(faults(&bound), []);
    let session = app.session("olga").await;
    let session = app.confirmed(&session).await;
    for more in [
        json!({ "patch": { "externalId": "another" } }),
        json!({ "clear": ["EXTERNAL_ID"] }),
    ] {
        let mut input = json!({ "user": { "id": olga } });
        merge(&mut input, more);
        let answer = mutate(&app, Some(&session), "updateUser", input).await;
        assert_eq!(answer.codes(), ["CANNOT_TARGET_SELF"]);
    }
}
