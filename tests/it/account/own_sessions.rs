//! Seeing one's own sessions, and ending one of them.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{text, viewer};
use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;

const LIST: &str = "{ account { sessions { sessionId isCurrent status transport ipAddress \
    lastUsedAt expiresAt revokedAt } } }";

async fn list(desk: &TestApp, token: &str) -> Vec<Value> {
    let answer = desk.ask_as(Some(token), LIST, json!({})).await;
    let sessions = answer.root()["sessions"].as_array();
    sessions.unwrap_or_else(|| panic!("{answer:#?}")).clone()
}

async fn end(desk: &TestApp, token: &str, id: &Value) -> Answer {
    let document = "mutation($id: ID!) { revokeOwnSession(input: { sessionId: $id }) { \
                    session { sessionId status isCurrent revokedAt } errors { code message path } } }";
    desk.ask_as(Some(token), document, json!({ "id": id }))
        .await
}

/// The id of the session behind a token.
async fn own_id(desk: &TestApp, token: &str) -> Value {
    let answer = viewer(desk, token).await;
    answer.root()["session"]["id"].clone()
}

#[tokio::test]
async fn those_that_work_are_listed_last_used_first_and_nobody_else_s() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("bob", "MEMBER").await;
    desk.session("bob").await;
    let ended = desk.session("ada").await;
    desk.ask_as(
        Some(&ended),
        "mutation { signOut(input: {}) { errors { code } } }",
        json!({}),
    )
    .await;
    let idle = desk.session("ada").await;
    assert_eq!(list(&desk, &idle).await.len(), 1);
    desk.app.clock.advance(Duration::from_hours(24 * 6));
    let first = desk.session("ada").await;
    desk.app.clock.advance(Duration::from_hours(24));
    let second = desk.session("ada").await;
    desk.app.clock.advance(Duration::from_mins(1));
    let shown = list(&desk, &first).await;
    let ids: Vec<_> = shown.iter().map(|one| one["sessionId"].clone()).collect();
    let wanted = [own_id(&desk, &first).await, own_id(&desk, &second).await];
    assert_eq!(ids, wanted, "{shown:#?}");
    assert_eq!(shown[0]["isCurrent"], true);
    assert_eq!(shown[1]["isCurrent"], false);
    for one in &shown {
        assert_eq!(one["status"], "ACTIVE");
        assert_eq!(one["transport"], "TOKEN");
        assert_eq!(one["revokedAt"], Value::Null);
    }
}

#[tokio::test]
async fn no_more_than_fifty_are_shown_even_where_settings_allow_more() {
    let desk = TestApp::with("[security.sessions]\nmax_per_user = 60\n").await;
    desk.person("ada", "MEMBER").await;
    let mut token = String::new();
    for _ in 0..52 {
        token = desk.session("ada").await;
    }
    let shown = list(&desk, &token).await;
    assert_eq!(shown.len(), 50);
    assert_eq!(shown[0]["isCurrent"], true);
}

#[tokio::test]
async fn an_ended_one_is_refused_by_the_next_request_of_another_replica() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    desk.person("ada", "MEMBER").await;
    let (token, lost) = (desk.session("ada").await, desk.session("ada").await);
    let token = desk.confirmed(&token).await;
    let id = own_id(&other, &lost).await;
    let ended = end(&desk, &token, &id).await;
    assert_eq!(ended.codes(), Vec::<String>::new(), "{ended:#?}");
    let session = &ended.root()["session"];
    assert_eq!(session["status"], "REVOKED");
    assert_eq!(session["isCurrent"], false);
    assert!(session["revokedAt"].is_string());
    assert_eq!(viewer(&other, &lost).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(list(&other, &token).await.len(), 1);

    let again = end(&desk, &token, &id).await;
    assert_eq!(again.root()["session"], *session);
    assert_eq!(desk.events("session.revoked").await, 1);
}

