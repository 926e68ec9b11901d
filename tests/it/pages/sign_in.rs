//! `/sign-in`: into an account, and into nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use super::{GOOD, Visitor, assert_says, form, hidden, says, text};
use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;

/// Opens the page and sends its form.
pub(super) async fn sign_in(visitor: &mut Visitor<'_>, login: &str, password: &str) -> Answer {
    let page = visitor.get("/sign-in").await;
    assert_says(&page, StatusCode::OK, "Sign in");
    let fields = [("login", login), ("password", password)];
    visitor.post(&page, "/sign-in", &fields).await
}

/// A visitor who is signed in, on the page of their account.
pub(super) async fn signed_in<'a>(app: &'a TestApp, login: &str) -> (Visitor<'a>, Answer) {
    let mut visitor = Visitor::new(app);
    let answer = sign_in(&mut visitor, login, PASSWORD).await;
    let page = visitor.follow("/sign-in", &answer).await;
    assert_says(&page, StatusCode::OK, "Your account");
    (visitor, page)
}

/// The cookie of the session that an answer sets.
fn session_cookie(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all(SET_COOKIE).iter();
    let all = all.map(|set| set.to_str().expect("a text").to_owned());
    all.into_iter().find(|set| set.contains("_session="))
}

#[tokio::test]
async fn a_person_signs_in_by_username_or_address_and_sees_their_account() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    for login in ["ada", "ADA@example.org"] {
        let mut visitor = Visitor::new(&app);
        let answer = sign_in(&mut visitor, login, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[LOCATION], "account");
        let cookie = session_cookie(&answer).expect("a session");
        let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        attributes.sort_unstable();
        let wanted = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"];
        attributes.retain(|attribute| !attribute.starts_with("Max-Age="));
        assert_eq!(attributes, wanted);
        assert!(
            cookie.starts_with("__Host-keydesk_session=kds_"),
            "{cookie}"
        );

        let page = visitor.follow("/sign-in", &answer).await;
        for words in ["Your account", "ada@example.org", "Sign out everywhere"] {
            assert_says(&page, StatusCode::OK, words);
        }
        assert!(!text(&page).contains("kds_"), "the page knows the token");
        let again = visitor.get("/sign-in").await;
        assert_eq!(again.headers[LOCATION], "account", "is signed in already");
    }
    let events = "SELECT * FROM audit_events WHERE action = 'sign_in' AND via = 'WEB'";
    let found = app.rows(events, vec![]).await.len();
    assert_eq!(found, 2);
}

#[tokio::test]
async fn every_failure_shows_the_same_page_with_the_login_and_without_the_password() {
    let app = TestApp::start().await;
    for name in ["ada", "bea", "cyd"] {
        app.person(name, "MEMBER").await;
    }
    app.run("disableUser", json!({ "login": "bea", "reason": "left" }))
        .await;
    app.write(
        "UPDATE users SET authentication_source = 'LDAP' WHERE username = 'cyd'",
        vec![],
    )
    .await;
    let mut seen = Vec::new();
    for (login, password) in [
        ("ada", GOOD),
        ("bea", PASSWORD),
        ("cyd", PASSWORD),
        ("nobody", GOOD),
    ] {
        let mut visitor = Visitor::new(&app);
        let answer = sign_in(&mut visitor, login, password).await;
        assert_says(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Login and password do not go together",
        );
        assert_eq!(session_cookie(&answer), None);
        assert!(!text(&answer).contains(password));
        assert!(text(&answer).contains(&format!("value=\"{login}\"")));
        let mark = hidden(&answer, "mark");
        let same = text(&answer).replace(login, "LOGIN").replace(&mark, "MARK");
        seen.push(same);
    }
    assert!(seen.iter().all(|page| *page == seen[0]), "{seen:#?}");

    let mut visitor = Visitor::new(&app);
    let answer = sign_in(&mut visitor, "\"><script>alert(1)</script>", GOOD).await;
    assert!(text(&answer).contains("&quot;&gt;&lt;script&gt;"));
    let empty = sign_in(&mut visitor, "", "").await;
    assert_says(&empty, StatusCode::UNPROCESSABLE_ENTITY, "Fill this in.");
    assert_eq!(text(&empty).matches("Fill this in.").count(), 2);
}

#[tokio::test]
async fn one_is_sent_on_to_pages_of_this_server_alone() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    for (asked, wanted) in [
        ("/change-password", "change-password"),
        ("change-password", "change-password"),
        ("//evil.example", "account"),
        ("https://evil.example/account", "account"),
        ("/\\evil.example", "account"),
        ("javascript:alert(1)", "account"),
        ("account/../../evil", "account"),
        ("account\r\nset-cookie: a=b", "account"),
        ("/graphiql", "account"),
        ("/reset/x", "account"),
    ] {
        let query = form(&[("next", asked)]);
        let mut visitor = Visitor::new(&app);
        let page = visitor.get(&format!("/sign-in?{query}")).await;
        assert_eq!(hidden(&page, "next"), wanted, "{asked}");
        let fields = [("login", "ada"), ("password", PASSWORD), ("next", asked)];
        let answer = visitor.post(&page, "/sign-in", &fields).await;
        assert_eq!(answer.headers[LOCATION], wanted, "{asked}");
        let again = visitor.get(&format!("/sign-in?{query}")).await;
        assert_eq!(again.headers[LOCATION], wanted, "{asked}");
    }
}

