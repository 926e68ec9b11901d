//! Revoking links.

use std::time::Duration;

use serde_json::json;

use super::{CREATE, GOOD, REVOKE, ask, assert_refused, choose, statuses, token};
use crate::support::app::TestApp;

async fn made(app: &TestApp, user: &str) -> (String, String) {
    let more = json!({ "revokePreviousLinks": false });
    let answer = ask(app, CREATE, user, more).await;
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let root = answer.root();
    (text(&root["link"]["id"]), token(&text(&root["url"])))
}

#[tokio::test]
async fn all_links_that_still_work_are_revoked_and_no_others() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.member("bea").await;
    let (_, used) = made(&app, "ada").await;
    choose(&app, &used, GOOD).await.expect("chosen");
    let (_, first) = made(&app, "ada").await;
    app.app.clock.advance(Duration::from_secs(1));
    let (_, second) = made(&app, "ada").await;
    let (_, of_bea) = made(&app, "bea").await;
    let done = ask(&app, REVOKE, "ada", json!({ "reason": "wrong person" })).await;
    assert_eq!(done.root()["revokedLinkCount"], 2);
    assert_eq!(statuses(&app, "ada").await, ["REVOKED", "REVOKED", "USED"]);
    for token in [first, second] {
        let refused = choose(&app, &token, GOOD).await.expect_err("revoked");
        assert!(refused.contains("Administrator"), "{refused}");
    }
    assert_eq!(app.events("user.password.links.revoked").await, 1);

    let before = app.snapshot().await;
    let again = ask(&app, REVOKE, "ada", json!({})).await;
    assert_eq!(
        (&again.root()["revokedLinkCount"], again.codes()),
        (&json!(0), vec![])
    );
    assert_eq!(
        app.snapshot().await,
        before,
        "nothing to do changes nothing"
    );
    assert_eq!(choose(&app, &of_bea, GOOD).await, Ok(false));
}

#[tokio::test]
async fn only_the_named_links_are_revoked_and_only_of_that_user() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.member("bea").await;
    let (first, _) = made(&app, "ada").await;
    let (_, second) = made(&app, "ada").await;
    let (of_bea, _) = made(&app, "bea").await;
    let none = "link_01kcgv2mgc4aqsvnv4phsxqhtd";
    let wanted = ("NOT_FOUND", Some("linkIds"));
    for ids in [
        json!([first, of_bea]),
        json!([none]),
        json!([first, "user_nonsense"]),
    ] {
        let more = json!({ "linkIds": ids });
        assert_refused(&app, (REVOKE, "ada", more), wanted).await;
    }
    let many: Vec<&str> = std::iter::repeat_n(first.as_str(), 101).collect();
    let wanted = ("INVALID_INPUT", Some("linkIds"));
    assert_refused(&app, (REVOKE, "ada", json!({ "linkIds": many })), wanted).await;
    let done = ask(&app, REVOKE, "ada", json!({ "linkIds": [first] })).await;
    assert_eq!(done.root()["revokedLinkCount"], 1);
    let nothing = ask(&app, REVOKE, "ada", json!({ "linkIds": [] })).await;
    assert_eq!(nothing.root()["revokedLinkCount"], 0);
    assert_eq!(choose(&app, &second, GOOD).await, Ok(false));
}
