//! A whole Keydesk for one test: fresh database, clock set by hand, cheap hashing, mails in memory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::HOST;
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use keydesk::domain::access::{self, NewApiKey};
use keydesk::domain::mail::transport::MemoryMailer;
use keydesk::domain::mail::{Templates, Worker};
use keydesk::platform::app::App;
use keydesk::platform::db::Budget;
use keydesk::platform::hasher::{Cost, Hasher, Limits};
use keydesk::platform::settings::{ServerSettings, Settings};
use keydesk::types::actor::{Actor, Permission, Role};
use keydesk::types::clock::{Clock, Timestamp};
use keydesk::web::{self, Shows};

use super::database::TestDatabase;
use super::hold::Moments;
use super::waiting;

/// 2026-11-21T09:30:00Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_253_400_000);

/// How often a request is made again while the server has too much to do; each such answer takes a
/// moment by itself.
const PATIENCE: usize = 50;

/// Every other setting is the one that ships. Eight tests at once share one PostgreSQL of a hundred
/// connections.
const BUSY_MACHINE: &str = "max_connections = 6\n";

/// A hash of the cost that ships takes 25 ms, and a test makes dozens.
pub(crate) const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// One replica with its door.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) mailer: Arc<MemoryMailer>,
    pub(crate) database: Arc<TestDatabase>,
    router: Router,
    overrides: String,
    key: String,
    statements: Arc<AtomicUsize>,
    moments: Moments,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// `data.<root field>` of an operation with one root field; panics with the whole answer else.
    pub(crate) fn root(&self) -> &Value {
        let data = self.body["data"]
            .as_object()
            .unwrap_or_else(|| panic!("{self:#?}"));
        data.values().next().unwrap_or_else(|| panic!("{self:#?}"))
    }

    /// The codes in `errors` of the payload, in order. `OVERLOADED` alone comes without a payload.
    pub(crate) fn codes(&self) -> Vec<String> {
        if let (503, Some(code @ "OVERLOADED")) = (self.status.as_u16(), self.top_level()) {
            return vec![code.to_owned()];
        }
        let errors = self.root()["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("{self:#?}"));
        errors
            .iter()
            .map(|error| error["code"].as_str().expect("a code").to_owned())
            .collect()
    }

    /// Whether the server had too much to do to judge the request.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.body.to_string().contains("\"OVERLOADED\"")
    }

    /// The code of the first top-level error.
    pub(crate) fn top_level(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["code"].as_str()
    }
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With its clock set to the present, for tests that start a program on its database: a process has
    /// the system's clock.
    pub(crate) async fn start_today() -> Self {
        Self::with_clock("", Clock::manual(Clock::system().now())).await
    }

    /// With more settings, as TOML: keys of `[security]` first, then sections. A `[mail.transport]`
    /// replaces the one that tests have by default.
    pub(crate) async fn with(overrides: &str) -> Self {
        Self::with_clock(overrides, Clock::manual(START)).await
    }

    /// With the machine's own clock.
    pub(crate) async fn on_the_real_clock() -> Self {
        Self::with_clock("", Clock::system()).await
    }

    /// On a database that was made for it.
    pub(crate) async fn on(database: TestDatabase, overrides: &str) -> Self {
        Self::of(database, overrides, Clock::manual(START)).await
    }

    async fn with_clock(overrides: &str, clock: Clock) -> Self {
        Self::of(TestDatabase::create().await, overrides, clock).await
    }

    async fn of(database: TestDatabase, overrides: &str, clock: Clock) -> Self {
        let database = Arc::new(database);
        let mailer = Arc::new(MemoryMailer::default());
        let app = start(&database, overrides, clock).await;
        app.db.migrate_up().await.expect("migrated");
        let key = make_key(&app, &Permission::ALL, Role::Owner).await;
        Self::assemble(app, mailer, database, (overrides.to_owned(), key))
    }

    /// With other settings of `[server]`.
    pub(crate) async fn with_server(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let mut desk = Self::start().await;
        change(&mut Arc::make_mut(&mut desk.app.settings).server);
        desk.router =
            web::router(&desk.app, &desk.templates(), Shows::default()).expect("a router");
        desk
    }

    /// Hashing at this cost on one thread, for which passwords wait as long as it takes.
    pub(crate) fn hash_at(mut self, cost: Cost) -> Self {
        let limits = Limits {
            threads: 1,
            queue: 256,
            wait: waiting::PATIENCE,
            nice: 0,
        };
        self.app.hasher = Hasher::start(cost, limits).expect("a hasher");
        self.router =
            web::router(&self.app, &self.templates(), Shows::default()).expect("a router");
        self
    }

    /// With two hashing threads for which so many may wait, however long: so that a test on a slow machine
    /// can hold the threads.
    pub(crate) async fn with_patient_hasher(queue: usize) -> Self {
        let mut desk = Self::start().await;
        let limits = Limits {
            threads: 2,
            queue,
            wait: Duration::from_hours(1),
            nice: 0,
        };
        desk.app.hasher = Hasher::start(CHEAP, limits).expect("threads");
        desk.router =
            web::router(&desk.app, &desk.templates(), Shows::default()).expect("a router");
        desk
    }

    /// Another replica on the same database, with the same clock and the same key.
    pub(crate) async fn second_replica(&self) -> Self {
        self.replica_with(self.app.clock.clone()).await
    }

    /// Another replica with a clock of its own.
    pub(crate) async fn replica_with(&self, clock: Clock) -> Self {
        let app = start(&self.database, &self.overrides, clock).await;
        let database = Arc::clone(&self.database);
        let state = (self.overrides.clone(), self.key.clone());
        Self::assemble(app, Arc::new(MemoryMailer::default()), database, state)
    }

    fn assemble(
        mut app: App,
        mailer: Arc<MemoryMailer>,
        database: Arc<TestDatabase>,
        (overrides, key): (String, String),
    ) -> Self {
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&statements);
        let moments = Moments::default();
        let passed = moments.clone();
        app.db.on_statement(move |sql| {
            counted.fetch_add(1, Ordering::SeqCst);
            passed.pass(sql);
        });
        let templates = read(&app);
        let router = web::router(&app, &templates, Shows::default()).expect("a router");
        Self {
            app,
            mailer,
            database,
            router,
            overrides,
            key,
            statements,
            moments,
        }
    }

    /// The texts of mails, as a server reads them at its start.
    pub(crate) fn templates(&self) -> Arc<Templates> {
        read(&self.app)
    }

    /// How many statements this replica has run.
    pub(crate) fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }

    /// The statements of this replica as they pass by.
    pub(crate) fn moments(&self) -> &Moments {
        &self.moments
    }

    /// A key with these scopes and this rank.
    pub(crate) async fn key(&self, scopes: &[Permission], rank: Role) -> String {
        make_key(&self.app, scopes, rank).await
    }

    /// The key with every scope and the highest rank.
    pub(crate) fn owner_key(&self) -> &str {
        &self.key
    }

    /// Runs `examples/operations/<name>.graphql` as the owner key.
    pub(crate) async fn run(&self, name: &str, variables: Value) -> Answer {
        self.ask(&operation(name), variables).await
    }

    /// Runs a document as the owner key.
    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Answer {
        self.ask_as(Some(&self.key), document, variables).await
    }

    /// Runs a document as somebody else, or as nobody. Whoever is told that the server has too much to do
    /// asks again, as callers should: a busy machine changes no answer.
    pub(crate) async fn ask_as(
        &self,
        key: Option<&str>,
        document: &str,
        variables: Value,
    ) -> Answer {
        for _ in 0..PATIENCE {
            let answer = self.ask_once(key, document, &variables).await;
            if !answer.is_overloaded() {
                return answer;
            }
        }
        panic!("overloaded {PATIENCE} times in a row: {document}");
    }

    /// The same without asking again.
    pub(crate) async fn ask_once(
        &self,
        key: Option<&str>,
        document: &str,
        variables: &Value,
    ) -> Answer {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.send(request.body(Body::from(body)).expect("a request"))
            .await
    }

    /// Sends any request through the whole door.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, bytes) = self.exchange(request).await;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The same, with the body as it was written.
    pub(crate) async fn text(&self, request: Request<Body>) -> String {
        let (_, bytes) = self.exchange(request).await;
        String::from_utf8(bytes.into()).expect("a text")
    }

    async fn exchange(&self, request: Request<Body>) -> (Parts, Bytes) {
        let mut request = request;
        // As every client does.
        let host = HeaderValue::from_static("id.example.org");
        request.headers_mut().entry(HOST).or_insert(host);
        let response = self.router.clone().oneshot(request).await;
        let (parts, body) = response.expect("an answer").into_parts();
        (parts, to_bytes(body, usize::MAX).await.expect("a body"))
    }

    /// Creates a user through the API and gives its id. `more` are further fields of the input.
    pub(crate) async fn user(&self, username: &str, more: Value) -> String {
        let mut input = json!({ "username": username });
        merge(&mut input, more);
        let document = "mutation($input: CreateUserInput!) { createUser(input: $input) \
                        { user { id } errors { code message path } } }";
        let answer = self.ask(document, json!({ "input": input })).await;
        let id = answer.root()["user"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
    }

    /// A user with a verified address `<username>@example.org` and a password.
    pub(crate) async fn member(&self, username: &str) -> String {
        let more = json!({
            "email": format!("{username}@example.org"), "emailVerified": true, "generate": true
        });
        self.user(username, more).await
    }

    /// Lets this replica's worker send what is due. Gives how many mails it took on.
    pub(crate) async fn deliver(&self) -> usize {
        let templates = self.templates();
        let worker = Worker::new(self.app.clone(), Arc::clone(&self.mailer) as _, templates);
        worker.deliver_due().await.expect("delivered")
    }
}

