//! `keydesk user reset-password`.

use serde_json::{Value, json};

use super::{Machine, Ran, only_line};
use crate::support::app::TestApp;
use crate::support::people::PASSWORD;
use crate::support::rows::uuid;

const GOOD: &str = "otter-walks-past-nine-lamps";
const RESET: [&str; 2] = ["user", "reset-password"];

fn reset(machine: &Machine, more: &[&str]) -> Ran {
    machine.run(&[&RESET, more].concat())
}

/// The JSON objects of a run, one on each line.
fn lines(ran: &Ran) -> Vec<Value> {
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{ran:?}"));
    ran.stdout.lines().map(read).collect()
}

#[tokio::test]
async fn several_users_get_a_password_each_and_a_refusal_stops_nobody_else() {
    let desk = TestApp::start_today().await;
    let (ada, bea) = (desk.member("ada").await, desk.member("bea").await);
    let machine = Machine::beside(&desk);
    let ran = reset(&machine, &["ada", "nobody", "BEA@example.org", "Ada"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let printed: Vec<_> = ran
        .stdout
        .lines()
        .map(|line| line.split_once('\t'))
        .collect();
    let [Some(("ada", first)), Some(("bea", second))] = printed[..] else {
        panic!("{ran:?}");
    };
    assert!(first != second, "one password for two");
    assert!(desk.verifies(&ada, first).await && desk.verifies(&bea, second).await);
    assert!(
        ran.stderr.contains("2 of 4 were refused: nobody, Ada"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("named twice"), "{ran:?}");
    assert!(!ran.stderr.contains(first) && !ran.stderr.contains(second));
    assert_eq!(desk.events("user.password.reset").await, 2);

    let ran = reset(&machine, &["bea", "nobody", "--json", "--reason", "lost"]);
    let said = lines(&ran);
    assert_eq!((ran.code, said.len()), (1, 2), "{ran:?}");
    assert_eq!(
        (&said[0]["username"], &said[0]["changed"]),
        (&json!("bea"), &json!(true))
    );
    assert_eq!(
        (&said[1]["login"], &said[1]["changed"]),
        (&json!("nobody"), &json!(false))
    );
    let password = said[0]["generatedPassword"].as_str().expect("a password");
    assert!(desk.verifies(&bea, password).await);
    let sql = "SELECT reason, actor_kind, via FROM audit_events WHERE reason = 'lost'";
    let trace = desk.rows(sql, vec![]).await;
    assert_eq!(
        trace,
        [json!({ "reason": "lost", "actor_kind": "OPERATOR", "via": "CLI" })]
    );
}

#[tokio::test]
async fn a_mailed_password_is_printed_only_where_that_is_asked_for() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let mailed = reset(&machine, &["ada", "--generate", "--send-email"]);
    assert_eq!((mailed.code, mailed.stdout.as_str()), (0, ""), "{mailed:?}");
    assert!(mailed.stderr.contains("mailed as mail_"), "{mailed:?}");
    let quiet = reset(&machine, &["ada", "--generate", "--send-email", "--json"]);
    let said = lines(&quiet).remove(0);
    assert!(said["generatedPassword"].is_null() && said["mailDelivery"].is_string());
    let shown = reset(&machine, &["ada", "--generate", "--send-email", "--show"]);
    assert!(desk.verifies(&ada, only_line(&shown)).await);
    let sql = "SELECT id FROM outbox_emails WHERE kind = 'NEW_PASSWORD'";
    assert_eq!(desk.rows(sql, vec![]).await.len(), 3);
    assert_eq!(reset(&machine, &["ada", "--generate", "--show"]).code, 2);
}

#[tokio::test]
async fn the_options_of_a_reset_are_those_of_the_api() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let arguments = [
        &RESET[..],
        &["ada", "--stdin", "--no-force-change", "--keep-sessions"],
    ];
    let ran = machine.run_reading(&arguments.concat(), &format!("{GOOD}\r\n"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(!ran.stderr.contains(GOOD) && desk.verifies(&ada, GOOD).await);
    let shown = machine.json(&["user", "show", "ada", "--json"]);
    assert_eq!(
        (
            &shown["mustChangePassword"],
            &shown["passwordExpiresAt"],
            &shown["passwordState"]
        ),
        (&json!(false), &Value::Null, &json!("SET"))
    );
    assert_eq!(shown["latestEvents"][0]["action"], "user.password.reset");
    desk.write("UPDATE api_keys SET created_by = $1", vec![uuid(&ada)])
        .await;
    let kept = reset(&machine, &["ada", "--generate", "--json"]);
    assert_eq!(lines(&kept)[0]["revokedApiKeys"], 0, "{kept:?}");
    let ended = reset(
        &machine,
        &["ada", "--generate", "--revoke-api-keys", "--json"],
    );
    assert_eq!(lines(&ended)[0]["revokedApiKeys"], 1, "{ended:?}");
    let shown = machine.json(&["user", "show", "ada", "--json"]);
    assert_eq!(shown["passwordState"], "MUST_CHANGE");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_happens() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    desk.member("bea").await;
    let before = desk.snapshot().await;
    let machine = Machine::beside(&desk);
    for (arguments, code, hint) in [
        (&["ada"][..], 2, "--generate, --stdin or --prompt"),
        (&["ada", "--prompt"], 2, "--stdin"),
        (&["ada", "bea", "--stdin"], 2, "name one user"),
        (&["ada", "bea", "--prompt"], 2, "name one user"),
        (&["ada", "--stdin", "--generate"], 2, "--generate"),
        (&["ada", "--password", GOOD], 2, "--password"),
        (&[], 2, "LOGIN"),
        (&["adda", "--generate"], 1, "did you mean ada?"),
    ] {
        let ran = reset(&machine, arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (code, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(ran.stderr.contains(hint), "{arguments:?} {ran:?}");
        assert!(!ran.stderr.contains(GOOD), "{ran:?}");
    }
    assert_eq!(desk.snapshot().await, before);
}

#[tokio::test]
async fn an_old_password_is_refused_on_the_command_line_too() {
    let desk = TestApp::start_today().await;
    desk.person("ada", "MEMBER").await;
    let machine = Machine::beside(&desk);
    let made = reset(&machine, &["ada", "--generate"]);
    let temporary = only_line(&made);
    for old in [PASSWORD, temporary] {
        let typed = [&RESET[..], &["ada", "--stdin"]].concat();
        let ran = machine.run_reading(&typed, &format!("{old}\n"));
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stderr.contains("other than your last 2"),
            "{old}: {ran:?}"
        );
    }
}
