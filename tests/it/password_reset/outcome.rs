//! What a reset does, and what it answers.

use std::collections::BTreeSet;

use keydesk::domain::credentials;
use keydesk::types::clock::Timestamp;
use keydesk::types::secret::{Secret, random_bytes};
use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, generated, reset};
use crate::support::app::{START, TestApp};
use crate::support::rows::uuid;

const DAY_MILLIS: i64 = 86_400_000;

fn after_start(millis: i64) -> String {
    Timestamp::from_millis(START.as_millis() + millis).to_rfc3339()
}

/// A session of a user, ended or not.
async fn sign_in(app: &TestApp, user: &str, ended_at: Option<i64>) {
    let now = START.as_millis();
    let sql = "INSERT INTO sessions (id, user_id, token_hash, credential_version, created_at, \
               last_used_at, expires_at, ended_at) VALUES ($1, $2, $3, 1, $4, $5, $6, $7)";
    let id = keydesk::types::ids::UserId::new(START).uuid();
    let token = random_bytes::<32>().to_vec();
    let (created, end) = (now - 1000, now + DAY_MILLIS);
    let values = vec![
        id.into(),
        uuid(user),
        token.into(),
        created.into(),
        now.into(),
        end.into(),
        ended_at.into(),
    ];
    app.write(sql, values).await;
}

/// A link of a user that is still good.
async fn link(app: &TestApp, user: &str) {
    let now = START.as_millis();
    let sql = "INSERT INTO one_time_links (id, user_id, purpose, token_hash, created_at, expires_at) \
               VALUES ($1, $2, 'PASSWORD_RESET', $3, $4, $5)";
    let id = keydesk::types::ids::UserId::new(START).uuid();
    let token = random_bytes::<32>().to_vec();
    let end = now + DAY_MILLIS;
    let values = vec![id.into(), uuid(user), token.into(), now.into(), end.into()];
    app.write(sql, values).await;
}

async fn open_sessions(app: &TestApp) -> usize {
    let sql = "SELECT id FROM sessions WHERE ended_at IS NULL";
    app.rows(sql, vec![]).await.len()
}

#[tokio::test]
async fn by_default_a_change_is_forced_within_a_day_and_everything_old_ends() {
    let app = TestApp::start().await;
    let (ada, bea) = (app.member("ada").await, app.member("bea").await);
    reset(
        &app,
        &ada,
        json!({ "password": GOOD, "forceChangeOnLogin": false }),
    )
    .await;
    for _ in 0..2 {
        sign_in(&app, &ada, None).await;
    }
    sign_in(&app, &ada, Some(START.as_millis() - 1)).await;
    sign_in(&app, &bea, None).await;
    link(&app, &ada).await;
    link(&app, &bea).await;
    let version = app.version_of(&ada).await;

    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    let payload = answer.root();
    let password = generated(&answer);
    let (now, end) = (START.to_rfc3339(), after_start(DAY_MILLIS));
    let user = json!({
        "id": ada, "username": "ada", "status": "ACTIVE", "version": version + 1,
        "passwordStatus": { "isSet": true, "mustChange": true, "changedAt": now, "expiresAt": end }
    });
    let wanted = json!({
        "user": user, "generatedPassword": password, "mailDelivery": null,
        "revokedSessionCount": 2, "revokedLinkCount": 1, "temporaryUntil": end,
        "isReplay": false, "errors": []
    });
    assert_eq!(payload, &wanted);
    assert!(app.verifies(&ada, &password).await);
    assert!(!app.verifies(&ada, GOOD).await);
    assert_eq!(open_sessions(&app).await, 1);
    let sql =
        "SELECT id FROM one_time_links WHERE revoked_at IS NULL AND purpose = 'PASSWORD_RESET'";
    assert_eq!(app.rows(sql, vec![]).await.len(), 1);
    assert_eq!(app.version_of(&ada).await, version + 1);
}

#[tokio::test]
async fn the_answer_is_what_a_later_question_gets() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    let document = "query($id: ID!) { user(id: $id) { id username status version \
                    passwordStatus { isSet mustChange changedAt expiresAt } } }";
    let read = app.ask(document, json!({ "id": ada })).await;
    assert_eq!(read.root(), &answer.root()["user"]);
}

#[tokio::test]
async fn sessions_go_on_where_they_are_asked_to() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    sign_in(&app, &ada, None).await;
    let more = json!({ "generate": true, "revokeSessions": false });
    let answer = reset(&app, &ada, more).await;
    assert_eq!(answer.root()["revokedSessionCount"], 0);
    assert_eq!(open_sessions(&app).await, 1);
}

#[tokio::test]
async fn a_temporary_password_works_as_long_as_asked() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    for seconds in [3600_i64, 604_800] {
        let more = json!({ "generate": true, "temporaryForSeconds": seconds });
        let answer = reset(&app, &ada, more).await;
        let end = json!(after_start(seconds * 1000));
        assert_eq!(answer.root()["temporaryUntil"], end);
        assert_eq!(answer.root()["user"]["passwordStatus"]["expiresAt"], end);
    }
}

