//! A new release beside the old one on one database: replaced one after the other, and back.

mod balancer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use keydesk::domain::access::{self, NewApiKey, replicas};
use keydesk::domain::mail::Templates;
use keydesk::platform::app::App;
use keydesk::platform::db::SchemaFit;
use keydesk::platform::hasher::Cost;
use keydesk::platform::settings::Settings;
use keydesk::types::actor::{Actor, Permission, Role};
use keydesk::types::clock::Clock;
use keydesk::types::secret::Secret;
use keydesk::web::{self, Drain, Shows};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use balancer::{Balancer, until};

/// The newest step is hidden from the old release.
const OLD: usize = 1;
const NEW: usize = 0;

async fn connect(database: &TestDatabase, hidden: usize) -> App {
    let toml = format!(
        "[database]\nurl = \"{}\"\nmax_connections = 4\n",
        database.url()
    );
    let mut settings = Settings::from_toml(&toml).expect("settings");
    settings.security.key = Some(Secret::new("5e".repeat(32)));
    settings.security.hashing_threads = 1;
    settings.security.hashing_cost = Cost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };
    let mut app = App::start(settings, Clock::system()).await.expect("an app");
    app.db = app.db.without_newest_steps(hidden);
    app
}

/// What `serve --migrate` starts, on a port of its own.
struct Server {
    address: SocketAddr,
    app: App,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Server {
    async fn start(database: &TestDatabase, hidden: usize) -> Self {
        let app = connect(database, hidden).await;
        let state = app.db.migrate_up().await.expect("migrated");
        assert!(
            matches!(state.fit(), SchemaFit::Exact | SchemaFit::Newer),
            "{state:?}"
        );
        let templates = Arc::new(Templates::read(&app.settings).expect("templates"));
        let router = web::router(&app, &templates, Shows::default()).expect("a router");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let ending = (stop.clone(), Drain(Duration::from_mins(1)));
        let serving = web::serve(app.clone(), (listener, router), None, ending);
        tasks.spawn(async move { serving.await.expect("served") });
        Self {
            address,
            app,
            stop,
            tasks,
        }
    }

    /// The stop of `serve`, with a grace that lasts until the balancer has seen it.
    async fn end(mut self, balancer: &Balancer) {
        self.app.leaving.cancel();
        until("the balancer takes it out", async || {
            !balancer.is_ready(self.address)
        })
        .await;
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("no panic");
        }
        balancer.forget(self.address);
    }
}

/// Callers behind a balancer, and what came of their requests.
struct Load {
    balancer: Arc<Balancer>,
    key: String,
    end: CancellationToken,
    answered: AtomicUsize,
    failed: std::sync::Mutex<Vec<String>>,
}

/// So that a test that fails ends.
const MOST_CALLS: usize = 100_000;

