//! The index behind the search: in step with the rows, and the same pages along both of its roads.

use keydesk::domain::users::{self, UserFilter, UserOrder, UserOrderField};
use keydesk::platform::pagination::{Direction, PageRequest};
use keydesk::types::actor::Actor;
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::json;

use super::found;
use crate::support::app::TestApp;
use crate::support::rows::uuid;

#[tokio::test]
async fn raw_sql_keeps_the_search_in_step() {
    let desk = TestApp::start().await;
    let ada = desk.user("ada", json!({ "name": "Lovelace" })).await;
    desk.user("bea", json!({})).await;
    let sql = "UPDATE users SET search_text = 'changed' WHERE id = $1";
    desk.write(sql, vec![uuid(&ada)]).await;
    assert_eq!(found(&desk, json!({ "search": "lovelace" })).await, [""; 0]);
    assert_eq!(found(&desk, json!({ "search": "hang" })).await, ["ada"]);
    desk.write("DELETE FROM users WHERE id = $1", vec![uuid(&ada)])
        .await;
    assert_eq!(found(&desk, json!({ "search": "hang" })).await, [""; 0]);
    assert_eq!(found(&desk, json!({ "search": "bea" })).await, ["bea"]);
}

/// `Why:` SQLite has no trigram of two characters, and an empty question to its index is an error.
#[tokio::test]
async fn two_characters_with_a_sign_are_looked_for_at_beginnings_on_both_databases() {
    let desk = TestApp::start().await;
    desk.user(
        "ada",
        json!({ "name": "Ada King", "email": "ada@example.org" }),
    )
    .await;
    for search in [" k", "@e", "\nk", "a ", "-"] {
        let nobody = found(&desk, json!({ "search": search })).await;
        assert_eq!(nobody, [""; 0], "{search:?}");
    }
    for search in [" ki", "@ex", "ad", "a k"] {
        let ada = found(&desk, json!({ "search": search })).await;
        assert_eq!(ada, ["ada"], "{search:?}");
    }
}

#[tokio::test]
async fn the_search_survives_a_vacuum() {
    let desk = TestApp::start().await;
    let ada = desk.user("ada", json!({})).await;
    for name in ["bea", "cleo", "dora"] {
        desk.user(name, json!({})).await;
    }
    desk.write("DELETE FROM users WHERE id = $1", vec![uuid(&ada)])
        .await;
    let db = desk.app.db.write();
    db.execute_unprepared("VACUUM").await.expect("compacted");
    for name in ["bea", "cleo", "dora"] {
        assert_eq!(found(&desk, json!({ "search": name })).await, [name]);
    }
    desk.user("ada", json!({})).await;
    assert_eq!(found(&desk, json!({ "search": "ada" })).await, ["ada"]);
}

/// Everybody of a list, page by page.
async fn walk(desk: &TestApp, filter: &UserFilter, direction: Direction) -> Vec<String> {
    let order = UserOrder {
        field: UserOrderField::Username,
        descending: false,
    };
    let mut request = PageRequest {
        size: 70,
        direction,
        after: None,
        before: None,
    };
    let mut names = Vec::new();
    loop {
        let page = users::list(&desk.app, &Actor::system(), filter, order, &request).await;
        let page = page.expect("a page");
        let here = page.rows.iter().map(|row| row.item.username.clone());
        let more = match direction {
            Direction::Forward => {
                names.extend(here);
                request.after = page.rows.last().map(|row| row.position.clone());
                page.has_next
            }
            Direction::Backward => {
                names.splice(0..0, here);
                request.before = page.rows.first().map(|row| row.position.clone());
                page.has_previous
            }
        };
        if !more {
            return names;
        }
    }
}

/// `Why:` 5 000 hits and fewer are looked up, more are met on the way; pages must not show which.
#[tokio::test]
async fn rare_and_common_needles_give_every_hit_once_in_both_directions() {
    let desk = TestApp::start().await;
    let (numbers, id, line_end) = match desk.app.db.read().get_database_backend() {
        DatabaseBackend::Postgres => (
            "generate_series(1, 6000) AS numbers(n)",
            "md5(n::text)::uuid",
            "chr(10)",
        ),
        _ => (
            "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000) \
              SELECT n FROM numbers)",
            "CAST(printf('%016d', n) AS BLOB)",
            "char(10)",
        ),
    };
    let sql = format!(
        "INSERT INTO users (id, username, username_key, search_text, role, authentication_source, \
         must_change_password, created_at, updated_at, version) \
         SELECT {id}, 'u' || n, 'u' || n, 'u' || n || {line_end} || 'common ' || \
         CASE WHEN n % 50 = 0 THEN 'rare' ELSE '' END, 'MEMBER', 'LDAP', 1 = 1, n, n, 1 FROM {numbers}"
    );
    desk.write(&sql, vec![]).await;
    for (search, hits) in [
        ("common", 6_000),
        ("rare", 120),
        ("u", 6_000),
        ("u5", 1_111),
    ] {
        let filter = UserFilter {
            search: Some(search.to_owned()),
            ..UserFilter::default()
        };
        let forward = walk(&desk, &filter, Direction::Forward).await;
        let mut sorted = forward.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), hits, "{search}");
        assert_eq!(sorted, forward, "{search}");
        assert_eq!(
            walk(&desk, &filter, Direction::Backward).await,
            forward,
            "{search}"
        );
        let counted = users::count(&desk.app, &Actor::system(), &filter).await;
        assert_eq!(counted.expect("a count"), hits as u64, "{search}");
    }
}
