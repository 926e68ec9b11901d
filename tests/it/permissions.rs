//! Guard: every root field, and every way from one thing to another person's data, has its
//! permission. A field without a case here fails.

mod nested;
mod table;

use std::collections::BTreeSet;

use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::sdl::Sdl;
use crate::support::socket::Server;

/// Whom a field lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Anyone,
    SignedIn,
    /// A person with a session; the flag says whether on the public endpoint too.
    Person {
        public: bool,
    },
    Scope(Permission),
    /// A person with the right; no API key, whatever its scopes.
    PersonWith(Permission),
}

use Access::{Anyone, Person, PersonWith, Scope, SignedIn};
use Permission::{
    ApiKeysManage, ApiKeysRead, AuditRead, MailRead, MailTemplatesWrite, MailWrite, PasswordsReset,
    SessionsRevoke, SettingsRead, UsersDelete, UsersRead, UsersUnlock, UsersWrite,
};

impl Access {
    /// As the `Access:` line of a description says it.
    fn words(self) -> String {
        match self {
            Anyone => "anyone (public endpoint).".to_owned(),
            SignedIn | Person { public: false } => "signed in.".to_owned(),
            Person { public: true } => "signed in (public endpoint).".to_owned(),
            Scope(permission) | PersonWith(permission) => {
                format!("scope {}.", permission.name())
            }
        }
    }
}

/// What some inputs need besides, which a description says; tests/it/users/identity.rs tries each.
const BESIDES: [(&str, &str); 1] = [(
    "updateUser",
    "Scope PASSWORDS_RESET is needed for `email`, `emailVerified`, `externalId` and \
     `authenticationSource`, set or cleared.",
)];

