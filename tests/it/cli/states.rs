//! `keydesk user disable` and `enable`.

use serde_json::json;

use super::Machine;
use crate::support::app::TestApp;

#[tokio::test]
async fn a_user_is_disabled_for_a_while_and_enabled_again_and_neither_is_claimed_twice() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let forever = machine.run(&["user", "disable", "ada", "--reason", "left"]);
    assert_eq!(
        (forever.code, forever.stdout.as_str()),
        (0, ""),
        "{forever:?}"
    );
    assert!(
        forever.stderr.contains("until somebody enables"),
        "{forever:?}"
    );
    let until = "2099-12-01T09:00:00Z";
    let ended = machine.json(&["user", "disable", "ada", "--until", until, "--json"]);
    assert_eq!(
        (&ended["status"], &ended["disabledUntil"]),
        (&json!("DISABLED"), &json!(until))
    );
    let span = machine.json(&["user", "disable", "ada", "--until", "30m", "--json"]);
    assert!(span["disabledUntil"].is_string());

    let enabled = machine.run(&["user", "enable", "ada", "--reason", "back"]);
    assert_eq!(
        (enabled.code, enabled.stderr.as_str()),
        (0, "enabled ada\n")
    );
    let events = desk.events("user.enabled").await;
    let again = machine.run(&["user", "enable", "ada"]);
    assert!(
        again.code == 0 && again.stderr.starts_with("unchanged:"),
        "{again:?}"
    );
    assert_eq!(
        machine.json(&["user", "enable", "ada", "--json"])["changed"],
        false
    );
    assert_eq!((events, desk.events("user.enabled").await), (1, 1));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let desk = TestApp::start().await;
    desk.user("ada", json!({ "role": "OWNER" })).await;
    let before = desk.snapshot().await;
    let machine = Machine::beside(&desk);
    for (arguments, code, hint) in [
        (&["disable", "ada"][..], 1, "last active owner"),
        (&["disable", "adda"], 1, "did you mean ada?"),
        (&["disable", "ada", "--until", "soon"], 2, "7d"),
        (
            &["disable", "ada", "--until", "2001-01-01T00:00:00Z"],
            1,
            "future",
        ),
        (&["enable", "nobody-at-all"], 1, "there is no user"),
        (&["enable"], 2, "LOGIN"),
    ] {
        let ran = machine.run(&[&["user"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (code, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(ran.stderr.contains(hint), "{arguments:?} {ran:?}");
    }
    assert_eq!(desk.snapshot().await, before);
}
