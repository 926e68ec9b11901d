//! Every act that writes, as it is asked for over GraphQL.

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, merge};
use crate::support::people::PASSWORD;
use crate::support::recovery::token_in;

/// A password that keeps every rule of the default policy.
const GOOD: &str = "otter-walks-past-nine-lamps";

/// Mutations that write nothing but limits.
pub(super) const NOT_WRITING: [&str; 3] = [
    "checkPassword",
    "generatePassword",
    "verifyPasswordResetToken",
];

/// One way of asking for an act.
pub(super) struct Act {
    pub(super) mutation: &'static str,
    pub(super) how: &'static str,
    /// Whether it queues a mail.
    pub(super) mails: bool,
    /// A table that its transaction writes to, so that this one cannot be committed.
    pub(super) committed: &'static str,
}

const fn act(mutation: &'static str, how: &'static str) -> Act {
    Act {
        mutation,
        how,
        mails: false,
        committed: "audit_events",
    }
}

const fn mailing(mutation: &'static str, how: &'static str) -> Act {
    Act {
        mails: true,
        ..act(mutation, how)
    }
}

/// Without an event of the audit trail.
const fn unaudited(mutation: &'static str, how: &'static str, committed: &'static str) -> Act {
    Act {
        committed,
        ..act(mutation, how)
    }
}

pub(super) const ACTS: [Act; 43] = [
    mailing("resetPassword", "typed, told by mail"),
    mailing("resetPassword", "generated, by mail"),
    mailing("sendPasswordResetEmail", ""),
    mailing("sendPasswordResetEmail", "with the password blocked"),
    act("createPasswordResetLink", "as a link"),
    act("createPasswordResetLink", "as a code"),
    act("revokePasswordResetLinks", ""),
    act("setMustChangePassword", ""),
    mailing("createUser", "with a welcome mail"),
    act("createUser", "without a password"),
    mailing("updateUser", "the address"),
    mailing("updateUser", "the role"),
    act("updateUser", "the name"),
    mailing("disableUser", ""),
    act("enableUser", ""),
    act("unlockUser", ""),
    act("deleteUser", ""),
    act("restoreUser", ""),
    act("revokeSession", ""),
    act("revokeDevice", ""),
    act("revokeSessions", ""),
    act("retryMailDelivery", "now"),
    act("retryMailDelivery", "once more"),
    act("cancelMailDelivery", ""),
    act("markEmailDeliverable", ""),
    mailing("sendTestEmail", ""),
    act("createApiKey", ""),
    act("updateApiKey", ""),
    act("revokeApiKey", ""),
    act("updateMailTemplate", ""),
    act("resetMailTemplate", ""),
    act("signIn", ""),
    unaudited("signIn", "when the try is counted", "users"),
    act("signOut", "of one session"),
    act("signOut", "everywhere"),
    mailing("changePassword", ""),
    act("confirmIdentity", ""),
    act("revokeOwnSession", ""),
    act("revokeOwnDevice", ""),
    unaudited("requestPasswordReset", "", "password_reset_requests"),
    unaudited("verifyPasswordResetCode", "", "one_time_links"),
    mailing("completePasswordReset", ""),
    mailing("completePasswordReset", "and sign in"),
];

/// Whoever acts in person.
pub(super) async fn people(desk: &TestApp) {
    desk.person("olga", "OWNER").await;
    desk.person("otto", "OWNER").await;
    // What only the first act of a kind adds is there: the row by which acts on owners wait for each other.
    desk.person("omar", "OWNER").await;
    first(desk, "disableUser", on("omar")).await;
}

/// What is sent, as often as needed.
pub(super) struct Request {
    caller: Option<String>,
    is_known: bool,
    mutation: &'static str,
    input: Value,
}

impl Request {
    /// With the owner's key.
    pub(super) fn by_key(mutation: &'static str, input: Value) -> Self {
        Self {
            caller: None,
            is_known: true,
            mutation,
            input,
        }
    }

    fn by(session: String, mutation: &'static str, input: Value) -> Self {
        Self {
            caller: Some(session),
            ..Self::by_key(mutation, input)
        }
    }

    fn by_nobody(mutation: &'static str, input: Value) -> Self {
        Self {
            is_known: false,
            ..Self::by_key(mutation, input)
        }
    }

    /// Whether it may be repeated under a key.
    pub(super) fn has_key(&self) -> bool {
        self.input.get("idempotencyKey").is_some()
    }