#[tokio::test]
async fn of_many_at_once_on_two_replicas_one_ends_it() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    desk.person("ada", "MEMBER").await;
    let (token, lost) = (desk.session("ada").await, desk.session("ada").await);
    let token = desk.confirmed(&token).await;
    let id = own_id(&desk, &lost).await;
    let ends = (0..20).map(|number| {
        let replica = if number % 2 == 0 { &desk } else { &other };
        end(replica, &token, &id)
    });
    for ended in futures_util::future::join_all(ends).await {
        assert_eq!(ended.root()["session"]["status"], "REVOKED", "{ended:#?}");
    }
    assert_eq!(desk.events("session.revoked").await, 1);
}

#[tokio::test]
async fn somebody_else_s_and_none_at_all_are_the_same_refusal() {
    let desk = TestApp::start().await;
    desk.person("ada", "OWNER").await;
    desk.person("bob", "MEMBER").await;
    let (ada, bob) = (desk.session("ada").await, desk.session("bob").await);
    let of_bob = own_id(&desk, &bob).await;
    let unknown = json!("session_01h455vb4pex5vsknk084sn02q");
    let mut refusals = Vec::new();
    for id in [of_bob, unknown, json!("session_none"), json!("user_none")] {
        let refused = end(&desk, &ada, &id).await;
        assert_eq!(refused.codes(), ["NOT_FOUND"], "{id}");
        refusals.push(refused.root().clone());
    }
    assert!(refusals.iter().all(|one| *one == refusals[0]));
    assert_eq!(
        refusals[0]["errors"][0]["path"],
        json!(["input", "sessionId"])
    );
    assert_eq!(viewer(&desk, &bob).await.root()["role"], "MEMBER");
}

#[tokio::test]
async fn ending_the_present_one_is_signing_out() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let token = desk.session("ada").await;
    let ended = end(&desk, &token, &own_id(&desk, &token).await).await;
    assert_eq!(ended.root()["session"]["status"], "REVOKED");
    assert_eq!(ended.root()["session"]["isCurrent"], true);
    let cookie = ended.headers["set-cookie"].to_str().expect("a text");
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
    assert_eq!(viewer(&desk, &token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.events("sign_out").await, 1);
    assert_eq!(desk.events("session.revoked").await, 0);
}

#[tokio::test]
async fn a_restricted_one_sees_itself_alone_and_ends_no_other() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let reset = json!({ "login": "ada", "password": PASSWORD });
    let before = desk.session("ada").await;
    let id = own_id(&desk, &before).await;
    let demanded = desk
        .run(
            "setMustChangePassword",
            json!({ "login": "ada", "mustChangePassword": true }),
        )
        .await;
    assert_eq!(demanded.codes(), Vec::<String>::new(), "{demanded:#?}");
    let document = "mutation($login: String!, $password: Password!) { signIn(input: { login: $login, \
                    password: $password }) { outcome sessionToken \
                    account { sessions { isCurrent } } errors { code } } }";
    let signed = desk.ask_as(None, document, reset).await;
    let root = signed.root();
    assert_eq!(root["outcome"], "PASSWORD_CHANGE_REQUIRED");
    assert_eq!(root["account"]["sessions"], json!([{ "isCurrent": true }]));
    let token = text(&root["sessionToken"]);
    let shown = list(&desk, &token).await;
    assert_eq!(shown.len(), 1, "{shown:#?}");
    for id in [&id, &shown[0]["sessionId"]] {
        let refused = end(&desk, &token, id).await;
        assert_eq!(refused.top_level(), Some("PASSWORD_CHANGE_REQUIRED"));
    }
}

