//! Links by administrators: mailed, handed over, listed and revoked.

mod handing_over;
mod listing;
mod revoking;
mod sending;

use keydesk::domain::password_reset::{self, ResetByLink};
use keydesk::domain::sessions::Transport;
use keydesk::types::actor::Origin;
use keydesk::types::actor::Via;
use keydesk::types::secret::Secret;
use serde_json::{Value, json};

use super::support::app::{Answer, TestApp, merge};

const GOOD: &str = "otter-walks-past-nine-lamps";

const SEND: &str =
    "mutation($input: SendPasswordResetEmailInput!) { sendPasswordResetEmail(input: $input) {
    link { id status origin signInOnUse redirectUrl createdAt expiresAt createdByLabel }
    mailDelivery { id kind status recipient locale }
    revokedSessionCount isReplay errors { code message path }
} }";

const CREATE: &str =
    "mutation($input: CreatePasswordResetLinkInput!) { createPasswordResetLink(input: $input) {
    link { id status origin signInOnUse redirectUrl expiresAt mailDelivery { id } }
    url qrCodeSvg code enterCodeAt isReplay errors { code message path }
} }";

const REVOKE: &str =
    "mutation($input: RevokePasswordResetLinksInput!) { revokePasswordResetLinks(input: $input) {
    user { username } revokedLinkCount errors { code message path }
} }";

async fn ask(app: &TestApp, document: &str, user: &str, more: Value) -> Answer {
    ask_as(app, app.owner_key(), document, (user, more)).await
}

async fn ask_as(app: &TestApp, key: &str, document: &str, (user, more): (&str, Value)) -> Answer {
    let mut input = json!({ "user": { "login": user } });
    merge(&mut input, more);
    let variables = json!({ "input": input });
    app.ask_as(Some(key), document, variables).await
}

/// Asserts one refusal at one input, and that nothing was changed but the note of a denial.
async fn assert_refused(
    app: &TestApp,
    (document, user, more): (&str, &str, Value),
    wanted: (&str, Option<&str>),
) {
    let before = app.snapshot().await.but_for_denials();
    let answer = ask(app, document, user, more.clone()).await;
    assert_eq!(answer.codes(), [wanted.0], "{more}: {answer:#?}");
    let path = wanted.1.map_or(Value::Null, |name| json!(["input", name]));
    assert_eq!(answer.root()["errors"][0]["path"], path, "{more}");
    let payload = answer.root().as_object().expect("a payload");
    for (name, value) in payload.iter().filter(|(name, _)| *name != "errors") {
        assert!(
            value.is_null() || value == false,
            "{name} of a refusal is {value}"
        );
    }
    let after = app.snapshot().await.but_for_denials();
    assert_eq!(after, before, "{more}");
}

/// The links of a user, by status.
async fn statuses(app: &TestApp, user: &str) -> Vec<String> {
    let document = "query($login: String!) { userByLogin(login: $login) { passwordResetLinks \
                    { nodes { status } } } }";
    let answer = app.ask(document, json!({ "login": user })).await;
    let nodes = answer.root()["passwordResetLinks"]["nodes"]
        .as_array()
        .cloned();
    let nodes = nodes.unwrap_or_else(|| panic!("{answer:#?}"));
    let status = |node: &Value| node["status"].as_str().expect("a status").to_owned();
    nodes.iter().map(status).collect()
}

/// The address in the newest mail.
fn mailed_link(app: &TestApp) -> String {
    let mail = app.mailer.sent().pop().expect("a mail");
    let mut lines = mail.content.text.lines();
    let link = lines.find(|line| line.starts_with("https://id.example.org/reset/"));
    link.unwrap_or_else(|| panic!("{}", mail.content.text))
        .to_owned()
}

fn token(link: &str) -> String {
    link.rsplit('/').next().expect("a token").to_owned()
}

/// Chooses a password by what opens a link. `Err` with the refusal.
async fn choose(app: &TestApp, token: &str, password: &str) -> Result<bool, String> {
    let command = ResetByLink {
        token: Secret::new(token.to_owned()),
        password: Secret::new(password.to_owned()),
        transport: Transport::Token,
    };
    let done = password_reset::reset_by_link(&app.app, Origin::local(Via::Web), command).await;
    done.map(|done| done.signed_in.is_some())
        .map_err(|error| format!("{error:?}"))
}
