//! PostgreSQL that fails, seen from the API. Each test has a database of its own on the server named by
//! `KEYDESK_TEST_POSTGRES`, or on the usual local one, whatever the rest of the suite runs on.

mod faults;
mod log;
mod servers;
mod silence;

use axum::body::Body;
use axum::http::Request;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::support::app::{Answer, TestApp};
use super::support::database::TestDatabase;
use super::support::proxy::Proxy;

const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { \
                     generatedPassword isReplay errors { code message } } }";

/// One replica that reaches its database by a proxy.
struct Desk {
    app: TestApp,
    proxy: Proxy,
}

impl Desk {
    async fn start() -> Self {
        let mut database = TestDatabase::on_postgres().await;
        let proxy = Proxy::to(database.server_address()).await;
        database.lead_through(proxy.port);
        let app = TestApp::on(database, "").await;
        Self { app, proxy }
    }

    async fn viewer(&self) -> Answer {
        self.app.ask("{ viewer { role } }", json!({})).await
    }

    /// Every connection that the pool may have, in use once.
    async fn warm(&self) {
        let answers = join_all((0..24).map(|_| self.viewer())).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    }

    async fn reset(&self, login: &str, key: &str) -> Answer {
        let input = json!({ "user": { "login": login }, "generate": true, "idempotencyKey": key });
        self.app.ask(RESET, json!({ "input": input })).await
    }

    async fn ready(&self) -> (u16, Value) {
        let request = Request::get("/readyz").body(Body::empty());
        let answer = self.app.send(request.expect("a request")).await;
        (answer.status.as_u16(), answer.body)
    }

    async fn live(&self) -> u16 {
        let request = Request::get("/livez").body(Body::empty());
        let answer = self.app.send(request.expect("a request")).await;
        answer.status.as_u16()
    }
}

/// An idempotency key.
fn key(number: usize) -> String {
    format!("3f0c8a52-6f3e-4d0b-9d5e-{number:012}")
}

fn is_done(answer: &Answer) -> bool {
    answer.status == 200 && answer.body["data"]["resetPassword"]["errors"] == json!([])
}

fn assert_unavailable(answer: &Answer) {
    let told = answer.top_level();
    let expected = (503, Some("SERVICE_UNAVAILABLE"));
    assert_eq!((answer.status.as_u16(), told), expected, "{answer:#?}");
    assert_eq!(answer.headers["retry-after"], "1");
}
