//! `User.passwordResetBlockers` says beforehand what `resetPassword` will say.

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

/// The states a target can be in, each made from a person with a verified address.
const STATES: [(&str, &str); 7] = [
    ("fine", ""),
    (
        "unverified",
        "updateUser(input: { user: { login: \"LOGIN\" }, patch: { emailVerified: false } })",
    ),
    (
        "without-address",
        "updateUser(input: { user: { login: \"LOGIN\" }, clear: [EMAIL] })",
    ),
    (
        "elsewhere",
        "updateUser(input: { user: { login: \"LOGIN\" }, patch: { authenticationSource: LDAP } })",
    ),
    (
        "disabled",
        "disableUser(input: { user: { login: \"LOGIN\" } })",
    ),
    (
        "must-change",
        "setMustChangePassword(input: { user: { login: \"LOGIN\" } })",
    ),
    (
        "deleted",
        "deleteUser(input: { user: { login: \"LOGIN\" } })",
    ),
];

const ROLES: [&str; 5] = ["OWNER", "ADMIN", "HELPDESK", "AUDITOR", "MEMBER"];

async fn people(desk: &TestApp) -> Vec<(String, String)> {
    desk.person("another-owner", "OWNER").await;
    let mut people = Vec::new();
    for role in ROLES {
        for (state, change) in STATES {
            let login = format!("{}-{state}", role.to_lowercase());
            let id = desk.person(&login, role).await;
            if !change.is_empty() {
                let document = format!("mutation {{ {change} {{ errors {{ code }} }} }}");
                let answer = desk
                    .ask(&document.replace("LOGIN", &login), json!({}))
                    .await;
                assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
            }
            people.push((login, id));
        }
    }
    people
}

/// What the field says; `None` when the caller does not see the user.
async fn foretold(desk: &TestApp, token: &str, id: &str, mailed: bool) -> Option<Vec<String>> {
    let document = "query($id: ID!, $mailed: Boolean!) { user(id: $id) { \
                    passwordResetBlockers(sendEmail: $mailed) } }";
    let variables = json!({ "id": id, "mailed": mailed });
    let answer = desk.ask_as(Some(token), document, variables).await;
    let codes = answer.body["data"]["user"]["passwordResetBlockers"].as_array()?;
    let text = |code: &Value| code.as_str().expect("a code").to_owned();
    Some(codes.iter().map(text).collect())
}

async fn reset(desk: &TestApp, token: &str, id: &str, mailed: bool) -> Answer {
    let document = "mutation($id: ID!, $mailed: Boolean!) { resetPassword(input: { user: { id: $id }, \
                    generate: true, sendEmail: $mailed }) { errors { code } } }";
    desk.ask_as(Some(token), document, json!({ "id": id, "mailed": mailed }))
        .await
}

async fn compare(settings: &str) {
    let desk = TestApp::with(settings).await;
    let people = people(&desk).await;
    let mut seen = 0;
    for role in ROLES {
        let name = format!("actor-{}", role.to_lowercase());
        let own = desk.person(&name, role).await;
        let token = desk.session(&name).await;
        let token = desk.confirmed(&token).await;
        let targets = people
            .iter()
            .map(|(login, id)| (login.as_str(), id.as_str()));
        for (login, id) in targets.chain([("themselves", own.as_str())]) {
            for mailed in [false, true] {
                let Some(foretold) = foretold(&desk, &token, id, mailed).await else {
                    continue;
                };
                seen += 1;
                let answer = reset(&desk, &token, id, mailed).await;
                let case = format!("{role} on {login}, mailed: {mailed}, {settings}");
                assert_eq!(
                    answer.codes().first(),
                    foretold.first(),
                    "{case}: {foretold:?}"
                );
                assert_eq!(answer.codes().is_empty(), foretold.is_empty(), "{case}");
            }
        }
    }
    assert!(seen > 150, "{seen} pairs");
}

#[tokio::test]
async fn they_agree_with_the_reset_for_every_pair_of_roles_and_every_state() {
    compare("").await;
}

#[tokio::test]
async fn they_agree_where_passwords_may_not_be_mailed() {
    compare("mail_passwords = \"forbid\"\nrequire_verified_email = false\n").await;
}

#[tokio::test]
async fn they_agree_where_there_is_no_mail() {
    compare("[mail.transport]\nkind = \"none\"\n").await;
}

#[tokio::test]
async fn they_agree_where_administrators_may_set_no_passwords() {
    let desk = TestApp::with("admin_passwords = \"links_only\"\n").await;
    let id = desk.user("ada", json!({})).await;
    let key = desk.owner_key().to_owned();
    let codes = foretold(&desk, &key, &id, true).await;
    let expected = ["EMAIL_MISSING", "ADMIN_PASSWORD_NOT_ALLOWED"].map(str::to_owned);
    assert_eq!(codes, Some(expected.to_vec()));
    assert_eq!(
        foretold(&desk, &key, &id, false).await,
        Some(vec![expected[1].clone()])
    );
    assert_eq!(
        reset(&desk, &key, &id, false).await.codes(),
        [expected[1].clone()]
    );
}
