//! What a caller may see, field by field.

use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::VIEWER;
use crate::support::app::TestApp;

#[tokio::test]
async fn a_missing_scope_is_named_at_the_field_and_the_rest_is_answered() {
    let app = TestApp::start().await;
    app.member("ada").await;
    for (document, scope) in [
        ("{ users { totalCount } }", Permission::UsersRead),
        (
            "{ userByLogin(login: \"ada\") { id } }",
            Permission::UsersRead,
        ),
        ("{ auditEvents { totalCount } }", Permission::AuditRead),
        ("{ mailDeliveries { totalCount } }", Permission::MailRead),
        ("{ serverInfo { version } }", Permission::SettingsRead),
    ] {
        let others: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|held| *held != scope)
            .collect();
        let key = app.key(&others, Role::Owner).await;
        let answer = app.ask_as(Some(&key), document, json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.root()), (200, &Value::Null));
        assert_eq!(answer.top_level(), Some("FORBIDDEN"));
        let error = &answer.body["errors"][0];
        assert_eq!(error["extensions"]["requiredScopes"], json!([scope.name()]));
        assert!(
            error["message"]
                .as_str()
                .expect("a text")
                .contains(scope.name())
        );
        let key = app.key(&[scope], Role::Member).await;
        let answer = app.ask_as(Some(&key), document, json!({})).await;
        assert!(answer.body["errors"].is_null(), "{answer:#?}");
    }
    let key = app.key(&[Permission::UsersRead], Role::Member).await;
    let document = "{ userByLogin(login: \"ada\") { username auditEvents { totalCount } } }";
    let answer = app.ask_as(Some(&key), document, json!({})).await;
    assert_eq!(
        answer.root(),
        &json!({ "username": "ada", "auditEvents": null })
    );
    assert_eq!(
        answer.body["errors"][0]["path"],
        json!(["userByLogin", "auditEvents"])
    );
}

#[tokio::test]
async fn a_payload_shows_the_plain_fields_of_its_user_and_no_more() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let key = app.key(&[Permission::PasswordsReset], Role::Owner).await;
    let document = "mutation { resetPassword(input: { user: { login: \"ada\" }, generate: true, \
        sendEmail: true }) { \
        user { id username email role status auditEvents { totalCount } mailDeliveries { totalCount } } \
        mailDelivery { status recipient user { username } } generatedPassword errors { code } } }";
    let answer = app.ask_as(Some(&key), document, json!({})).await;
    let payload = answer.root();
    assert_eq!(payload["errors"], json!([]));
    let user = &payload["user"];
    assert_eq!(
        (&user["username"], &user["email"]),
        (&json!("ada"), &json!("ada@example.org"))
    );
    assert_eq!(
        (&user["auditEvents"], &user["mailDeliveries"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(payload["mailDelivery"]["recipient"], "ada@example.org");
    assert_eq!(payload["mailDelivery"]["user"], Value::Null);
    assert!(
        payload["generatedPassword"].is_string(),
        "a refused field takes no secret with it"
    );
    let errors = answer.body["errors"].as_array().expect("a list");
    let mut wanted: Vec<_> = errors
        .iter()
        .map(|error| {
            error["extensions"]["requiredScopes"][0]
                .as_str()
                .expect("a scope")
        })
        .collect();
    wanted.sort_unstable();
    assert_eq!(wanted, ["AUDIT_READ", "MAIL_READ", "USERS_READ"]);
}

#[tokio::test]
async fn what_may_not_be_seen_by_id_is_as_if_it_were_not_there() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let key = app.key(&[Permission::SettingsRead], Role::Owner).await;
    let viewer = app.ask_as(Some(&key), VIEWER, json!({})).await;
    let own = viewer.root()["actor"]["id"].clone();
    let viewer = app.ask(VIEWER, json!({})).await;
    let other = viewer.root()["actor"]["id"].clone();
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let ids = json!({ "ids": [ada, own, other, "nonsense", own] });
    let answer = app.ask_as(Some(&key), document, ids.clone()).await;
    assert_eq!(
        answer.root(),
        &json!([null, { "id": own }, null, null, { "id": own }])
    );
    assert!(answer.body["errors"].is_null(), "{answer:#?}");
    let answer = app.ask(document, ids).await;
    let found = answer.root().as_array().expect("a list").iter();
    assert_eq!(found.filter(|node| !node.is_null()).count(), 4);
}

#[tokio::test]
async fn where_keys_are_kept_from_admins_they_make_none_either() {
    let app = TestApp::with("api_keys_may_manage_admins = false\n").await;
    app.member("ada").await;
    for role in ["OWNER", "ADMIN", "HELPDESK"] {
        let refused: &[&str] = match role {
            "HELPDESK" => &[],
            _ => &["ROLE_NOT_GRANTABLE"],
        };
        let document = "mutation($name: String!, $role: Role!) { createUser(input: { username: $name, \
                        role: $role, generate: true }) { generatedPassword errors { code } } }";
        let variables = json!({ "name": format!("new-{}", role.to_lowercase()), "role": role });
        let made = app.ask(document, variables).await;
        assert_eq!(made.codes(), refused, "made {role}");
        let document = "mutation($role: Role!) { updateUser(input: { user: { login: \"ada\" }, \
                        patch: { role: $role } }) { errors { code } } }";
        let raised = app.ask(document, json!({ "role": role })).await;
        assert_eq!(raised.codes(), refused, "raised to {role}");
    }
}