/// Every root field. Ids and logins are of nobody: who is let in shows before they are looked up.
const ROOTS: [(&str, Access, &str); 56] = [
    ("viewer", SignedIn, "{ viewer { role } }"),
    ("node", SignedIn, r#"{ node(id: "user_none") { id } }"#),
    ("nodes", SignedIn, r#"{ nodes(ids: ["user_none"]) { id } }"#),
    (
        "user",
        Scope(UsersRead),
        r#"{ user(id: "user_none") { id } }"#,
    ),
    (
        "userByLogin",
        Scope(UsersRead),
        r#"{ userByLogin(login: "none") { id } }"#,
    ),
    ("users", Scope(UsersRead), "{ users { nodes { id } } }"),
    (
        "mailDeliveries",
        Scope(MailRead),
        "{ mailDeliveries { nodes { id } } }",
    ),
    (
        "mailTemplates",
        Scope(MailRead),
        "{ mailTemplates { kind } }",
    ),
    (
        "mailTemplate",
        Scope(MailRead),
        "{ mailTemplate(kind: TEST) { kind } }",
    ),
    (
        "mailTemplateHistory",
        Scope(MailRead),
        r#"{ mailTemplateHistory(kind: TEST, locale: "en") { version } }"#,
    ),
    (
        "mailTemplatePreview",
        Scope(MailRead),
        "{ mailTemplatePreview(kind: TEST) { subject } }",
    ),
    (
        "updateMailTemplate",
        Scope(MailTemplatesWrite),
        r#"mutation { updateMailTemplate(input: { kind: TEST, locale: "en", text: { subject: "",
           textBody: "", htmlBody: "" } }) ERRORS }"#,
    ),
    (
        "resetMailTemplate",
        Scope(MailTemplatesWrite),
        r#"mutation { resetMailTemplate(input: { kind: TEST, locale: "en" }) ERRORS }"#,
    ),
    (
        "mailDelivery",
        Scope(MailRead),
        r#"{ mailDelivery(id: "mail_none") { id } }"#,
    ),
    (
        "retryMailDelivery",
        Scope(MailWrite),
        r#"mutation { retryMailDelivery(input: { id: "mail_none" }) ERRORS }"#,
    ),
    (
        "cancelMailDelivery",
        Scope(MailWrite),
        r#"mutation { cancelMailDelivery(input: { id: "mail_none" }) ERRORS }"#,
    ),
    (
        "sendTestEmail",
        Scope(MailWrite),
        r#"mutation { sendTestEmail(input: { recipient: "none" }) ERRORS }"#,
    ),
    (
        "markEmailDeliverable",
        Scope(UsersWrite),
        r#"mutation { markEmailDeliverable(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "apiKeys",
        Scope(ApiKeysRead),
        "{ apiKeys { nodes { id } } }",
    ),
    (
        "createApiKey",
        PersonWith(ApiKeysManage),
        r#"mutation { createApiKey(input: { name: "x", scopes: [USERS_READ] }) ERRORS }"#,
    ),
    (
        "updateApiKey",
        PersonWith(ApiKeysManage),
        r#"mutation { updateApiKey(input: { apiKeyId: "key_none", patch: {} }) ERRORS }"#,
    ),
    (
        "revokeApiKey",
        PersonWith(ApiKeysManage),
        r#"mutation { revokeApiKey(input: { apiKeyId: "key_none" }) ERRORS }"#,
    ),
    (
        "auditEvents",
        Scope(AuditRead),
        "{ auditEvents { nodes { id } } }",
    ),
    ("passwordPolicy", Anyone, "{ passwordPolicy { minLength } }"),
    (
        "serverInfo",
        Scope(SettingsRead),
        "{ serverInfo { version } }",
    ),
    (
        "resetPassword",
        Scope(PasswordsReset),
        r#"mutation { resetPassword(input: { user: { login: "none" }, generate: true }) ERRORS }"#,
    ),
    (
        "sendPasswordResetEmail",
        Scope(PasswordsReset),
        r#"mutation { sendPasswordResetEmail(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "createPasswordResetLink",
        Scope(PasswordsReset),
        r#"mutation { createPasswordResetLink(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "revokePasswordResetLinks",
        Scope(PasswordsReset),
        r#"mutation { revokePasswordResetLinks(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "setMustChangePassword",
        Scope(PasswordsReset),
        r#"mutation { setMustChangePassword(input: { user: { login: "none" },
           mustChangePassword: true }) ERRORS }"#,
    ),
    (
        "createUser",
        Scope(UsersWrite),
        r#"mutation { createUser(input: { username: "nobody@nowhere" }) ERRORS }"#,
    ),
    (
        "updateUser",
        Scope(UsersWrite),
        r#"mutation { updateUser(input: { user: { login: "none" }, patch: { name: "x" } }) ERRORS }"#,
    ),
    (
        "disableUser",
        Scope(UsersWrite),
        r#"mutation { disableUser(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "enableUser",
        Scope(UsersWrite),
        r#"mutation { enableUser(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "generatePassword",
        SignedIn,
        "mutation { generatePassword(input: {}) ERRORS }",
    ),
    (
        "checkPassword",
        Anyone,
        r#"mutation { checkPassword(input: { password: "x" }) ERRORS }"#,
    ),
    ("account", Anyone, "{ account { username } }"),
    (
        "signIn",
        Anyone,
        r#"mutation { signIn(input: { login: "none", password: "x" }) ERRORS }"#,
    ),
    ("signInOptions", Anyone, "{ signInOptions { siteName } }"),
    (
        "requestPasswordReset",
        Anyone,
        r#"mutation { requestPasswordReset(input: { login: "none" }) ERRORS }"#,
    ),
    (
        "verifyPasswordResetToken",
        Anyone,
        r#"mutation { verifyPasswordResetToken(input: { token: "x" }) ERRORS }"#,
    ),
    (
        "verifyPasswordResetCode",
        Anyone,
        r#"mutation { verifyPasswordResetCode(input: { login: "none", flowId: "x", code: "x" })
           ERRORS }"#,
    ),
    (
        "completePasswordReset",
        Anyone,
        r#"mutation { completePasswordReset(input: { token: "x", newPassword: "y" }) ERRORS }"#,
    ),
    (
        "changePassword",
        Person { public: true },
        r#"mutation { changePassword(input: { currentPassword: "x", newPassword: "y" }) ERRORS }"#,
    ),
    (
        "confirmIdentity",
        Person { public: false },
        r#"mutation { confirmIdentity(input: { password: "x" }) ERRORS }"#,
    ),
    (
        "signOut",
        Person { public: true },
        "mutation { signOut(input: {}) ERRORS }",
    ),
    (
        "revokeOwnSession",
        Person { public: true },
        r#"mutation { revokeOwnSession(input: { sessionId: "session_none" }) ERRORS }"#,
    ),
    (
        "revokeOwnDevice",
        Person { public: true },
        r#"mutation { revokeOwnDevice(input: { deviceId: "device_none" }) ERRORS }"#,
    ),
    (
        "revokeDevice",
        Scope(SessionsRevoke),
        r#"mutation { revokeDevice(input: { deviceId: "device_none" }) ERRORS }"#,
    ),
    (
        "unlockUser",
        Scope(UsersUnlock),
        r#"mutation { unlockUser(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "deleteUser",
        Scope(UsersDelete),
        r#"mutation { deleteUser(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "restoreUser",
        Scope(UsersDelete),
        r#"mutation { restoreUser(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "revokeSession",
        Scope(SessionsRevoke),
        r#"mutation { revokeSession(input: { sessionId: "session_none" }) ERRORS }"#,
    ),
    (
        "revokeSessions",
        Scope(SessionsRevoke),
        r#"mutation { revokeSessions(input: { user: { login: "none" } }) ERRORS }"#,
    ),
    (
        "mailDeliveryUpdated",
        Scope(MailRead),
        r#"subscription { mailDeliveryUpdated(id: "mail_none") { id } }"#,
    ),
    (
        "auditEventRecorded",
        Scope(AuditRead),
        "subscription { auditEventRecorded { id } }",
    ),
];

