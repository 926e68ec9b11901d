//! Paging arguments and conditions that are refused, never silently mended.

use serde_json::{Value, json};

use super::{PAGE, ids};
use crate::support::app::TestApp;

/// Asserts a top-level refusal at the list, with nothing in its place.
async fn assert_refused(app: &TestApp, document: &str, variables: Value) -> String {
    let answer = app.ask(document, variables.clone()).await;
    assert_eq!(
        answer.top_level(),
        Some("BAD_USER_INPUT"),
        "{variables} {answer:#?}"
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.root(), &Value::Null);
    let message = answer.body["errors"][0]["message"].as_str();
    message.expect("a message").to_owned()
}

#[tokio::test]
async fn a_page_has_one_to_a_hundred_rows_from_one_end() {
    let app = TestApp::start().await;
    app.user("ada", json!({})).await;
    for size in [0, -1, 101, i32::MAX, i32::MIN] {
        for end in ["first", "last"] {
            let message = assert_refused(&app, PAGE, json!({ end: size })).await;
            assert!(
                message.contains(end) && message.contains(&size.to_string()),
                "{message}"
            );
        }
    }
    assert_refused(&app, PAGE, json!({ "first": 1, "last": 1 })).await;
    for end in ["first", "last"] {
        for size in [1, 100] {
            let page = app.ask(PAGE, json!({ end: size })).await;
            assert_eq!(ids(page.root()).len(), 1);
        }
    }
}

#[tokio::test]
async fn a_cursor_that_was_not_made_for_this_list_is_refused() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    let by = |field: &str| json!({ "field": field, "direction": "ASC" });
    let page = app.ask(PAGE, json!({ "order": by("NAME") })).await;
    let cursor = page.root()["pageInfo"]["endCursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let last = if cursor.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{last}", &cursor[..cursor.len() - 1]);
    let trail = app
        .ask("{ auditEvents { pageInfo { endCursor } } }", json!({}))
        .await;
    let trail = trail.root()["pageInfo"]["endCursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let wrong = [
        "",
        "1",
        "=",
        "\u{0}",
        "\u{e4}",
        &forged,
        &cursor[1..],
        &cursor[..cursor.len() - 4],
        &trail,
    ];
    for argument in ["after", "before"] {
        for cursor in wrong {
            let variables = json!({ argument: cursor, "order": by("NAME") });
            let message = assert_refused(&app, PAGE, variables).await;
            assert!(message.contains(argument), "{message}");
        }
        for other in [by("EMAIL"), json!({ "field": "NAME", "direction": "DESC" })] {
            let message =
                assert_refused(&app, PAGE, json!({ argument: cursor, "order": other })).await;
            assert!(message.contains("another order"), "{message}");
        }
        for list in ["auditEvents", "mailDeliveries"] {
            let document = format!(
                "query($cursor: String) {{ {list}({argument}: $cursor) {{ nodes {{ id }} }} }}"
            );
            assert_refused(&app, &document, json!({ "cursor": cursor })).await;
        }
    }
}

#[tokio::test]
async fn nested_lists_refuse_the_same() {
    let app = TestApp::start().await;
    app.member("ada").await;
    for list in ["auditEvents", "mailDeliveries"] {
        for arguments in ["first: 0", "last: 101", "first: 1, last: 1", "after: \"x\""] {
            let document = format!(
                "{{ userByLogin(login: \"ada\") {{ username {list}({arguments}) {{ nodes {{ id }} }} }} }}"
            );
            let answer = app.ask(&document, json!({})).await;
            assert_eq!(answer.top_level(), Some("BAD_USER_INPUT"));
            assert_eq!(
                answer.body["errors"][0]["path"],
                json!(["userByLogin", list])
            );
            assert_eq!(answer.root(), &json!({ "username": "ada", list: null }));
        }
    }
}

#[tokio::test]
async fn filters_that_are_too_long_or_make_no_sense_are_refused() {
    let app = TestApp::start().await;
    let many: Vec<_> = (0..101).map(|number| format!("user_{number}")).collect();
    assert_refused(&app, PAGE, json!({ "filter": { "ids": many } })).await;
    assert_refused(&app, PAGE, json!({ "search": "s".repeat(201) })).await;
    assert_refused(&app, PAGE, json!({ "filter": { "emailDomain": "a b" } })).await;
    let trail = "query($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }";
    assert_refused(&app, trail, json!({ "filter": { "actorIds": many } })).await;
    assert_refused(&app, trail, json!({ "filter": { "userIds": many } })).await;
    let mail =
        "query($filter: MailDeliveryFilter) { mailDeliveries(filter: $filter) { totalCount } }";
    assert_refused(&app, mail, json!({ "filter": { "userIds": many } })).await;
    assert_refused(&app, mail, json!({ "filter": { "recipient": "nobody" } })).await;
}

#[tokio::test]
async fn a_text_that_no_row_can_hold_finds_nothing() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let trail = "query($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }";
    for (document, variables) in [
        (PAGE, json!({ "search": "ad\u{0}a" })),
        (trail, json!({ "filter": { "requestId": "\u{0}" } })),
    ] {
        let answer = app.ask(document, variables).await;
        assert!(
            matches!(answer.top_level(), None | Some("BAD_USER_INPUT")),
            "{answer:#?}"
        );
    }
}
