//! What is refused, where the refusal stands, and that nothing was done.

use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, assert_nothing_given, assert_refused, reset};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_contradictory_or_malformed_input_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let made = |more: Value| {
        let mut input = json!({ "generate": true });
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        input
    };
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({}), &["password"]),
        (
            json!({ "generate": false, "password": null }),
            &["password"],
        ),
        (made(json!({ "password": GOOD })), &["generate"]),
        (
            json!({ "password": GOOD, "generator": { "style": "WORDS" } }),
            &["generator"],
        ),
        (
            made(json!({ "returnPassword": false })),
            &["returnPassword"],
        ),
        (
            made(json!({ "temporaryForSeconds": 3599 })),
            &["temporaryForSeconds"],
        ),
        (
            made(json!({ "temporaryForSeconds": 604_801 })),
            &["temporaryForSeconds"],
        ),
        (
            made(json!({ "temporaryForSeconds": 0 })),
            &["temporaryForSeconds"],
        ),
        (
            made(json!({ "temporaryForSeconds": -1 })),
            &["temporaryForSeconds"],
        ),
        (
            made(json!({ "temporaryForSeconds": 3600, "forceChangeOnLogin": false })),
            &["temporaryForSeconds"],
        ),
        (
            made(json!({ "generator": { "length": 14 } })),
            &["generator", "length"],
        ),
        (
            made(json!({ "generator": { "length": 129 } })),
            &["generator", "length"],
        ),
        (
            made(json!({ "generator": { "length": -1 } })),
            &["generator", "length"],
        ),
        (
            made(json!({ "generator": { "style": "WORDS", "length": 4 } })),
            &["generator", "length"],
        ),
        (
            made(json!({ "generator": { "style": "WORDS", "length": 17 } })),
            &["generator", "length"],
        ),
        (made(json!({ "reason": "r".repeat(1001) })), &["reason"]),
        (made(json!({ "reason": "\u{1b}[2J" })), &["reason"]),
        (made(json!({ "idempotencyKey": "" })), &["idempotencyKey"]),
        (
            made(json!({ "idempotencyKey": "k".repeat(256) })),
            &["idempotencyKey"],
        ),
        (
            made(json!({ "idempotencyKey": "a\nb" })),
            &["idempotencyKey"],
        ),
        (
            made(json!({ "idempotencyKey": "a\u{0}b" })),
            &["idempotencyKey"],
        ),
    ];
    for (more, path) in cases {
        assert_refused(&app, &ada, more, ("INVALID_INPUT", Some(path))).await;
    }
}

#[tokio::test]
async fn a_user_that_is_not_there_is_not_found() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let key = app.rows("SELECT id FROM api_keys", vec![]).await.len();
    assert_eq!(key, 1);
    let viewer = app.ask("{ viewer { actor { id } } }", json!({})).await;
    let key = viewer.root()["actor"]["id"].as_str().expect("an id");
    let event = app.ask("{ auditEvents { nodes { id } } }", json!({})).await;
    let event = event.root()["nodes"][0]["id"].as_str().expect("an id");
    let other_kind = ada.replacen("user_", "key_", 1);
    let missing = "user_01h455vb4pex5vsknk084sn02q";
    for id in [
        key,
        event,
        &other_kind,
        missing,
        "",
        "1",
        "user_",
        "user_\u{0}",
    ] {
        let more = json!({ "generate": true });
        assert_refused(&app, id, more, ("USER_NOT_FOUND", Some(&["user"]))).await;
    }
    for login in [
        "nobody",
        "nobody@example.org",
        "",
        "@",
        "a b",
        "\u{0}",
        "ada\u{0}",
    ] {
        let more = json!({ "user": { "login": login }, "generate": true });
        assert_refused(&app, &ada, more, ("USER_NOT_FOUND", Some(&["user"]))).await;
    }
}

