//! What binds an account to a person: who may change it, who is told, and what ends with it.

use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{faults, mutate, update};
use crate::support::app::{TestApp, merge};
use crate::support::sdl::Sdl;

/// What a change to a field does.
struct Binding {
    field: &'static str,
    /// Whether changing it is as good as a reset: then it ends all sessions, or proves an address, and a key
    /// needs the right to reset passwords.
    is_proof: bool,
    ends_sessions: bool,
    mail: &'static str,
    /// Whether it can be cleared.
    clear: Option<&'static str>,
}

/// The fields by which somebody is recognised, or which say what they may do.
const BINDS: [Binding; 6] = [
    binding("username", [false, false], "ACCOUNT_CHANGED", None),
    binding("role", [false, false], "ACCOUNT_CHANGED", None),
    binding("email", [true, true], "EMAIL_CHANGED", Some("EMAIL")),
    binding("emailVerified", [true, false], "ACCOUNT_CHANGED", None),
    binding(
        "externalId",
        [true, true],
        "ACCOUNT_CHANGED",
        Some("EXTERNAL_ID"),
    ),
    binding(
        "authenticationSource",
        [true, true],
        "ACCOUNT_CHANGED",
        None,
    ),
];

/// Fields that say nothing about who somebody is.
const FREE: [&str; 3] = ["name", "locale", "timeZone"];
const FREE_TO_CLEAR: [&str; 3] = ["NAME", "LOCALE", "TIME_ZONE"];

const fn binding(
    field: &'static str,
    [is_proof, ends_sessions]: [bool; 2],
    mail: &'static str,
    clear: Option<&'static str>,
) -> Binding {
    Binding {
        field,
        is_proof,
        ends_sessions,
        mail,
        clear,
    }
}

impl Binding {
    /// Another value of the field.
    fn value(&self) -> Value {
        match self.field {
            "username" => json!("countess"),
            "role" => json!("AUDITOR"),
            "email" => json!("eve@example.net"),
            "emailVerified" => json!(false),
            "externalId" => json!("eve-7"),
            "authenticationSource" => json!("LDAP"),
            other => panic!("no value for {other}"),
        }
    }

    /// Each way to change it, as it stands in the input.
    fn changes(&self) -> Vec<Value> {
        let mut changes = vec![json!({ "patch": { self.field: self.value() } })];
        changes.extend(self.clear.map(|field| json!({ "clear": [field] })));
        changes
    }
}

async fn person(desk: &TestApp) -> String {
    let ada = desk.person("ada", "MEMBER").await;
    let bound = update(desk, &ada, json!({ "externalId": "ada-7" }), json!({})).await;
    assert_eq!(faults(&bound), []);
    desk.deliver().await;
    ada
}

fn input(user: &str, change: &Value) -> Value {
    let mut input = json!({ "user": { "id": user } });
    merge(&mut input, change.clone());
    input
}

#[test]
fn every_field_of_a_user_is_known_to_bind_an_identity_or_not_to() {
    let sdl = Sdl::full();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let known = BINDS.iter().map(|one| one.field).chain(FREE);
    let known = sorted(known.map(str::to_owned).collect());
    assert_eq!(
        sorted(sdl.input_fields("UserPatch")),
        known,
        "BINDS or FREE in tests/it/users/identity.rs"
    );
    let clear = BINDS.iter().filter_map(|one| one.clear);
    let clear = clear.chain(FREE_TO_CLEAR).map(str::to_owned).collect();
    assert_eq!(sorted(sdl.values("UserField")), sorted(clear));
}

#[tokio::test]
async fn what_binds_somebody_asks_who_is_acting_and_what_does_not_goes_through() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let ada = person(&desk).await;
    let stolen = desk.session("olga").await;
    let before = desk.snapshot().await;
    for one in &BINDS {
        for change in one.changes() {
            let refused = mutate(&desk, Some(&stolen), "updateUser", input(&ada, &change)).await;
            assert_eq!(refused.codes(), ["STEP_UP_REQUIRED"], "{change}");
        }
    }
    assert_eq!(desk.snapshot().await, before);
    let free =
        json!({ "patch": { "name": "Ada King", "locale": "de", "timeZone": "Europe/Vienna" } });
    for change in [free, json!({ "clear": FREE_TO_CLEAR })] {
        let done = mutate(&desk, Some(&stolen), "updateUser", input(&ada, &change)).await;
        assert_eq!(faults(&done), [], "{change}");
    }
    assert_eq!(desk.deliver().await, 0);
}