#[tokio::test]
async fn only_the_form_of_this_browser_signs_in() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let mut other = Visitor::new(&app);
    let foreign = hidden(&other.get("/sign-in").await, "mark");
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/sign-in").await;
    let own = hidden(&page, "mark");
    assert_ne!(own, foreign);
    let before = app.snapshot().await;
    let same = ("sec-fetch-site", "same-origin");
    for (headers, mark, status, words) in [
        (
            same,
            foreign.as_str(),
            StatusCode::FORBIDDEN,
            "open the page again",
        ),
        (same, "", StatusCode::FORBIDDEN, "open the page again"),
        (
            ("sec-fetch-site", "cross-site"),
            own.as_str(),
            StatusCode::FORBIDDEN,
            "This came from another page",
        ),
        (
            ("origin", "https://evil.example"),
            own.as_str(),
            StatusCode::FORBIDDEN,
            "This came from another page",
        ),
    ] {
        let body = form(&[("mark", mark), ("login", "ada"), ("password", PASSWORD)]);
        let answer = visitor.post_raw("/sign-in", &[headers], &body).await;
        assert_says(&answer, status, words);
        assert_eq!(session_cookie(&answer), None);
    }
    let without_cookies = form(&[("mark", &own), ("login", "ada"), ("password", PASSWORD)]);
    let answer = Visitor::new(&app)
        .post_raw("/sign-in", &[same], &without_cookies)
        .await;
    assert_says(
        &answer,
        StatusCode::FORBIDDEN,
        "allow cookies for this site",
    );
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn the_address_of_the_server_leads_to_the_form() {
    let app = TestApp::start().await;
    let answer = Visitor::new(&app).get("/").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[LOCATION], "sign-in");
}

#[tokio::test]
async fn opening_pages_changes_nothing_however_they_are_asked_for() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut known, _) = signed_in(&app, "ada").await;
    let before = app.snapshot().await;
    let password = PASSWORD.replace(' ', "+");
    let long = format!("/sign-in?login={}&password={password}", "x".repeat(10_000));
    for path in [
        "/sign-in",
        "/account",
        "/change-password",
        "/reset",
        "/setup",
        &long,
    ] {
        for method in [Method::GET, Method::HEAD] {
            let mut stranger = Visitor::new(&app);
            for visitor in [&mut stranger, &mut known] {
                let answer = visitor.send(method.clone(), path, &[], String::new()).await;
                let expected = [StatusCode::OK, StatusCode::SEE_OTHER];
                assert!(expected.contains(&answer.status), "{path}: {answer:?}");
                assert!(!says_password(&answer), "{path}");
            }
        }
    }
    assert_eq!(app.snapshot().await, before);
    for path in ["/account", "/change-password"] {
        let mut stranger = Visitor::new(&app);
        let answer = stranger.get(path).await;
        let page = stranger.follow(path, &answer).await;
        assert_says(&page, StatusCode::OK, "Sign in to see this page.");
        assert_eq!(hidden(&page, "next"), path.trim_start_matches('/'));
    }
}

fn says_password(answer: &Answer) -> bool {
    answer
        .body
        .as_str()
        .is_some_and(|body| body.contains(PASSWORD))
}

#[tokio::test]
async fn a_temporary_password_leads_to_a_new_one_and_then_to_the_account() {
    let app = TestApp::start().await;
    let ada = app.user("ada", json!({ "password": PASSWORD })).await;
    let mut visitor = Visitor::new(&app);
    let answer = sign_in(&mut visitor, "ada", PASSWORD).await;
    assert_eq!(answer.headers[LOCATION], "change-password");
    let page = visitor.follow("/sign-in", &answer).await;
    assert_says(
        &page,
        StatusCode::OK,
        "needs a new password before you can go on",
    );
    for path in ["/account", "/sign-in?next=account"] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.headers[LOCATION], "change-password", "{path}");
    }
    let weak = [("current", PASSWORD), ("password", "ada"), ("again", "ada")];
    let refused = visitor.post(&page, "/change-password", &weak).await;
    assert_says(
        &refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Use at least 15 characters",
    );
    let good = [("current", PASSWORD), ("password", GOOD), ("again", GOOD)];
    let done = visitor.post(&refused, "/change-password", &good).await;
    let page = visitor.follow("/change-password", &done).await;
    assert_says(&page, StatusCode::OK, "Your password was changed.");
    assert!(app.verifies(&ada, GOOD).await);
}

#[tokio::test]
async fn a_temporary_password_past_its_end_says_what_to_do() {
    let app = TestApp::start().await;
    app.user("ada", json!({ "password": PASSWORD })).await;
    app.app.clock.advance(Duration::from_hours(24));
    let mut visitor = Visitor::new(&app);
    let answer = sign_in(&mut visitor, "ada", PASSWORD).await;
    assert_says(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "That was the right password, but it worked until",
    );
    assert!(text(&answer).contains("href=\"forgot\""), "the next step");
    let wrong = sign_in(&mut visitor, "ada", GOOD).await;
    assert!(!says(&wrong, "right password"), "told to nobody else");
}

#[tokio::test]
async fn a_network_that_tries_too_often_is_told_how_long_to_wait() {
    let app = TestApp::with("sign_ins_per_minute = 1\n").await;
    app.person("ada", "MEMBER").await;
    let mut visitor = Visitor::new(&app);
    let mark = hidden(&visitor.get("/sign-in").await, "mark");
    let send = async || {
        let body = form(&[("mark", &mark), ("login", "ada"), ("password", GOOD)]);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(COOKIE, visitor.cookie().expect("a cookie"))
            .body(Body::from(body))
            .expect("a request");
        let peer: SocketAddr = "192.0.2.7:1234".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        app.send(request).await
    };
    assert_eq!(send().await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let limited = send().await;
    assert_says(
        &limited,
        StatusCode::TOO_MANY_REQUESTS,
        "Wait one minute, then try again.",
    );
    assert_eq!(limited.headers[RETRY_AFTER], "60");
    assert!(text(&limited).contains("value=\"ada\""), "nothing is lost");
}
