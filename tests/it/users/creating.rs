//! New users, and names that are taken.

use futures_util::future::join_all;
use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{create, fault, faults, invalid, mutate};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_new_user_is_what_was_asked_for() {
    let app = TestApp::start().await;
    let input = json!({
        "username": "Ada.Lovelace", "email": "Ada@Example.org", "emailVerified": true,
        "name": " Ada King ", "locale": "de_at", "externalId": "E-1", "role": "HELPDESK"
    });
    let answer = create(&app, input).await;
    let user = &answer.root()["user"];
    let now = "2026-11-21T09:30:00Z";
    for (field, value) in [
        ("username", json!("Ada.Lovelace")),
        ("email", json!("Ada@Example.org")),
        ("emailVerifiedAt", json!(now)),
        ("name", json!("Ada King")),
        ("locale", json!("de-AT")),
        ("externalId", json!("E-1")),
        ("role", json!("HELPDESK")),
        ("status", json!("PENDING")),
        ("version", json!(1)),
        ("authenticationSource", json!("BUILT_IN")),
        ("updatedAt", json!(now)),
    ] {
        assert_eq!(user[field], value, "{field}");
    }
    assert_eq!(user["passwordStatus"]["isSet"], false);
    assert_eq!(answer.root()["generatedPassword"], Value::Null);
    assert_eq!(app.events("user.created").await, 1);
}

