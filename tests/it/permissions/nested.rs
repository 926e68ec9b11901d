//! The ways from one thing to another person's data, and objects by their id.

use std::collections::BTreeSet;

use keydesk::types::actor::Permission::{
    ApiKeysRead, AuditRead, MailRead, PasswordsReset, UsersRead,
};
use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::Access::{self, Scope, SignedIn};
use super::{all_but, assert_forbidden, refusals};
use crate::support::app::TestApp;
use crate::support::sdl::{Field, Sdl};

/// Every field that leads from one thing to a person, a mail, an event or a key.
const NESTED: [(&str, Access); 14] = [
    ("User.mailDeliveries", Scope(MailRead)),
    ("User.auditEvents", Scope(AuditRead)),
    ("User.sessions", Scope(UsersRead)),
    ("User.passwordResetLinks", Scope(UsersRead)),
    ("MailDelivery.user", Scope(UsersRead)),
    ("ApiKey.createdBy", Scope(UsersRead)),
    ("AuditEvent.user", Scope(UsersRead)),
    // A key's name and scopes belong to the trail it stands in; it is no person.
    ("AuditEvent.actor", SignedIn),
    // The caller itself.
    ("Viewer.actor", SignedIn),
    ("Viewer.session", SignedIn),
    // Goes through the same reading as `user`; tests/it/sessions.rs.
    ("Session.user", SignedIn),
    // The same for links; tests/it/reset_links/listing.rs.
    ("PasswordResetLink.user", SignedIn),
    ("PasswordResetLink.createdBy", SignedIn),
    ("PasswordResetLink.mailDelivery", SignedIn),
];

/// Every kind of object with a global ID. Who may not see one gets null.
const NODES: [(&str, Permission); 6] = [
    ("User", UsersRead),
    ("MailDelivery", MailRead),
    ("AuditEvent", AuditRead),
    ("ApiKey", ApiKeysRead),
    ("Session", UsersRead),
    ("PasswordResetLink", UsersRead),
];

/// Connections, edges and payloads carry on what their own field has let through.
fn is_carrier(field: &Field) -> bool {
    ["Connection", "Edge", "Payload"]
        .iter()
        .any(|end| field.owner.ends_with(end))
}

#[test]
fn every_way_to_another_person_s_data_has_a_case() {
    let sdl = Sdl::full();
    let mut things: BTreeSet<String> = sdl.implementors("Node").into_iter().collect();
    let nodes: BTreeSet<String> = NODES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(things, nodes, "NODES in tests/it/permissions.rs");
    things.extend(nodes.iter().map(|name| format!("{name}Connection")));
    things.extend(["Node".to_owned(), "Actor".to_owned()]);
    let roots = ["Query", "Mutation", "Subscription"];
    let found: BTreeSet<String> = sdl
        .fields()
        .iter()
        .filter(|field| things.contains(&field.reaches))
        .filter(|field| !roots.contains(&field.owner.as_str()) && !is_carrier(field))
        .map(Field::path)
        .collect();
    let known: BTreeSet<String> = NESTED.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, known, "NESTED in tests/it/permissions.rs");
}

#[tokio::test]
async fn every_way_to_another_person_s_data_needs_its_scope() {
    let desk = TestApp::start().await;
    desk.person("ada", "OWNER").await;
    let session = desk.session("ada").await;
    let (id, _) = desk.own_key(&session, json!({})).await;
    desk.revoke_key(&session, &id).await;
    let reset = desk
        .run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    assert_eq!(reset.codes(), Vec::<String>::new());
    let fields = Sdl::full().fields();
    for (path, access) in NESTED {
        let Scope(needed) = access else { continue };
        let field = fields
            .iter()
            .find(|field| field.path() == path)
            .expect("a field");
        let said = format!("Needs scope {}.", needed.name());
        assert!(
            field.description.contains(&said),
            "{path}: {}",
            field.description
        );

        let inner = match field.reaches.as_str() {
            "User" => format!("{} {{ username }}", field.name),
            _ => format!("{} {{ nodes {{ id }} }}", field.name),
        };
        let list = match field.owner.as_str() {
            "User" => "users",
            "MailDelivery" => "mailDeliveries",
            "ApiKey" => "apiKeys(filter: { statuses: [REVOKED] })",
            _ => "auditEvents(filter: { actions: [PASSWORD_RESET] })",
        };
        let document = format!("{{ {list} {{ nodes {{ {inner} }} }} }}");
        let others = desk.key(&all_but(needed), Role::Owner).await;
        let refused = desk.ask_as(Some(&others), &document, json!({})).await;
        assert_forbidden(&refused, needed, path);
        let shown = desk.ask(&document, json!({})).await;
        assert_eq!(refusals(&shown), [], "{path}: {shown:#?}");
        let value = &shown.root()["nodes"][0][&field.name];
        assert!(value.is_object(), "{path}: {shown:#?}");
    }
}

#[tokio::test]
async fn a_payload_shows_plain_fields_and_no_way_further() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let key = desk.key(&[PasswordsReset], Role::Owner).await;
    for (selection, needed) in [
        (
            "user { username mailDeliveries { nodes { id } } }",
            MailRead,
        ),
        ("user { username auditEvents { nodes { id } } }", AuditRead),
        ("mailDelivery { status user { email } }", UsersRead),
    ] {
        let document = format!(
            "mutation {{ resetPassword(input: {{ user: {{ login: \"ada\" }}, generate: true, \
             sendEmail: true }}) {{ {selection} errors {{ code }} }} }}"
        );
        let answer = desk.ask_as(Some(&key), &document, json!({})).await;
        assert_forbidden(&answer, needed, selection);
        assert_eq!(answer.codes(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_object_by_its_id_is_null_without_its_scope() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    desk.run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    let lists = "{ users { nodes { id } } mailDeliveries { nodes { id } } \
                 auditEvents(filter: { actions: [PASSWORD_RESET] }) { nodes { id actor { id } } } }";
    desk.person("grace", "MEMBER").await;
    desk.session("grace").await;
    let session = desk.newest_session("grace").await;
    let link = desk
        .run("createPasswordResetCode", json!({ "login": "ada" }))
        .await;
    let link = &link.root()["link"]["id"];
    let found = desk.ask(lists, json!({})).await;
    let data = &found.body["data"];
    for (kind, needed) in NODES {
        let id = match kind {
            "User" => &data["users"]["nodes"][0]["id"],
            "MailDelivery" => &data["mailDeliveries"]["nodes"][0]["id"],
            "AuditEvent" => &data["auditEvents"]["nodes"][0]["id"],
            "Session" => &session,
            "PasswordResetLink" => link,
            _ => &data["auditEvents"]["nodes"][0]["actor"]["id"],
        };
        assert!(id.is_string(), "{kind}: {found:#?}");
        let document = "query($id: ID!) { node(id: $id) { __typename } nodes(ids: [$id]) { id } }";
        for (scopes, expected) in [
            (all_but(needed), Value::Null),
            (vec![needed], Value::from(kind)),
        ] {
            let key = desk.key(&scopes, Role::Owner).await;
            let answer = desk.ask_as(Some(&key), document, json!({ "id": id })).await;
            let data = &answer.body["data"];
            assert_eq!(data["node"]["__typename"], expected, "{kind}: {answer:#?}");
            assert_eq!(
                data["nodes"][0].is_null(),
                expected.is_null(),
                "{kind}: {answer:#?}"
            );
        }
    }
}
