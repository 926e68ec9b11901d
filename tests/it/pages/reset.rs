//! `/reset`: from the link to the new password.

use std::time::Duration;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE,
};
use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use serde_json::json;

use super::{ALSO_GOOD, GOOD, Visitor, assert_says, form, hidden, link, parts, says, text};
use crate::support::app::TestApp;
use crate::support::people::PASSWORD;
use crate::support::rows::uuid;

#[tokio::test]
async fn opening_a_link_moves_its_token_into_a_cookie_and_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let link = link(&app, &ada).await;
    let (path, token) = parts(&link);
    assert_eq!(link, format!("https://id.example.org/reset/{token}"));
    assert!(!app.snapshot().await.holds(&token), "only its hash is kept");
    let before = app.snapshot().await.but_for_openings();

    for method in [Method::HEAD, Method::GET, Method::GET] {
        let mut visitor = Visitor::new(&app);
        let evil = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
        ];
        let answer = visitor.send(method, &path, &evil, String::new()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[LOCATION], "../reset");
        assert_eq!(answer.headers[REFERRER_POLICY], "no-referrer");
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        let cookie = answer.headers[SET_COOKIE].to_str().expect("a text");
        let mut attributes: Vec<&str> = cookie.split("; ").collect();
        assert_eq!(
            attributes.remove(0),
            format!("__Host-keydesk_reset={token}")
        );
        attributes.sort_unstable();
        assert_eq!(
            attributes,
            [
                "HttpOnly",
                "Max-Age=600",
                "Path=/",
                "SameSite=Lax",
                "Secure"
            ]
        );
        for method in [Method::HEAD, Method::GET] {
            let page = visitor.send(method, "/reset", &[], String::new()).await;
            assert_eq!(page.status, StatusCode::OK);
        }
    }
    assert_eq!(app.snapshot().await.but_for_openings(), before);
}

#[tokio::test]
async fn the_form_names_nobody_else_and_can_be_filled_by_a_password_manager() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let (_, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    assert_says(&page, StatusCode::OK, "Choose a new password");
    let policy = page.headers[CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("a text");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(page.headers["x-robots-tag"], "noindex");
    assert_eq!(page.headers[REFERRER_POLICY], "no-referrer");
    assert_eq!(page.headers[CACHE_CONTROL], "no-store");
    assert_eq!(page.headers["x-frame-options"], "DENY");
    let text = text(&page);
    let scripts: Vec<&str> = text.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 1);
    assert!(scripts[0].starts_with(" src=\"pages/page.js\" defer></script>"));
    for absent in ["style=", "http:", "https:", "onload", "href=\"/"] {
        assert!(!text.contains(absent), "{absent} is on {text}");
    }
    for present in [
        "autocomplete=\"username\"",
        "autocomplete=\"new-password\"",
        "<label for=\"password\"",
        "<label for=\"again\"",
        "At least 15 characters",
        "lang=\"en\"",
    ] {
        assert!(text.contains(present), "{present} is not on {text}");
    }
    assert_eq!(hidden(&page, "username"), "ada");
    for (path, kind) in [
        ("/pages/page.css", "text/css; charset=utf-8"),
        ("/pages/page.js", "text/javascript; charset=utf-8"),
    ] {
        let file = Visitor::new(&app).get(path).await;
        assert_eq!(file.status, StatusCode::OK);
        assert_eq!(file.headers["content-type"], kind);
    }
    let logo = Visitor::new(&app).get("/pages/logo").await;
    assert_eq!(logo.status, StatusCode::NOT_FOUND, "there is none");
}

#[tokio::test]
async fn a_chosen_password_works_and_ends_what_the_old_one_opened() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    app.write(
        "UPDATE users SET locked_until = $1 WHERE id = $2",
        vec![i64::MAX.into(), uuid(&ada)],
    )
    .await;
    let older = link(&app, &ada).await;
    let newest = link(&app, &ada).await;
    let before = app.version_of(&ada).await;
    let (mut visitor, page) = Visitor::open(&app, &newest).await;
    app.app.clock.advance(Duration::from_mins(9));

    let fields = [("password", GOOD), ("again", GOOD)];
    let done = visitor.post(&page, "/reset", &fields).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
    assert!(says(&done, "You are not signed in yet"));
    assert!(visitor.cookie().is_none(), "the token is forgotten");
    assert!(
        !done.headers[SET_COOKIE]
            .to_str()
            .expect("a text")
            .contains("session")
    );

    assert!(app.verifies(&ada, GOOD).await);
    assert_eq!(app.version_of(&ada).await, before + 1);
    let user = app.rows("SELECT * FROM users", vec![]).await.remove(0);
    assert!(user["locked_until"].is_null() && user["password_expires_at"].is_null());
    assert!(user["must_change_password"] == json!(false) || user["must_change_password"] == 0);
    let sql = "SELECT id FROM one_time_links WHERE used_at IS NOT NULL";
    assert_eq!(app.rows(sql, vec![]).await.len(), 1);

    let sql = "SELECT * FROM audit_events WHERE action = 'user.password.reset_by_link'";
    let event = app.rows(sql, vec![]).await.remove(0);
    assert_eq!(event["actor_kind"], "LINK_HOLDER");
    assert_eq!(event["actor_label"], "holder of a reset link");
    assert_eq!(
        (&event["via"], &event["target_label"]),
        (&json!("WEB"), &json!("ada"))
    );
    let changes = event["changes"].as_str().expect("a text");
    assert!(
        changes.contains("operator test") && changes.contains("revokedSessions"),
        "{changes}"
    );

    let document = "{ auditEvents(filter: { actorKinds: [LINK_HOLDER] }) { nodes { action actor \
                    { __typename } actorLabel } } }";
    let found = app.ask(document, json!({})).await;
    let wanted = json!([{ "action": "PASSWORD_RESET_BY_LINK", "actor": null,
                          "actorLabel": "holder of a reset link" }]);
    assert_eq!(found.root()["nodes"], wanted, "{found:?}");

    assert_eq!(app.deliver().await, 1);
    let mail = app.mailer.sent().remove(0);
    assert_eq!(mail.to, "ada@example.org");
    assert!(
        mail.content
            .text
            .contains("with a link that was made for you")
    );
    assert!(!mail.content.text.contains(GOOD));

    for old in [&older, &newest] {
        let (_, page) = Visitor::open(&app, old).await;
        assert_eq!(page.status, StatusCode::GONE);
    }
    let snapshot = app.snapshot().await;
    let (_, token) = parts(&newest);
    assert!(!snapshot.holds(GOOD) && !snapshot.holds(&token));
}

