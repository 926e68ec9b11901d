//! Lists within lists, and what they cost.

use serde_json::{Value, json};

use crate::support::app::TestApp;

const WITH_LATEST: &str =
    "query($first: Int) { users(first: $first, orderBy: { field: USERNAME }) {
    totalCount
    nodes { id username
        auditEvents(first: 1) { totalCount nodes { id action actor { displayName } user { id } } }
        mailDeliveries(first: 1) { totalCount nodes { id status user { id } } } }
} }";

/// Users with a mail that was queued for each.
async fn mailed(app: &TestApp, count: usize) {
    for number in 0..count {
        app.member(&format!("u{number:03}")).await;
        let login = json!({ "login": format!("u{number:03}") });
        app.run("resetPasswordByMail", login).await;
    }
}

#[tokio::test]
async fn a_page_of_a_hundred_users_costs_as_many_statements_as_one_of_ten() {
    let app = TestApp::start().await;
    mailed(&app, 101).await;
    let mut costs = Vec::new();
    for size in [1, 10, 100] {
        // The key's last use is noted now and then; not within this count.
        app.run("viewer", json!({})).await;
        let before = app.statements();
        let answer = app.ask(WITH_LATEST, json!({ "first": size })).await;
        costs.push(app.statements() - before);
        let nodes = answer.root()["nodes"].as_array().expect("a list");
        assert_eq!(nodes.len(), size);
        for node in nodes {
            let (event, mail) = (&node["auditEvents"], &node["mailDeliveries"]);
            assert_eq!(
                (&event["totalCount"], &mail["totalCount"]),
                (&json!(2), &json!(1))
            );
            assert_eq!(event["nodes"][0]["actor"]["displayName"], "OWNER key");
            assert_eq!(event["nodes"][0]["user"]["id"], node["id"]);
            assert_eq!(mail["nodes"][0]["user"]["id"], node["id"]);
        }
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    assert!(costs[0] <= 10, "{costs:?}");
}

#[tokio::test]
async fn a_deep_page_costs_as_many_statements_as_the_first() {
    let app = TestApp::start().await;
    for number in 0..30 {
        app.user(&format!("u{number:02}"), json!({})).await;
    }
    let document = "query($after: String) { users(first: 5, after: $after, \
                    orderBy: { field: USERNAME }) { nodes { id } pageInfo { endCursor } } }";
    let mut cursor = Value::Null;
    let mut costs = Vec::new();
    for _ in 0..5 {
        let before = app.statements();
        let answer = app.ask(document, json!({ "after": cursor })).await;
        costs.push(app.statements() - before);
        cursor = answer.root()["pageInfo"]["endCursor"].clone();
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

#[tokio::test]
async fn a_total_is_counted_only_when_it_is_asked_for() {
    let app = TestApp::start().await;
    app.user("ada", json!({})).await;
    let mut costs = Vec::new();
    for fields in ["nodes { id }", "nodes { id } totalCount"] {
        let before = app.statements();
        let document = format!("{{ users {{ {fields} }} }}");
        app.ask(&document, json!({})).await;
        costs.push(app.statements() - before);
    }
    assert_eq!(costs[1], costs[0] + 1);
    let document = "query($asked: Boolean!) { users { nodes { id } ...More } } \
                    fragment More on UserConnection { totalCount @include(if: $asked) }";
    let answer = app.ask(document, json!({ "asked": true })).await;
    assert_eq!(answer.root()["totalCount"], 1);
}

#[tokio::test]
async fn every_user_gets_the_page_of_their_own_list() {
    let app = TestApp::start().await;
    for name in ["ada", "bea", "cyn"] {
        app.member(name).await;
    }
    for (name, resets) in [("ada", 3), ("bea", 1)] {
        for _ in 0..resets {
            app.app.clock.advance(std::time::Duration::from_secs(1));
            app.run("resetPasswordByMail", json!({ "login": name }))
                .await;
        }
    }
    let document = "query($after: String) { users(orderBy: { field: USERNAME }) { nodes { \
        mailDeliveries(first: 2, after: $after) { totalCount nodes { createdAt } \
        pageInfo { hasNextPage hasPreviousPage endCursor } } \
        auditEvents(last: 1, actions: [PASSWORD_RESET]) { totalCount nodes { occurredAt } } } } }";
    let answer = app.ask(document, json!({})).await;
    let nodes = answer.root()["nodes"].as_array().expect("a list");
    let (ada, bea, cyn) = (&nodes[0], &nodes[1], &nodes[2]);
    let times = |node: &Value| {
        node["mailDeliveries"]["nodes"]
            .as_array()
            .expect("a list")
            .clone()
    };
    let at = |second: u32| json!({ "createdAt": format!("2026-11-21T09:30:0{second}Z") });
    assert_eq!(times(ada), [at(3), at(2)]);
    assert_eq!(times(bea), [at(4)]);
    assert_eq!(times(cyn), [Value::Null; 0]);
    let totals: Vec<_> = nodes
        .iter()
        .map(|node| node["auditEvents"]["totalCount"].clone())
        .collect();
    assert_eq!(totals, [3, 1, 0]);
    let oldest = &ada["auditEvents"]["nodes"][0]["occurredAt"];
    assert_eq!(oldest, "2026-11-21T09:30:01Z");
    let info = &ada["mailDeliveries"]["pageInfo"];
    assert_eq!(
        (&info["hasNextPage"], &info["hasPreviousPage"]),
        (&json!(true), &json!(false))
    );

    let next = app
        .ask(document, json!({ "after": info["endCursor"] }))
        .await;
    assert_eq!(times(&next.root()["nodes"][0]), [at(1)]);
}

#[tokio::test]
async fn one_list_under_two_names_has_each_its_own_arguments() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    let document = "{ userByLogin(login: \"ada\") { \
        created: auditEvents(actions: [USER_CREATED]) { nodes { action } } \
        reset: auditEvents(actions: [PASSWORD_RESET]) { totalCount nodes { action } } \
        both: auditEvents { totalCount } } }";
    let answer = app.ask(document, json!({})).await;
    let wanted = json!({
        "created": { "nodes": [{ "action": "USER_CREATED" }] },
        "reset": { "totalCount": 1, "nodes": [{ "action": "PASSWORD_RESET" }] },
        "both": { "totalCount": 2 },
    });
    assert_eq!(answer.root(), &wanted);
}
