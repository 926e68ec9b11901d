//! Lists: paging, filters, search, counts, and how many statements they cost.

mod counting;
mod filters;
mod nested;
mod paging;
mod refusals;
mod searching;

use serde_json::{Value, json};

use super::support::app::TestApp;
use super::support::rows::uuid;

fn small(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}

/// Users of every kind, without sort values here and there and with equal ones.
async fn fill(app: &TestApp, count: usize) -> Vec<String> {
    let mut users = Vec::new();
    for number in 0..count {
        let mut more = json!({});
        if number % 3 != 0 {
            // Descending in this, so that no two orders agree.
            more["email"] = json!(format!("Box{:03}@example.org", 999 - number));
        }
        if number % 4 != 0 {
            more["name"] = json!(["\u{c5}sa", "bo", "Bo", "\u{e9}mile"][number % 4]);
        }
        let user = app.user(&format!("u{:03}", number * 7 % 100), more).await;
        let moment = |every: usize| (number % every != 0).then_some(small(number % 5) * 1000);
        let sql = "UPDATE users SET last_sign_in_at = $1, password_expires_at = $2, \
                   created_at = $3, updated_at = $4 WHERE id = $5";
        let values = vec![
            moment(2).into(),
            moment(6).into(),
            small(number % 7).into(),
            small(number % 3).into(),
            uuid(&user),
        ];
        app.write(sql, values).await;
        users.push(user);
    }
    users
}

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, \
    $search: String, $filter: UserFilter, $order: UserOrder! = { field: CREATED_AT }) { \
    users(first: $first, after: $after, last: $last, before: $before, search: $search, \
    filter: $filter, orderBy: $order) { \
    nodes { id username } edges { cursor node { id } } \
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// The ids on a page.
fn ids(connection: &Value) -> Vec<String> {
    let nodes = connection["nodes"].as_array();
    let nodes = nodes.unwrap_or_else(|| panic!("{connection:#}"));
    let id = |node: &Value| node["id"].as_str().expect("an id").to_owned();
    nodes.iter().map(id).collect()
}

/// The usernames under these conditions, sorted.
async fn found(app: &TestApp, variables: Value) -> Vec<String> {
    let answer = app.ask(PAGE, variables).await;
    assert!(answer.body["errors"].is_null(), "{answer:#?}");
    let nodes = answer.root()["nodes"].as_array().expect("a list");
    let name = |node: &Value| node["username"].as_str().expect("a name").to_owned();
    let mut names: Vec<_> = nodes.iter().map(name).collect();
    names.sort();
    names
}