impl Load {
    /// Resets the passwords of a user, and looks at users, until told to end.
    async fn call(self: Arc<Self>, user: String) {
        let reset = "mutation($u: String!) { resetPassword(input: { user: { login: $u }, \
                     generate: true }) { generatedPassword errors { code } } }";
        let look = "query { users(first: 5) { nodes { username } } }";
        for _ in 0..MOST_CALLS {
            if self.end.is_cancelled() {
                break;
            }
            for document in [reset, look] {
                let body = json!({ "query": document, "variables": { "u": user } });
                let answer = self.balancer.post(&self.key, &body).await;
                if answer.as_ref().is_ok_and(is_well) {
                    self.answered.fetch_add(1, Ordering::SeqCst);
                } else {
                    let failed = format!("{answer:?}");
                    self.failed.lock().expect("whole").push(failed);
                }
            }
        }
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

fn is_well(answer: &Value) -> bool {
    let data = &answer["data"];
    answer["errors"].is_null()
        && (data["resetPassword"]["generatedPassword"].is_string()
            || data["users"]["nodes"].is_array())
}

async fn key(app: &App) -> String {
    let new = NewApiKey {
        name: "portal".to_owned(),
        scopes: Permission::ALL.to_vec(),
        role: Role::Owner,
        expires_at: None,
        networks: Vec::new(),
    };
    let key = access::create(app, &Actor::operator("test"), new).await;
    key.expect("a key").1.expose().to_owned()
}

/// Starts one of the other release beside each, and ends it once the new one is ready.
async fn replace(
    database: &TestDatabase,
    load: &Load,
    running: Vec<Server>,
    hidden: usize,
) -> Vec<Server> {
    let balancer = &load.balancer;
    let mut replaced = Vec::new();
    for server in running {
        let next = Server::start(database, hidden).await;
        balancer.add(next.address);
        until("the new one is ready", async || {
            balancer.is_ready(next.address)
        })
        .await;
        server.end(balancer).await;
        let before = load.answered();
        until("requests are answered meanwhile", async || {
            load.answered() >= before + 10
        })
        .await;
        replaced.push(next);
    }
    replaced
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_replicas_are_upgraded_one_by_one_and_rolled_back() {
    let database = TestDatabase::empty().await;
    // The new release has migrated already, as `keydesk migrate up` does before a rolling restart.
    let upgraded = connect(&database, NEW).await.db.migrate_up().await;
    assert_eq!(upgraded.expect("migrated").fit(), SchemaFit::Exact);
    let mut running = Vec::new();
    for _ in 0..2 {
        running.push(Server::start(&database, OLD).await);
    }
    let state = running[0].app.db.schema_state().await.expect("a state");
    assert_eq!((state.fit(), state.unknown), (SchemaFit::Newer, 1));
    let key = key(&running[0].app).await;
    let balancer = Arc::new(Balancer::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&balancer).look_after());
    for server in &running {
        balancer.add(server.address);
        until("the old one is ready", async || {
            balancer.is_ready(server.address)
        })
        .await;
    }
    let load = Arc::new(Load {
        balancer: Arc::clone(&balancer),
        key,
        end: CancellationToken::new(),
        answered: AtomicUsize::default(),
        failed: std::sync::Mutex::default(),
    });
    let mut callers = JoinSet::new();
    for user in ["ada", "bea", "cyd"] {
        let create = "mutation($u: String!) { createUser(input: { username: $u }) \
                      { errors { code } } }";
        let body = json!({ "query": create, "variables": { "u": user } });
        let made = balancer.post(&load.key, &body).await.expect("made");
        assert_eq!(made["data"]["createUser"]["errors"], json!([]), "{made}");
        callers.spawn(Arc::clone(&load).call(user.to_owned()));
    }

    running = replace(&database, &load, running, NEW).await;
    let state = running[0].app.db.schema_state().await.expect("a state");
    assert_eq!((state.fit(), state.unknown), (SchemaFit::Exact, 0));
    running = replace(&database, &load, running, OLD).await;
    let state = running[0].app.db.schema_state().await.expect("a state");
    assert_eq!((state.fit(), state.unknown), (SchemaFit::Newer, 1));

    load.end.cancel();
    while callers.join_next().await.is_some() {}
    let failed = load.failed.lock().expect("whole").clone();
    assert!(failed.is_empty(), "{failed:#?}");
    for server in running {
        server.end(&balancer).await;
    }
    let left = replicas::alive(&connect(&database, NEW).await).await;
    assert_eq!(left.expect("replicas"), [], "each takes its row along");
}

/// Makes the database one that a later release has migrated.
async fn newer(desk: &TestApp, min_reader: &str) {
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, 0)";
    desk.write(sql, vec!["m99991231_000001_later".into()]).await;
    let sql = "UPDATE schema_requirements SET migration = $1 WHERE name = 'min_reader'";
    desk.write(sql, vec![min_reader.into()]).await;
}

async fn ready(desk: &TestApp) -> (u16, Value) {
    let request = Request::get("/readyz")
        .body(Body::empty())
        .expect("a request");
    let answer = desk.send(request).await;
    (answer.status.as_u16(), answer.body)
}

#[tokio::test]
async fn a_newer_database_is_fine_until_it_says_otherwise() {
    let desk = TestApp::start().await;
    assert_eq!(ready(&desk).await, (200, "ready\n".into()));
    newer(&desk, "m20261121_000013_mail_product").await;
    assert_eq!(ready(&desk).await, (200, "ready\n".into()));
    desk.member("ada").await;

    let sql = "UPDATE schema_requirements SET migration = 'm99991231_000001_later'";
    desk.write(sql, vec![]).await;
    let words = "the database needs a newer release of this program\n";
    assert_eq!(ready(&desk).await, (503, words.into()));

    desk.write("DELETE FROM schema_requirements", vec![]).await;
    assert_eq!(
        ready(&desk).await,
        (503, words.into()),
        "one that does not say"
    );
}

#[tokio::test]
async fn a_server_that_is_about_to_stop_is_not_ready_and_goes_on_answering() {
    let desk = TestApp::start().await;
    desk.app.leaving.cancel();
    assert_eq!(ready(&desk).await, (503, "stopping\n".into()));
    desk.member("ada").await;
}

#[tokio::test]
async fn nothing_is_applied_or_taken_back_where_a_newer_release_has_gone_on() {
    let desk = TestApp::start().await;
    newer(&desk, "m20261121_000013_mail_product").await;
    let state = desk.app.db.migrate_up().await.expect("nothing to do");
    assert_eq!((state.pending, state.unknown), (0, 1));
    let refused = desk.app.db.migrate_down(1).await.expect_err("refused");
    assert!(refused.to_string().contains("newer release"), "{refused}");
}
