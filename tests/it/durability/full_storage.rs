//! No room for a change: what the caller is told, what goes on, and what happens when there is room again.

use axum::body::Body;
use axum::http::Request;
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) \
    { user { id } isReplay errors { code message } } }";

/// From now on nothing grows.
async fn fill(app: &TestApp) {
    let db = app.app.db.write();
    let sql = match db.get_database_backend() {
        DatabaseBackend::Postgres => {
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; \
             END $$; \
             CREATE TRIGGER no_room BEFORE INSERT ON audit_events EXECUTE FUNCTION no_room(); \
             CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON leases EXECUTE FUNCTION no_room();"
        }
        // Fewer pages than there are: SQLite takes that as "no more than now".
        _ => "PRAGMA max_page_count = 1",
    };
    db.execute_unprepared(sql).await.expect("filled");
}

async fn make_room(app: &TestApp) {
    let db = app.app.db.write();
    let sql = match db.get_database_backend() {
        DatabaseBackend::Postgres => {
            "DROP TRIGGER no_room ON audit_events; DROP TRIGGER no_room ON leases; \
             DROP FUNCTION no_room();"
        }
        _ => "PRAGMA max_page_count = 1073741823",
    };
    db.execute_unprepared(sql).await.expect("freed");
}

async fn ready(app: &TestApp) -> (u16, String) {
    let request = Request::get("/readyz").body(Body::empty());
    let answer = app.send(request.expect("a request")).await;
    let text = answer.body.as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text)
}

async fn create(app: &TestApp, number: usize) -> (Answer, Value) {
    let input = json!({
        "username": format!("person-{number}"),
        "name": "x".repeat(150),
        "idempotencyKey": format!("3f0c8a52-6f3e-4d0b-9d5e-{number:012}"),
    });
    let answer = app.ask(CREATE, json!({ "input": input })).await;
    (answer, input)
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_writes_go_on_when_there_is_room() {
    let app = TestApp::start().await;
    fill(&app).await;
    let mut made = 0;
    let (refused, input) = loop {
        let (answer, input) = create(&app, made).await;
        if answer.status.as_u16() != 200 {
            break (answer, input);
        }
        made += 1;
        assert!(made < 500, "there is always room");
    };
    assert_eq!(
        (refused.status.as_u16(), refused.top_level()),
        (503, Some("STORAGE_FULL")),
        "{refused:#?}"
    );
    assert_eq!(refused.headers["retry-after"], "1");
    let viewer = app.ask("{ viewer { role } }", json!({})).await;
    assert_eq!(viewer.root()["role"], "OWNER");

    make_room(&app).await;
    assert_eq!(ready(&app).await.0, 200);
    let done = app.ask(CREATE, json!({ "input": input })).await;
    assert_eq!(done.root()["isReplay"], false, "{done:#?}");
    // Another process sees it, so it really was committed.
    let other = app.second_replica().await;
    let id = &done.root()["user"]["id"];
    let found = other
        .ask(
            "query($id: ID!) { user(id: $id) { id } }",
            json!({ "id": id }),
        )
        .await;
    assert_eq!(found.root()["id"], *id, "{found:#?}");
}

/// Whether there is room for the smallest of rows is not certain on SQLite, where pages have gaps.
#[tokio::test]
async fn readiness_says_that_the_storage_is_full_while_it_is() {
    let app = TestApp::start().await;
    assert_eq!(ready(&app).await, (200, "ready\n".to_owned()));
    if app.app.db.kind() == "sqlite" {
        // A table whose every page is full would be needed; a trigger says the same.
        let sql = "CREATE TRIGGER no_room BEFORE INSERT ON leases BEGIN \
                   INSERT INTO filler VALUES (zeroblob(2000000)); END";
        let db = app.app.db.write();
        db.execute_unprepared("CREATE TABLE filler (bytes BLOB)")
            .await
            .expect("made");
        db.execute_unprepared(sql).await.expect("made");
    }
    fill(&app).await;
    let mut tries = 0;
    while create(&app, tries).await.0.status.as_u16() == 200 {
        tries += 1;
        assert!(tries < 500, "there is always room");
    }
    assert_eq!(ready(&app).await, (503, "the storage is full\n".to_owned()));
    make_room(&app).await;
    assert_eq!(ready(&app).await, (200, "ready\n".to_owned()));
}