#[tokio::test]
async fn a_password_that_need_not_be_changed_has_no_end() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let more = json!({ "generate": true, "forceChangeOnLogin": false });
    let payload = reset(&app, &ada, more).await.root().clone();
    assert_eq!(payload["temporaryUntil"], Value::Null);
    let status = &payload["user"]["passwordStatus"];
    assert_eq!(
        (&status["mustChange"], &status["expiresAt"]),
        (&json!(false), &Value::Null)
    );
}

#[tokio::test]
async fn generated_passwords_keep_the_policy_and_hold_no_look_alikes() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let mut seen = BTreeSet::new();
    for (generator, length) in [
        (json!(null), 20),
        (json!({ "style": "CHARACTERS" }), 20),
        (json!({ "style": "CHARACTERS", "length": 15 }), 15),
        (json!({ "style": "CHARACTERS", "length": 128 }), 128),
    ] {
        let more = json!({ "generate": true, "generator": generator });
        let password = generated(&reset(&app, &ada, more).await);
        assert_eq!(password.chars().count(), length, "{generator}");
        assert!(
            !password.contains(['0', 'O', '1', 'l', 'I', '|']),
            "{password}"
        );
        let typed = Secret::new(password.clone());
        let about = ["ada", "ada@example.org"];
        let judged = credentials::judge(&app.app, &app.app.hasher, typed, &about).await;
        let judged = judged.expect("judged").verdict;
        assert!(judged.is_ok(), "{password} breaks {:?}", judged.err());
        assert!(app.verifies(&ada, &password).await);
        assert!(seen.insert(password), "twice the same password");
    }
}

#[tokio::test]
async fn passwords_of_words_have_as_many_words_as_asked() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    for (generator, words) in [
        (json!({ "style": "WORDS" }), 6),
        (json!({ "style": "WORDS", "length": 5 }), 5),
        (json!({ "style": "WORDS", "length": 16 }), 16),
    ] {
        let more = json!({ "generate": true, "generator": generator });
        let password = generated(&reset(&app, &ada, more).await);
        let parts = password.split(|letter: char| !letter.is_alphanumeric());
        let found = parts.filter(|part| !part.is_empty()).count();
        assert!(found >= words, "{password}");
        assert!(app.verifies(&ada, &password).await);
    }
}

#[tokio::test]
async fn a_typed_password_is_stored_and_never_given_back() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let answer = reset(&app, &ada, json!({ "password": ALSO_GOOD })).await;
    assert_eq!(answer.root()["generatedPassword"], Value::Null);
    assert!(!answer.body.to_string().contains(ALSO_GOOD));
    assert!(app.verifies(&ada, ALSO_GOOD).await);
    assert!(!app.snapshot().await.holds(ALSO_GOOD));
}

#[tokio::test]
async fn two_spellings_of_one_typed_password_are_one() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let composed = "caf\u{e9}-otter-walks-past-lamps";
    let decomposed = "cafe\u{301}-otter-walks-past-lamps";
    let answer = reset(&app, &ada, json!({ "password": decomposed })).await;
    assert_eq!(answer.codes(), [""; 0]);
    assert!(app.verifies(&ada, composed).await);
}

#[tokio::test]
async fn a_user_without_a_password_gets_one() {
    let app = TestApp::start().await;
    let new = app.user("new", json!({})).await;
    assert_eq!(app.hash_of(&new).await, None);
    let answer = reset(&app, &new, json!({ "generate": true })).await;
    assert_eq!(answer.root()["user"]["status"], "ACTIVE");
    assert!(app.verifies(&new, &generated(&answer)).await);
}

#[tokio::test]
async fn a_disabled_user_gets_the_password_and_stays_disabled() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    app.run("disableUser", json!({ "login": "ada" })).await;
    let answer = reset(&app, &ada, json!({ "generate": true })).await;
    assert_eq!(answer.root()["user"]["status"], "DISABLED");
    assert!(app.verifies(&ada, &generated(&answer)).await);
}

#[tokio::test]
async fn a_user_is_found_by_username_and_address_in_any_case() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    for login in [
        "ada",
        "ADA",
        "\u{ff21}da",
        "ada@example.org",
        "ADA@Example.ORG",
    ] {
        let more = json!({ "user": { "login": login }, "generate": true });
        let answer = reset(&app, &ada, more).await;
        assert_eq!(answer.root()["user"]["id"], json!(ada), "{login}");
    }
}

#[tokio::test]
async fn the_trail_tells_who_reset_whose_password_and_why_but_not_which() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let more = json!({ "generate": true, "reason": " lost it " });
    let password = generated(&reset(&app, &ada, more).await);
    let filter = json!({ "first": 5, "filter": { "actions": ["PASSWORD_RESET"] } });
    let trail = app.run("audit", filter).await;
    let nodes = trail.root()["nodes"].as_array().expect("a list");
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0]["actorLabel"], "OWNER key");
    assert_eq!(
        (&nodes[0]["targetLabel"], &nodes[0]["reason"]),
        (&json!("ada"), &json!("lost it"))
    );
    assert!(!trail.body.to_string().contains(&password));
    assert!(!app.snapshot().await.holds(&password));
}
