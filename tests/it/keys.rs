//! Keys that people make: what they may do, while they rest, and who may touch them.

mod changing;
mod making;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support::app::{TestApp, plenty};

const VIEWER: &str = "{ viewer { actor { displayName } role scopes } }";

async fn change(desk: &TestApp, login: &str, patch: Value) {
    let document = "mutation($input: UpdateUserInput!) { updateUser(input: $input) \
                    { errors { code } } }";
    let input = json!({ "user": { "login": login }, "patch": patch });
    let answer = desk.ask(document, json!({ "input": input })).await;
    assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
}

/// Runs a mutation on a user that has no other inputs.
async fn act(desk: &TestApp, mutation: &str, login: &str, more: &str) {
    let document = format!(
        "mutation {{ {mutation}(input: {{ user: {{ login: \"{login}\" }} {more} }}) \
         {{ errors {{ code }} }} }}"
    );
    let answer = desk.ask(&document, json!({})).await;
    assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
}

async fn status(desk: &TestApp, key: &str) -> StatusCode {
    desk.ask_as(Some(key), VIEWER, json!({})).await.status
}

async fn keys_in(desk: &TestApp, state: &str) -> Vec<String> {
    let document = "query($filter: ApiKeyFilter) { apiKeys(filter: $filter) { totalCount \
                    nodes { name status } } }";
    let filter = json!({ "statuses": [state] });
    let answer = desk.ask(document, json!({ "filter": filter })).await;
    let nodes = answer.root()["nodes"].as_array().expect("a list").clone();
    assert_eq!(answer.root()["totalCount"], nodes.len());
    let name = |node: &Value| {
        assert_eq!(node["status"], state);
        node["name"].as_str().expect("a name").to_owned()
    };
    nodes.iter().map(name).collect()
}

#[tokio::test]
async fn a_key_has_its_maker_s_present_rights_and_no_more_than_its_scopes() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let (_, key) = desk.own_key(&session, json!({})).await;
    for (role, scopes) in [
        ("ADMIN", json!(["USERS_READ", "PASSWORDS_RESET"])),
        ("HELPDESK", json!(["USERS_READ", "PASSWORDS_RESET"])),
        ("AUDITOR", json!(["USERS_READ"])),
        ("MEMBER", json!([])),
        ("OWNER", json!(["USERS_READ", "PASSWORDS_RESET"])),
    ] {
        change(&desk, "ann", json!({ "role": role })).await;
        let answer = desk.ask_as(Some(&key), VIEWER, json!({})).await;
        let expected = json!({ "actor": { "displayName": "own" }, "role": role, "scopes": scopes });
        assert_eq!(answer.root(), &expected);
    }
}

#[tokio::test]
async fn a_key_rests_while_its_maker_may_not_act_and_works_again_afterwards() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let (_, key) = desk.own_key(&desk.session("ann").await, json!({})).await;
    for (stop, more, go_on, again) in [
        ("disableUser", "", "enableUser", ""),
        (
            "setMustChangePassword",
            "mustChangePassword: true",
            "setMustChangePassword",
            "mustChangePassword: false",
        ),
        ("deleteUser", "", "restoreUser", ""),
    ] {
        assert_eq!(status(&desk, &key).await, 200, "before {stop}");
        act(&desk, stop, "ann", more).await;
        assert_eq!(status(&desk, &key).await, 401, "{stop}");
        assert_eq!(keys_in(&desk, "SUSPENDED").await, ["own"], "{stop}");
        assert_eq!(keys_in(&desk, "ACTIVE").await, ["OWNER key"], "{stop}");
        act(&desk, go_on, "ann", again).await;
        assert_eq!(status(&desk, &key).await, 200, "{go_on}");
        assert_eq!(keys_in(&desk, "SUSPENDED").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_key_of_the_installation_does_not_rest() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    act(&desk, "disableUser", "ann", "").await;
    assert_eq!(status(&desk, desk.owner_key()).await, 200);
}

#[tokio::test]
async fn what_a_key_does_to_its_maker_they_do_to_themselves() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    desk.person("ann", "ADMIN").await;
    let (_, key) = desk.own_key(&desk.session("olga").await, json!({})).await;
    let document = "mutation($login: String!) { resetPassword(input: { user: { login: $login }, \
                    generate: true }) { errors { code } } }";
    let reset = async |login: &str| {
        let variables = json!({ "login": login });
        desk.ask_as(Some(&key), document, variables).await.codes()
    };
    assert_eq!(reset("olga").await, ["CANNOT_TARGET_SELF"]);
    // Scopes limit whom it reaches: an admin may do more than read and reset.
    assert_eq!(reset("ann").await, ["TARGET_NOT_MANAGEABLE"]);
}

#[tokio::test]
async fn purging_its_maker_ends_a_key() {
    let desk = TestApp::with("[database.keep]\ndeleted_hours = 1").await;
    desk.person("ann", "ADMIN").await;
    let (_, key) = desk.own_key(&desk.session("ann").await, json!({})).await;
    act(&desk, "deleteUser", "ann", "").await;
    let day = std::time::Duration::from_hours(25);
    desk.app.clock.advance(day);
    keydesk::domain::users::purge(&desk.app, &plenty())
        .await
        .expect("purged");
    assert_eq!(status(&desk, &key).await, 401);
    assert_eq!(keys_in(&desk, "REVOKED").await, ["own"]);
}

#[tokio::test]
async fn lists_are_for_those_who_may_read_keys() {
    let desk = TestApp::start().await;
    for (name, role) in [("olga", "OWNER"), ("aude", "AUDITOR"), ("hans", "HELPDESK")] {
        desk.person(name, role).await;
    }
    let olga = desk.session("olga").await;
    for name in ["one", "two", "three"] {
        desk.own_key(&olga, json!({ "name": name })).await;
    }
    let document = "query($after: String) { apiKeys(first: 2, after: $after) { totalCount \
                    pageInfo { endCursor hasNextPage } nodes { name createdBy { username } } } }";
    let aude = desk.session("aude").await;
    let first = desk.ask_as(Some(&aude), document, json!({})).await;
    let names = |nodes: &Value| {
        let nodes = nodes.as_array().expect("a list").iter();
        nodes.map(|node| node["name"].clone()).collect::<Vec<_>>()
    };
    let root = first.root();
    assert_eq!(
        (names(&root["nodes"]), &root["totalCount"]),
        (vec![json!("three"), json!("two")], &json!(4))
    );
    assert_eq!(root["nodes"][0]["createdBy"]["username"], "olga");
    let after = json!({ "after": root["pageInfo"]["endCursor"] });
    let second = desk.ask_as(Some(&aude), document, after).await;
    assert_eq!(
        names(&second.root()["nodes"]),
        [json!("one"), json!("OWNER key")]
    );
    assert_eq!(second.root()["nodes"][1]["createdBy"], Value::Null);

    let hans = desk.session("hans").await;
    let refused = desk.ask_as(Some(&hans), document, json!({})).await;
    assert_eq!(refused.top_level(), Some("FORBIDDEN"));
}
