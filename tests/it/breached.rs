//! Passwords that a service knows from breaches, asked by the first digits of a hash.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::app::{Answer, TestApp};
use crate::support::log::Log;

const GOOD: &str = "otter-walks-past-nine-lamps";
/// The SHA-1 of it.
const PREFIX: &str = "DC0A7";
const SUFFIX: &str = "EEE76A899D176AAFEE3EEA720BB40011EE6";

/// How the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// With the password and its count among others.
    Knows(u32),
    /// With padding alone.
    KnowsNothing,
    Down,
    Redirects,
    TooLong,
    NoList,
    /// Not at all, as long as it runs.
    Silent,
}

#[derive(Clone)]
struct Service {
    mood: Mood,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Starts it. Gives the settings of a server that asks it.
    async fn start(mood: Mood) -> (Self, String, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let service = Self {
            mood,
            asked: Arc::default(),
        };
        let router = Router::new()
            .route("/range/{prefix}", get(answer))
            .with_state(service.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            axum::serve(listener, router).await.expect("serves");
        });
        let settings = format!("[policy]\nbreached_api = \"http://{address}/range\"\n");
        (service, settings, task)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("unharmed").clone()
    }
}

async fn answer(
    State(service): State<Service>,
    Path(prefix): Path<String>,
    headers: HeaderMap,
) -> Response {
    let padding = headers.get("add-padding").and_then(|it| it.to_str().ok());
    let asked = format!("{prefix} {}", padding.unwrap_or("none"));
    service.asked.lock().expect("unharmed").push(asked);
    let padding = format!("{}:0\r\n{}:0\r\n", "0".repeat(35), "A".repeat(35));
    match service.mood {
        Mood::Knows(count) => format!("{padding}{SUFFIX}:{count}\r\n").into_response(),
        Mood::KnowsNothing => padding.into_response(),
        Mood::Down => (StatusCode::SERVICE_UNAVAILABLE, padding).into_response(),
        Mood::Redirects => (StatusCode::FOUND, [("location", "/range/00000")]).into_response(),
        Mood::TooLong => padding.repeat(5_000).into_response(),
        Mood::NoList => "<html>".into_response(),
        Mood::Silent => std::future::pending().await,
    }
}

async fn check(desk: &TestApp, password: &str) -> Answer {
    let document = "mutation($p: Password!) { checkPassword(input: { password: $p }) \
                    { isAcceptable errors { code ... on PasswordRuleError { rule } } } }";
    desk.ask(document, json!({ "p": password })).await
}

async fn reset(desk: &TestApp, user: &str, password: &str) -> Answer {
    let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                    { errors { code ... on PasswordRuleError { rule } } } }";
    let input = json!({ "user": { "id": user }, "password": password });
    desk.ask(document, json!({ "input": input })).await
}

fn rules(answer: &Answer) -> Vec<Value> {
    let errors = answer.root()["errors"].as_array().expect("errors");
    errors.iter().map(|error| error["rule"].clone()).collect()
}

#[tokio::test]
async fn a_password_the_service_knows_is_refused_and_only_five_digits_of_its_hash_leave() {
    let (service, settings, _task) = Service::start(Mood::Knows(9)).await;
    let desk = TestApp::with(&settings).await;
    let ada = desk.member("ada").await;
    assert_eq!(service.asked(), Vec::<String>::new(), "generated ones stay");
    assert_eq!(rules(&check(&desk, GOOD).await), ["BREACHED"]);
    assert_eq!(rules(&reset(&desk, &ada, GOOD).await), ["BREACHED"]);
    assert!(!desk.verifies(&ada, GOOD).await);
    assert_eq!(service.asked(), vec![format!("{PREFIX} true"); 2]);

    let other = reset(&desk, &ada, "harbour kettle, seven brass moons").await;
    assert_eq!(rules(&other), Vec::<Value>::new());
    let asked = service.asked().len();
    let weak = check(&desk, "correct horse battery staple").await;
    assert!(!rules(&weak).is_empty());
    assert_eq!(
        service.asked().len(),
        asked,
        "what is refused anyway is not asked for"
    );
    let policy = desk
        .ask("{ passwordPolicy { rejectBreached } }", json!({}))
        .await;
    assert_eq!(policy.root()["rejectBreached"], true, "{policy:#?}");
}

#[tokio::test]
async fn rows_of_padding_are_no_passwords() {
    for mood in [Mood::Knows(0), Mood::KnowsNothing] {
        let (service, settings, _task) = Service::start(mood).await;
        let desk = TestApp::with(&settings).await;
        assert_eq!(
            check(&desk, GOOD).await.root()["isAcceptable"],
            true,
            "{mood:?}"
        );
        assert_eq!(service.asked().len(), 1);
    }
}

#[tokio::test]
async fn without_an_answer_the_password_is_taken_and_the_log_says_so() {
    for mood in [
        Mood::Down,
        Mood::Redirects,
        Mood::TooLong,
        Mood::NoList,
        Mood::Silent,
    ] {
        let (service, settings, _task) = Service::start(mood).await;
        let desk = TestApp::with(&settings).await;
        let ada = desk.member("ada").await;
        let log = Log::default();
        let watching = log.watch();
        assert_eq!(rules(&reset(&desk, &ada, GOOD).await), Vec::<Value>::new());
        drop(watching);
        assert!(desk.verifies(&ada, GOOD).await);
        assert_eq!(service.asked().len(), 1, "{mood:?}");
        let lines = log.lines();
        let said = |line: &&String| line.contains("WARN") && line.contains("policy.breached_api");
        assert_eq!(lines.iter().filter(said).count(), 1, "{mood:?}");
        let quiet = |line: &&String| line.contains("TRACE") || line.contains("DEBUG");
        let told = lines.iter().filter(|line| !quiet(line));
        let told: Vec<_> = told.filter(|line| line.contains(PREFIX)).collect();
        assert!(told.is_empty(), "{mood:?}: {told:#?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_refuses_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = closed.local_addr().expect("bound");
    drop(closed);
    let settings = format!("[policy]\nbreached_api = \"http://{address}/range/\"\n");
    let desk = TestApp::with(&settings).await;
    assert_eq!(check(&desk, GOOD).await.root()["isAcceptable"], true);
}