const ERRORS: &str = "{ errors { code message ... on ForbiddenError { requiredScopes } } }";

fn all_but(missing: Permission) -> Vec<Permission> {
    let mut scopes = Permission::ALL.to_vec();
    scopes.retain(|scope| *scope != missing);
    scopes
}

/// The first answer to a subscription; how the socket ends where nobody gets as far. Something is
/// recorded again and again, so that there is something to be pushed.
async fn first_pushed(
    desk: &TestApp,
    server: &Server,
    key: Option<&str>,
    document: &str,
) -> Answer {
    let body = if let Some(key) = key {
        let mut client = server.sign_in(key).await;
        client.start("1", document, json!({})).await;
        let recording = async {
            loop {
                desk.key(&[SettingsRead], Role::Member).await;
            }
        };
        tokio::select! {
            answer = client.answer("1") => answer,
            () = recording => Value::Null,
        }
    } else {
        let mut client = server.open().await;
        client.say(json!({ "type": "connection_init" })).await;
        assert_eq!(client.closed().await, 4401);
        json!({ "errors": [{ "extensions": { "code": "UNAUTHENTICATED" } }] })
    };
    Answer {
        status: axum::http::StatusCode::OK,
        headers: axum::http::HeaderMap::new(),
        body,
    }
}

/// The refusals in an answer, top-level or in a payload: code and scopes.
fn refusals(answer: &Answer) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for error in answer.body["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or("none");
        found.push((
            code.to_owned(),
            error["extensions"]["requiredScopes"].clone(),
        ));
    }
    for payload in answer.body["data"].as_object().into_iter().flatten() {
        for error in payload.1["errors"].as_array().into_iter().flatten() {
            let code = error["code"].as_str().expect("a code").to_owned();
            found.push((code, error["requiredScopes"].clone()));
        }
    }
    found.retain(|(code, _)| ["UNAUTHENTICATED", "FORBIDDEN", "none"].contains(&code.as_str()));
    found
}

fn assert_forbidden(answer: &Answer, missing: Permission, what: &str) {
    let expected = ("FORBIDDEN".to_owned(), json!([missing.name()]));
    assert_eq!(refusals(answer), [expected], "{what}: {answer:#?}");
}

#[test]
fn every_root_field_has_a_case_that_agrees_with_its_description() {
    let roots = Sdl::full().root_fields();
    let known: BTreeSet<&str> = ROOTS.iter().map(|(name, _, _)| *name).collect();
    let found: BTreeSet<&str> = roots.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(found, known, "ROOTS in tests/it/permissions.rs");
    for (name, access, _) in ROOTS {
        let field = roots.iter().find(|field| field.name == name);
        let line = field.and_then(|field| field.line("Access:"));
        assert_eq!(line, Some(access.words()), "the `Access:` line of {name}");
        for (_, more) in BESIDES.iter().filter(|(of, _)| *of == name) {
            let words = field.map(|field| field.description.split_whitespace().collect::<Vec<_>>());
            let words = words.unwrap_or_default().join(" ");
            assert!(words.contains(more), "{name}: {words}");
        }
    }
}