#[tokio::test]
async fn an_account_with_a_role_or_an_outside_identity_is_not_made_without_a_confirmation() {
    let desk = TestApp::start().await;
    desk.person("olga", "OWNER").await;
    let stolen = desk.session("olga").await;
    for more in [
        json!({ "role": "AUDITOR" }),
        json!({ "externalId": "eve-7" }),
    ] {
        let mut new = json!({ "username": "eve" });
        merge(&mut new, more.clone());
        let refused = mutate(&desk, Some(&stolen), "createUser", new).await;
        assert_eq!(refused.codes(), ["STEP_UP_REQUIRED"], "{more}");
    }
    let plain = json!({ "username": "bea", "email": "bea@example.org", "emailVerified": true });
    let made = mutate(&desk, Some(&stolen), "createUser", plain).await;
    assert_eq!(faults(&made), []);
}

#[tokio::test]
async fn whoever_is_bound_anew_is_told_at_their_own_address_and_signed_out_where_proof_changed_hands()
 {
    for one in &BINDS {
        for change in one.changes() {
            let desk = TestApp::start().await;
            desk.person("olga", "OWNER").await;
            let ada = person(&desk).await;
            let (hers, link) = (desk.session("ada").await, "sendPasswordResetEmail");
            let link = desk.run(link, json!({ "login": "ada" })).await;
            assert_eq!(link.codes(), Vec::<String>::new());
            desk.deliver().await;

            let owner = desk.session("olga").await;
            let owner = desk.confirmed(&owner).await;
            let done = mutate(&desk, Some(&owner), "updateUser", input(&ada, &change)).await;
            assert_eq!(faults(&done), [], "{change}");

            assert_eq!(desk.deliver().await, 1, "{change}");
            let mail = desk.mailer.sent().pop().expect("a notice");
            assert_eq!(mail.to, "ada@example.org", "{change}");
            let newest = "{ mailDeliveries(first: 1) { nodes { kind } } }";
            let newest = desk.ask(newest, json!({})).await;
            assert_eq!(newest.root()["nodes"][0]["kind"], one.mail, "{change}");

            let viewer = desk
                .ask_as(Some(&hers), "{ viewer { role } }", json!({}))
                .await;
            let ended = viewer.status == 401;
            assert_eq!(ended, one.ends_sessions, "{change}: {viewer:#?}");
            let links =
                "query($id: ID!) { user(id: $id) { passwordResetLinks { nodes { status } } } }";
            let links = desk.ask(links, json!({ "id": ada })).await;
            let status = &links.root()["passwordResetLinks"]["nodes"][0]["status"];
            assert_eq!(status, "REVOKED", "{change}: {links:#?}");
        }
    }
}

#[tokio::test]
async fn the_mail_says_what_was_changed_and_nothing_that_was_not() {
    let desk = TestApp::start().await;
    let ada = person(&desk).await;
    let patch = json!({ "username": "countess", "role": "HELPDESK", "email": "eve@example.net" });
    update(&desk, &ada, patch, json!({})).await;
    assert_eq!(desk.deliver().await, 2);
    for mail in desk.mailer.sent().iter().rev().take(2) {
        assert_eq!(mail.to, "ada@example.org");
    }
    let sent = desk.mailer.sent();
    let mail = sent
        .iter()
        .rev()
        .find(|mail| mail.content.text.contains("HELPDESK"));
    let text = mail.expect("a notice").content.text.replace('\n', " ");
    assert!(
        text.contains("account ada") && text.contains("username is now countess"),
        "{text}"
    );
    for other in ["identity", "way you sign in", "counts as verified"] {
        assert!(!text.contains(other), "{other} in {text}");
    }
    // The same name in other letters is no news.
    update(&desk, &ada, json!({ "username": "COUNTESS" }), json!({})).await;
    assert_eq!(desk.deliver().await, 0);
}

