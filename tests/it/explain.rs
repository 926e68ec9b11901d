//! Guard: how each database runs the reads of a large list. Statements are those of the real code.

mod cases;
pub(crate) mod filling;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use keydesk::domain::users;
use keydesk::platform::app::App;
use keydesk::platform::pagination::{Direction, PageRequest};
use keydesk::types::actor::Actor;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::support::app::TestApp;
use cases::{Case, Kind, Read};

/// Indexes that hold only the rows of a rare condition: walking one is looking it up.
const PARTIAL: [&str; 5] = [
    "ix_users__deleted_at",
    "ix_users__disabled_at",
    "ix_users__locked_until",
    "ix_users__must_change_password",
    "ix_users__without_password",
];

type Seen = Arc<Mutex<Vec<Statement>>>;

/// Statements with the plan of each: one line for a step, without figures and without values.
async fn plans(app: &App, seen: &Seen) -> Vec<Vec<String>> {
    let statements: Vec<_> = seen.lock().expect("the statements").drain(..).collect();
    let db = app.db.write();
    let backend = db.get_database_backend();
    let mut plans = Vec::new();
    for mut statement in statements {
        let (explain, column) = match backend {
            DatabaseBackend::Postgres => ("EXPLAIN (COSTS OFF)", 0),
            _ => ("EXPLAIN QUERY PLAN", 3),
        };
        statement.sql = format!("{explain} {}", statement.sql);
        let rows = db.query_all_raw(statement).await.expect("a plan");
        let step = |row: sea_orm::QueryResult| row.try_get_by_index::<String>(column);
        let steps = rows.into_iter().map(|row| step(row).expect("a step"));
        plans.push(
            steps
                .filter(|step| is_step(step))
                .map(|step| calm(&step))
                .collect(),
        );
    }
    plans
}

/// PostgreSQL writes conditions between the steps; they hold values.
fn is_step(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("->").trim_start();
    !line.contains([':', '\'']) || line.starts_with("SCAN") || line.starts_with("SEARCH")
}

/// Without parts that change with the data or between versions.
fn calm(step: &str) -> String {
    // One row or sixteen: whether by an index or not is a toss-up.
    if step.contains(" counters") {
        return "READ counters".to_owned();
    }
    step.split(" (returns ").next().unwrap_or(step).to_owned()
}

async fn run(app: &App, read: &Read) {
    let actor = Actor::system();
    match read {
        Read::Page(filter, order, deep) => {
            let mut request = PageRequest {
                size: 50,
                direction: Direction::Forward,
                after: None,
                before: None,
            };
            let page = users::list(app, &actor, filter, *order, &request).await;
            let page = page.expect("a page");
            if *deep {
                request.after = page.rows.last().map(|row| row.position.clone());
                let page = users::list(app, &actor, filter, *order, &request).await;
                assert_eq!(page.expect("a page").rows.len(), 50);
            }
        }
        Read::Count(filter) => {
            users::count(app, &actor, filter).await.expect("a count");
        }
        Read::One(reference) => {
            let user = users::find(app, &actor, reference)
                .await
                .expect("an answer");
            assert!(user.is_some(), "{reference:?}");
        }
    }
}

/// The rule: nothing reads the whole table, and what few users fulfil is not looked for by walking.
fn assert_calm(case: &Case, plans: &[Vec<String>]) {
    let steps = || plans.iter().flatten();
    for step in steps() {
        let walks_table = step.trim() == "SCAN users" || step.contains("Seq Scan on users");
        // A look that stops at its limit may read the table where most rows are hits.
        let excused =
            case.kind == Kind::Common && plans.len() > 1 && !plans[plans.len() - 1].contains(step);
        assert!(!walks_table || excused, "{}: {step}\n{plans:#?}", case.name);
    }
    if case.kind == Kind::Rare {
        let last = plans.last().expect("a plan");
        let looks_up = last.iter().any(|step| step.contains("InitPlan"))
            || last
                .iter()
                .any(|step| step.contains("SEARCH users USING INDEX sqlite_autoindex_users_1"));
        let whole = |step: &String| !PARTIAL.iter().any(|index| step.ends_with(index));
        let walks = last
            .iter()
            .any(|step| step.contains("SCAN users") && whole(step));
        assert!(looks_up && !walks, "{}\n{plans:#?}", case.name);
    }
}

#[tokio::test]
async fn no_read_of_a_large_list_walks_the_whole_table() {
    let desk = TestApp::start().await;
    filling::fill(&desk, 100_000).await;
    let mut app = desk.app.clone();
    let seen = Seen::default();
    let into = Arc::clone(&seen);
    app.db
        .on_read(move |statement| into.lock().expect("the list").push(statement.clone()));
    let mut report = String::new();
    for case in cases::all(&desk).await {
        run(&app, &case.read).await;
        let plans = plans(&desk.app, &seen).await;
        writeln!(report, "# {}", case.name).expect("written");
        for plan in &plans {
            writeln!(report, "{}\n", plan.join("\n")).expect("written");
        }
        assert_calm(&case, &plans);
    }
    insta::assert_snapshot!(desk.app.db.kind(), report);
}
