//! The eight digits beside a link.

use std::time::Duration;

use serde_json::json;

use crate::support::app::TestApp;

const NEXT: &str = "lantern seven plum orbit";

/// Another code than that one.
fn other(code: &str) -> String {
    let last = code.as_bytes()[7];
    format!("{}{}", &code[..7], if last == b'0' { '1' } else { '0' })
}

#[tokio::test]
async fn a_code_gives_a_token_once_and_the_token_sets_a_password() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    let spaced = format!("{} {}", &mailed.code[..4], &mailed.code[4..]);
    let verified = desk.verify_code("ADA", &mailed.flow_id, &spaced).await;
    let token = verified.root()["resetToken"].as_str().expect("a token");
    let again = desk.verify_code("ada", &mailed.flow_id, &mailed.code).await;
    assert_eq!(again.codes(), ["CODE_INVALID"]);
    let seen = desk.verify_token(token).await;
    assert_eq!(seen.root()["loginHint"], "a***@example.org", "{seen:#?}");
    assert_eq!(seen.root()["expiresAt"], verified.root()["expiresAt"]);
    let done = desk.complete(token, NEXT).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    assert!(desk.verifies(&ada, NEXT).await);
    // Link and code of one mail are one secret.
    let link = desk
        .complete(&mailed.token, "another seven plum orbits")
        .await;
    assert_eq!(link.codes(), ["TOKEN_USED"]);
}

#[tokio::test]
async fn using_the_link_ends_the_code() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    let done = desk.complete(&mailed.token, NEXT).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    let code = desk.verify_code("ada", &mailed.flow_id, &mailed.code).await;
    assert_eq!(code.codes(), ["CODE_INVALID"]);
}

#[tokio::test]
async fn a_code_is_of_use_only_with_its_flow_and_its_login() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("bea", "MEMBER").await;
    let of_bea = desk.mailed("bea").await;
    let mailed = desk.mailed("ada").await;
    let mut bodies = Vec::new();
    for (login, flow, code) in [
        ("ada", of_bea.flow_id.as_str(), mailed.code.as_str()),
        ("bea", &mailed.flow_id, &mailed.code),
        // The same account, but not the login it was asked for with.
        ("ada@example.org", &mailed.flow_id, &mailed.code),
        ("ada", "", &mailed.code),
        ("ada", &mailed.flow_id, ""),
        ("nobody", "AAAAAAAAAAAAAAAAAAAAAA", "00000000"),
    ] {
        let answer = desk.verify_code(login, flow, code).await;
        assert_eq!(answer.codes(), ["CODE_INVALID"], "{login}");
        bodies.push(answer.body["data"].clone());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    let right = desk.verify_code("ada", &mailed.flow_id, &mailed.code).await;
    assert_eq!(right.codes(), Vec::<String>::new(), "the fourth try");
}

#[tokio::test]
async fn after_five_tries_the_right_code_is_refused_and_the_link_still_works() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    for _ in 0..5 {
        let wrong = desk
            .verify_code("ada", &mailed.flow_id, &other(&mailed.code))
            .await;
        assert_eq!(wrong.codes(), ["CODE_INVALID"]);
    }
    let right = desk.verify_code("ada", &mailed.flow_id, &mailed.code).await;
    assert_eq!(right.codes(), ["CODE_INVALID"]);
    desk.complete(&mailed.token, NEXT).await;
    assert!(desk.verifies(&ada, NEXT).await);
    let sql = "SELECT outcome FROM audit_events WHERE error_code = 'CODE_INVALID'";
    let rows = desk.rows(sql, vec![]).await;
    assert_eq!(rows, [json!({ "outcome": "FAILED" })], "a window of them");
}

#[tokio::test]
async fn a_code_ends_after_ten_minutes_and_its_link_after_twenty() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let first = desk.mailed("ada").await;
    desk.app.clock.advance(Duration::from_mins(10));
    let late = desk.verify_code("ada", &first.flow_id, &first.code).await;
    assert_eq!(late.codes(), ["CODE_INVALID"]);
    assert_eq!(
        desk.verify_token(&first.token).await.codes(),
        Vec::<String>::new()
    );
    let second = desk.mailed("ada").await;
    let superseded = desk.verify_token(&first.token).await;
    assert_eq!(superseded.codes(), ["TOKEN_SUPERSEDED"]);
    let code = desk.verify_code("ada", &second.flow_id, &second.code).await;
    assert_eq!(code.codes(), Vec::<String>::new());
    desk.app.clock.advance(Duration::from_mins(20));
    let token = code.root()["resetToken"].as_str().expect("a token");
    for token in [token, &second.token] {
        let expired = desk.complete(token, NEXT).await;
        assert_eq!(expired.codes(), ["TOKEN_EXPIRED"]);
        let message = expired.root()["errors"][0]["message"].to_string();
        assert!(message.contains("2026-11-21T10:00:00"), "{message}");
    }
}

#[tokio::test]
async fn nothing_that_opens_anything_stands_in_a_table() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    let code = desk.verify_code("ada", &mailed.flow_id, &mailed.code).await;
    let token = code.root()["resetToken"].as_str().expect("a token");
    let snapshot = desk.snapshot().await;
    for secret in [&mailed.token, &mailed.code, &mailed.flow_id, token] {
        assert!(!snapshot.holds(secret), "{secret}");
    }
}
