//! Texts of mails that owners and operators change.

mod changing;
mod files;
mod reading;
mod sending;

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

/// A text for a mail with a link, with a word in it that tells it from others.
fn text(word: &str) -> Value {
    json!({
        "subject": format!("{word} for {{{{ display_name }}}}"),
        "textBody": format!("{word}: {{{{ display_name }}}}\n\n{{{{ link }}}}\n"),
        "htmlBody": format!(
            "{{% extends \"layout.html\" %}}{{% block content %}}<p>{word} {{{{ display_name }}}}</p>\
             <p><a href=\"{{{{ link }}}}\">Go</a></p>{{% endblock %}}"
        ),
    })
}

/// `updateMailTemplate` for the mail with a link.
fn input(locale: &str, text: &Value) -> Value {
    json!({ "kind": "PASSWORD_RESET_LINK", "locale": locale, "text": text })
}

const UPDATE: &str =
    "mutation($input: UpdateMailTemplateInput!) { updateMailTemplate(input: $input) {
    mailTemplate { source version content { subject } } errors { code message path
    ... on MailTemplateError { problems { part line column message } } } } }";
const RESET: &str = "mutation($input: ResetMailTemplateInput!) { resetMailTemplate(input: $input) {
    mailTemplate { source version content { subject } } errors { code message path } } }";

async fn update(desk: &TestApp, input: Value) -> Answer {
    desk.ask(UPDATE, json!({ "input": input })).await
}

async fn reset(desk: &TestApp, locale: &str) -> Answer {
    let input = json!({ "kind": "PASSWORD_RESET_LINK", "locale": locale });
    desk.ask(RESET, json!({ "input": input })).await
}

/// What is in use of the mail with a link for readers of a language.
async fn in_use(desk: &TestApp, locale: &str) -> Value {
    let document = "query($locale: Locale!) { mailTemplate(kind: PASSWORD_RESET_LINK, locale: $locale) \
                    { contentLocale source version isCustomized content { subject } } }";
    let answer = desk.ask(document, json!({ "locale": locale })).await;
    answer.root().clone()
}

/// Mails a user a link, and gives subject, text and HTML.
async fn mailed<'a>(
    desk: &TestApp,
    login: &str,
    locale: impl Into<Option<&'a str>>,
) -> keydesk::domain::mail::OutgoingEmail {
    let document = "mutation($input: SendPasswordResetEmailInput!) \
                    { sendPasswordResetEmail(input: $input) { errors { code message } } }";
    let input = json!({ "user": { "login": login }, "locale": locale.into() });
    let sent = desk.ask(document, json!({ "input": input })).await;
    assert_eq!(sent.codes(), Vec::<String>::new(), "{sent:#?}");
    desk.deliver().await;
    desk.mailer.sent().pop().expect("a mail")
}