#[tokio::test]
async fn a_user_who_signs_in_elsewhere_keeps_the_password_there() {
    let app = TestApp::start().await;
    for source in ["LDAP", "OIDC", "SAML"] {
        let name = source.to_lowercase();
        let more = json!({ "authenticationSource": source });
        let user = app.user(&name, more).await;
        for more in [json!({ "generate": true }), json!({ "password": GOOD })] {
            let wanted = ("NOT_BUILT_IN_AUTHENTICATION", Some(&["user"][..]));
            assert_refused(&app, &user, more.clone(), wanted).await;
            let answer = reset(&app, &user, more).await;
            let error = &answer.root()["errors"][0];
            assert_eq!(error["authenticationSource"], source);
            let message = error["message"].as_str().expect("a message");
            assert!(message.contains(source), "{message}");
        }
    }
}

#[tokio::test]
async fn mail_goes_to_nobody_who_cannot_or_should_not_get_it() {
    let app = TestApp::start().await;
    let plain = app.user("plain", json!({})).await;
    let unverified = json!({ "email": "un@example.org" });
    let unverified = app.user("unverified", unverified).await;
    let gone = app.member("gone").await;
    app.run("disableUser", json!({ "login": "gone" })).await;
    for returned in [true, false] {
        let more = json!({ "generate": true, "sendEmail": true, "returnPassword": returned });
        for (user, code) in [
            (&plain, "EMAIL_MISSING"),
            (&unverified, "EMAIL_NOT_VERIFIED"),
            (&gone, "USER_DISABLED"),
        ] {
            assert_refused(&app, user, more.clone(), (code, None)).await;
        }
    }
    let typed = json!({ "password": GOOD, "sendEmail": true });
    assert_refused(&app, &gone, typed, ("USER_DISABLED", None)).await;
}

#[tokio::test]
async fn every_broken_rule_is_an_entry_of_its_own() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let before = app.snapshot().await;
    let answer = reset(&app, &ada, json!({ "password": "Ada1" })).await;
    let errors = answer.root()["errors"].as_array().expect("a list");
    assert!(errors.len() > 1, "{errors:#?}");
    let mut rules = Vec::new();
    for error in errors {
        assert_eq!(error["code"], "PASSWORD_POLICY_VIOLATED");
        assert_eq!(error["path"], json!(["input", "password"]));
        assert!(!error["message"].as_str().expect("a text").contains("Ada1"));
        rules.push(error["rule"].as_str().expect("a rule").to_owned());
    }
    let too_short = errors.iter().find(|error| error["required"] == 15);
    assert_eq!(too_short.expect("the length")["actual"], 4);
    let named = rules.len();
    rules.sort();
    rules.dedup();
    assert_eq!(rules.len(), named, "{rules:?}");
    assert_nothing_given(answer.root());
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn passwords_that_break_one_rule_are_refused_for_that_rule() {
    let app = TestApp::start().await;
    let ada = app.member("ada.lovelace").await;
    reset(&app, &ada, json!({ "password": GOOD })).await;
    let before = app.snapshot().await;
    for (password, rule) in [
        (GOOD.to_owned(), "REUSED"),
        (
            "otter\u{0}walks-past-nine-lamps".to_owned(),
            "INVALID_CHARACTERS",
        ),
        (format!("otter-walks{}", "-past".repeat(300)), "MAX_LENGTH"),
        ("aaaaaaaaaaaaaaaaaa".to_owned(), "MIN_STRENGTH"),
    ] {
        let answer = reset(&app, &ada, json!({ "password": password })).await;
        let errors = answer.root()["errors"].as_array().expect("a list");
        let rules: Vec<_> = errors.iter().map(|error| &error["rule"]).collect();
        assert!(rules.contains(&&json!(rule)), "{rules:?} for {rule}");
        assert_eq!(app.snapshot().await, before, "{rule}");
    }
    let answer = reset(&app, &ada, json!({ "password": ALSO_GOOD })).await;
    assert_eq!(answer.codes(), [""; 0]);
}

#[tokio::test]
async fn a_password_that_is_no_text_is_refused_without_being_quoted() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let before = app.snapshot().await;
    for password in [json!(731_946_285_517_i64), json!(["731946285517"])] {
        let answer = reset(&app, &ada, json!({ "password": password })).await;
        assert!(answer.top_level().is_some(), "{answer:#?}");
        let text = answer.body.to_string();
        assert!(!text.contains("731946285517"), "{text}");
        assert_eq!(app.snapshot().await, before);
    }
}