fn read(app: &App) -> Arc<Templates> {
    Arc::new(Templates::read(&app.settings).expect("templates"))
}

/// More time than any step of the cleanup takes.
pub(crate) fn plenty() -> Budget {
    Budget::new(Duration::from_hours(1), CancellationToken::new())
}

/// The text of an example operation.
pub(crate) fn operation(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/operations")
        .join(format!("{name}.graphql"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

async fn start(database: &TestDatabase, overrides: &str, clock: Clock) -> App {
    let mailbox = database.folder().join("mailbox");
    let transport = if overrides.contains("[mail.transport]") {
        String::new()
    } else {
        let directory = mailbox.display();
        format!("[mail.transport]\nkind = \"file\"\ndirectory = \"{directory}\"\n")
    };
    let basic = format!(
        "[server]\npublic_url = \"https://id.example.org\"\n\
         [database]\nurl = \"{}\"\n{BUSY_MACHINE}\
         {transport}[security]\nkey = \"{}\"\n{overrides}",
        database.url(),
        "5e".repeat(32),
    );
    let mut settings = Settings::from_toml(&basic).expect("settings");
    settings.security.hashing_cost = CHEAP;
    settings.security.hashing_threads = 2;
    App::start(settings, clock).await.expect("an app")
}

async fn make_key(app: &App, scopes: &[Permission], role: Role) -> String {
    let new = NewApiKey {
        name: format!("{} key", role.name()),
        scopes: scopes.to_vec(),
        role,
        expires_at: None,
        networks: Vec::new(),
    };
    let made = access::create(app, &Actor::operator("test"), new)
        .await
        .expect("a key");
    made.1.expose().to_owned()
}
