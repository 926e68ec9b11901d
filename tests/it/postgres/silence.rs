//! A server that dies without closing its connections.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::{Desk, assert_unavailable, is_done, key};
use crate::support::app::Answer;

/// What is promised, and twice as much for a machine that runs other tests too.
const PROMISED: Duration = Duration::from_secs(10);
const USERS: usize = 6;

/// A reset that was sent under one key until it was answered, and every answer.
struct Sent {
    login: String,
    key: String,
    answers: Vec<Answer>,
}

/// Resets one user again and again until `is_over`, each time by another key.
async fn keep_resetting(desk: &Desk, number: usize, is_over: &AtomicBool) -> Vec<Sent> {
    let login = format!("user{number}");
    let mut sent = Vec::new();
    for _ in 0..100_000 {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let key = key(number * 1_000_000 + sent.len());
        let mut answers: Vec<Answer> = Vec::new();
        for _ in 0..100_000 {
            if answers.last().is_some_and(is_done) || is_over.load(Ordering::SeqCst) {
                break;
            }
            if !answers.is_empty() {
                sleep(Duration::from_millis(100)).await;
            }
            answers.push(desk.reset(&login, &key).await);
        }
        sleep(Duration::from_millis(50)).await;
        let login = login.clone();
        sent.push(Sent {
            login,
            key,
            answers,
        });
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_server_that_dies_without_a_word_is_left_at_once_and_nothing_is_lost_or_done_twice() {
    let desk = Desk::start().await;
    for number in 0..USERS {
        desk.app.member(&format!("user{number}")).await;
    }
    desk.warm().await;
    let is_over = AtomicBool::new(false);
    let load = join_all((0..USERS).map(|number| keep_resetting(&desk, number, &is_over)));
    let faults = async {
        sleep(Duration::from_millis(300)).await;
        desk.proxy.freeze();
        let frozen = Instant::now();
        assert_eq!((desk.ready().await.0, desk.live().await), (503, 200));
        assert!(frozen.elapsed() < PROMISED, "{:?}", frozen.elapsed());
        assert_unavailable(&desk.viewer().await);
        desk.proxy.thaw();
        let thawed = Instant::now();
        let back = timeout(Duration::from_mins(1), async {
            for _ in 0..100_000 {
                if desk.viewer().await.status == 200 && desk.ready().await.0 == 200 {
                    break;
                }
                sleep(Duration::from_millis(20)).await;
            }
        });
        back.await.expect("it is found again");
        assert!(thawed.elapsed() < PROMISED, "{:?}", thawed.elapsed());
        sleep(Duration::from_millis(300)).await;
        is_over.store(true, Ordering::SeqCst);
    };
    let (sent, ()) = tokio::join!(load, faults);
    let sent: Vec<_> = sent.into_iter().flatten().collect();
    let answers: Vec<_> = sent.iter().flat_map(|sent| &sent.answers).collect();
    assert!(answers.iter().any(|answer| is_done(answer)));
    let failed: Vec<_> = answers.iter().filter(|answer| !is_done(answer)).collect();
    assert!(!failed.is_empty());
    for answer in failed {
        assert_eq!(answer.status, 503, "{answer:#?}");
        let is_ours = answer.body.to_string().contains("INTERNAL_SERVER_ERROR");
        assert!(!is_ours, "{answer:#?}");
    }
    // Whoever never heard of a success asks once more. Then each was carried out, and none twice.
    // The server behind the silent connections lives, and holds their rows for 10 s.
    let ended = timeout(Duration::from_mins(2), async {
        for sent in &sent {
            for _ in 0..100_000 {
                if is_done(&desk.reset(&sent.login, &sent.key).await) {
                    break;
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    });
    ended.await.expect("each reset ends");
    let sql = "SELECT id FROM audit_events WHERE action = 'user.password.reset'";
    let events = desk.app.rows(sql, vec![]).await;
    assert_eq!(events.len(), sent.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn requests_whose_callers_go_away_leave_no_connection_behind() {
    let desk = Desk::start().await;
    desk.warm().await;
    desk.proxy.freeze();
    for _ in 0..24 {
        drop(timeout(Duration::from_millis(20), desk.viewer()).await);
    }
    desk.proxy.thaw();
    let back = timeout(PROMISED, async {
        for _ in 0..100_000 {
            if desk.viewer().await.status == 200 {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    back.await.expect("no connection is waited for");
    let answers = join_all((0..24).map(|_| desk.viewer())).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}
