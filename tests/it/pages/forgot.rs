//! `/forgot`: the same page for every login, and the way from the code of the mail to a new password.

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{GOOD, Visitor, assert_says, form, hidden, says, text};
use crate::support::app::{Answer, TestApp};
use crate::support::recovery::token_in;

/// Asks for a link, and gives the page that follows.
async fn ask(visitor: &mut Visitor<'_>, login: &str) -> Answer {
    let page = visitor.get("/forgot").await;
    assert_says(&page, StatusCode::OK, "Say who you are");
    let answer = visitor.post(&page, "/forgot", &[("login", login)]).await;
    assert_eq!(answer.headers[LOCATION], "forgot/code", "{answer:?}");
    visitor.follow("/forgot", &answer).await
}

/// The text of the newest mail.
async fn mail(app: &TestApp) -> String {
    app.see_to_requests().await;
    app.deliver().await;
    app.mailer.sent().pop().expect("a mail").content.text
}

fn code_in(mail: &str) -> String {
    let is_code = |line: &&str| line.len() == 9 && line.replace(' ', "").parse::<u32>().is_ok();
    let line = mail.lines().map(str::trim).find(is_code);
    line.unwrap_or_else(|| panic!("{mail}")).to_owned()
}

#[tokio::test]
async fn whoever_asks_sees_the_same_whether_or_not_there_is_an_account() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut seen = Vec::new();
    for login in ["ada", "ada@example.org", "zoe-nowhere", "<b>x</b>"] {
        let mut visitor = Visitor::new(&app);
        let page = ask(&mut visitor, login).await;
        assert_says(&page, StatusCode::OK, "Look into your mail");
        let mark = hidden(&page, "mark");
        let shown = login
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('/', "&#x2f;");
        assert!(text(&page).contains(&shown), "{}", text(&page));
        seen.push(text(&page).replace(&shown, "LOGIN").replace(&mark, "MARK"));
        let cookies = visitor.cookie().expect("cookies");
        assert!(!cookies.contains(login), "sealed: {cookies}");
    }
    assert!(seen.iter().all(|page| *page == seen[0]), "{seen:#?}");
    app.see_to_requests().await;
    assert_eq!(app.deliver().await, 2);
}

#[tokio::test]
async fn the_code_of_the_mail_leads_to_a_new_password_in_the_same_browser_alone() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let mut visitor = Visitor::new(&app);
    let page = ask(&mut visitor, "ADA@example.org").await;
    let code = code_in(&mail(&app).await);

    let mut stranger = Visitor::new(&app);
    let other = ask(&mut stranger, "ada").await;
    let wrong = stranger
        .post(&other, "/forgot/code", &[("code", &code)])
        .await;
    assert_says(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This code does not work",
    );
    let empty = visitor.post(&page, "/forgot/code", &[("code", " ")]).await;
    assert_says(&empty, StatusCode::UNPROCESSABLE_ENTITY, "Fill this in.");

    let right = visitor
        .post(&page, "/forgot/code", &[("code", &code)])
        .await;
    assert_eq!(right.headers[LOCATION], "../reset");
    assert!(!visitor.cookie().expect("cookies").contains("_flow="));
    let page = visitor.follow("/forgot/code", &right).await;
    assert_says(&page, StatusCode::OK, "Choose a new password");
    let done = visitor
        .post(&page, "/reset", &[("password", GOOD), ("again", GOOD)])
        .await;
    assert_says(&done, StatusCode::OK, "You are not signed in yet");
    assert!(app.verifies(&ada, GOOD).await);
    assert!(!visitor.cookie().expect("the form's").contains("session"));
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_does_not_work() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut visitor = Visitor::new(&app);
    let page = ask(&mut visitor, "ada").await;
    let code = code_in(&mail(&app).await);
    let wrong = if code == "0000 0000" {
        "1111 1111"
    } else {
        "0000 0000"
    };
    for _ in 0..5 {
        let answer = visitor
            .post(&page, "/forgot/code", &[("code", wrong)])
            .await;
        assert_says(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "This code does not work",
        );
        assert!(!text(&answer).contains(wrong), "a code is not shown again");
    }
    let late = visitor
        .post(&page, "/forgot/code", &[("code", &code)])
        .await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_link_of_the_mail_works_and_a_newer_one_says_so() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let mut visitor = Visitor::new(&app);
    ask(&mut visitor, "ada").await;
    let first = token_in(&mail(&app).await, "reset").expect("a link");
    ask(&mut visitor, "ada").await;
    let second = token_in(&mail(&app).await, "reset").expect("a link");
    let open = async |token: &str| {
        Visitor::open(&app, &format!("https://id.example.org/reset/{token}")).await
    };
    let (_, page) = open(&first).await;
    assert_says(&page, StatusCode::GONE, "There is a newer link");
    assert!(text(&page).contains("href=\"forgot\""), "the next step");
    let (mut other, page) = open(&second).await;
    let fields = [("password", GOOD), ("again", GOOD)];
    let done = other.post(&page, "/reset", &fields).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
    assert!(text(&done).contains("href=\"sign-in\""));
    assert!(app.verifies(&ada, GOOD).await);
    let (_, page) = open(&second).await;
    assert_says(&page, StatusCode::GONE, "This link was used");
}

