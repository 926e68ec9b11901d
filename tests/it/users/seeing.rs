//! A helpdesk sees members, and nobody else, whichever way it looks.

use keydesk::types::actor::{Permission, Role};
use keydesk::types::ids::UserId;
use serde_json::{Value, json};

use crate::support::app::TestApp;

const ROLES: [&str; 5] = ["OWNER", "ADMIN", "HELPDESK", "AUDITOR", "MEMBER"];

#[tokio::test]
async fn a_helpdesk_sees_members_alone_and_the_other_staff_sees_all() {
    let desk = TestApp::start().await;
    let mut ids = Vec::new();
    for role in ROLES {
        let name = format!("the-{}", role.to_lowercase());
        ids.push((role, name.clone(), desk.person(&name, role).await));
        desk.session(&name).await;
    }
    for actor in ["OWNER", "ADMIN", "HELPDESK", "AUDITOR"] {
        let token = desk.session(&format!("the-{}", actor.to_lowercase())).await;
        let ask = async |document: &str, variables: Value| {
            let answer = desk.ask_as(Some(&token), document, variables).await;
            assert_eq!(answer.body["errors"], Value::Null, "{actor}: {answer:#?}");
            answer.body["data"].clone()
        };
        let all = if actor == "HELPDESK" { 1 } else { 5 };
        for list in [
            "{ users { totalCount nodes { role } } }",
            "{ users(search: \"the-\") { totalCount nodes { role } } }",
            "{ users(filter: { roles: [OWNER, ADMIN, HELPDESK, AUDITOR, MEMBER] }) { totalCount nodes { role } } }",
        ] {
            let found = ask(list, json!({})).await;
            assert_eq!(found["users"]["totalCount"], all, "{actor}: {list}");
            assert_eq!(found["users"]["nodes"].as_array().map(Vec::len), Some(all));
        }
        for (role, name, id) in &ids {
            let session = desk.newest_session(name).await;
            let is_seen = actor != "HELPDESK" || ["MEMBER", "HELPDESK"].contains(role);
            let document = "query($id: ID!, $login: String!, $session: ID!) { user(id: $id) { id } \
                            userByLogin(login: $login) { id } node(id: $id) { id } \
                            nodes(ids: [$id, $session]) { id } }";
            let variables = json!({ "id": id, "login": name, "session": session });
            let found = ask(document, variables).await;
            for object in [
                &found["user"],
                &found["userByLogin"],
                &found["node"],
                &found["nodes"][0],
                &found["nodes"][1],
            ] {
                assert_eq!(!object.is_null(), is_seen, "{actor} and {role}: {found:#}");
            }
        }
        let owners = ask(
            "{ users(filter: { roles: [OWNER] }) { totalCount } }",
            json!({}),
        )
        .await;
        let expected = i32::from(actor != "HELPDESK");
        assert_eq!(owners["users"]["totalCount"], expected, "{actor}");
    }
}

/// V-18: what is no field of an input is refused before anything is done.
#[tokio::test]
async fn a_field_that_an_input_does_not_have_is_refused_whole() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let before = desk.snapshot().await;
    for field in [
        "passwordHash: \"x\"",
        "deletedAt: null",
        "lockedUntil: null",
        "id: \"user_x\"",
        "emailVerifiedAt: \"2026-01-01T00:00:00Z\"",
        "version: 7",
    ] {
        let document = format!(
            "mutation {{ updateUser(input: {{ user: {{ login: \"ada\" }}, patch: {{ name: \"x\", {field} }} }}) \
             {{ errors {{ code }} }} }}"
        );
        let answer = desk.ask(&document, json!({})).await;
        assert_eq!(
            answer.top_level(),
            Some("GRAPHQL_VALIDATION_FAILED"),
            "{field}"
        );
    }
    assert_eq!(desk.snapshot().await, before);
}

/// Every act that a helpdesk has, on somebody by what stands for `USER`.
const ACTS: [&str; 6] = [
    "resetPassword(input: { user: USER, generate: true })",
    "sendPasswordResetEmail(input: { user: USER, invalidatePassword: true })",
    "createPasswordResetLink(input: { user: USER })",
    "revokePasswordResetLinks(input: { user: USER })",
    "setMustChangePassword(input: { user: USER })",
    "unlockUser(input: { user: USER })",
];