    pub(super) async fn send(&self, desk: &TestApp) -> Answer {
        let name = self.mutation;
        let (first, rest) = name.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let replay = if self.has_key() { "isReplay" } else { "" };
        let document = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {replay} errors {{ code message }} }} }}"
        );
        let variables = json!({ "input": self.input });
        let caller = self
            .caller
            .as_deref()
            .or(self.is_known.then(|| desk.owner_key()));
        desk.ask_as(caller, &document, variables).await
    }
}

fn on(login: &str) -> Value {
    json!({ "user": { "login": login } })
}

fn with(mut input: Value, more: Value) -> Value {
    merge(&mut input, more);
    input
}

/// Does something that the act needs, as the owner's key.
async fn first(desk: &TestApp, mutation: &'static str, input: Value) {
    let done = Request::by_key(mutation, input).send(desk).await;
    assert_eq!(done.codes(), [""; 0], "{mutation}: {done:#?}");
}

/// Makes what an act needs, and gives the request.
pub(super) async fn request(desk: &TestApp, act: &Act, name: &str) -> Request {
    let mutation = act.mutation;
    if mutation != "createUser" {
        desk.person(name, "MEMBER").await;
    }
    let input = match (mutation, act.how) {
        ("resetPassword", "generated, by mail") => {
            let more = json!({ "generate": true, "sendEmail": true, "revokeApiKeys": true });
            with(keyed(name), more)
        }
        ("resetPassword", _) => {
            desk.session(name).await;
            with(keyed(name), json!({ "password": GOOD }))
        }
        ("sendPasswordResetEmail", "") => keyed(name),
        ("sendPasswordResetEmail", _) => {
            desk.session(name).await;
            with(keyed(name), json!({ "invalidatePassword": true }))
        }
        ("createPasswordResetLink", "as a code") => {
            with(keyed(name), json!({ "delivery": "CODE" }))
        }
        ("createPasswordResetLink", _) => with(keyed(name), json!({ "signInOnUse": true })),
        ("revokePasswordResetLinks", _) => {
            first(desk, "createPasswordResetLink", on(name)).await;
            on(name)
        }
        ("createUser", "with a welcome mail") => json!({
            "username": name, "email": format!("{name}@example.org"), "generate": true,
            "welcomeEmail": "PASSWORD", "idempotencyKey": name,
        }),
        ("createUser", _) => json!({ "username": name, "idempotencyKey": name }),
        ("updateUser", "the address") => {
            let patch = json!({ "email": format!("{name}@example.net") });
            with(on(name), json!({ "patch": patch }))
        }
        ("updateUser", "the role") => with(on(name), json!({ "patch": { "role": "HELPDESK" } })),
        ("updateUser", _) => with(on(name), json!({ "patch": { "name": "Another Name" } })),
        ("enableUser", _) => {
            first(desk, "disableUser", on(name)).await;
            on(name)
        }
        ("unlockUser", _) => {
            desk.sign_in(name, "wrong").await;
            on(name)
        }
        ("deleteUser" | "disableUser" | "revokeSessions", _) => {
            desk.session(name).await;
            first(desk, "createPasswordResetLink", on(name)).await;
            on(name)
        }
        ("restoreUser", _) => {
            first(desk, "deleteUser", on(name)).await;
            on(name)
        }
        ("revokeDevice", _) => {
            desk.browser(name, "192.0.2.77", None).await;
            json!({ "deviceId": desk.newest_device(name).await })
        }
        ("revokeSession", _) => {
            desk.session(name).await;
            json!({ "sessionId": desk.newest_session(name).await })
        }
        (
            "retryMailDelivery"
            | "cancelMailDelivery"
            | "markEmailDeliverable"
            | "sendTestEmail"
            | "updateMailTemplate"
            | "resetMailTemplate",
            _,
        ) => about_mail(desk, act, name).await,
        ("setMustChangePassword", _) => on(name),
        _ => return in_person(desk, act, name).await,
    };
    Request::by_key(mutation, input)
}

/// What is done to mails, addresses and texts.
async fn about_mail(desk: &TestApp, act: &Act, name: &str) -> Value {
    match (act.mutation, act.how) {
        ("retryMailDelivery", "once more") => {
            let id = test_mail(desk).await;
            first(desk, "cancelMailDelivery", json!({ "id": id })).await;
            json!({ "id": id })
        }
        ("retryMailDelivery" | "cancelMailDelivery", _) => {
            let sent = desk
                .run("sendPasswordResetEmail", json!({ "login": name }))
                .await;
            json!({ "id": sent.root()["mailDelivery"]["id"] })
        }
        ("markEmailDeliverable", _) => {
            let sql = "INSERT INTO failing_addresses (address_key, reason, failed_at) \
                       VALUES ($1, 'nobody', 1)";
            let address = format!("{name}@example.org");
            desk.write(sql, vec![address.into()]).await;
            on(name)
        }
        ("sendTestEmail", _) => json!({ "recipient": format!("{name}@example.org") }),
        ("updateMailTemplate", _) => text(name),
        _ => {
            first(desk, "updateMailTemplate", text(name)).await;
            json!({ "kind": "TEST", "locale": "en" })
        }
    }
}

