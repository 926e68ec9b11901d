//! The built program on a disk that is full, and with files that may not grow (SQLite).

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::{Installation, raw, wait_for};

const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) \
    { user { id } errors { code } } }";
const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
    { generatedPassword isReplay errors { code } } }";
/// Changes that are acknowledged after the outage.
const LATER: usize = 20;

/// How the storage is taken away, and what is said meanwhile.
#[derive(Clone, Copy)]
struct Outage<'a> {
    /// Given the number of the server's process.
    begin: &'a dyn Fn(u32),
    end: &'a dyn Fn(u32),
    code: &'a str,
    ready: &'a str,
}

/// Head and body of an answer, whatever its status.
fn ask(desk: &Installation, key: &str, document: &str, input: &Value) -> (String, Value) {
    let body = json!({ "query": document, "variables": { "input": input } }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let answer = raw(desk.port, &head, &body);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{answer}: {error}"));
    (head.to_lowercase(), body)
}

fn ready(desk: &Installation) -> (bool, String) {
    let answer = raw(desk.port, "GET /readyz HTTP/1.1\r\n", "");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    (head.starts_with("HTTP/1.1 200"), body.to_owned())
}

/// Users whose name begins so, as the file has them.
async fn stored(database: &Path, prefix: &str) -> i64 {
    let url = format!("sqlite:{}?mode=ro", database.display());
    let db = Database::connect(url).await.expect("the database opens");
    let sql = format!("SELECT count(*) FROM users WHERE username LIKE '{prefix}%'");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("a query");
    let count = row.expect("a row").try_get_by_index(0).expect("a count");
    db.close().await.expect("closed");
    count
}

fn mails(desk: &Installation) -> usize {
    let entries = std::fs::read_dir(desk.path("mails"));
    entries.map_or(0, Iterator::count)
}

fn with_mail(more: Vec<(&'static str, String)>) -> Installation {
    let mut settings = vec![
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", "mails".to_owned()),
    ];
    settings.extend(more);
    Installation::new(settings)
}

/// One change fails, the storage comes back, something ordinary is refused, and from then on everything that
/// is acknowledged is kept.
async fn assert_keeps_its_word(desk: &Installation, database: &Path, outage: Outage<'_>) {
    let mut server = desk.serve_with_limited_files();
    let key = desk.key();
    let ada = json!({ "username": "ada", "email": "ada@example.org", "emailVerified": true });
    let (_, made) = ask(desk, &key, CREATE, &ada);
    assert_eq!(made["data"]["createUser"]["errors"], json!([]), "{made}");

    (outage.begin)(server.id());
    let reset = json!({
        "user": { "login": "ada" }, "generate": true, "sendEmail": true,
        "idempotencyKey": "3f0c8a52-6f3e-4d0b-9d5e-0f6f6b1f2c11",
    });
    let (head, refused) = ask(desk, &key, RESET, &reset);
    assert!(head.starts_with("http/1.1 503"), "{head} {refused}");
    assert!(head.contains("retry-after: 1"), "{head}");
    assert_eq!(refused["errors"][0]["extensions"]["code"], outage.code);
    assert_eq!(ready(desk), (false, outage.ready.to_owned()));
    let viewer = desk.ask(&key, "{ viewer { role } }", &json!({}));
    assert_eq!(
        viewer.expect("reads go on")["data"]["viewer"]["role"],
        "OWNER"
    );
    assert_eq!(mails(desk), 0);

    (outage.end)(server.id());
    assert_eq!(ready(desk), (true, "ready\n".to_owned()));
    let (_, taken) = ask(desk, &key, CREATE, &ada);
    assert_eq!(
        taken["data"]["createUser"]["errors"][0]["code"],
        "EMAIL_TAKEN"
    );
    for number in 0..LATER {
        let input = json!({ "username": format!("kept-{number}") });
        let (_, made) = ask(desk, &key, CREATE, &input);
        assert!(
            made["data"]["createUser"]["user"]["id"].is_string(),
            "{made}"
        );
    }
    let (_, done) = ask(desk, &key, RESET, &reset);
    let done = &done["data"]["resetPassword"];
    assert!(done["generatedPassword"].is_string(), "{done}");
    assert_eq!(done["isReplay"], false);
    wait_for("the mail", || (mails(desk) > 0).then_some(()));
    assert_eq!(stored(database, "kept-").await, 20);
    server.kill();
    assert_eq!(stored(database, "kept-").await, 20);
    let _server = desk.serve();
    let (_, again) = ask(desk, &key, RESET, &reset);
    assert_eq!(again["data"]["resetPassword"]["isReplay"], true, "{again}");
    assert_eq!(mails(desk), 1);
}

/// Writing beyond the limit is an I/O error for SQLite, in the middle of a commit.
#[tokio::test]
async fn after_an_io_error_everything_that_is_acknowledged_is_kept() {
    let desk = with_mail(Vec::new());
    let database = desk.path("keydesk.sqlite");
    let limit = |process: u32, most: &str| {
        let set = Command::new("prlimit")
            .args(["--pid", &process.to_string(), &format!("--fsize={most}:")])
            .status();
        assert!(set.expect("prlimit runs").success());
    };
    let begin = |process| {
        let log = database.with_extension("sqlite-wal");
        let size = std::fs::metadata(log).expect("a write-ahead log").len();
        limit(process, &size.to_string());
    };
    let outage = Outage {
        begin: &begin,
        end: &|process| limit(process, "unlimited"),
        code: "SERVICE_UNAVAILABLE",
        ready: "the storage cannot be written\n",
    };
    assert_keeps_its_word(&desk, &database, outage).await;
}

/// A file system of 8 MiB in memory, gone with this value.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(mounted.expect("mount runs").success(), "not mounted");
        Self(folder)
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("a file");
        while file.write_all(&[b'x'; 4096]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process of a failed test may still use it.
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        drop(unmounted);
    }
}

#[tokio::test]
#[ignore = "needs root, to mount a small disk"]
async fn after_a_full_disk_everything_that_is_acknowledged_is_kept() {
    let small = SmallDisk::mount();
    let database = small.0.path().join("small.sqlite");
    let url = format!("sqlite:{}", database.display());
    let desk = with_mail(vec![("KEYDESK_DATABASE__URL", url)]);
    let when_full = |_process| {
        let output = desk.output(&["user", "create", "zoe", "--generate"]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{words}");
        assert!(words.contains("storage is full"), "{words}");
        std::fs::remove_file(small.filler()).expect("removed");
    };
    let outage = Outage {
        begin: &|_process| small.fill(),
        end: &when_full,
        code: "STORAGE_FULL",
        ready: "the storage is full\n",
    };
    assert_keeps_its_word(&desk, &database, outage).await;
}