#[tokio::test]
async fn whom_a_helpdesk_may_not_see_does_not_exist_to_it_by_words_or_by_work() {
    let desk = TestApp::start().await;
    desk.person("hilda", "HELPDESK").await;
    let token = desk.confirmed(&desk.session("hilda").await).await;
    let scopes = [
        Permission::UsersRead,
        Permission::UsersUnlock,
        Permission::PasswordsReset,
    ];
    let key = desk.key(&scopes, Role::Helpdesk).await;
    let mut ids = Vec::new();
    for role in ["OWNER", "ADMIN", "AUDITOR", "HELPDESK"] {
        let name = format!("the-{}", role.to_lowercase());
        ids.push((name.clone(), desk.person(&name, role).await));
    }
    let nobody = UserId::new(desk.app.clock.now()).to_string();
    // The first use of a session or a key is written down.
    for caller in [&token, &key] {
        desk.ask_as(Some(caller), "{ viewer { role } }", json!({}))
            .await;
    }
    for (number, act) in ACTS.iter().enumerate() {
        let ask = async |key: &str, user: String| {
            let act = act.replace("USER", &user);
            let document =
                format!("mutation {{ {act} {{ errors {{ __typename code message path }} }} }}");
            let before = desk.statements();
            let answer = desk.ask_as(Some(key), &document, json!({})).await;
            (answer.root().clone(), desk.statements() - before)
        };
        let login = |name: &str| format!("{{ login: \"{name}\" }}");
        let id = |id: &str| format!("{{ id: \"{id}\" }}");
        let (by_token, by_key) = (
            login(&format!("no-{number}")),
            login(&format!("none-{number}")),
        );
        let (by_token, by_key) = (ask(&token, by_token).await, ask(&key, by_key).await);
        let code = &by_token.0["errors"][0]["code"];
        assert_eq!(code, "USER_NOT_FOUND", "{act}: {}", by_token.0);
        assert_eq!(ask(&token, id(&nobody)).await, by_token, "{act}: by id");
        for (name, own) in &ids {
            assert_eq!(ask(&token, login(name)).await, by_token, "{act}: {name}");
            assert_eq!(ask(&key, id(own)).await, by_key, "{act}: {name}");
        }
        assert_eq!(by_key.0, by_token.0);
    }
    let blockers = "{ userByLogin(login: \"the-owner\") { passwordResetBlockers } }";
    let blockers = desk.ask_as(Some(&token), blockers, json!({})).await;
    assert_eq!(blockers.body["data"]["userByLogin"], Value::Null);

    // The trail knows whom it was about, and that names were tried.
    let trail = "{ auditEvents(filter: { actions: [USER_UNLOCKED] }, first: 50) { nodes { errorCode \
                 targetLabel } } }";
    let trail = desk.ask(trail, json!({})).await;
    let trail = trail.root()["nodes"].as_array().expect("a list").clone();
    let has = |code: &str, label: Value| {
        let wanted = json!({ "errorCode": code, "targetLabel": label });
        assert!(trail.contains(&wanted), "{wanted} in {trail:#?}");
    };
    has("TARGET_NOT_MANAGEABLE", json!("the-owner"));
    has("USER_NOT_FOUND", Value::Null);
}

#[tokio::test]
async fn a_session_of_somebody_unseen_does_not_exist_either() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let theirs = desk.session("olga").await;
    let session = desk.newest_session("olga").await;
    let scopes = [Permission::UsersRead, Permission::SessionsRevoke];
    let key = desk.key(&scopes, Role::Helpdesk).await;
    let end = async |id: &Value| {
        let document = "mutation($id: ID!) { revokeSession(input: { sessionId: $id }) { errors { code \
                        message path } } }";
        let answer = desk.ask_as(Some(&key), document, json!({ "id": id })).await;
        answer.root().clone()
    };
    let hidden = end(&session).await;
    assert_eq!(hidden["errors"][0]["code"], "NOT_FOUND", "{hidden}");
    assert_eq!(
        hidden,
        end(&json!("session_01h455vb4pex5vsknk084sn02q")).await
    );
    let viewer = desk
        .ask_as(Some(&theirs), "{ viewer { role } }", json!({}))
        .await;
    assert_eq!(viewer.root()["role"], "OWNER");
}

#[tokio::test]
async fn a_device_of_somebody_unseen_does_not_exist_either() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    desk.browser("olga", "192.0.2.1", None).await;
    let device = desk.newest_device("olga").await;
    assert!(device.is_string(), "{device}");
    let scopes = [Permission::UsersRead, Permission::SessionsRevoke];
    let key = desk.key(&scopes, Role::Helpdesk).await;
    let forget = async |id: &Value| {
        let document = "mutation($id: ID!) { revokeDevice(input: { deviceId: $id }) { errors { code \
                        message path } } }";
        let answer = desk.ask_as(Some(&key), document, json!({ "id": id })).await;
        answer.root().clone()
    };
    let hidden = forget(&device).await;
    assert_eq!(hidden["errors"][0]["code"], "NOT_FOUND", "{hidden}");
    assert_eq!(
        hidden,
        forget(&json!("device_01h455vb4pex5vsknk084sn02q")).await
    );
    assert_eq!(desk.newest_device("olga").await, device);
}
