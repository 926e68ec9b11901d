//! `keydesk backup` and `keydesk restore`, and that `doctor` makes nothing (SQLite).

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;

use super::Machine;
use crate::support::program::Installation;

const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) \
    { user { id } errors { code } } }";

fn create(desk: &Installation, key: &str, username: &str) {
    let input = json!({ "username": username });
    let made = desk.ask(key, CREATE, &json!({ "input": input }));
    let made = made.expect("an answer");
    assert!(
        made["data"]["createUser"]["user"]["id"].is_string(),
        "{made}"
    );
}

/// The names of all users in a file, as one text.
async fn users(file: &Path) -> String {
    let sql = "SELECT coalesce(group_concat(username, ' '), '') FROM \
               (SELECT username FROM users ORDER BY username)";
    first(file, sql).await
}

/// The first cell of what a query finds in a file, as a text.
async fn first(file: &Path, sql: &str) -> String {
    let url = format!("sqlite:{}?mode=ro", file.display());
    let db = Database::connect(url).await.expect("the database opens");
    let sql = format!("SELECT CAST(({sql}) AS TEXT)");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql));
    let row = row.await.expect("a query").expect("a row");
    let names = row.try_get_by_index(0).expect("names");
    db.close().await.expect("closed");
    names
}

async fn change(file: &Path, sql: &str) {
    let url = format!("sqlite:{}", file.display());
    let db = Database::connect(url).await.expect("the database opens");
    db.execute_unprepared(sql).await.expect(sql);
    db.close().await.expect("closed");
}