#[tokio::test]
async fn a_first_password_is_temporary_and_returned_once() {
    let app = TestApp::start().await;
    let input = json!({ "username": "ada", "generate": true, "idempotencyKey": "k" });
    let answer = create(&app, input.clone()).await;
    let payload = answer.root();
    let user = payload["user"]["id"].as_str().expect("an id");
    let password = payload["generatedPassword"].as_str().expect("a password");
    assert!(app.verifies(user, password).await);
    let status = &payload["user"]["passwordStatus"];
    assert_eq!(
        (&status["isSet"], &status["mustChange"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(status["expiresAt"], "2026-11-22T09:30:00Z");

    let before = app.snapshot().await;
    let again = create(&app, input).await;
    assert_eq!(again.root()["isReplay"], true);
    assert_eq!(again.root()["user"], payload["user"]);
    assert_eq!(again.root()["generatedPassword"], Value::Null);
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn a_welcome_goes_to_an_unverified_address_too() {
    let app = TestApp::start().await;
    let input = json!({
        "username": "ada", "email": "ada@example.org", "generate": true,
        "welcomeEmail": "PASSWORD", "returnPassword": false
    });
    let answer = create(&app, input).await;
    assert_eq!(answer.root()["mailDelivery"]["kind"], "WELCOME");
    assert_eq!(answer.root()["generatedPassword"], Value::Null);
    app.deliver().await;
    let user = answer.root()["user"]["id"].as_str().expect("an id");
    let text = &app.mailer.sent()[0].content.text;
    let mut found = false;
    for word in text.split_whitespace().filter(|word| word.len() >= 15) {
        found |= app.verifies(user, word).await;
    }
    assert!(found, "{text}");
}

#[tokio::test]
async fn names_are_taken_whatever_their_case_width_or_normal_form() {
    let app = TestApp::start().await;
    let first = json!({ "username": "Zo\u{eb}", "email": "Zo\u{eb}@b\u{fc}cher.example" });
    assert_eq!(faults(&create(&app, first).await), []);
    let before = app.snapshot().await;
    for username in ["zo\u{eb}", "ZO\u{cb}", "Zoe\u{308}", "\u{ff3a}o\u{eb}"] {
        let answer = create(&app, json!({ "username": username })).await;
        assert_eq!(faults(&answer), [fault("USERNAME_TAKEN", "")], "{username}");
    }
    for email in [
        "zo\u{eb}@b\u{fc}cher.example",
        "ZO\u{cb}@B\u{dc}CHER.EXAMPLE",
        "Zoe\u{308}@bu\u{308}cher.example",
        "zo\u{eb}@xn--bcher-kva.example",
        "\u{ff3a}\u{ff4f}\u{eb}@b\u{fc}cher.example",
    ] {
        let answer = create(&app, json!({ "username": "other", "email": email })).await;
        assert_eq!(faults(&answer), [fault("EMAIL_TAKEN", "")], "{email}");
        let found = app.run("oneUser", json!({ "login": email })).await;
        assert_eq!(found.root()["username"], "Zo\u{eb}", "{email}");
    }
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn an_external_identifier_is_taken_once() {
    let app = TestApp::start().await;
    app.user("ada", json!({ "externalId": "E-1" })).await;
    let answer = create(&app, json!({ "username": "bea", "externalId": "E-1" })).await;
    assert_eq!(faults(&answer), [invalid("input.externalId")]);
    let answer = create(&app, json!({ "username": "bea", "externalId": "e-1" })).await;
    assert_eq!(faults(&answer), []);
}

#[tokio::test]
async fn of_equal_names_at_once_one_wins() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let asked = (0..10).map(|number| {
        let app = if number % 2 == 0 { &app } else { &replica };
        let name = if number % 3 == 0 { "ADA" } else { "ada" };
        create(app, json!({ "username": name }))
    });
    let answers = join_all(asked).await;
    let won = answers.iter().filter(|answer| faults(answer).is_empty());
    assert_eq!(won.count(), 1);
    let lost = answers
        .iter()
        .map(faults)
        .filter(|faults| !faults.is_empty());
    assert!(
        lost.into_iter()
            .all(|faults| faults == [fault("USERNAME_TAKEN", "")])
    );
}

#[tokio::test]
async fn every_fault_is_told_at_once_with_its_place() {
    let app = TestApp::start().await;
    let before = app.snapshot().await;
    let input = json!({
        "username": "a@b", "email": "nobody", "name": "a\nb", "locale": "x", "externalId": ""
    });
    let wanted = ["email", "externalId", "locale", "name", "username"];
    let wanted: Vec<_> = wanted.map(|name| invalid(&format!("input.{name}"))).into();
    assert_eq!(faults(&create(&app, input).await), wanted);
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn a_creation_that_contradicts_itself_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let good = "otter-walks-past-nine-lamps";
    for (more, wanted) in [
        (
            json!({ "emailVerified": true }),
            invalid("input.emailVerified"),
        ),
        (
            json!({ "generate": true, "password": good }),
            invalid("input.generate"),
        ),
        (json!({ "generator": {} }), invalid("input.generator")),
        (
            json!({ "generate": true, "returnPassword": false }),
            invalid("input.returnPassword"),
        ),
        (
            json!({ "welcomeEmail": "PASSWORD" }),
            invalid("input.welcomeEmail"),
        ),
        (
            json!({ "welcomeEmail": "PASSWORD", "generate": true }),
            fault("EMAIL_MISSING", ""),
        ),
        (
            json!({ "temporaryForSeconds": 3600, "forceChangeOnLogin": false, "generate": true }),
            invalid("input.temporaryForSeconds"),
        ),
        (
            json!({ "authenticationSource": "LDAP", "generate": true }),
            fault("NOT_BUILT_IN_AUTHENTICATION", "input.authenticationSource"),
        ),
        (json!({ "username": "" }), invalid("input.username")),
        (json!({ "username": "a\u{0}b" }), invalid("input.username")),
        (
            json!({ "email": "a\u{0}b@example.org" }),
            invalid("input.email"),
        ),
        (json!({ "name": "n".repeat(201) }), invalid("input.name")),
        (
            json!({ "externalId": "e".repeat(256) }),
            invalid("input.externalId"),
        ),
        (
            json!({ "reason": "r".repeat(1001) }),
            invalid("input.reason"),
        ),
    ] {
        let before = app.snapshot().await;
        let mut input = json!({ "username": "ada" });
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        assert_eq!(faults(&create(&app, input).await), [wanted], "{more}");
        assert_eq!(app.snapshot().await, before, "{more}");
    }
}

#[tokio::test]
async fn nobody_hands_out_a_role_that_is_not_below_their_own() {
    let app = TestApp::start().await;
    for rank in Role::ALL {
        let key = app.key(&Permission::ALL, rank).await;
        for role in Role::ALL {
            let name = format!("{}-{}", rank.name(), role.name()).to_lowercase();
            let input = json!({ "username": name, "role": role.name() });
            let answer = mutate(&app, Some(&key), "createUser", input).await;
            let wanted: &[_] = if rank.manages(&Permission::ALL, role) {
                &[]
            } else {
                &[fault("ROLE_NOT_GRANTABLE", "")]
            };
            assert_eq!(faults(&answer), wanted, "{name}");
        }
    }
}
