//! `/setup`: the first owner of an empty installation.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::future::join_all;
use keydesk::jobs::cleanup;
use keydesk::types::ids::WorkerId;
use serde_json::json;

use super::{GOOD, Visitor, assert_says, form, hidden, link, parts, says, setup_link, text};
use crate::support::app::TestApp;

const OWNER: [(&str, &str); 5] = [
    ("username", "Ada"),
    ("email", "ada@example.org"),
    ("name", "Ada <King>"),
    ("password", GOOD),
    ("again", GOOD),
];

fn with<'a>(field: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> = OWNER
        .into_iter()
        .filter(|(name, _)| *name != field)
        .collect();
    fields.push((field, value));
    fields
}

#[tokio::test]
async fn a_setup_link_makes_the_first_owner_once() {
    let app = TestApp::start().await;
    let (link, other) = (setup_link(&app).await, setup_link(&app).await);
    let (path, token) = parts(&link);
    assert_eq!(path, format!("/setup/{token}"));
    assert!(!app.snapshot().await.holds(&token), "only its hash is kept");
    let (mut visitor, page) = Visitor::open(&app, &link).await;
    assert_says(&page, StatusCode::OK, "Nobody has an account here yet.");

    let done = visitor.post(&page, "/setup", &OWNER).await;
    assert_says(&done, StatusCode::OK, "has an owner");
    assert!(says(&done, "keydesk api-key create"));
    assert!(visitor.cookie().is_none());
    let users = app.rows("SELECT * FROM users", vec![]).await;
    assert_eq!(users.len(), 1);
    let ada = &users[0];
    assert_eq!(
        (&ada["username"], &ada["email"], &ada["name"], &ada["role"]),
        (
            &json!("Ada"),
            &json!("ada@example.org"),
            &json!("Ada <King>"),
            &json!("OWNER")
        )
    );
    assert!(ada["email_verified_at"].is_null() && ada["password_expires_at"].is_null());
    let found = app.run("searchUsers", json!({ "search": "ada" })).await;
    assert!(found.body.to_string().contains("user_"), "{found:?}");
    let sql = "SELECT * FROM audit_events WHERE action = 'user.created'";
    let event = app.rows(sql, vec![]).await.remove(0);
    assert_eq!(
        (&event["actor_kind"], &event["actor_label"], &event["via"]),
        (&json!("LINK_HOLDER"), &json!("setup link"), &json!("WEB"))
    );
    let sql = "SELECT id FROM setup_links WHERE used_at IS NULL AND closed_at IS NULL";
    assert_eq!(app.rows(sql, vec![]).await.len(), 0);
    let signed_in = app.sign_in("ada", GOOD).await;
    assert_eq!(signed_in.root()["outcome"], "SIGNED_IN", "{signed_in:?}");
    let (_, page) = Visitor::open(&app, &other).await;
    assert_says(&page, StatusCode::GONE, "There is nothing to set up");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let (mut visitor, page) = Visitor::open(&app, &setup_link(&app).await).await;
    let before = app.snapshot().await;
    let long = "x".repeat(201);
    for (field, value, words) in [
        ("username", "", "Fill this in."),
        ("username", "a@b", "Remove the @ from the username"),
        ("username", "-", "start and end with a letter"),
        ("email", "", "Fill this in."),
        ("email", "nobody", "id=\"email-faults\""),
        ("name", &long, "Must be 1 to 200 characters"),
        ("again", "other", "Type both again."),
    ] {
        let refused = visitor.post(&page, "/setup", &with(field, value)).await;
        assert_says(&refused, StatusCode::UNPROCESSABLE_ENTITY, words);
        assert!(says(&refused, &format!("id=\"{field}-faults\"")), "{field}");
        assert!(!text(&refused).contains(GOOD));
        if field != "name" {
            assert_eq!(hidden_name(&refused), "Ada &lt;King&gt;");
        }
    }
    let weak = [("username", "ada-lovelace"), ("email", "a@example.org")];
    let weak = [
        &weak[..],
        &[("password", "ada-lovelace-1"), ("again", "ada-lovelace-1")],
    ];
    let refused = visitor.post(&page, "/setup", &weak.concat()).await;
    for words in ["Use at least 15 characters", "nothing to do with your name"] {
        assert_says(&refused, StatusCode::UNPROCESSABLE_ENTITY, words);
    }
    assert_eq!(app.snapshot().await, before);
    let done = visitor.post(&refused, "/setup", &OWNER).await;
    assert_says(&done, StatusCode::OK, "has an owner");
}

