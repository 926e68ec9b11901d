//! A try that nobody judged costs nothing, and one that was judged counts though its client is gone.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::viewer;
use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;

/// Longest that a condition is waited for, on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Hashes that may wait.
const QUEUE: usize = 64;

/// What keeps every hashing thread busy until it is dropped.
struct Held {
    letting_go: Sender<()>,
    busy: Vec<JoinHandle<()>>,
}

impl Held {
    /// Holds both threads of a test's hasher.
    async fn threads(desk: &TestApp) -> Self {
        let (letting_go, wait) = channel();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let (begun, has_begun) = channel();
        let busy = (0..2).map(|_| hold(desk, Arc::clone(&wait), begun.clone()));
        let busy: Vec<_> = busy.collect();
        for _ in 0..2 {
            await_condition("a thread to be held", async || has_begun.try_recv().is_ok()).await;
        }
        Self { letting_go, busy }
    }

    /// Lets go, and waits until all that was queued has run.
    async fn release(self, desk: &TestApp) {
        let Self { letting_go, busy } = self;
        drop(letting_go);
        for task in busy {
            task.await.expect("held until now");
        }
        desk.app.hasher.compute(|| ()).await.expect("a turn");
    }
}

fn hold(
    desk: &TestApp,
    wait: Arc<std::sync::Mutex<Receiver<()>>>,
    begun: Sender<()>,
) -> JoinHandle<()> {
    let hasher = desk.app.hasher.clone();
    spawn(async move {
        let held = hasher.compute(move || {
            begun.send(()).expect("somebody waits");
            // Ends when the sender is dropped; the second thread waits for the lock meanwhile.
            let _gone = wait.lock().map(|wait| wait.recv());
        });
        held.await.expect("a turn");
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test awaits or aborts what it has begun"
)]
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(task)
}

async fn await_condition(what: &str, is_true: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_true().await {
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn failures(desk: &TestApp, login: &str) -> i64 {
    let sql = "SELECT failed_sign_ins FROM users WHERE username = $1";
    let rows = desk.rows(sql, vec![login.into()]).await;
    rows[0]["failed_sign_ins"].as_i64().expect("a number")
}

async fn wrong_proofs(desk: &TestApp) -> Value {
    let rows = desk
        .rows(
            "SELECT wrong_proofs FROM sessions ORDER BY wrong_proofs DESC LIMIT 1",
            vec![],
        )
        .await;
    rows[0]["wrong_proofs"].clone()
}

/// Fills what may wait for a thread.
async fn fill(desk: &TestApp) -> Vec<JoinHandle<()>> {
    let task = |_| {
        let hasher = desk.app.hasher.clone();
        spawn(async move { hasher.compute(|| ()).await.unwrap_or_default() })
    };
    let waiting: Vec<_> = (0..QUEUE + 5).map(task).collect();
    await_condition("a full queue", async || {
        waiting.iter().filter(|task| task.is_finished()).count() == 5
    })
    .await;
    waiting
}

const CONFIRM: &str = "mutation($password: Password!) { confirmIdentity(input: { password: $password }) \
                       { validUntil errors { code } } }";

async fn confirm(desk: &TestApp, token: &str, password: &str) -> Answer {
    let variables = json!({ "password": password });
    desk.ask_once(Some(token), CONFIRM, &variables).await
}

async fn sign_in_once(desk: &TestApp, password: &str) -> Answer {
    let document = "mutation($password: Password!) { signIn(input: { login: \"ada\", password: $password }) \
                    { outcome errors { code } } }";
    let variables = json!({ "password": password });
    desk.ask_once(None, document, &variables).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_hasher_costs_nobody_a_try_at_signing_in_or_confirming() {
    let desk = TestApp::with_patient_hasher(QUEUE).await;
    desk.person("ada", "ADMIN").await;
    let token = desk.session("ada").await;
    for _ in 0..3 {
        desk.sign_in("ada", "wrong").await;
    }
    let held = Held::threads(&desk).await;
    let filling = fill(&desk).await;
    for _ in 0..20 {
        let busy = sign_in_once(&desk, PASSWORD).await;
        assert!(busy.body.to_string().contains("OVERLOADED"), "{busy:#?}");
        let busy = confirm(&desk, &token, PASSWORD).await;
        assert!(busy.body.to_string().contains("OVERLOADED"), "{busy:#?}");
    }
    assert_eq!(failures(&desk, "ada").await, 3, "the wrong ones alone");
    assert_eq!(wrong_proofs(&desk).await, 0);
    held.release(&desk).await;
    for task in filling {
        task.await.expect("over");
    }
    let confirmed = confirm(&desk, &token, PASSWORD).await;
    assert!(confirmed.root()["validUntil"].is_string(), "{confirmed:#?}");
    let answer = desk.sign_in("ada", PASSWORD).await;
    assert_eq!(answer.root()["outcome"], "SIGNED_IN", "{answer:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_wrong_tries_of_clients_that_hang_up_are_no_free_guesses() {
    let desk = Arc::new(TestApp::with_patient_hasher(QUEUE).await);
    desk.person("ada", "MEMBER").await;
    for number in 1..=5 {
        let held = Held::threads(&desk).await;
        let trying = begin(&desk, "wrong");
        await_condition("a counted try", async || {
            failures(&desk, "ada").await == number
        })
        .await;
        trying.abort();
        let _cancelled = trying.await;
        held.release(&desk).await;
        assert_eq!(failures(&desk, "ada").await, number, "judged, so counted");
    }
    for _ in 0..13 {
        let tries: Vec<_> = (0..15).map(|_| begin(&desk, "wrong")).collect();
        tokio::task::yield_now().await;
        for trying in tries {
            trying.abort();
            let _cancelled = trying.await;
        }
    }
    let refused = desk.sign_in("ada", PASSWORD).await;
    assert_eq!(refused.codes(), ["INVALID_CREDENTIALS"], "within the wait");
    assert_eq!(failures(&desk, "ada").await, 5);
    desk.app.clock.advance(Duration::from_secs(1));
    let answer = desk.sign_in("ada", PASSWORD).await;
    assert_eq!(answer.root()["outcome"], "SIGNED_IN", "{answer:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_password_of_a_client_that_hangs_up_leaves_no_count() {
    let desk = Arc::new(TestApp::with_patient_hasher(QUEUE).await);
    desk.person("ada", "ADMIN").await;
    for _ in 0..12 {
        // A confirmation renews its session, whoever is there to hear of it.
        let token = desk.session("ada").await;
        let held = Held::threads(&desk).await;
        let trying = begin(&desk, PASSWORD);
        let (app, session) = (Arc::clone(&desk), token.clone());
        let confirming = spawn(async move { confirm(&app, &session, PASSWORD).await.status });
        await_condition("counted tries", async || {
            failures(&desk, "ada").await == 1 && wrong_proofs(&desk).await == 1
        })
        .await;
        trying.abort();
        confirming.abort();
        held.release(&desk).await;
        await_condition("counts to be gone", async || {
            failures(&desk, "ada").await == 0 && wrong_proofs(&desk).await == 0
        })
        .await;
    }
    let token = desk.session("ada").await;
    assert_eq!(viewer(&desk, &token).await.root()["role"], "ADMIN");
}

fn begin(desk: &Arc<TestApp>, password: &'static str) -> JoinHandle<()> {
    let desk = Arc::clone(desk);
    spawn(async move { drop(sign_in_once(&desk, password).await) })
}
