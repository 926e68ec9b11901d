//! Reads: against bare programs, deep against first, large against small, searches, one by id.

use keydesk::domain::users::{UserOrder, UserOrderField, order_name};
use keydesk::platform::keyring::Keyring;
use keydesk::platform::pagination::{Position, SortValue, encode};
use serde_json::json;

use crate::compare::{Compared, Plan, Target, compare};
use crate::desk::{SERVER_KEY, Store, bare_page, page};
use crate::load::{get, post};
use crate::table::{Goal, Line};

/// Every figure of one kind of database.
pub(crate) async fn measure(large: &Store, small: &Store, plan: Plan) {
    let kind = &large.label;
    let desk = large.serve(&[]);
    let key = large.key();
    let first = || Target {
        process: &desk,
        requests: vec![page(&key, &json!({}))],
    };
    against_bare(large, &first(), plan).await;

    let depth = large.rows / 10 * 9;
    let deep = Target {
        process: &desk,
        requests: vec![page(
            &key,
            &json!({ "after": large.cursor_at(depth).await }),
        )],
    };
    let compared = compare(&first(), &deep, plan).await;
    line(
        format!("{kind}: time of a page at depth {depth} / of the first"),
        &compared,
        Goal::AtMost(1.3, 1.15),
    );

    let other = small.serve(&[]);
    let other_key = small.key();
    let few = Target {
        process: &other,
        requests: vec![page(&other_key, &json!({}))],
    };
    let compared = compare(&few, &first(), plan).await;
    line(
        format!(
            "{kind}: time of a page of {} users / of {}",
            large.rows, small.rows
        ),
        &compared,
        Goal::AtMost(1.2, 1.1),
    );

    for (name, needle) in [
        ("rare", large.rare_needle().await),
        ("common", "example".to_owned()),
    ] {
        let target = Target {
            process: &desk,
            requests: vec![page(&key, &json!({ "search": needle }))],
        };
        let compared = compare(&first(), &target, plan).await;
        let what = format!("{kind}: time of a {name} search / of the first page");
        line(what, &compared, Goal::Told);
    }
    let target = Target {
        process: &desk,
        requests: by_id(&key, &large.some_ids().await),
    };
    let compared = compare(&target, &first(), plan).await;
    line(
        format!("{kind}: time of a page / of one user by id"),
        &compared,
        Goal::Told,
    );
}

async fn against_bare(store: &Store, first: &Target<'_>, plan: Plan) {
    let kind = &store.label;
    let bare = store.serve_bare();
    let graphql = Target {
        process: &bare,
        requests: vec![bare_page()],
    };
    let compared = compare(first, &graphql, plan).await;
    let goal = match kind.as_str() {
        "SQLite" => Goal::AtLeast(0.9, 1.8),
        _ => Goal::AtLeast(0.6, 0.85),
    };
    line(
        format!("{kind}: pages per second with a key / bare axum + async-graphql + SeaORM"),
        &compared,
        goal,
    );
    let driver = Target {
        process: &bare,
        requests: vec![get("/driver")],
    };
    let compared = compare(first, &driver, plan).await;
    line(
        format!("{kind}: pages per second with a key / bare axum + driver, no GraphQL"),
        &compared,
        Goal::Told,
    );
}

/// The page of this program and of another build of it.
pub(crate) async fn against(store: &Store, program: &std::path::Path, plan: Plan) {
    let (desk, other) = (store.serve(&[]), store.with_program(program).serve(&[]));
    let key = store.key();
    let [one, two] = [&desk, &other].map(|process| Target {
        process,
        requests: vec![page(&key, &json!({}))],
    });
    let compared = compare(&one, &two, plan).await;
    line(
        format!("{}: pages per second / {}", store.label, program.display()),
        &compared,
        Goal::Told,
    );
}

fn by_id(key: &str, ids: &[String]) -> Vec<Vec<u8>> {
    let query = "query($id: ID!) { user(id: $id) { id username email name createdAt } }";
    ids.iter()
        .map(|id| {
            let body = json!({ "query": query, "variables": { "id": id } });
            post("/graphql", Some(key), &body.to_string())
        })
        .collect()
}

fn line(what: String, compared: &Compared, goal: Goal) {
    let side = |side: &crate::compare::Side| {
        let database = if side.database_cpu > 0.001 {
            format!(" + {:.3}", side.database_cpu)
        } else {
            String::new()
        };
        format!("{:.3}{database} ms CPU, {:.0}/s", side.cpu, side.rate())
    };
    Line {
        what,
        figure: compared.ratio(),
        unit: "",
        goal,
        beside: format!("{} against {}", side(&compared.one), side(&compared.other)),
    }
    .print();
}

impl Store {
    /// The cursor behind so many users in the usual order, newest first.
    async fn cursor_at(&self, depth: u64) -> String {
        let sql = format!(
            "SELECT id, created_at FROM users WHERE deleted_at IS NULL \
             ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET {depth}"
        );
        let row = self.row(&sql).await;
        let position = Position {
            value: SortValue::Number(row.try_get("", "created_at").expect("a moment")),
            id: row.try_get("", "id").expect("an id"),
        };
        let order = UserOrder {
            field: UserOrderField::CreatedAt,
            descending: true,
        };
        let keys = Keyring::parse(&keydesk::types::secret::Secret::new(SERVER_KEY.to_owned()));
        encode(&keys.expect("a key"), &order_name(order), &position)
    }

    /// The middle of a username that hardly anybody else has.
    async fn rare_needle(&self) -> String {
        let sql = format!(
            "SELECT username FROM users ORDER BY id LIMIT 1 OFFSET {}",
            self.rows / 2
        );
        let row = self.row(&sql).await;
        row.try_get("", "username").expect("a username")
    }

    async fn some_ids(&self) -> Vec<String> {
        use sea_orm::ConnectionTrait as _;
        let sql = "SELECT id FROM users WHERE deleted_at IS NULL ORDER BY username_key LIMIT 2000";
        let db = self.connect().await;
        let rows = db
            .query_all_raw(sea_orm::Statement::from_string(
                db.get_database_backend(),
                sql,
            ))
            .await
            .expect("users");
        rows.iter()
            .map(|row| {
                let id: uuid::Uuid = row.try_get("", "id").expect("an id");
                keydesk::types::ids::UserId::from_uuid(id).to_string()
            })
            .collect()
    }

    async fn row(&self, sql: &str) -> sea_orm::QueryResult {
        use sea_orm::ConnectionTrait as _;
        let db = self.connect().await;
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        let row = db.query_one_raw(statement).await.expect("an answer");
        row.expect("a row")
    }
}
