//! Links that do more, and codes that are read out.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use keydesk::domain::one_time_links::{LinkForm, LinkOrigin, LinkPurpose, NewLink, mint};
use keydesk::types::actor::Actor;
use keydesk::types::ids::UserId;

use super::{GOOD, Visitor, assert_says, link, parts, says, text};
use crate::support::app::TestApp;

/// A link as an administrator makes it, changed a little. Gives its token.
async fn made(app: &TestApp, user: &str, change: impl FnOnce(&mut NewLink)) -> String {
    let user = UserId::parse(user).expect("a user's id");
    let kind = (LinkPurpose::PasswordReset, LinkOrigin::AdminHandover);
    let mut new = NewLink::plain(user, kind, Duration::from_hours(1));
    change(&mut new);
    let txn = app.app.db.begin_write().await.expect("a transaction");
    let actor = Actor::operator("test");
    let made = mint(&txn, &app.app, &actor, new, app.app.clock.now()).await;
    txn.commit().await.expect("kept");
    made.expect("a link").token.expose().to_owned()
}

const CHOSEN: [(&str, &str); 2] = [("password", GOOD), ("again", GOOD)];

#[tokio::test]
async fn a_code_that_was_read_out_opens_the_form_however_it_is_typed() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let code = made(&app, &ada, |new| new.form = LinkForm::Spoken).await;
    let sloppy = code
        .to_lowercase()
        .replace('-', " ")
        .replace('0', "o")
        .replace('1', "l");
    for typed in [sloppy.as_str(), &code.replace('-', ""), &code] {
        let mut visitor = Visitor::new(&app);
        let page = visitor.get("/reset/code").await;
        assert_says(&page, StatusCode::OK, "Type in your code");
        assert!(text(&page).contains("href=\"../pages/page.css\""));
        let taken = visitor.post(&page, "/reset/code", &[("code", typed)]).await;
        assert_eq!(
            taken.headers[LOCATION],
            "../reset",
            "{typed}: {}",
            text(&taken)
        );
        let page = visitor.follow("/reset/code", &taken).await;
        assert_says(&page, StatusCode::OK, "Choose a new password");
        assert!(!text(&page).contains(&code));
    }
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/reset/code").await;
    let taken = visitor.post(&page, "/reset/code", &[("code", &code)]).await;
    let page = visitor.follow("/reset/code", &taken).await;
    let done = visitor.post(&page, "/reset", &CHOSEN).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
    assert!(app.verifies(&ada, GOOD).await);
    let page = visitor.get("/reset/code").await;
    let again = visitor.post(&page, "/reset/code", &[("code", &code)]).await;
    let page = visitor.follow("/reset/code", &again).await;
    assert_says(&page, StatusCode::GONE, "This link was used");
}

#[tokio::test]
async fn a_slip_is_told_before_anything_is_asked_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let code = made(&app, &ada, |new| new.form = LinkForm::Spoken).await;
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/reset/code").await;
    let first = if code.starts_with('7') { "8" } else { "7" };
    let misheard = format!("{first}{}", &code[1..]);
    let before = app.snapshot().await;
    for (typed, words) in [
        ("", "Fill this in."),
        ("7Q4F-", "A code has 16 letters and digits."),
        (&code.replace('-', "!"), "A code has 16 letters and digits."),
        (&misheard, "one character was misheard"),
    ] {
        let answer = visitor.post(&page, "/reset/code", &[("code", typed)]).await;
        assert_says(&answer, StatusCode::UNPROCESSABLE_ENTITY, words);
        assert!(
            text(&answer).contains(&format!("value=\"{typed}\"")),
            "{typed}"
        );
    }
    assert_eq!(app.snapshot().await, before);
    let unknown = "0000-0000-0000-0000";
    let answer = visitor
        .post(&page, "/reset/code", &[("code", unknown)])
        .await;
    assert_says(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "No link has this code.",
    );
}

#[tokio::test]
async fn a_link_that_leads_on_does_so_by_a_plain_link() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let there = "https://portal.example.org/welcome?a=1&b=2";
    let token = made(&app, &ada, |new| new.redirect_url = Some(there.to_owned())).await;
    let (mut visitor, page) =
        Visitor::open(&app, &format!("https://id.example.org/reset/{token}")).await;
    let done = visitor.post(&page, "/reset", &CHOSEN).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
    let escaped = there.replace('&', "&amp;").replace('/', "&#x2f;");
    assert!(
        text(&done).contains(&format!("<a href=\"{escaped}\">Go on</a>")),
        "{}",
        text(&done)
    );
    assert!(visitor.cookie().is_none(), "nobody is signed in");
}

#[tokio::test]
async fn only_a_link_that_was_made_to_sign_in_does_and_only_with_the_new_password() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let token = made(&app, &ada, |new| new.sign_in_on_use = true).await;
    let (mut visitor, page) =
        Visitor::open(&app, &format!("https://id.example.org/reset/{token}")).await;
    let weak = visitor
        .post(&page, "/reset", &[("password", "ada"), ("again", "ada")])
        .await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!visitor.cookie().expect("the link's").contains("session"));
    let done = visitor.post(&weak, "/reset", &CHOSEN).await;
    assert_eq!(done.headers[LOCATION], "account?done=password");
    assert!(!visitor.cookie().expect("the session's").contains("_reset="));
    let page = visitor.follow("/reset", &done).await;
    assert_says(&page, StatusCode::OK, "Your account");
    assert!(says(&page, "Your password was changed."));

    let (_, page) = Visitor::open(&app, &format!("https://id.example.org/reset/{token}")).await;
    assert_says(&page, StatusCode::GONE, "This link was used");
    let other = link(&app, &ada).await;
    let (mut visitor, page) = Visitor::open(&app, &other).await;
    let again = [
        ("password", "harbour kettle nine moons"),
        ("again", "harbour kettle nine moons"),
    ];
    let done = visitor.post(&page, "/reset", &again).await;
    assert_says(&done, StatusCode::OK, "You are not signed in yet");
    assert!(!parts(&other).1.is_empty() && visitor.cookie().is_none());
}
