//! `/account` and `/change-password`: what one does to oneself, and what nobody else can have one do.

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use serde_json::json;

use super::sign_in::{sign_in, signed_in};
use super::{ALSO_GOOD, GOOD, Visitor, assert_says, form, hidden, says, text};
use crate::support::app::TestApp;
use crate::support::people::PASSWORD;

const CHANGE: [(&str, &str); 4] = [
    ("current", PASSWORD),
    ("password", GOOD),
    ("again", GOOD),
    ("others", "end"),
];

#[tokio::test]
async fn whoever_signs_out_is_out() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut visitor, page) = signed_in(&app, "ada").await;
    let (mut elsewhere, _) = signed_in(&app, "ada").await;
    let out = visitor.post(&page, "/account", &[("do", "sign-out")]).await;
    let page = visitor.follow("/account", &out).await;
    assert_says(&page, StatusCode::OK, "You are signed out.");
    let away = visitor.get("/account").await;
    assert_eq!(away.headers[LOCATION], "sign-in?why=first&next=account");

    let page = elsewhere.get("/account").await;
    assert_says(&page, StatusCode::OK, "Your account");
    let (mut third, _) = signed_in(&app, "ada").await;
    let everywhere = [("do", "sign-out-everywhere")];
    let asked = elsewhere.post(&page, "/account", &everywhere).await;
    let given = [everywhere[0], ("current", PASSWORD)];
    let out = elsewhere.post(&asked, "/account", &given).await;
    assert_eq!(out.headers[LOCATION], "sign-in?why=out");
    assert_eq!(third.get("/account").await.status, StatusCode::SEE_OTHER);
    assert!(!third.cookie().expect("the form's").contains("session"));
}

#[tokio::test]
async fn one_s_sessions_are_listed_and_can_be_ended_one_by_one() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let bea = app.person("bea", "MEMBER").await;
    let (mut elsewhere, _) = signed_in(&app, "ada").await;
    app.app.clock.advance(std::time::Duration::from_mins(2));
    let (mut visitor, page) = signed_in(&app, "ada").await;
    assert_says(&page, StatusCode::OK, "Where you are signed in");
    assert_eq!(text(&page).matches("this browser").count(), 1);
    assert_eq!(text(&page).matches("End this session").count(), 1);
    let id = hidden(&page, "session");
    let end = [("do", "end-session"), ("session", id.as_str())];
    let page = visitor.post(&page, "/account", &end).await;
    let given = [end[0], end[1], ("current", PASSWORD)];
    let done = visitor.post(&page, "/account", &given).await;
    let page = visitor.follow("/account", &done).await;
    assert_says(&page, StatusCode::OK, "The session has ended.");
    assert!(!says(&page, "End this session"));
    assert_eq!(
        elsewhere.get("/account").await.status,
        StatusCode::SEE_OTHER
    );

    let (mut other, _) = signed_in(&app, "bea").await;
    let theirs = app.newest_session("bea").await;
    for id in [theirs.as_str().expect("an id"), &bea, "", "session_x"] {
        let end = [("do", "end-session"), ("session", id)];
        let done = visitor.post(&page, "/account", &end).await;
        assert_eq!(done.headers[LOCATION], "account?done=session", "{id}");
    }
    assert_eq!(other.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_s_trusted_devices_are_listed_and_can_be_removed() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut visitor, page) = signed_in(&app, "ada").await;
    assert!(
        visitor
            .cookie()
            .expect("cookies")
            .contains("__Host-keydesk_device=")
    );
    assert_says(&page, StatusCode::OK, "Trusted devices");
    let id = hidden(&page, "device");
    let remove = [("do", "forget-device"), ("device", id.as_str())];
    let done = visitor.post(&page, "/account", &remove).await;
    assert_eq!(done.headers[LOCATION], "account?done=device");
    let page = visitor.follow("/account", &done).await;
    assert_says(&page, StatusCode::OK, "The device is no longer trusted.");
    assert!(!says(&page, "Remove this device"));
    let again = visitor.post(&page, "/account", &remove).await;
    assert_eq!(again.headers[LOCATION], "account?done=device");
    let rows = app.rows("SELECT id FROM trusted_clients", vec![]).await;
    assert_eq!(rows.len(), 0);
}