#[test]
fn the_public_schema_holds_what_anyone_may_do_and_leads_to_no_object() {
    let public = Sdl::public();
    let open: BTreeSet<&str> = ROOTS
        .iter()
        .filter(|(_, access, _)| [Anyone, Person { public: true }].contains(access))
        .map(|(name, _, _)| *name)
        .collect();
    let roots = public.root_fields();
    let found: BTreeSet<&str> = roots.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(found, open);
    assert_eq!(public.implementors("Node"), Vec::<String>::new());
}

#[tokio::test]
async fn every_root_field_lets_in_whom_it_says_and_nobody_else() {
    let desk = TestApp::start().await;
    let server = Server::start(&desk).await;
    let idle = desk.key(&[SettingsRead], Role::Owner).await;
    desk.person("olga", "OWNER").await;
    desk.person("aude", "AUDITOR").await;
    let auditor = desk.session("aude").await;
    for (name, access, document) in ROOTS {
        let document = document.replace("ERRORS", ERRORS);
        let ask = async |key: Option<&str>| {
            if document.starts_with("subscription") {
                first_pushed(&desk, &server, key, &document).await
            } else {
                desk.ask_as(key, &document, json!({})).await
            }
        };

        let anonymous = ask(None).await;
        let turned_away = vec![("UNAUTHENTICATED".to_owned(), Value::Null)];
        let expected = if access == Anyone {
            vec![]
        } else {
            turned_away
        };
        assert_eq!(refusals(&anonymous), expected, "{name}: {anonymous:#?}");

        let key = match access {
            Scope(needed) => {
                let others = desk.key(&all_but(needed), Role::Owner).await;
                assert_forbidden(&ask(Some(&others)).await, needed, name);
                desk.key(&[needed], Role::Owner).await
            }
            PersonWith(needed) => {
                let others = desk.key(&all_but(needed), Role::Owner).await;
                assert_forbidden(&ask(Some(&others)).await, needed, name);
                let with_scope = desk.key(&[needed], Role::Owner).await;
                let refused = refusals(&ask(Some(&with_scope)).await);
                assert_eq!(refused, [("FORBIDDEN".to_owned(), Value::Null)], "{name}");
                assert_forbidden(&ask(Some(&auditor)).await, needed, name);
                desk.session("olga").await
            }
            Person { .. } => {
                let refused = refusals(&ask(Some(&idle)).await);
                assert_eq!(refused, [("FORBIDDEN".to_owned(), Value::Null)], "{name}");
                desk.session("olga").await
            }
            Anyone | SignedIn => idle.clone(),
        };
        let passes = ask(Some(&key)).await;
        assert_eq!(refusals(&passes), [], "{name}: {passes:#?}");
        assert!(passes.body["data"].is_object(), "{name}: {passes:#?}");
    }
}

#[test]
fn the_errors_line_of_each_mutation_names_codes_and_every_code_is_named() {
    let sdl = Sdl::full();
    let codes = sdl.values("ErrorCode");
    let mut unnamed: BTreeSet<String> = codes.iter().cloned().collect();
    for field in sdl
        .root_fields()
        .iter()
        .filter(|field| field.owner == "Mutation")
    {
        let line = field
            .line("Errors:")
            .unwrap_or_else(|| panic!("{} has no line", field.name));
        let named: Vec<&str> = line.trim_end_matches('.').split(", ").collect();
        for code in &named {
            assert!(
                codes.iter().any(|known| known == code),
                "{}: {code}",
                field.name
            );
            unnamed.remove(*code);
        }
        let needs_scope = field
            .line("Access:")
            .is_some_and(|line| line.starts_with("scope"));
        assert_eq!(named.contains(&"FORBIDDEN"), needs_scope, "{}", field.name);
    }
    assert!(unnamed.is_empty(), "no mutation gives {unnamed:?}");
}