#[tokio::test]
async fn whoever_was_signed_in_is_signed_out_and_the_new_password_signs_in() {
    let app = TestApp::start().await;
    let ada = app.person("ada", "HELPDESK").await;
    let old = app.session("ada").await;
    let must_change = json!({ "user": { "id": ada }, "mustChangePassword": true });
    let demand = "mutation($input: SetMustChangePasswordInput!) { setMustChangePassword(input: $input) \
                  { errors { code } } }";
    let demanded = app.ask(demand, json!({ "input": must_change })).await;
    assert_eq!(demanded.codes(), [""; 0]);
    let (mut visitor, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    let fields = [("password", GOOD), ("again", GOOD)];
    let done = visitor.post(&page, "/reset", &fields).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");

    let refused = app
        .ask_as(Some(&old), "{ viewer { role } }", json!({}))
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let wrong = app.sign_in("ada", PASSWORD).await;
    assert_eq!(wrong.codes(), ["INVALID_CREDENTIALS"]);
    let signed_in = app.sign_in("ada", GOOD).await;
    assert_eq!(signed_in.root()["outcome"], "SIGNED_IN", "{signed_in:?}");
    assert_eq!(signed_in.root()["account"]["mustChangePassword"], false);
}

#[tokio::test]
async fn of_many_forms_sent_at_once_over_two_replicas_one_changes_the_password() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let ada = app.member("ada").await;
    let link = link(&app, &ada).await;
    let (_, page) = Visitor::open(&app, &link).await;
    let mark = hidden(&page, "mark");
    let token = parts(&link).1;
    let passwords: Vec<String> = (0..10)
        .map(|number| format!("{GOOD} no {number}"))
        .collect();
    let sent = passwords.iter().enumerate().map(|(number, password)| {
        let app = if number % 2 == 0 { &app } else { &replica };
        let body = form(&[("mark", &mark), ("password", password), ("again", password)]);
        let mut visitor = Visitor::holding(app, "__Host-keydesk_reset", &token);
        async move { visitor.post_until_judged("/reset", &body).await }
    });
    let answers = join_all(sent).await;
    let mut winners = Vec::new();
    for (password, answer) in passwords.iter().zip(&answers) {
        match answer.status {
            StatusCode::OK => winners.push(password),
            StatusCode::GONE => assert!(says(answer, "This link was used"), "{answer:?}"),
            other => panic!("{other}: {answer:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert!(app.verifies(&ada, winners[0]).await);
    assert_eq!(app.events("user.password.reset_by_link").await, 1);
}

#[tokio::test]
async fn settings_that_keep_administrators_from_choosing_do_not_bind_the_user() {
    let app = TestApp::with("admin_passwords = \"links_only\"\nalways_force_change = true\n").await;
    let more = json!({ "email": "ada@example.org" });
    let ada = app.user("ada", more).await;
    let (mut visitor, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    let fields = [("password", GOOD), ("again", GOOD)];
    let done = visitor.post(&page, "/reset", &fields).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
    assert!(app.verifies(&ada, GOOD).await);
    assert_eq!(
        app.deliver().await,
        0,
        "no notice to an address nobody verified"
    );
}

#[tokio::test]
async fn the_present_password_is_not_taken_again() {
    let app = TestApp::start().await;
    let ada = app.user("ada", json!({ "password": GOOD })).await;
    let link = link(&app, &ada).await;
    let (mut visitor, page) = Visitor::open(&app, &link).await;
    let same = [("password", GOOD), ("again", GOOD)];
    let refused = visitor.post(&page, "/reset", &same).await;
    assert_says(
        &refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Choose a password other than your last 2.",
    );
    let other = [("password", ALSO_GOOD), ("again", ALSO_GOOD)];
    let done = visitor.post(&refused, "/reset", &other).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
}