fn mode(file: &Path) -> u32 {
    let found =
        std::fs::metadata(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    found.permissions().mode() & 0o777
}

/// Every file and folder below a folder, with the bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.insert(path.display().to_string(), Vec::new());
            found.extend(contents(&path));
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            found.insert(path.display().to_string(), bytes);
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_whole_and_for_its_owner_alone() {
    let desk = Installation::new(Vec::new());
    let _server = desk.serve();
    let key = desk.key();
    create(&desk, &key, "ada");
    std::fs::create_dir(desk.path("backup")).expect("a folder");
    let printed = desk.run(&["backup", "backup/one.sqlite"]);
    assert_eq!(printed, "backup/one.sqlite\n");
    let made = desk.path("backup/one.sqlite");
    assert_eq!(mode(&made), 0o600);
    assert_eq!(names(&desk.path("backup")), ["one.sqlite"]);
    assert_eq!(users(&made).await, "ada");

    create(&desk, &key, "bob");
    let again = desk.output(&["backup", "backup/one.sqlite"]);
    assert_eq!(again.status.code(), Some(1));
    let words = String::from_utf8(again.stderr).expect("text");
    assert!(words.contains("choose another name"), "{words}");
    assert_eq!(users(&made).await, "ada");
    desk.run(&["backup", "backup/two.sqlite"]);
    assert_eq!(users(&desk.path("backup/two.sqlite")).await, "ada bob");
    assert_eq!(names(&desk.path("backup")), ["one.sqlite", "two.sqlite"]);
}

/// The newest changes stand in the write-ahead log of a server that was killed; they must not come back.
#[tokio::test]
async fn a_restored_backup_is_all_there_is_and_the_database_before_is_kept() {
    let desk = Installation::new(Vec::new());
    let mut server = desk.serve();
    let key = desk.key();
    create(&desk, &key, "ada");
    desk.run(&["backup", "one.sqlite"]);
    create(&desk, &key, "eve");

    let database = desk.path("keydesk.sqlite");
    let refused = desk.output(&["restore", "one.sqlite"]);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8(refused.stderr).expect("text");
    assert!(words.contains("in use"), "{words}");
    create(&desk, &key, "still-running");

    server.kill();
    assert!(database.with_extension("sqlite-wal").exists(), "killed");
    std::fs::set_permissions(
        desk.path("one.sqlite"),
        std::fs::Permissions::from_mode(0o644),
    )
    .expect("readable by all");
    let printed = desk.run(&["restore", "one.sqlite"]);
    assert_eq!(printed, format!("{}\n", database.display()));
    assert_eq!(mode(&database), 0o600);
    let found = names(database.parent().expect("a folder"));
    let beside = |suffix: &str| found.iter().any(|name| name.ends_with(suffix));
    assert!(!beside("-wal") && !beside("-shm"), "{found:?}");
    assert!(
        !found.iter().any(|name| name.contains(".part-")),
        "{found:?}"
    );
    let aside = found.iter().find(|name| name.contains(".before-"));
    let aside = desk.path(aside.expect("it is kept"));
    assert_eq!(users(&aside).await, "ada eve still-running");
    assert_eq!(mode(&aside), 0o600);

    let _server = desk.serve();
    assert_eq!(users(&database).await, "ada");
    create(&desk, &key, "bob");
    desk.run(&["audit", "verify"]);
}

/// A database that is lost but for its write-ahead log, which is stale.
#[tokio::test]
async fn a_stale_write_ahead_log_is_not_replayed_onto_a_backup() {
    let desk = Installation::new(Vec::new());
    let mut server = desk.serve();
    let key = desk.key();
    create(&desk, &key, "ada");
    desk.run(&["backup", "one.sqlite"]);
    create(&desk, &key, "eve");
    server.kill();
    let database = desk.path("keydesk.sqlite");
    std::fs::remove_file(&database).expect("lost");
    assert!(database.with_extension("sqlite-wal").exists(), "killed");
    desk.run(&["restore", "one.sqlite"]);
    assert_eq!(users(&database).await, "ada");
    let _server = desk.serve();
    assert_eq!(users(&database).await, "ada");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_nothing_is_changed() {
    let machine = Machine::migrated();
    assert_eq!(machine.run(&["user", "create", "ada"]).code, 0);
    let at = |name: &str| machine.folder.path().join(name);
    for name in ["good", "cut", "foreign", "newer", "readable", "unfinished"] {
        assert_eq!(machine.run(&["backup", name]).code, 0);
    }
    let bytes = std::fs::read(at("cut")).expect("a file");
    std::fs::write(at("cut"), &bytes[..bytes.len() / 2]).expect("cut short");
    std::fs::write(
        at("text"),
        "not a database at all, but long enough to be looked at",
    )
    .expect("written");
    change(&at("foreign"), "DROP TABLE server_keys").await;
    let newer = "INSERT INTO seaql_migrations VALUES ('m29991231_000001_later', 0)";
    change(&at("newer"), newer).await;
    change(&at("readable"), newer).await;
    // Only the other one says that releases which do not know its last step may go on.
    let needed = "UPDATE schema_requirements SET migration = 'm29991231_000001_later'";
    change(&at("newer"), needed).await;
    std::fs::write(at("unfinished-wal"), "something").expect("written");
    let before = contents(machine.folder.path());
    for (file, why) in [
        ("cut", "damaged"),
        ("text", "damaged"),
        ("foreign", "not a database of Keydesk"),
        ("newer", "newer release"),
        ("unfinished", "-wal"),
        ("nowhere", "cannot use"),
    ] {
        let refused = machine.run(&["restore", file]);
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (1, ""),
            "{refused:?}"
        );
        assert!(refused.stderr.contains(why), "{file}: {refused:?}");
        assert!(
            contents(machine.folder.path()) == before,
            "{file} changed something"
        );
    }
    for file in ["good", "readable"] {
        assert_eq!(machine.run(&["restore", file]).code, 0, "{file}");
        assert_eq!(machine.run(&["user", "show", "ada"]).code, 0, "{file}");
    }
}

#[test]
fn with_postgresql_both_point_to_its_own_programs() {
    let machine = Machine::new();
    let settings = [(
        "KEYDESK_DATABASE__URL",
        "postgres://nobody@127.0.0.1:1/none",
    )];
    for (command, program) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
        let refused = machine.run_with(&settings, &[command, "file"]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains(program), "{refused:?}");
    }
}