#[tokio::test]
async fn before_other_sessions_end_the_page_asks_for_the_password_once_for_ten_minutes() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut first, _) = signed_in(&app, "ada").await;
    let (mut second, _) = signed_in(&app, "ada").await;
    app.app.clock.advance(std::time::Duration::from_mins(1));
    let (mut visitor, page) = signed_in(&app, "ada").await;
    let id = hidden(&page, "session");
    let end = [("do", "end-session"), ("session", id.as_str())];
    let asked = visitor.post(&page, "/account", &end).await;
    assert_says(&asked, StatusCode::OK, "Confirm it’s you");
    assert_says(&asked, StatusCode::OK, "To end other sessions of");
    assert_eq!(hidden(&asked, "session"), id);
    assert!(text(&asked).contains("name=\"do\" value=\"end-session\""));
    for other in [&mut first, &mut second] {
        assert_eq!(other.get("/account").await.status, StatusCode::OK);
    }

    let wrong = [end[0], end[1], ("current", "wrong")];
    let refused = visitor.post(&asked, "/account", &wrong).await;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    assert_says(&refused, status, "This is not your present password.");
    assert_eq!(hidden(&refused, "session"), id);
    visitor.get("/account?lang=de").await;
    let german = visitor.post(&refused, "/account", &wrong).await;
    assert_says(&german, status, "Bestätigen Sie, dass Sie es sind");
    visitor.get("/account?lang=en").await;

    let before = visitor.cookie();
    let right = [end[0], end[1], ("current", PASSWORD)];
    let done = visitor.post(&refused, "/account", &right).await;
    assert_ne!(visitor.cookie(), before, "the session has another token");
    let page = visitor.follow("/account", &done).await;
    assert_says(&page, StatusCode::OK, "The session has ended.");
    // Of the two one is over, and the other ends without being asked again.
    let id = hidden(&page, "session");
    let end = [("do", "end-session"), ("session", id.as_str())];
    let done = visitor.post(&page, "/account", &end).await;
    assert_eq!(done.headers[LOCATION], "account?done=session");
    for other in [&mut first, &mut second] {
        assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER);
    }
    let page = visitor.get("/account").await;
    app.app.clock.advance(std::time::Duration::from_mins(10));
    let everywhere = [("do", "sign-out-everywhere")];
    let asked = visitor.post(&page, "/account", &everywhere).await;
    assert_says(&asked, StatusCode::OK, "Confirm it’s you");
}

