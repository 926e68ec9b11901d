//! Whether the time of a failed sign-in tells who has an account.

use std::time::{Duration, Instant};

use keydesk::platform::hasher::Cost;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::statistics::{auc, shuffle, standard_error};

/// Whoever may sign in comes first; the others are held against it.
const LOGINS: [&str; 6] = ["ada", "nobody", "locked", "off", "pending", "ldap"];
/// Failed sign-ins of each in a round. A login that costs no hash is told apart by all of them.
const SAMPLES: usize = 24;
/// A busy machine may spoil a round; what the server itself does shows in all of them.
const ROUNDS: usize = 3;
/// How far from a coin the server may be, besides what chance does.
const LEEWAY: f64 = 0.1;

/// Somebody who may sign in with another password, and everybody who may not.
async fn desk(desk: TestApp) -> TestApp {
    for name in ["ada", "locked", "off"] {
        desk.person(name, "MEMBER").await;
    }
    desk.user("pending", json!({})).await;
    desk.user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    desk.run("disableUser", json!({ "login": "off" })).await;
    // What a refusal writes at its first time is written, and one of them waits.
    for _ in 0..6 {
        for login in LOGINS {
            fail(&desk, login).await;
        }
    }
    desk
}

async fn fail(desk: &TestApp, login: &str) {
    let answer = desk.sign_in(login, "not the password of anybody").await;
    assert_eq!(answer.codes(), ["INVALID_CREDENTIALS"], "{login}");
}

/// Lets the first one try again.
async fn unlock(desk: &TestApp) {
    let unlocked = desk.run("unlockUser", json!({ "login": LOGINS[0] })).await;
    assert_eq!(unlocked.codes(), [""; 0], "{unlocked:#?}");
}

/// One round, interleaved, so that a load hits all alike. Gives whoever the clock tells from the first.
async fn round(desk: &TestApp) -> Vec<String> {
    let mut turns: Vec<usize> = (0..LOGINS.len() * SAMPLES).collect();
    shuffle(&mut turns);
    let mut took = vec![Vec::new(); LOGINS.len()];
    for turn in turns {
        let kind = turn % LOGINS.len();
        unlock(desk).await;
        let start = Instant::now();
        fail(desk, LOGINS[kind]).await;
        took[kind].push(start.elapsed().as_secs_f64());
    }
    let mut told = Vec::new();
    for (login, other) in LOGINS.iter().zip(&took).skip(1) {
        let (auc, error) = (auc(&took[0], other), standard_error(&took[0], other));
        if (auc - 0.5).abs() > LEEWAY + 4.0 * error {
            told.push(format!("{login}: AUC {auc:.3}, standard error {error:.3}"));
        }
    }
    told
}

#[tokio::test]
async fn the_clock_does_not_tell_why_a_sign_in_failed() {
    let desk = desk(TestApp::start().await.hash_at(Cost::DEFAULT)).await;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let told = round(&desk).await;
        if told.is_empty() {
            return;
        }
        rounds.push(told);
    }
    panic!("{LOGINS:?} are told apart: {rounds:#?}");
}

/// `Why:` where nothing is written nothing is waited for, on whatever disk the clock above may have missed it.
#[tokio::test]
async fn every_failed_sign_in_waits_for_the_disk() {
    let desk = desk(TestApp::start().await).await;
    desk.record_writes().await;
    for login in LOGINS.iter().chain(&["no@body.example", "a@b@c"]) {
        unlock(&desk).await;
        desk.app.clock.advance(Duration::from_millis(1));
        let before = desk.written().await;
        fail(&desk, login).await;
        assert!(desk.written().await > before, "{login} writes nothing");
    }
}
