//! The pages behind links: what opening one does, what sending their forms does, and what neither does.

mod account;
mod axe;
mod browser;
mod forgot;
mod handed_over;
mod languages;
mod not_me;
mod overrides;
mod refusals;
mod reset;
mod screenshots;
mod setup;
mod sign_in;
mod states;
mod tour;
mod walks;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Method, Request, StatusCode};
use keydesk::domain::access::idempotency::Answer as Made;
use keydesk::domain::bootstrap;
use keydesk::domain::password_reset::{self, CreateLink, CreatedLink, HandedOver};
use keydesk::domain::users::UserRef;
use keydesk::types::actor::Actor;
use keydesk::types::ids::UserId;
use url::{Position, Url};

use super::support::app::{Answer, TestApp};

/// A password that keeps every rule of the default policy.
const GOOD: &str = "otter-walks-past-nine-lamps";
/// Another one.
const ALSO_GOOD: &str = "harbour kettle, seven brass moons";

/// A link for choosing a new password, as the command line makes one.
pub(crate) async fn link(app: &TestApp, user: &str) -> String {
    link_for(app, user, Duration::from_hours(1)).await
}

async fn link_for(app: &TestApp, user: &str, expires: Duration) -> String {
    let user = UserRef::Id(UserId::parse(user).expect("a user's id"));
    let command = CreateLink {
        expires: Some(expires),
        ..CreateLink::plain(user)
    };
    let made = password_reset::create_link(&app.app, &Actor::operator("test"), command).await;
    match made.expect("a link") {
        Made::Done(CreatedLink {
            handed_over: HandedOver::Url(url),
            ..
        }) => url.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The link that a server writes into its log at its first start.
pub(crate) async fn setup_link(app: &TestApp) -> String {
    let opened = bootstrap::open(&app.app).await.expect("looked");
    opened.expect("a link").url.expose().to_owned()
}

/// The path of a link, and the token at its end.
pub(crate) fn parts(link: &str) -> (String, String) {
    let url = Url::parse(link).expect("a link");
    let token = url.path().rsplit('/').next().expect("a token").to_owned();
    (url.path().to_owned(), token)
}

/// A browser without a window: keeps cookies and sends what browsers send.
pub(crate) struct Visitor<'a> {
    app: &'a TestApp,
    cookies: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            cookies: BTreeMap::new(),
        }
    }

    /// One that has this cookie already.
    fn holding(app: &'a TestApp, name: &str, value: &str) -> Self {
        let mut visitor = Self::new(app);
        visitor.cookies.insert(name.to_owned(), value.to_owned());
        visitor
    }

    /// All cookies, as they are sent.
    fn cookie(&self) -> Option<String> {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Some(pairs.join("; ")).filter(|cookie| !cookie.is_empty())
    }

    /// Goes where an answer sends a browser.
    pub(crate) async fn follow(&mut self, from: &str, answer: &Answer) -> Answer {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        let here = Url::parse("https://id.example.org").expect("an address");
        let here = here.join(from).expect("a path");
        let there = answer.headers[LOCATION].to_str().expect("a text");
        let there = here.join(there).expect("an address");
        assert_eq!(there.host_str(), Some("id.example.org"), "{there}");
        self.get(&there[Position::BeforePath..]).await
    }

    /// Follows a link as far as the page it leads to.
    pub(crate) async fn open(app: &'a TestApp, link: &str) -> (Self, Answer) {
        let mut visitor = Self::new(app);
        let path = parts(link).0;
        let answer = visitor.get(&path).await;
        let page = visitor.follow(&path, &answer).await;
        (visitor, page)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// Sends a form with the mark of the page it stands on.
    pub(crate) async fn post(
        &mut self,
        page: &Answer,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mark = hidden(page, "mark");
        let fields = [&[("mark", mark.as_str())], fields].concat();
        self.post_raw(path, &[("sec-fetch-site", "same-origin")], &form(&fields))
            .await
    }

    async fn post_raw(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/x-www-form-urlencoded"));
        }
        self.send(Method::POST, path, &all, body.to_owned()).await
    }

    /// Posts until the server has the time to judge it, as a person who is told to try again does.
    async fn post_until_judged(&mut self, path: &str, body: &str) -> Answer {
        for _ in 0..50 {
            let answer = self
                .post_raw(path, &[("sec-fetch-site", "same-origin")], body)
                .await;
            if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                return answer;
            }
        }
        panic!("{path} was unavailable fifty times in a row");
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let answer = self.app.send(request).await;
        for set in answer.headers.get_all(SET_COOKIE) {
            let set = set.to_str().expect("a text");
            let (name, rest) = set.split_once('=').expect("a pair");
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                let value = rest.split(';').next().expect("a value");
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

fn text(answer: &Answer) -> &str {
    answer.body.as_str().unwrap_or_else(|| panic!("{answer:?}"))
}

/// The value of a hidden field; panics with the page where there is none.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let text = text(page);
    let field = text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let field = field.unwrap_or_else(|| panic!("no field {name}: {text}"));
    field.split('"').next().expect("an end").to_owned()
}

/// Whether the page says these words, however its lines are broken.
fn says(page: &Answer, words: &str) -> bool {
    let plain: Vec<&str> = text(page).split_whitespace().collect();
    plain.join(" ").contains(words)
}

fn assert_says(page: &Answer, status: StatusCode, words: &str) {
    assert_eq!(page.status, status, "{words}: {}", text(page));
    assert!(says(page, words), "{words:?} is not on {}", text(page));
}