#[tokio::test]
async fn a_password_that_waits_for_the_old_address_is_not_mailed_any_more() {
    let desk = TestApp::start().await;
    let ada = person(&desk).await;
    let reset = desk
        .run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    let mail = reset.root()["mailDelivery"]["id"].clone();
    assert!(mail.is_string(), "{reset:#?}");
    // The same address in other letters changes nothing about it.
    update(
        &desk,
        &ada,
        json!({ "email": "ADA@example.org" }),
        json!({}),
    )
    .await;
    update(
        &desk,
        &ada,
        json!({ "email": "new@example.org" }),
        json!({}),
    )
    .await;
    assert_eq!(desk.deliver().await, 1);
    let notice = desk.mailer.sent().pop().expect("a notice");
    assert!(
        notice.content.text.contains("n***@example.org"),
        "{}",
        notice.content.text
    );
    assert_eq!(notice.to, "ADA@example.org");
    let status = "query($id: ID!) { mailDelivery(id: $id) { status } }";
    let status = desk.ask(status, json!({ "id": mail })).await;
    assert_eq!(status.root()["status"], "CANCELLED");
    let sealed = "SELECT id FROM outbox_emails WHERE secret_sealed IS NOT NULL";
    assert_eq!(desk.rows(sealed, vec![]).await.len(), 0);

    // What tells the owner of the old address goes there all the same.
    desk.run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    update(&desk, &ada, json!({ "emailVerified": true }), json!({})).await;
    desk.deliver().await;
    desk.run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    update(
        &desk,
        &ada,
        json!({ "email": "eve@example.net" }),
        json!({}),
    )
    .await;
    assert_eq!(
        desk.deliver().await,
        2,
        "the new password, and the new address"
    );
    for mail in desk.mailer.sent().iter().rev().take(2) {
        assert_eq!(mail.to, "new@example.org");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_as_verified_is_told_so() {
    let desk = TestApp::start().await;
    let bob = desk
        .user("bob", json!({ "email": "bob@example.org" }))
        .await;
    update(&desk, &bob, json!({ "emailVerified": true }), json!({})).await;
    assert_eq!(desk.deliver().await, 1);
    let mail = desk.mailer.sent().pop().expect("a notice");
    assert_eq!(mail.to, "bob@example.org");
    assert!(
        mail.content.text.contains("counts as verified"),
        "{}",
        mail.content.text
    );
}

#[tokio::test]
async fn a_key_needs_the_right_to_reset_passwords_for_what_is_as_good_as_a_reset() {
    let desk = TestApp::start().await;
    let ada = person(&desk).await;
    let writer = desk.key(&[Permission::UsersWrite], Role::Admin).await;
    let before = desk.snapshot().await.but_for_denials();
    let forbidden = async |input: Value| {
        let document = "mutation($input: UpdateUserInput!) { updateUser(input: $input) { errors { code \
                        ... on ForbiddenError { requiredScopes } } } }";
        let variables = json!({ "input": input });
        let answer = desk.ask_as(Some(&writer), document, variables).await;
        let errors = &answer.root()["errors"];
        let wanted = json!([{ "code": "FORBIDDEN", "requiredScopes": ["PASSWORDS_RESET"] }]);
        assert_eq!(errors, &wanted, "{answer:#?}");
    };
    for one in BINDS.iter().filter(|one| one.is_proof) {
        for change in one.changes() {
            forbidden(input(&ada, &change)).await;
            // Before anything else is judged.
            forbidden(input("user_01h455vb4pex5vsknk084sn02q", &change)).await;
        }
    }
    forbidden(json!({ "user": { "id": ada }, "patch": { "email": "nobody", "role": "OWNER" } }))
        .await;
    assert_eq!(desk.snapshot().await.but_for_denials(), before);

    for one in BINDS
        .iter()
        .filter(|one| !one.is_proof && one.field != "role")
    {
        let done = mutate(
            &desk,
            Some(&writer),
            "updateUser",
            input(&ada, &one.changes()[0]),
        )
        .await;
        assert_eq!(faults(&done), [], "{}", one.field);
    }
    let scopes = [Permission::UsersWrite, Permission::PasswordsReset];
    let both = desk.key(&scopes, Role::Admin).await;
    for one in BINDS.iter().filter(|one| one.is_proof) {
        for change in one.changes() {
            let done = mutate(&desk, Some(&both), "updateUser", input(&ada, &change)).await;
            assert_eq!(faults(&done), [], "{change}");
        }
    }
}