fn keyed(name: &str) -> Value {
    with(on(name), json!({ "idempotencyKey": name }))
}

fn text(name: &str) -> Value {
    let html = "{% extends \"layout.html\" %}{% block content %}<p>Hello</p>{% endblock %}";
    let text = json!({ "subject": name, "textBody": "Hello\n", "htmlBody": html });
    json!({ "kind": "TEST", "locale": "en", "text": text })
}

async fn test_mail(desk: &TestApp) -> Value {
    let sent = desk.run(
        "sendTestEmail",
        json!({ "recipient": "a@example.org", "kind": "TEST" }),
    );
    sent.await.root()["mailDelivery"]["id"].clone()
}

/// What people do with a session of theirs, and whoever has none.
async fn in_person(desk: &TestApp, act: &Act, name: &str) -> Request {
    let mutation = act.mutation;
    let own = async || desk.session(name).await;
    match (mutation, act.how) {
        ("signIn", _) => {
            let input = json!({ "login": name, "password": PASSWORD });
            Request::by_nobody(mutation, input)
        }
        ("signOut", how) => {
            let everywhere = json!({ "everywhere": true, "actorPassword": PASSWORD });
            let input = match how {
                "everywhere" => everywhere,
                _ => json!({}),
            };
            own().await;
            Request::by(own().await, mutation, input)
        }
        ("changePassword", _) => {
            own().await;
            first(desk, "createPasswordResetLink", on(name)).await;
            let input = json!({ "currentPassword": PASSWORD, "newPassword": GOOD });
            Request::by(own().await, mutation, input)
        }
        ("confirmIdentity", _) => {
            Request::by(own().await, mutation, json!({ "password": PASSWORD }))
        }
        ("revokeOwnDevice", _) => {
            desk.browser(name, "192.0.2.77", None).await;
            let device = desk.newest_device(name).await;
            Request::by(own().await, mutation, json!({ "deviceId": device }))
        }
        ("revokeOwnSession", _) => {
            own().await;
            let other = desk.newest_session(name).await;
            desk.app.clock.advance(std::time::Duration::from_secs(1));
            let input = json!({ "sessionId": other, "actorPassword": PASSWORD });
            Request::by(own().await, mutation, input)
        }
        ("requestPasswordReset", _) => Request::by_nobody(mutation, json!({ "login": name })),
        ("verifyPasswordResetCode", _) => {
            let mailed = desk.mailed(name).await;
            let input = json!({ "login": name, "flowId": mailed.flow_id, "code": mailed.code });
            Request::by_nobody(mutation, input)
        }
        ("completePasswordReset", "") => {
            let token = desk.mailed(name).await.token;
            let input = json!({ "token": token, "newPassword": GOOD });
            Request::by_nobody(mutation, input)
        }
        ("completePasswordReset", _) => {
            let input = with(on(name), json!({ "signInOnUse": true }));
            let document = "mutation($input: CreatePasswordResetLinkInput!) \
                            { createPasswordResetLink(input: $input) { url errors { code } } }";
            let made = desk.ask(document, json!({ "input": input })).await;
            let url = made.root()["url"]
                .as_str()
                .unwrap_or_else(|| panic!("{made:#?}"));
            let token = token_in(url, "reset").expect("a token");
            let input = json!({ "token": token, "newPassword": GOOD });
            Request::by_nobody(mutation, input)
        }
        _ => with_keys(desk, mutation, name).await,
    }
}

/// What owners do with API keys of their own.
async fn with_keys(desk: &TestApp, mutation: &'static str, name: &str) -> Request {
    let session = desk.confirmed(&desk.session("olga").await).await;
    let input = match mutation {
        "createApiKey" => json!({ "name": name, "scopes": ["USERS_READ"], "idempotencyKey": name }),
        "updateApiKey" => {
            let (id, _) = desk.own_key(&session, json!({ "name": name })).await;
            json!({ "apiKeyId": id, "patch": { "scopes": ["USERS_READ"] } })
        }
        "revokeApiKey" => {
            let (id, _) = desk.own_key(&session, json!({ "name": name })).await;
            json!({ "apiKeyId": id })
        }
        other => panic!("no case for {other}"),
    };
    Request::by(session, mutation, input)
}
