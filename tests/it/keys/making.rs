//! `createApiKey`.

use std::time::Duration;

use keydesk::domain::access::{self, ApiKeyError, ApiKeyPatch, CreateApiKey, UpdateApiKey};
use keydesk::domain::account::{self, SignOut};
use keydesk::domain::sessions;
use keydesk::types::actor::{Actor, Denied, Origin, Permission, Role, Via};
use keydesk::types::ids::{ApiKeyId, UserId};
use keydesk::types::secret::Secret;
use serde_json::{Value, json};

use super::{VIEWER, status};
use crate::support::app::TestApp;
use crate::support::people::PASSWORD;

async fn codes(desk: &TestApp, session: &str, more: Value) -> Vec<String> {
    desk.make_own_key(session, more).await.codes()
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let made = desk.make_own_key(&session, json!({})).await;
    let root = made.root();
    let secret = root["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("kd_") && secret.len() == 46, "{secret}");
    let key = &root["apiKey"];
    assert_eq!(key["prefix"], secret[..9]);
    assert_eq!(
        (&key["status"], &key["rank"]),
        (&json!("ACTIVE"), &json!("ADMIN"))
    );
    assert_eq!(key["createdBy"]["username"], "ann");
    assert_eq!(key["expiresAt"], "2027-02-19T09:30:00Z");
    assert_eq!(status(&desk, secret).await, 200);
    assert!(!desk.snapshot().await.holds(secret));
    assert_eq!(desk.events("api_key.created").await, 2);
    let trail = "{ auditEvents(filter: { actions: [API_KEY_CREATED] }, first: 1) \
                 { nodes { actorLabel targetLabel user { username } changes { field after } } } }";
    let event = desk.ask(trail, json!({})).await.root()["nodes"][0].clone();
    assert_eq!(
        (&event["actorLabel"], &event["targetLabel"]),
        (&json!("ann"), &json!("own"))
    );
    assert_eq!(event["user"]["username"], "ann");
    assert_eq!(event["changes"][0]["after"], "USERS_READ,PASSWORDS_RESET");
    desk.app.clock.advance(Duration::from_hours(24 * 90));
    assert_eq!(status(&desk, secret).await, 401);
}

#[tokio::test]
async fn making_a_key_needs_the_right_and_a_confirmation() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    desk.person("hans", "HELPDESK").await;
    let ann = desk.session("ann").await;
    let before = desk.rows("SELECT id FROM api_keys", vec![]).await.len();

    let none = json!({ "actorPassword": null });
    assert_eq!(codes(&desk, &ann, none.clone()).await, ["STEP_UP_REQUIRED"]);
    let wrong = json!({ "actorPassword": "not the password" });
    assert_eq!(codes(&desk, &ann, wrong).await, ["INCORRECT_PASSWORD"]);
    let hans = desk.session("hans").await;
    assert_eq!(codes(&desk, &hans, json!({})).await, ["FORBIDDEN"]);
    assert_eq!(
        desk.rows("SELECT id FROM api_keys", vec![]).await.len(),
        before
    );

    let confirmed = desk.confirmed(&ann).await;
    assert_eq!(codes(&desk, &confirmed, none).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_makes_changes_and_revokes_no_keys() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let scopes = json!(["API_KEYS_MANAGE", "API_KEYS_READ"]);
    let session = desk.session("ann").await;
    let (id, own) = desk.own_key(&session, json!({ "scopes": scopes })).await;
    for key in [own.as_str(), desk.owner_key()] {
        let none = json!({ "actorPassword": null });
        let made = desk.make_own_key(key, none).await;
        assert_eq!(made.top_level(), Some("FORBIDDEN"), "{made:#?}");
        let revoked = desk.revoke_key(key, &id).await;
        assert_eq!(revoked.top_level(), Some("FORBIDDEN"), "{revoked:#?}");
        let document = "mutation($id: ID!) { updateApiKey(input: { apiKeyId: $id, patch: { \
                        name: \"x\" } }) { errors { code } } }";
        let changed = desk.ask_as(Some(key), document, json!({ "id": id })).await;
        assert_eq!(changed.top_level(), Some("FORBIDDEN"), "{changed:#?}");
    }
    assert_eq!(status(&desk, &own).await, 200);
    let denied = "{ auditEvents(filter: { outcomes: [DENIED], actions: [API_KEY_CREATED] }) \
                  { totalCount } }";
    assert_eq!(desk.ask(denied, json!({})).await.root()["totalCount"], 2);
}

#[tokio::test]
async fn everything_wrong_with_a_key_is_said_at_once() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let wrong = json!({ "name": "\n", "scopes": [], "allowedNetworks": ["0.0.0.0/0"],
                        "expiresAt": "2026-11-21T09:30:00Z" });
    let answer = desk.make_own_key(&session, wrong).await;
    let errors = answer.root()["errors"].as_array().expect("a list").clone();
    let paths: Vec<_> = errors
        .iter()
        .map(|error| error["path"][1].clone())
        .collect();
    assert_eq!(paths, ["name", "scopes", "allowedNetworks", "expiresAt"]);
    assert_eq!(answer.codes(), ["INVALID_INPUT"; 4]);
    let too_long = json!({ "expiresAt": "2027-11-23T09:30:00Z" });
    assert_eq!(codes(&desk, &session, too_long).await, ["INVALID_INPUT"]);
    let a_year = json!({ "expiresAt": "2027-11-21T09:30:00Z" });
    assert_eq!(codes(&desk, &session, a_year).await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_gives_a_key_what_they_may_not_do() {
    let desk = TestApp::start().await;
    let id = desk.person("ann", "ADMIN").await;
    let ann = UserId::parse(&id).expect("an id");
    let actor = Actor {
        role: Role::Admin,
        permissions: vec![Permission::ApiKeysManage, Permission::UsersRead],
        ..Actor::person("ann", ann, Origin::local(Via::GraphQl))
    };
    let new = |scopes: &[Permission]| CreateApiKey {
        name: "own".to_owned(),
        scopes: scopes.to_vec(),
        expires_at: None,
        networks: Vec::new(),
        once: None,
    };
    let wide = new(&[Permission::UsersRead, Permission::PasswordsReset]);
    let refused = access::create_own(&desk.app, &actor, wide).await;
    let Err(ApiKeyError::ScopeNotGrantable(scopes)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(scopes, [Permission::PasswordsReset]);
    let narrow = new(&[Permission::UsersRead]);
    assert!(access::create_own(&desk.app, &actor, narrow).await.is_ok());
    // Somebody who acts with less than their role would get it back through a key.
    let limited = Actor {
        role: Role::Helpdesk,
        ..actor
    };
    let refused = access::create_own(&desk.app, &limited, new(&[Permission::UsersRead])).await;
    assert!(
        matches!(refused, Err(ApiKeyError::LimitedByToken)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_makes_and_changes_no_key() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let (id, _) = desk.own_key(&session, json!({})).await;
    let origin = Origin {
        via: Via::GraphQl,
        request_id: None,
        ip_address: None,
        user_agent: None,
        ..Origin::local(Via::GraphQl)
    };
    let token = Secret::new(desk.confirmed(&session).await);
    let actor = sessions::resolve(&desk.app, &token, origin).await;
    let actor = actor.expect("asked").expect("a session");
    let everywhere = SignOut::Everywhere { password: None };
    let ended = account::sign_out(&desk.app, &actor, everywhere).await;
    assert_eq!(ended.expect("signed out"), 1);

    let wanted = CreateApiKey {
        name: "late".to_owned(),
        scopes: vec![Permission::UsersRead],
        expires_at: None,
        networks: Vec::new(),
        once: None,
    };
    let made = access::create_own(&desk.app, &actor, wanted).await;
    assert!(matches!(
        made,
        Err(ApiKeyError::Denied(Denied::Unauthenticated))
    ));
    let wanted = UpdateApiKey {
        id: ApiKeyId::parse(&id),
        patch: ApiKeyPatch {
            name: Some("late".to_owned()),
            ..ApiKeyPatch::default()
        },
        if_version: None,
    };
    let changed = access::update(&desk.app, &actor, wanted).await;
    assert!(matches!(
        changed,
        Err(ApiKeyError::Denied(Denied::Unauthenticated))
    ));
    let keys = desk.rows("SELECT name FROM api_keys WHERE name = 'late'", vec![]);
    assert!(keys.await.is_empty());
}

#[tokio::test]
async fn a_repeat_makes_no_second_key_and_shows_no_secret() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let once = json!({ "idempotencyKey": "k1", "actorPassword": PASSWORD });
    let first = desk.make_own_key(&session, once.clone()).await;
    let second = desk.make_own_key(&session, once).await;
    assert_eq!(first.root()["isReplay"], false);
    assert_eq!(
        (&second.root()["isReplay"], &second.root()["secret"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(second.root()["apiKey"]["id"], first.root()["apiKey"]["id"]);
    assert_eq!(desk.rows("SELECT id FROM api_keys", vec![]).await.len(), 2);
    let other = json!({ "idempotencyKey": "k1", "name": "other" });
    assert_eq!(
        codes(&desk, &session, other).await,
        ["IDEMPOTENCY_KEY_REUSED"]
    );
}

#[tokio::test]
async fn the_same_key_in_twenty_requests_at_once_is_made_once() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.confirmed(&desk.session("ann").await).await;
    let once = json!({ "idempotencyKey": "k1", "actorPassword": null });
    let answers = futures_util::future::join_all((0..20).map(|number| {
        let replica = if number % 2 == 0 { &desk } else { &replica };
        replica.make_own_key(&session, once.clone())
    }))
    .await;
    let secrets = answers
        .iter()
        .filter(|answer| answer.root()["secret"].is_string());
    assert_eq!(secrets.count(), 1, "{answers:#?}");
    assert_eq!(desk.rows("SELECT id FROM api_keys", vec![]).await.len(), 2);
}

#[tokio::test]
async fn a_request_with_a_person_s_key_costs_one_statement_more_than_nobody_s() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let (_, key) = desk.own_key(&desk.session("ann").await, json!({})).await;
    let document = "{ passwordPolicy { minLength } }";
    desk.ask_as(Some(&key), VIEWER, json!({})).await;
    let mut counts = Vec::new();
    for who in [None, Some(key.as_str())] {
        let before = desk.statements();
        desk.ask_as(who, document, json!({})).await;
        counts.push(desk.statements() - before);
    }
    assert_eq!(counts[1] - counts[0], 1);
}
