//! A helpdesk sees members, and nobody else, whichever way it looks.

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
