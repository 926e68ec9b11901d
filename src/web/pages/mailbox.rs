//! The development mailbox at `/mailbox`: mails that were written to a directory instead of being sent.
//!
//! Anybody who reads these mails can reset passwords with their links, so the pages answer callers on
//! this machine only (`loopback.rs`). A small script keeps the list up to date; everything else works
//! without it.

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
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

use self::mail::{Mail, MailId};
use super::embedded::{self, NO_STORE, REVALIDATE};
use super::loopback::loopback_only;
use crate::web::origin::is_local_page;

/// How many mails the list shows; the rest stays in the directory.
const LISTED: usize = 200;

const POLICY_OF_PAGES: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'self'; img-src data:; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'";

/// For the HTML of a mail, which may come from anywhere: no scripts, no forms, no requests.
/// Links open in a tab that is out of the sandbox, as they would from a mail program.
const POLICY_OF_MAILS: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
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
        .route("/mailbox/assets/{name}", get(asset))
        .route("/mailbox/state", get(state_of))
        .route("/mailbox/delete", post(delete))
        .route("/mailbox/{id}", get(show))
        .route("/mailbox/{id}/html", get(html))
        .layer(from_fn(loopback_only))
        .with_state(state)
}

/// What is searched for.
#[derive(Debug, Default, Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn list(State(mailbox): State<MailboxState>, Query(search): Query<Search>) -> Response {
    let query = search.q.trim();
    match mail::newest(&mailbox.directory, LISTED, query).await {
        Ok(list) => {
            let values = context! {
                query,
                mails => Value::from(Serde(&list.mails)),
                found => list.found,
                total => list.total,
                state => list.state,
                directory => mailbox.directory.display().to_string(),
            };
            mailbox.page(StatusCode::OK, "mailbox.html", &values)
        }
        Err(error) => broken(&error),
    }
}

/// A word that changes when mails come or go.
async fn state_of(State(mailbox): State<MailboxState>) -> Response {
    match mail::ids(&mailbox.directory).await {
        Ok(ids) => ([(CACHE_CONTROL, NO_STORE)], mail::state(&ids)).into_response(),
        Err(error) => broken(&error),
    }
}

/// `Why:` only from this page itself: any page anywhere can make a browser send a form here.
async fn delete(State(mailbox): State<MailboxState>, request: HeaderMap) -> Response {
    if !is_local_page(&request) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match mail::delete_all(&mailbox.directory).await {
        Ok(()) => Redirect::to("/mailbox").into_response(),
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
        Ok(found) => match found.and_then(Mail::framed) {
            Some(html) => (html_headers(POLICY_OF_MAILS, "SAMEORIGIN"), html).into_response(),
            None => mailbox.missing(),
        },
        Err(error) => broken(&error),
    }
}

async fn asset(Path(name): Path<String>, request: HeaderMap) -> Response {
    let is_ours = ["mailbox.css", "mailbox.js"].contains(&name.as_str());
    match Files::get(&name).filter(|_file| is_ours) {
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