/// What stands in the field for the full name, as it is written in the page.
fn hidden_name(page: &crate::support::app::Answer) -> String {
    let text = text(page);
    let field = text.split("name=\"name\" type=\"text\" value=\"").nth(1);
    let field = field.unwrap_or_else(|| panic!("{text}"));
    field.split('"').next().expect("its end").to_owned()
}

#[tokio::test]
async fn of_many_owners_made_at_once_over_two_replicas_there_is_one() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let mut forms = Vec::new();
    for number in 0..10 {
        let app = if number % 2 == 0 { &app } else { &replica };
        // Half of them hold one link, the others one each.
        let link = if number < 5 {
            forms
                .first()
                .map(|(_, _, link): &(_, _, String)| link.clone())
        } else {
            None
        };
        let link = match link {
            Some(link) => link,
            None => setup_link(app).await,
        };
        let (visitor, page) = Visitor::open(app, &link).await;
        forms.push((visitor, page, link));
    }
    let sent = forms
        .iter_mut()
        .enumerate()
        .map(|(number, (visitor, page, _))| {
            let name = format!("owner{number}");
            async move {
                let email = format!("{name}@example.org");
                let mark = hidden(page, "mark");
                let body = form(&[
                    ("mark", mark.as_str()),
                    ("username", name.as_str()),
                    ("email", email.as_str()),
                    ("password", GOOD),
                    ("again", GOOD),
                ]);
                visitor.post_until_judged("/setup", &body).await
            }
        });
    let answers = join_all(sent).await;
    let done = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK)
        .count();
    assert_eq!(done, 1);
    for answer in answers
        .iter()
        .filter(|answer| answer.status != StatusCode::OK)
    {
        assert_eq!(answer.status, StatusCode::GONE, "{answer:?}");
    }
    assert_eq!(app.rows("SELECT id FROM users", vec![]).await.len(), 1);
    assert_eq!(app.events("user.created").await, 1);
}

#[tokio::test]
async fn setup_links_are_deleted_a_week_after_their_end() {
    let app = TestApp::start().await;
    setup_link(&app).await;
    let sweep = async || {
        let holder = WorkerId::new(app.app.clock.now());
        app.app.clock.advance(Duration::from_hours(1));
        cleanup::sweep(&app.app, holder).await.expect("swept")
    };
    assert_eq!(sweep().await, 0);
    app.app.clock.advance(Duration::from_hours(167));
    assert_eq!(sweep().await, 0);
    assert_eq!(sweep().await, 1);
    assert_eq!(app.snapshot().await.count("setup_links"), 0);
}

#[tokio::test]
async fn the_two_kinds_of_link_are_not_taken_for_one_another() {
    let app = TestApp::start().await;
    let setup = setup_link(&app).await;
    let (_, page) = Visitor::open(&app, &setup.replace("/setup/", "/reset/")).await;
    assert_says(&page, StatusCode::NOT_FOUND, "This link is not known");
    let ada = app.member("ada").await;
    let reset = link(&app, &ada).await;
    let (_, page) = Visitor::open(&app, &reset.replace("/reset/", "/setup/")).await;
    assert_says(&page, StatusCode::NOT_FOUND, "This setup link is not known");
    let (_, page) = Visitor::open(&app, &reset).await;
    hidden(&page, "mark");
}
