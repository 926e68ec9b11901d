//! Holes that others had (docs/security.md, “Known holes of others”), where no other test of this folder
//! keeps them out; and that every test named there exists.

use axum::body::Body;
use axum::http::Request;
use keydesk::graphql;
use serde_json::json;

use crate::support::app::{TestApp, operation};
use crate::support::people::PASSWORD;

const NEXT: &str = "lantern seven plum orbit";

#[tokio::test]
async fn a_look_alike_of_an_address_reaches_nobody() {
    let desk = TestApp::start().await;
    desk.person("mike", "MEMBER").await;
    for login in [
        "m\u{131}ke@example.org",
        "mike@ex\u{430}mple.org",
        "\"mike\"@example.org",
        "mike@example.org, mallory@example.test",
        "mike@example.org\r\nBcc: mallory@example.test",
    ] {
        desk.forgot(login).await;
    }
    desk.forgot("MIKE@EXAMPLE.ORG").await;
    assert_eq!(desk.see_to_requests().await, 6);
    desk.deliver().await;
    let sent = desk.mailer.sent();
    let to: Vec<&str> = sent.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["mike@example.org"]);
}

#[tokio::test]
async fn the_link_leads_to_the_address_in_the_settings_whatever_host_was_asked() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let body = json!({
        "query": operation("requestPasswordReset"), "variables": { "login": "ada" }
    });
    let request = Request::post("/public/graphql")
        .header("content-type", "application/json")
        .header("host", "evil.test")
        .header("x-forwarded-host", "evil.test")
        .header("forwarded", "host=evil.test;proto=http")
        .header("referer", "https://evil.test/")
        .body(Body::from(body.to_string()))
        .expect("a request");
    desk.send(request).await;
    desk.see_to_requests().await;
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a mail");
    let said = format!("{}{}", mail.content.text, mail.content.html);
    assert!(!said.contains("evil"), "{said}");
    assert!(mail.content.text.contains("https://id.example.org/reset/"));
}

#[tokio::test]
async fn a_long_password_is_refused_before_it_is_hashed_and_the_link_still_works() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    let long = "plum orbit lantern ".repeat(60);
    let refused = desk.complete(&mailed.token, &long).await;
    assert_eq!(refused.codes(), ["PASSWORD_POLICY_VIOLATED"]);
    assert!(desk.verifies(&ada, PASSWORD).await);
    let done = desk.complete(&mailed.token, NEXT).await;
    assert_eq!(done.codes(), Vec::<String>::new());
}

#[tokio::test]
async fn every_character_of_a_password_counts() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    let long = format!("{}1", "plum orbit lantern seven ".repeat(8));
    let done = desk.complete(&mailed.token, &long).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    let cut = format!("{}2", &long[..long.len() - 1]);
    for wrong in [cut.as_str(), &long[..72], &long[..long.len() - 1]] {
        let failed = desk.sign_in("ada", wrong).await;
        assert_eq!(failed.codes(), ["INVALID_CREDENTIALS"]);
    }
    let signed = desk.sign_in("ada", &long).await;
    assert_eq!(signed.root()["outcome"], "SIGNED_IN");
}

/// The names of fields and values in every type by which lists are filtered or ordered.
fn filterable() -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in graphql::full_sdl().lines() {
        if line.starts_with("input ") || line.starts_with("enum ") {
            let name = line.split_whitespace().nth(1).unwrap_or_default();
            inside = name.ends_with("Filter") || name.ends_with("Order") || name.ends_with("Field");
        } else if line.starts_with('}') {
            inside = false;
        } else if inside && !line.trim_start().starts_with(['"', '#']) {
            let name = line.trim().split([':', '(', ' ']).next();
            names.extend(name.map(str::to_lowercase));
        }
    }
    names
}

#[test]
fn no_list_is_filtered_or_ordered_by_a_secret() {
    let names = filterable();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        for secret in ["hash", "token", "secret", "sealed", "mac", "code_"] {
            assert!(!name.contains(secret), "{name}");
        }
    }
}

/// Names in backquotes behind the last bar of the rows `| V-…`.
#[test]
fn every_test_named_beside_a_known_hole_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path));
    let page = read("docs/security.md").expect("a page");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| V-"))
        .collect();
    assert_eq!(rows.len(), 28, "{rows:#?}");
    for row in rows {
        let cell = row.trim_end_matches(" |").rsplit('|').next();
        let names: Vec<&str> = cell
            .unwrap_or_default()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            let (folder, function) = name.rsplit_once("::").expect("a path");
            let path = format!("tests/it/{}.rs", folder.replace("::", "/"));
            let source = read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(source.contains(&format!("fn {function}(")), "{name}");
        }
    }
}