#[tokio::test]
async fn asking_is_for_forms_of_this_server_and_opening_changes_nothing() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut visitor = Visitor::new(&app);
    ask(&mut visitor, "ada").await;
    let before = app.snapshot().await;
    for path in [
        "/forgot",
        "/forgot/code",
        "/reset/code",
        "/forgot?login=ada",
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = visitor.send(method, path, &[], String::new()).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
    }
    let mark = hidden(&visitor.get("/forgot").await, "mark");
    for (path, field) in [
        ("/forgot", "login"),
        ("/forgot/code", "code"),
        ("/reset/code", "code"),
    ] {
        let body = form(&[("mark", &mark), (field, "ada")]);
        let foreign = [("sec-fetch-site", "cross-site")];
        let answer = visitor.post_raw(path, &foreign, &body).await;
        assert_says(
            &answer,
            StatusCode::FORBIDDEN,
            "This came from another page",
        );
        let unmarked = form(&[(field, "ada")]);
        let answer = visitor.post_raw(path, &[], &unmarked).await;
        assert_says(&answer, StatusCode::FORBIDDEN, "open the page again");
    }
    let long = "x".repeat(10_000);
    let page = visitor.get("/forgot").await;
    let refused = visitor.post(&page, "/forgot", &[("login", &long)]).await;
    assert_says(
        &refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This cannot be used.",
    );
    let empty = visitor.post(&page, "/forgot", &[("login", " ")]).await;
    assert_says(&empty, StatusCode::UNPROCESSABLE_ENTITY, "Fill this in.");
    assert_eq!(app.snapshot().await, before);
    let without = Visitor::new(&app).get("/forgot/code").await;
    assert_eq!(without.headers[LOCATION], "../forgot");
}

#[tokio::test]
async fn the_page_takes_the_address_of_no_request_into_a_mail() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/forgot").await;
    let body = form(&[
        ("mark", &hidden(&page, "mark")),
        ("login", "ada"),
        ("redirect", "https://evil.example"),
    ]);
    let evil = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = visitor.post_raw("/forgot", &evil, &body).await;
    assert_eq!(answer.headers[LOCATION], "forgot/code");
    let text = mail(&app).await;
    assert!(
        !text.contains("evil") && text.contains("https://id.example.org/reset/"),
        "{text}"
    );
}

#[tokio::test]
async fn where_nobody_may_ask_the_page_says_whom_to_ask() {
    let app = TestApp::with("[security.recovery]\nself_service = false\n").await;
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/forgot").await;
    assert_says(&page, StatusCode::OK, "Ask an administrator");
    assert!(page.headers.get(SET_COOKIE).is_none());
    let page = visitor.get("/sign-in").await;
    assert!(!says(&page, "Forgot your password?"));
    let answer = visitor.post(&page, "/forgot", &[("login", "ada")]).await;
    assert_says(&answer, StatusCode::OK, "Ask an administrator");
}

#[tokio::test]
async fn the_mail_comes_in_the_language_of_the_account_whatever_the_page_is_in() {
    let app = TestApp::start().await;
    for (login, locale) in [("ada", "en"), ("uwe", "de")] {
        let email = format!("{login}@example.org");
        let more =
            json!({ "email": email, "emailVerified": true, "generate": true, "locale": locale });
        app.user(login, more).await;
    }
    for (login, word) in [("ada", "Hello"), ("uwe", "Guten Tag")] {
        let mut visitor = Visitor::new(&app);
        let page = visitor.get("/forgot?lang=de").await;
        let page = visitor.follow("/forgot", &page).await;
        assert_says(&page, StatusCode::OK, "Sagen Sie, wer Sie sind");
        let answer = visitor.post(&page, "/forgot", &[("login", login)]).await;
        let page = visitor.follow("/forgot", &answer).await;
        assert_says(&page, StatusCode::OK, "Sehen Sie in Ihre Mail");
        let mail = mail(&app).await;
        assert!(mail.contains(word), "{login}: {mail}");
    }
}
