//! The program on a database that a newer release has migrated, taking steps back, and stopping.

use std::time::{Duration, Instant};

use keydesk::types::clock::Clock;
use keydesk::types::ids::WorkerId;
use serde_json::{Value, json};

use super::{Machine, in_a_terminal};
use crate::support::app::TestApp;
use crate::support::program::{Installation, raw, wait_for};

async fn newer(server: &TestApp, min_reader: &str) {
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, 0)";
    server
        .write(sql, vec!["m99991231_000001_later".into()])
        .await;
    let sql = "UPDATE schema_requirements SET migration = $1 WHERE name = 'min_reader'";
    server.write(sql, vec![min_reader.into()]).await;
}

/// A server process that was seen a moment ago.
async fn running(server: &TestApp) {
    let now = Clock::system().now();
    let sql = "INSERT INTO replicas (id, label, release, started_at, last_seen_at) \
               VALUES ($1, 'web-1, process 7', '0.1.0', $2, $2)";
    // Some minutes ahead: the test may take its time.
    let seen = now.plus(Duration::from_mins(10)).as_millis();
    let values = vec![WorkerId::new(now).uuid().into(), seen.into()];
    server.write(sql, values).await;
}

#[tokio::test]
async fn commands_work_on_a_newer_database_that_still_serves_this_program() {
    let server = TestApp::start_today().await;
    server.member("ada").await;
    newer(&server, "m20261121_000013_mail_product").await;
    let machine = Machine::beside(&server);
    for arguments in [
        &["user", "show", "ada"][..],
        &["migrate", "up"],
        &["doctor"],
    ] {
        let ran = machine.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?} {ran:?}");
    }
    let status = machine.json(&["migrate", "status", "--json"]);
    assert_eq!(
        (&status["pending"], &status["unknown"], &status["canServe"]),
        (&json!(0), &json!(1), &json!(true))
    );
    assert_eq!(status["minReader"], "m20261121_000013_mail_product");
    let down = machine.run(&["migrate", "down", "--yes"]);
    assert_eq!(down.code, 1, "{down:?}");
    assert!(down.stderr.contains("newer release"), "{down:?}");
}

#[tokio::test]
async fn commands_and_the_start_are_refused_where_the_database_needs_a_newer_program() {
    let server = TestApp::start_today().await;
    newer(&server, "m99991231_000001_later").await;
    let machine = Machine::beside(&server);
    for arguments in [
        &["serve", "--development"][..],
        &["serve", "--development", "--migrate"],
        &["user", "list"],
        &["migrate", "up"],
    ] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(
            ran.stderr.contains("newer release"),
            "{arguments:?} {ran:?}"
        );
    }
    let status = machine.json(&["migrate", "status", "--json"]);
    assert_eq!(status["canServe"], false);
    let doctor = machine.run(&["doctor"]);
    assert_eq!(doctor.code, 1);
    let problem = doctor
        .stdout
        .lines()
        .find(|line| line.starts_with("PROBLEM"));
    assert!(problem.expect("a problem").contains("newer"), "{doctor:?}");
}

#[tokio::test]
async fn steps_are_taken_back_only_when_somebody_says_so_and_no_server_runs() {
    let server = TestApp::start_today().await;
    running(&server).await;
    let machine = Machine::beside(&server);
    let refused = machine.run(&["migrate", "down", "--yes"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("web-1, process 7"), "{refused:?}");
    let status = machine.json(&["migrate", "status", "--json"]);
    assert_eq!(status["replicas"][0]["label"], "web-1, process 7");

    server.write("DELETE FROM replicas", vec![]).await;
    let unasked = machine.run(&["migrate", "down"]);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(unasked.stderr.contains("--yes"), "{unasked:?}");
    for (answer, code) in [("yes", 1), ("down", 0)] {
        let talk = [("down to go on: ", answer)];
        let ran = in_a_terminal(&machine, &["migrate", "down"], &talk);
        assert_eq!(ran.code, code, "{ran:?}");
    }
    let status = machine.json(&["migrate", "status", "--json"]);
    assert_eq!(status["pending"], 1);

    assert_eq!(machine.run(&["migrate", "up"]).code, 0);
    running(&server).await;
    let forced = machine.run(&["migrate", "down", "--yes", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    assert!(forced.stderr.contains("web-1, process 7"), "{forced:?}");
}

fn get(installation: &Installation, path: &str) -> String {
    raw(installation.port, &format!("GET {path} HTTP/1.1\r\n"), "")
}

fn replicas(installation: &Installation) -> usize {
    let status = installation.run(&["migrate", "status", "--json"]);
    let status: Value = serde_json::from_str(&status).expect("JSON");
    status["replicas"].as_array().expect("a list").len()
}

#[test]
fn after_a_sigterm_the_server_is_not_ready_and_takes_requests_until_a_second_one() {
    let grace = ("KEYDESK_SERVER__STOP_GRACE_SECONDS", "60".to_owned());
    let installation = Installation::new(vec![grace]);
    let mut server = installation.serve();
    let key = installation.key();
    wait_for("the process to be written down", || {
        (replicas(&installation) == 1).then_some(())
    });
    let began = Instant::now();
    server.signal("TERM");
    let answer = wait_for("the server not to be ready", || {
        let answer = get(&installation, "/readyz");
        answer.starts_with("HTTP/1.1 503").then_some(answer)
    });
    assert!(answer.ends_with("stopping\n"), "{answer}");
    let document = "{ users { totalCount } }";
    let asked = installation.ask(&key, document, &json!({}));
    assert_eq!(asked.expect("an answer")["data"]["users"]["totalCount"], 0);

    server.signal("TERM");
    let code = wait_for("the server to end", || server.exit_code());
    assert_eq!(code, 0);
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "the grace was not cut short"
    );
    assert_eq!(replicas(&installation), 0, "its row stayed");
}

#[test]
fn ctrl_c_leaves_the_grace_out() {
    let grace = ("KEYDESK_SERVER__STOP_GRACE_SECONDS", "60".to_owned());
    let installation = Installation::new(vec![grace]);
    let mut server = installation.serve();
    let began = Instant::now();
    server.signal("INT");
    let code = wait_for("the server to end", || server.exit_code());
    assert_eq!(code, 0);
    assert!(began.elapsed() < Duration::from_mins(1));
}