#[tokio::test]
async fn ten_wrong_passwords_at_that_page_end_the_session() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut elsewhere, _) = signed_in(&app, "ada").await;
    let (mut visitor, mut page) = signed_in(&app, "ada").await;
    let wrong = [("do", "sign-out-everywhere"), ("current", "wrong")];
    for number in 1..10 {
        page = visitor.post(&page, "/account", &wrong).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    let over = visitor.post(&page, "/account", &wrong).await;
    assert_eq!(over.headers[LOCATION], "sign-in?why=tries&next=account");
    assert_eq!(visitor.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(elsewhere.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_keeps_this_session_and_ends_the_others() {
    let app = TestApp::start().await;
    let ada = app.person("ada", "MEMBER").await;
    for (fields, others_end) in [(&CHANGE[..], true), (&CHANGE[..3], false)] {
        let (mut visitor, _) = signed_in(&app, "ada").await;
        let (mut elsewhere, _) = signed_in(&app, "ada").await;
        let before = visitor.cookie();
        let page = visitor.get("/change-password").await;
        assert_says(&page, StatusCode::OK, "You are signed in as");
        let done = visitor.post(&page, "/change-password", fields).await;
        assert_eq!(done.headers[LOCATION], "account?done=password");
        assert_ne!(visitor.cookie(), before, "the session has another token");
        let page = visitor.follow("/change-password", &done).await;
        assert_says(&page, StatusCode::OK, "Your password was changed.");
        let there = elsewhere.get("/account").await.status;
        assert_eq!(there != StatusCode::OK, others_end);
        assert!(app.verifies(&ada, GOOD).await);
        let back =
            json!({ "user": { "id": ada }, "password": PASSWORD, "forceChangeOnLogin": false });
        let reset = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                     { errors { code } } }";
        app.write("DELETE FROM password_history", vec![]).await;
        let answer = app.ask(reset, json!({ "input": back })).await;
        assert_eq!(answer.codes(), [""; 0]);
        app.write("DELETE FROM password_history", vec![]).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_change_stands_beside_its_field_in_the_visitor_s_language() {
    let app = TestApp::start().await;
    let ada = app.person("ada", "MEMBER").await;
    let (mut visitor, _) = signed_in(&app, "ada").await;
    let page = visitor.get("/change-password").await;
    for (fields, field, english, german) in [
        (
            [
                ("current", GOOD),
                ("password", ALSO_GOOD),
                ("again", ALSO_GOOD),
            ],
            "current",
            "This is not your present password.",
            "Das ist nicht Ihr bisheriges Passwort.",
        ),
        (
            [("current", ""), ("password", GOOD), ("again", GOOD)],
            "current",
            "Fill this in.",
            "Bitte ausfüllen.",
        ),
        (
            [
                ("current", PASSWORD),
                ("password", GOOD),
                ("again", "other"),
            ],
            "again",
            "Type both again.",
            "Tippen Sie beide noch einmal.",
        ),
        (
            [
                ("current", PASSWORD),
                ("password", "short"),
                ("again", "short"),
            ],
            "password",
            "Use at least 15 characters;",
            "Nehmen Sie mindestens 15 Zeichen;",
        ),
        (
            [
                ("current", PASSWORD),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ],
            "password",
            "Choose a password other than your last 2.",
            "Wählen Sie ein anderes als Ihre letzten 2 Passwörter.",
        ),
    ] {
        for (language, words) in [("en", english), ("de", german)] {
            let mark = hidden(&page, "mark");
            let body = form(&[&[("mark", mark.as_str())], &fields[..]].concat());
            let headers = [("accept-language", language)];
            let refused = visitor.post_raw("/change-password", &headers, &body).await;
            assert_says(&refused, StatusCode::UNPROCESSABLE_ENTITY, words);
            assert!(text(&refused).contains(&format!("id=\"{field}-faults\"")));
            assert!(!text(&refused).contains(GOOD) && !text(&refused).contains(PASSWORD));
            assert!(
                !text(&refused).contains("value=\"end\" checked"),
                "as it was left"
            );
        }
    }
    assert!(app.verifies(&ada, PASSWORD).await);
}

#[tokio::test]
async fn ten_wrong_passwords_end_the_session() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut visitor, _) = signed_in(&app, "ada").await;
    let page = visitor.get("/change-password").await;
    let wrong = [
        ("current", GOOD),
        ("password", ALSO_GOOD),
        ("again", ALSO_GOOD),
    ];
    let mut answer = visitor.post(&page, "/change-password", &wrong).await;
    for _ in 0..9 {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        answer = visitor.post(&page, "/change-password", &wrong).await;
    }
    let page = visitor.follow("/change-password", &answer).await;
    assert_says(
        &page,
        StatusCode::OK,
        "because a wrong password was given too often",
    );
    assert_eq!(visitor.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_count_for_the_session_they_were_opened_in_alone() {
    let app = TestApp::start().await;
    let (ada, bea) = (
        app.person("ada", "MEMBER").await,
        app.person("bea", "MEMBER").await,
    );
    let (mut visitor, _) = signed_in(&app, "ada").await;
    let page = visitor.get("/change-password").await;
    // In another tab of the same browser somebody else signs in.
    visitor.cookies.retain(|name, _| name.contains("form"));
    sign_in(&mut visitor, "bea", PASSWORD).await;
    let before = app.snapshot().await;
    let refused = visitor.post(&page, "/change-password", &CHANGE).await;
    assert_says(
        &refused,
        StatusCode::FORBIDDEN,
        "somebody signed in or out in this browser",
    );
    for what in ["sign-out", "sign-out-everywhere"] {
        let refused = visitor.post(&page, "/account", &[("do", what)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let body = form(&[("do", what)]);
        let foreign = [("sec-fetch-site", "cross-site")];
        let refused = visitor.post_raw("/account", &foreign, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(app.snapshot().await, before);
    assert!(app.verifies(&ada, PASSWORD).await && app.verifies(&bea, PASSWORD).await);
    let odd = visitor.get("/account").await;
    let odd = visitor.post(&odd, "/account", &[("do", "dance")]).await;
    assert_says(
        &odd,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "This is not the form",
    );
}

#[tokio::test]
async fn a_password_that_is_kept_elsewhere_is_changed_there() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (mut visitor, _) = signed_in(&app, "ada").await;
    let moved = "UPDATE users SET authentication_source = 'LDAP'";
    app.write(moved, vec![]).await;
    let page = visitor.get("/change-password").await;
    if page.status == StatusCode::OK {
        assert!(says(&page, "Your password is kept elsewhere"));
    } else {
        // A session that began with a password here may end with it.
        assert_eq!(page.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn of_two_sessions_in_one_request_none_counts() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let (visitor, _) = signed_in(&app, "ada").await;
    let own = visitor.cookie().expect("cookies");
    let twice = format!("{own}; __Host-keydesk_session=kds_{}", "a".repeat(43));
    let headers = [("cookie", twice.as_str())];
    let mut other = Visitor::new(&app);
    let answer = other.send(Method::GET, "/account", &headers, String::new());
    assert_eq!(answer.await.status, StatusCode::SEE_OTHER);
}