/// Each way in which an owner ends sessions of their own other than the one they came with.
#[tokio::test]
async fn ending_others_of_one_s_own_asks_who_is_acting_whichever_way_it_is_done() {
    let desk = TestApp::start().await;
    let olga = desk.person("olga", "OWNER").await;
    desk.person("ada", "MEMBER").await;
    for act in [
        "revokeOwnSession(input: { sessionId: \"SESSION\" MORE })",
        "revokeSession(input: { sessionId: \"SESSION\" MORE })",
        "revokeSessions(input: { user: { login: \"olga\" } MORE })",
        "signOut(input: { everywhere: true MORE })",
    ] {
        let (stolen, theirs) = (desk.session("olga").await, desk.session("olga").await);
        let id = own_id(&desk, &theirs).await;
        let ask = async |token: &str, more: &str| {
            let act = act.replace("SESSION", id.as_str().expect("an id"));
            let act = act.replace("MORE", more);
            let document = format!("mutation {{ {act} {{ errors {{ code path }} }} }}");
            desk.ask_as(Some(token), &document, json!({})).await
        };
        let given = |password: &str| format!(", actorPassword: \"{password}\"");
        for (more, code) in [
            (String::new(), "STEP_UP_REQUIRED"),
            (given("wrong"), "INCORRECT_PASSWORD"),
        ] {
            let refused = ask(&stolen, &more).await;
            let error = &refused.root()["errors"][0];
            assert_eq!(error["code"], code, "{act}: {refused:#?}");
            assert_eq!(error["path"], json!(["input", "actorPassword"]), "{act}");
            assert_eq!(
                viewer(&desk, &theirs).await.root()["role"],
                "OWNER",
                "{act}"
            );
        }
        let done = ask(&stolen, &given(PASSWORD)).await;
        assert_eq!(done.codes(), Vec::<String>::new(), "{act}");
        assert_eq!(
            viewer(&desk, &theirs).await.status,
            StatusCode::UNAUTHORIZED,
            "{act}"
        );

        let (open, theirs) = (desk.session("olga").await, desk.session("olga").await);
        let open = desk.confirmed(&open).await;
        let id = own_id(&desk, &theirs).await;
        let act = act
            .replace("SESSION", id.as_str().expect("an id"))
            .replace("MORE", "");
        let document = format!("mutation {{ {act} {{ errors {{ code }} }} }}");
        let done = desk.ask_as(Some(&open), &document, json!({})).await;
        assert_eq!(done.codes(), Vec::<String>::new(), "{act}: in the window");
    }

    // The one they came with, and those of others, ask for nothing.
    desk.session("ada").await;
    let hers = desk.newest_session("ada").await;
    for (id, own) in [(Some(hers), false), (None, true)] {
        let token = desk.session("olga").await;
        let id = match id {
            Some(id) => id,
            None => own_id(&desk, &token).await,
        };
        let document =
            "mutation($id: ID!) { revokeSession(input: { sessionId: $id }) { errors { code } } }";
        let done = desk
            .ask_as(Some(&token), document, json!({ "id": id }))
            .await;
        assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
        let status = viewer(&desk, &token).await.status;
        assert_eq!(status == StatusCode::UNAUTHORIZED, own);
    }
    // A key's scopes are its authority, the sessions of who made it included.
    let token = desk.session("olga").await;
    let (_, key) = desk
        .own_key(&token, json!({ "scopes": ["SESSIONS_REVOKE"] }))
        .await;
    let document =
        "mutation($id: ID!) { revokeSessions(input: { user: { id: $id } }) { errors { code } } }";
    let done = desk
        .ask_as(Some(&key), document, json!({ "id": olga }))
        .await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
}

#[tokio::test]
async fn a_wrong_password_at_signing_out_everywhere_stands_in_the_trail_and_ten_end_the_session() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let (stolen, theirs) = (desk.session("ada").await, desk.session("ada").await);
    let document = "mutation { signOut(input: { everywhere: true, actorPassword: \"wrong\" }) \
                    { errors { code } } }";
    for _ in 0..10 {
        let refused = desk.ask_as(Some(&stolen), document, json!({})).await;
        assert_eq!(refused.codes(), ["INCORRECT_PASSWORD"]);
    }
    assert_eq!(
        viewer(&desk, &stolen).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(viewer(&desk, &theirs).await.root()["role"], "MEMBER");
    let trail =
        "{ auditEvents(filter: { actions: [SIGNED_OUT] }, first: 1) { nodes { errorCode } } }";
    let trail = desk.ask(trail, json!({})).await;
    assert_eq!(
        trail.root()["nodes"][0]["errorCode"],
        "INCORRECT_PASSWORD",
        "{trail:#?}"
    );
}