#[test]
fn a_secret_given_both_ways_is_refused_and_the_environment_wins() {
    let machine = Machine::migrated();
    let at = |name: &str| machine.folder.path().join(name);
    std::fs::write(at("url"), "sqlite:nowhere.sqlite\n").expect("written");
    std::fs::write(at("right"), "sqlite:keydesk.sqlite\n").expect("written");
    let run = |file: &str, variables: &[(&str, &str)]| {
        std::fs::write(at("keydesk.toml"), format!("[database]\n{file}")).expect("written");
        machine.run_with(variables, &["--settings", "keydesk.toml", "user", "list"])
    };
    let both = run("url = \"sqlite:keydesk.sqlite\"\nurl_file = \"url\"", &[]);
    assert_eq!(both.code, 1, "{both:?}");
    assert!(both.stderr.contains("database.url"), "{both:?}");
    let variable = [("KEYDESK_DATABASE__URL", "sqlite:keydesk.sqlite")];
    assert_eq!(run("url_file = \"url\"", &variable).code, 0);
    let variable = [("KEYDESK_DATABASE__URL_FILE", "right")];
    assert_eq!(run("url = \"sqlite:nowhere.sqlite\"", &variable).code, 0);
    assert_eq!(run("url_file = \"right\"", &[]).code, 0);
    let missing = run("url_file = \"url\"", &[]);
    assert!(missing.stderr.contains("nowhere.sqlite"), "{missing:?}");
}

#[tokio::test]
async fn doctor_makes_nothing() {
    let mail = [
        ("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org"),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file"),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", "mails"),
    ];
    let elsewhere = [("KEYDESK_DATABASE__URL", "sqlite:deep/down/keydesk.sqlite")];
    let machine = Machine::new();
    for settings in [&mail[..], &elsewhere] {
        assert_eq!(machine.run_with(settings, &["doctor"]).code, 1);
        assert_eq!(names(machine.folder.path()), [""; 0]);
    }
    let machine = Machine::migrated();
    let database = machine.folder.path().join("keydesk.sqlite");
    let before = names(machine.folder.path());
    assert_eq!(machine.run_with(&mail, &["doctor"]).code, 0);
    for name in names(machine.folder.path()) {
        assert!(before.contains(&name), "looking made {name}");
    }
    assert_eq!(
        first(&database, "SELECT count(*) FROM server_keys").await,
        "0"
    );
    // Another key than the database was made with is found all the same.
    assert_eq!(machine.run(&["user", "list"]).code, 0);
    let key = machine.folder.path().join("keydesk.key");
    std::fs::write(&key, "00".repeat(32)).expect("written");
    assert_eq!(machine.run(&["doctor"]).code, 1);
    std::fs::remove_file(&key).expect("lost");
    let before = contents(machine.folder.path());
    let lost = machine.run_with(&mail, &["doctor"]);
    assert_eq!(lost.code, 1);
    assert!(lost.stdout.contains("keydesk.key"), "{lost:?}");
    assert!(
        contents(machine.folder.path()) == before,
        "looking made something"
    );
}

#[test]
#[ignore = "needs root, to give a file away"]
fn a_restore_by_root_leaves_the_database_to_its_owner() {
    const SOMEBODY: u32 = 65_534;
    let machine = Machine::migrated();
    let database = machine.folder.path().join("keydesk.sqlite");
    assert_eq!(machine.run(&["backup", "one"]).code, 0);
    std::os::unix::fs::chown(&database, Some(SOMEBODY), Some(SOMEBODY)).expect("given away");
    assert_eq!(machine.run(&["restore", "one"]).code, 0);
    let owner = std::fs::metadata(&database).expect("a file").uid();
    assert_eq!((owner, mode(&database)), (SOMEBODY, 0o600));
}
