//! Walking a whole list, page by page, in every order and both directions.

use std::cmp::Ordering;

use keydesk::types::ids::UserId;
use sea_orm::JsonValue;
use serde_json::{Value, json};

use super::{PAGE, fill, ids};
use crate::support::app::TestApp;
use crate::support::rows::uuid;

const ORDERS: [(&str, &str); 7] = [
    ("CREATED_AT", "created_at"),
    ("EMAIL", "email_key"),
    ("LAST_SIGN_IN_AT", "last_sign_in_at"),
    ("NAME", "name_key"),
    ("PASSWORD_EXPIRES_AT", "password_expires_at"),
    ("UPDATED_AT", "updated_at"),
    ("USERNAME", "username_key"),
];

/// What the list should be: sorted in memory, without a value last, ties by id.
async fn expected(app: &TestApp, users: &[String], column: &str, descending: bool) -> Vec<String> {
    let mut rows: Vec<(JsonValue, &String)> = Vec::new();
    for user in users {
        let sql = format!("SELECT {column} AS v FROM users WHERE id = $1");
        let row = app.rows(&sql, vec![uuid(user)]).await.pop();
        rows.push((row.expect("a row")["v"].clone(), user));
    }
    let turned = |order: Ordering| if descending { order.reverse() } else { order };
    rows.sort_by(|(one, one_id), (other, other_id)| {
        let by_id = turned(UserId::parse(one_id).cmp(&UserId::parse(other_id)));
        match (one, other) {
            (Value::Null, Value::Null) => by_id,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (Value::String(one), Value::String(other)) => turned(one.cmp(other)).then(by_id),
            _ => turned(one.as_i64().cmp(&other.as_i64())).then(by_id),
        }
    });
    rows.into_iter().map(|(_, id)| id.clone()).collect()
}

/// Every page from one end to the other, in the list's own order.
async fn walk(app: &TestApp, order: &Value, size: usize, forward: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let variables = if forward {
            json!({ "first": size, "after": cursor, "order": order })
        } else {
            json!({ "last": size, "before": cursor, "order": order })
        };
        let answer = app.ask(PAGE, variables).await;
        let page = answer.root();
        let info = &page["pageInfo"];
        let (more, came_from, next) = if forward {
            (
                &info["hasNextPage"],
                &info["hasPreviousPage"],
                &info["endCursor"],
            )
        } else {
            (
                &info["hasPreviousPage"],
                &info["hasNextPage"],
                &info["startCursor"],
            )
        };
        assert_eq!(came_from, &json!(!cursor.is_null()));
        let edges = page["edges"].as_array().expect("a list");
        assert_eq!(info["startCursor"], edges[0]["cursor"]);
        assert_eq!(info["endCursor"], edges[edges.len() - 1]["cursor"]);
        let rows = ids(page);
        assert!(rows.len() == size || more == false, "{page:#}");
        if forward {
            all.extend(rows);
        } else {
            all.splice(0..0, rows);
        }
        if more == false {
            return all;
        }
        cursor = next.clone();
    }
}

#[tokio::test]
async fn every_order_gives_every_user_once_in_both_directions() {
    let app = TestApp::start().await;
    let users = fill(&app, 31).await;
    for (field, column) in ORDERS {
        for descending in [false, true] {
            let wanted = expected(&app, &users, column, descending).await;
            let direction = if descending { "DESC" } else { "ASC" };
            let order = json!({ "field": field, "direction": direction });
            for size in [1, 4, 31, 100] {
                for forward in [true, false] {
                    let walked = walk(&app, &order, size, forward).await;
                    assert_eq!(walked, wanted, "{order} {size} {forward}");
                }
            }
        }
    }
}

#[tokio::test]
async fn any_place_of_any_order_splits_the_list_in_two() {
    let app = TestApp::start().await;
    let users = fill(&app, 17).await;
    for (field, column) in ORDERS {
        let order = json!({ "field": field, "direction": "DESC" });
        let wanted = expected(&app, &users, column, true).await;
        let whole = app.ask(PAGE, json!({ "first": 100, "order": order })).await;
        let edges = whole.root()["edges"].as_array().expect("a list").clone();
        for (place, edge) in edges.iter().enumerate() {
            let cursor = &edge["cursor"];
            let after = json!({ "first": 100, "after": cursor, "order": order });
            assert_eq!(ids(app.ask(PAGE, after).await.root()), wanted[place + 1..]);
            let before = json!({ "last": 100, "before": cursor, "order": order });
            assert_eq!(ids(app.ask(PAGE, before).await.root()), wanted[..place]);
            let both = json!({
                "first": 3, "after": edges[0]["cursor"], "before": cursor, "order": order
            });
            let end = place.clamp(1, 4);
            assert_eq!(
                ids(app.ask(PAGE, both).await.root()),
                wanted[1..end],
                "{field}"
            );
        }
    }
}

#[tokio::test]
async fn pages_do_not_shift_when_a_user_is_inserted_before_them() {
    let app = TestApp::start().await;
    for number in 0..6 {
        app.user(&format!("m{number}"), json!({})).await;
    }
    let order = json!({ "field": "USERNAME", "direction": "ASC" });
    let first = app.ask(PAGE, json!({ "first": 3, "order": order })).await;
    let cursor = first.root()["pageInfo"]["endCursor"].clone();
    let next = json!({ "first": 3, "after": cursor, "order": order });
    let before = ids(app.ask(PAGE, next.clone()).await.root());
    app.user("a", json!({})).await;
    app.user("z", json!({})).await;
    assert_eq!(ids(app.ask(PAGE, next).await.root()), before);
}

#[tokio::test]
async fn a_cursor_outlives_the_user_it_was_made_at() {
    let app = TestApp::start().await;
    for number in 0..4 {
        app.user(&format!("m{number}"), json!({})).await;
    }
    let order = json!({ "field": "USERNAME", "direction": "ASC" });
    let first = app.ask(PAGE, json!({ "first": 2, "order": order })).await;
    let cursor = first.root()["pageInfo"]["endCursor"].clone();
    app.write("DELETE FROM users WHERE username = 'm1'", vec![])
        .await;
    let next = json!({ "first": 2, "after": cursor, "order": order });
    let answer = app.ask(PAGE, next).await;
    let names: Vec<_> = answer.root()["nodes"].as_array().expect("a list").clone();
    let names: Vec<_> = names.iter().map(|node| node["username"].clone()).collect();
    assert_eq!(names, ["m2", "m3"]);
}

#[tokio::test]
async fn an_empty_list_has_no_cursors_and_nothing_around_it() {
    let app = TestApp::start().await;
    for size in [json!({ "first": 5 }), json!({ "last": 5 }), json!({})] {
        let page = app.ask(PAGE, size).await.root().clone();
        let wanted = json!({
            "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null
        });
        assert_eq!(page["pageInfo"], wanted);
        assert_eq!(page["edges"], json!([]));
    }
}

#[tokio::test]
async fn without_a_size_a_page_has_twenty_five() {
    let app = TestApp::start().await;
    for number in 0..26 {
        app.user(&format!("m{number}"), json!({})).await;
    }
    let page = app.ask(PAGE, json!({})).await.root().clone();
    assert_eq!(
        (ids(&page).len(), &page["pageInfo"]["hasNextPage"]),
        (25, &json!(true))
    );
}
