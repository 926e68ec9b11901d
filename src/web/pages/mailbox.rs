//! The development mailbox at `/mailbox`: mails that were written to a directory instead of being sent.
//!
//! Anybody who reads these mails can reset passwords with their links, so the pages answer callers on
//! this machine only (`loopback.rs`). They change nothing and need no JavaScript.

mod mail;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

use self::mail::{Mail, MailId};
use super::embedded::{self, NO_STORE, REVALIDATE};
use super::loopback::loopback_only;

/// How many mails the list shows; the rest stays in the directory.
const LISTED: usize = 200;

const POLICY_OF_PAGES: &str = "default-src 'none'; style-src 'self'; img-src data:; \
    frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// For the HTML of a mail, which may come from anywhere: no scripts, no forms, no requests.
const POLICY_OF_MAILS: &str = "sandbox allow-popups; default-src 'none'; \
    style-src 'unsafe-inline'; img-src data: 'self'; frame-ancestors 'self'";

const TEMPLATES: [(&str, &str); 4] = [
    (
        "mailbox_layout.html",
        include_str!("templates/mailbox_layout.html"),
    ),
    ("mailbox.html", include_str!("templates/mailbox.html")),
    (
        "mailbox_mail.html",
        include_str!("templates/mailbox_mail.html"),
    ),
    (
        "mailbox_missing.html",
        include_str!("templates/mailbox_missing.html"),
    ),
];

#[derive(RustEmbed)]
#[folder = "assets/pages"]
struct Files;

/// What the mailbox pages need: where the mails are, and how a page looks.
#[derive(Clone, Debug)]
pub struct MailboxState {
    directory: PathBuf,
    templates: Arc<Environment<'static>>,
}

impl MailboxState {
    /// A mailbox over the `*.eml` files of a directory, which need not exist yet.
    ///
    /// `Errors:` a template of the program does not parse.
    pub fn try_new(directory: PathBuf) -> Result<Self, minijinja::Error> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self {
            directory,
            templates: Arc::new(templates),
        })
    }

    fn page(&self, status: StatusCode, name: &str, values: &Value) -> Response {
        match self
            .templates
            .get_template(name)
            .and_then(|page| page.render(values))
        {
            Ok(html) => (status, html_headers(POLICY_OF_PAGES, "DENY"), html).into_response(),
            Err(error) => broken(&error),
        }
    }

    fn missing(&self) -> Response {
        self.page(StatusCode::NOT_FOUND, "mailbox_missing.html", &context! {})
    }
}

/// The mailbox's routes, for callers on this machine.
pub fn router<S>(state: MailboxState) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/mailbox", get(list))
        .route("/mailbox/assets/mailbox.css", get(style))
        .route("/mailbox/{id}", get(show))
        .route("/mailbox/{id}/html", get(html))
        .layer(from_fn(loopback_only))
        .with_state(state)
}

async fn list(State(mailbox): State<MailboxState>) -> Response {
    match mail::newest(&mailbox.directory, LISTED).await {
        Ok((mails, total)) => {
            let directory = mailbox.directory.display().to_string();
            let values = context! { mails => Value::from(Serde(&mails)), total, directory };
            mailbox.page(StatusCode::OK, "mailbox.html", &values)
        }
        Err(error) => broken(&error),
    }
}

/// The ways to look at one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum View {
    Html,
    Text,
    Headers,
    Source,
}

#[derive(Deserialize)]
struct Wanted {
    view: Option<View>,
}

async fn show(
    State(mailbox): State<MailboxState>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    match find(&mailbox, &id).await {
        Ok(Some(mail)) => {
            let first = if mail.html.is_some() {
                View::Html
            } else {
                View::Text
            };
            let view = Value::from(Serde(wanted.view.unwrap_or(first)));
            let values = context! { view, mail => Value::from(Serde(&mail)) };
            mailbox.page(StatusCode::OK, "mailbox_mail.html", &values)
        }
        Ok(None) => mailbox.missing(),
        Err(error) => broken(&error),
    }
}

async fn html(State(mailbox): State<MailboxState>, Path(id): Path<String>) -> Response {
    match find(&mailbox, &id).await {
        Ok(found) => match found.and_then(|mail| mail.html) {
            Some(html) => (html_headers(POLICY_OF_MAILS, "SAMEORIGIN"), html).into_response(),
            None => mailbox.missing(),
        },
        Err(error) => broken(&error),
    }
}

async fn style(request: HeaderMap) -> Response {
    match Files::get("mailbox.css") {
        Some(file) => embedded::respond(file, &request, REVALIDATE),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn find(mailbox: &MailboxState, id: &str) -> io::Result<Option<Mail>> {
    match MailId::parse(id) {
        Some(id) => mail::find(&mailbox.directory, id).await,
        None => Ok(None),
    }
}

fn html_headers(policy: &'static str, framed_by: &'static str) -> [(HeaderName, &'static str); 6] {
    [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (X_FRAME_OPTIONS, framed_by),
        (CACHE_CONTROL, NO_STORE),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ]
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "the mailbox page could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests;
